"""An API token is made, and shown this once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from letterlock.domain.accounts import REFUSED, Admission, CredentialKind, Principal
from letterlock.domain.api_tokens import ApiToken, Roll, expiry, refuse_more_than_the_makers, token_name
from letterlock.domain.audit import Act
from letterlock.domain.errors import Invalid, Stale, Unauthenticated
from letterlock.domain.idempotency import Once
from letterlock.domain.permissions import Action, Role, Scope
from letterlock.domain.tokens import SECRET_BYTES, spell
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.ports import Clock, Ids
from letterlock.services.token_ports import Issue, Tokens

FRESH_READS = 3
"""How often the roll is called again when somebody else's token came in between."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`usual_life`: nothing was said of its end. `role` None: its maker's. `mailboxes` None: all."""

    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    usual_life: bool = True
    role: Role | None = None
    mailboxes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    token: ApiToken
    secret: str
    """The token itself, spelt: nobody can read it again."""


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Whoever asks is read again with the limit, and is a condition of the transaction: what was revoked meanwhile
    makes no tokens.

    Raises Forbidden, Invalid, RuleBroken (too many), Unauthenticated, Stale, AlreadyDone, KeyReused.
    """

    tokens: Tokens
    ids: Ids
    now: Clock
    random: Callable[[int], bytes]

    def personal(self, principal: Principal, wanted: Wanted, asked: Asked, once: Once | None = None) -> Issued:
        principal.may(Action.MANAGE_OWN_TOKENS)
        if wanted.role is not None or wanted.mailboxes is not None:
            raise Invalid("a personal token has its holder's role and mailboxes")
        return self._issue(CredentialKind.PERSONAL, principal, wanted, asked, once)

    def service(self, principal: Principal, wanted: Wanted, asked: Asked, once: Once | None = None) -> Issued:
        principal.may(Action.MANAGE_SERVICE_TOKENS)
        return self._issue(CredentialKind.SERVICE, principal, wanted, asked, once)

    def _issue(
        self, kind: CredentialKind, principal: Principal, wanted: Wanted, asked: Asked, once: Once | None
    ) -> Issued:
        issued = self._made(kind, principal, wanted)
        action = Action.MANAGE_OWN_TOKENS if kind is CredentialKind.PERSONAL else Action.MANAGE_SERVICE_TOKENS
        made = Deeds(self.ids, self.now)(principal.workspace, asked, Act.TOKEN_ISSUED, issued.token.id)
        read = self.tokens.roll if kind is CredentialKind.PERSONAL else self.tokens.roll_of_services
        for attempt in range(1 + FRESH_READS):
            roll = read(principal.workspace, principal.id)
            asking = self._standing(roll, principal)
            asking.may(action)
            if kind is CredentialKind.SERVICE:
                refuse_more_than_the_makers(asking, issued.token.role or asking.role, issued.token.mailboxes)
            roll.refuse_one_more(kind)
            try:
                self.tokens.issue(Issue(issued.token, issued.secret, roll, asking, made, once))
            except Stale:
                if attempt == FRESH_READS:
                    raise
            else:
                return issued
        raise AssertionError("unreachable")

    def _made(self, kind: CredentialKind, principal: Principal, wanted: Wanted) -> Issued:
        if not wanted.scopes:
            raise Invalid("a token without a scope is good for nothing: name what it is for")
        now, id = self.now(), self.ids.new("tok")  # noqa: A001 - the field's own name
        holder = principal.id if kind is CredentialKind.PERSONAL else id
        token = ApiToken(
            id=id,
            workspace=principal.workspace,
            kind=kind,
            holder=holder,
            name=token_name(wanted.name),
            scopes=wanted.scopes,
            created_at=now,
            expires_at=expiry(kind, wanted.expires_at, now, default=wanted.usual_life),
            maker=principal.id,
            role=None if kind is CredentialKind.PERSONAL else wanted.role or principal.role,
            mailboxes=wanted.mailboxes,
        )
        return Issued(token, spell(kind, principal.workspace, holder, self.random(SECRET_BYTES)))

    def _standing(self, roll: Roll, principal: Principal) -> Principal:
        """Who asks, read again. Raises Unauthenticated."""
        credential = next((each for each in roll.member.credentials if each.id == principal.credential), None)
        found = Admission(roll.member, credential, roll.gate).principal(self.now())
        if found is None:
            raise Unauthenticated(REFUSED)
        return found
