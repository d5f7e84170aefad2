"""API tokens as a workspace sees them: what they are for, how long they last, and how each of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from letterlock.domain.accounts import CredentialKind, Gate, Member, Principal
from letterlock.domain.errors import Forbidden, Invalid, RuleBroken
from letterlock.domain.permissions import Role, Scope

NAME_CHARACTERS: Final = 100
DEFAULT_LIFE: Final = timedelta(days=90)
PERSONAL_LIFE: Final = timedelta(days=366)
"""A year, also one with a leap day in it."""
SHOWN_FOR: Final = timedelta(days=90)
"""How long a list shows a token that is dead."""
AT_MOST: Final = {CredentialKind.PERSONAL: 20, CredentialKind.SERVICE: 50}
"""How many are live at a time: personal ones of one person, service tokens of one workspace."""


class TokenState(StrEnum):
    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret."""

    id: str
    workspace: str
    kind: CredentialKind
    holder: str
    """Whose it is: `per_…`, or the token's own id where it is the workspace's."""
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    maker: str = ""
    """Who made it: `per_…`. Empty: the operator."""
    role: Role | None = None
    """A service token's own; a personal token has its holder's."""
    mailboxes: frozenset[str] | None = None
    """A service token's own. None: all there are, and will be."""
    used_on: date | None = None
    """The last day (UTC) on which it was used; forgotten when it is revoked."""
    held: bool = True
    """Whether somebody comes in with it, unless it has expired: read from the very items that admit requests."""
    revoked_at: datetime | None = None
    """Noted a moment after its revocation, by what ends all that hangs on it."""
    finished_at: datetime | None = None
    """When that was done."""

    def state(self, now: datetime) -> TokenState:
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return TokenState.EXPIRED
        return TokenState.LIVE if self.held else TokenState.REVOKED

    def shown_until(self) -> datetime | None:
        """When it leaves the lists by itself."""
        return self.expires_at + SHOWN_FOR if self.expires_at else None


@dataclass(frozen=True, slots=True)
class Roll:
    """Who wants to issue a token, as they stand, and the tokens that count against the limit.

    `turn` is how many were ever issued: whoever issues at a turn that has passed meanwhile counts again.
    """

    member: Member
    gate: Gate
    live: int
    turn: int

    def refuse_one_more(self, kind: CredentialKind) -> None:
        """Raises RuleBroken."""
        if self.live >= AT_MOST[kind]:
            raise RuleBroken(f"there are {AT_MOST[kind]} such tokens already: revoke one first")


def token_name(name: str) -> str:
    """Raises Invalid."""
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise Invalid(f"a token's name has 1 to {NAME_CHARACTERS} printable characters")
    return name


def expiry(kind: CredentialKind, asked: datetime | None, now: datetime, *, default: bool) -> datetime | None:
    """When the token ends; None: never. `default`: nothing was said of it. Raises Invalid."""
    if default:
        return now + DEFAULT_LIFE
    if asked is None:
        if kind is CredentialKind.PERSONAL:
            raise Invalid("a personal token expires: within a year")
        return None
    if asked.tzinfo is None:
        raise Invalid("expires_at names its offset from UTC (RFC 3339)")
    if asked <= now:
        raise Invalid("expires_at lies in the past")
    if kind is CredentialKind.PERSONAL and asked > now + PERSONAL_LIFE:
        raise Invalid("a personal token lasts a year at most")
    return asked.replace(microsecond=asked.microsecond // 1000 * 1000)


def refuse_more_than_the_makers(maker: Principal, role: Role, mailboxes: frozenset[str] | None) -> None:
    """A service token may do and see nothing that its maker may not. Raises Forbidden, Invalid."""
    if not maker.role.covers(role):
        raise Forbidden("a token's role is not above its maker's")
    if mailboxes is None:
        if maker.limited:
            raise Forbidden("name the token's mailboxes: its maker does not see all of them")
        return
    if not mailboxes:
        raise Invalid("a token without a mailbox sees nothing: name one, or leave mailboxes out for all")
    if not mailboxes <= set(maker.mailboxes):
        raise Invalid("a token's mailboxes are some that its maker sees")
