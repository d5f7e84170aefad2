"""API tokens as the API takes and gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from letterlock.domain.accounts import CredentialKind
from letterlock.domain.api_tokens import NAME_CHARACTERS, ApiToken, TokenState
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import wiring
from letterlock.services.issue_token import Issued, Wanted

Mailbox = Annotated[str, Field(max_length=64)]


class PersonalTokenIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_CHARACTERS, examples=["My laptop"])
    scopes: set[Scope] = Field(min_length=1)
    expires_at: AwareDatetime | None = Field(
        default=None, description="Left out: in 90 days. A year at most for a personal token"
    )

    def wanted(self) -> Wanted:
        return Wanted(
            self.name, frozenset(self.scopes), self.expires_at, usual_life="expires_at" not in self.model_fields_set
        )


class ServiceTokenIn(PersonalTokenIn):
    expires_at: AwareDatetime | None = Field(default=None, description="Left out: in 90 days. null: never")
    role: Role | None = Field(default=None, description="Not above its maker's, which it is when left out")
    mailboxes: list[Mailbox] | None = Field(
        default=None,
        max_length=100,
        description="Those that it sees, by id: some of its maker's. Left out: all there are",
    )

    def wanted(self) -> Wanted:
        mailboxes = None if self.mailboxes is None else frozenset(self.mailboxes)
        return Wanted(
            self.name,
            frozenset(self.scopes),
            self.expires_at,
            usual_life="expires_at" not in self.model_fields_set,
            role=self.role,
            mailboxes=mailboxes,
        )


class TokenOut(BaseModel):
    """A token without its secret, which nobody can read again."""

    id: str
    kind: CredentialKind
    holder: str = Field(description="Whose it is: a person, or the token itself where it is the workspace's")
    maker: str | None = Field(description="Who made it; null: the operator")
    name: str
    scopes: list[Scope]
    role: Role | None = Field(description="A service token's; a personal token has its holder's")
    mailboxes: list[str] | None = Field(description="Those that a service token sees; null: all there are")
    created_at: datetime
    expires_at: datetime | None
    last_used: date | None = Field(description="The day (UTC); forgotten when the token is revoked")
    state: TokenState
    revoked_at: datetime | None = Field(description="Noted a moment after the revocation, which takes effect at once")
    finished: bool | None = Field(description="Of a revoked token: whether all that hung on it has been ended")

    @classmethod
    def of(cls, token: ApiToken) -> TokenOut:
        return cls(**_shown(token))


class IssuedTokenOut(TokenOut):
    token: str = Field(description="The token itself. Shown this once")

    @classmethod
    def issued(cls, issued: Issued) -> IssuedTokenOut:
        return cls(**_shown(issued.token), token=issued.secret)


class TokensOut(BaseModel):
    tokens: list[TokenOut]
    cursor: str | None = Field(description="for the next page; null on the last")


def _shown(token: ApiToken) -> dict[str, object]:
    state = token.state(wiring.now())
    return {
        "id": token.id,
        "kind": token.kind,
        "holder": token.holder,
        "maker": token.maker or None,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "role": token.role,
        "mailboxes": None if token.mailboxes is None else sorted(token.mailboxes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used": token.used_on,
        "state": state,
        "revoked_at": token.revoked_at,
        "finished": token.finished_at is not None if state is TokenState.REVOKED else None,
    }
