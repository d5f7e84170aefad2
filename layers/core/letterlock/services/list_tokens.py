"""Which API tokens there are, and how each stands."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.api_tokens import ApiToken
from letterlock.domain.errors import NotFound
from letterlock.domain.permissions import Action
from letterlock.services.ports import Cursors
from letterlock.services.token_ports import Tokens


@dataclass(frozen=True, slots=True)
class TokenPage:
    """`cursor` is empty on the last page."""

    tokens: tuple[ApiToken, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ListTokens:
    """One's own, or all there are: the workspace's and everybody's. Raises Forbidden, Invalid (cursor)."""

    tokens: Tokens
    cursors: Cursors

    def own(self, principal: Principal, *, limit: int, cursor: str) -> TokenPage:
        principal.may(Action.MANAGE_OWN_TOKENS)
        return self._page(principal, principal.id, limit, cursor)

    def all(self, principal: Principal, *, limit: int, cursor: str) -> TokenPage:
        principal.may(Action.MANAGE_SERVICE_TOKENS)
        return self._page(principal, "", limit, cursor)

    def _page(self, principal: Principal, holder: str, limit: int, cursor: str) -> TokenPage:
        workspace, asked = principal.workspace, f"tokens|{holder}"
        after = self.cursors.open(workspace, asked, cursor) if cursor else ""
        # One more than asked for tells whether there is a next page.
        found = self.tokens.listed(workspace, holder=holder, after=after, limit=limit + 1)
        page = tuple(found[:limit])
        return TokenPage(page, self.cursors.seal(workspace, asked, page[-1].id) if len(found) > limit else "")


@dataclass(frozen=True, slots=True)
class ReadToken:
    """Raises Forbidden, NotFound."""

    tokens: Tokens

    def own(self, principal: Principal, token: str) -> ApiToken:
        principal.may(Action.MANAGE_OWN_TOKENS)
        found = self.tokens.get(principal.workspace, token)
        if found.holder != principal.id:
            raise NotFound("no such token")
        return found

    def any(self, principal: Principal, token: str) -> ApiToken:
        principal.may(Action.MANAGE_SERVICE_TOKENS)
        return self.tokens.get(principal.workspace, token)
