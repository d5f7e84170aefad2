"""Accounts that people connect: what is kept of one, what state it is in, and what an answer of its provider must show.

A connection is one person's. It is dead here the moment it is revoked here; what its provider knows of that follows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from letterlock.domain.errors import NotTheirs, RuleBroken
from letterlock.domain.providers import Provider

START_LASTS: Final = timedelta(minutes=10)
"""How long somebody has at the provider's page (RFC 6749, section 4.1.2, gives a code as much)."""
REFRESH_AHEAD: Final = timedelta(minutes=1)
"""A token that runs out within this is not used any more."""
REFRESH_LEASE: Final = timedelta(seconds=45)
"""Longer than one refresh and its one repetition take."""


class ConnectionState(StrEnum):
    STARTED = "started"
    """Somebody was sent to the provider, and has not come back."""
    ACTIVE = "active"
    REVOKING = "revoking"
    """Revoked here, where nothing uses it any more. Its provider has not confirmed yet."""
    REVOKED = "revoked"
    """The tokens are destroyed. `confirmed_at`: its provider has confirmed; without it nobody could be asked."""
    ENDED = "ended"
    """At the provider's end: it takes the token no more, and has not been asked by us. Tokens are destroyed."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is sealed, and leaves by nothing but a request to its provider."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    """Of the access token; None where the provider does not say."""

    def usable(self, now: datetime) -> bool:
        return self.expires_at is None or now + REFRESH_AHEAD < self.expires_at

    def followed_by(self, later: Tokens) -> Tokens:
        """After a refresh: a provider that does not rotate sends no new refresh token (RFC 6749, section 6)."""
        return later if later.refresh else Tokens(later.access, self.refresh, later.expires_at)


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to a provider: an app of the operator's, or one that was registered with an instance."""

    id: str
    secret: str = field(default="", repr=False)
    """Empty: a public client, which PKCE alone protects."""


@dataclass(frozen=True, slots=True)
class Start:
    """What was begun, and is kept sealed until whoever began it comes back."""

    verifier: str = field(repr=False)
    """RFC 7636, section 4.1."""
    state: str = field(repr=False)
    credential: str
    """The session that began it."""
    redirect: str
    """Exactly what the provider was told."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    id: str
    workspace: str
    person: str
    provider: Provider
    state: ConnectionState
    mailbox: str = ""
    """Whose conversations what comes in becomes."""
    account: str = ""
    """What the provider calls it: `@ana@mastodon.example`."""
    scopes: tuple[str, ...] = ()
    """Those that were given."""
    connected_at: datetime | None = None
    revoked_at: datetime | None = None
    confirmed_at: datetime | None = None
    unreachable_since: datetime | None = None
    """The provider has not answered since: it is asked again."""
    refused_since: datetime | None = None
    """It answers since then, and says no: it is asked again, and the operator is told."""
    redirect: str = ""
    """Where its provider sends the browser back to: which app of ours it is, where an instance knows several."""
    version: int = 1

    def must_be_active(self) -> None:
        if self.state is not ConnectionState.ACTIVE:
            raise RuleBroken(f"this connection is {self.state}")


@dataclass(frozen=True, slots=True)
class Returned:
    """What somebody brings back from the provider's page (RFC 6749, section 4.1.2; RFC 9207)."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str = ""


def refuse_another(start: Start, provider: Provider, returned: Returned, credential: str, now: datetime) -> None:
    """Raises NotTheirs. Before a code is sent anywhere (RFC 9700, sections 4.4, 4.7): the state is the one of this
    session's own start, and who issued it is whom we asked.
    """
    if not hmac.compare_digest(start.state.encode(), returned.state.encode()):
        raise NotTheirs("this was not begun here")
    if credential != start.credential:
        raise NotTheirs("this was begun in another session")
    if now >= start.until:
        raise NotTheirs("this was begun too long ago: begin again")
    if (returned.issuer or provider.sends_issuer) and returned.issuer != provider.issuer:
        raise NotTheirs("this comes from another provider than the one that was asked")
    if returned.error or not returned.code:
        raise NotTheirs("the provider was not allowed to connect the account")


def challenge(verifier: str) -> str:
    """RFC 7636, section 4.2, S256."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


# ---- telling the provider -------------------------------------------------------------------------------------------

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
AFTER_OUR_FAULT: Final = timedelta(minutes=10)
"""Before it is tried again where the provider could not even be asked: a store that was busy answers by then, and what
can never be read keeps the others waiting no more often than that.
"""

OVERDUE: Final = timedelta(hours=1)
"""From then on a revocation that is not confirmed is the operator's business."""
LAST_ASKED: Final = timedelta(days=90)
"""An instance that was given up never answers: after so long the tokens are destroyed here, unconfirmed."""


def pause(failing: timedelta) -> timedelta:
    """Before a provider is asked again that has come to nothing for so long: as long again, which doubles it."""
    return min(max(failing, FIRST_PAUSE), LONGEST_PAUSE)
