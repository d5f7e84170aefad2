"""How people come in: what is kept of their password and second factor, and how long a session lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.accounts import Credential, CredentialKind, Member

SESSION_LIFE: Final = timedelta(hours=12)
REMEMBERED_LIFE: Final = timedelta(days=30)
SESSIONS_AT_MOST: Final = 10
"""Of one person at a time: each request reads them all. The oldest makes room."""
RECOVERY_CODES: Final = 10


NOBODY: Final = "wsp_" + "0" * 26
NO_PERSON: Final = "per_" + "0" * 26
"""Whoever is unknown is looked for there, so that it takes the same calls."""


RESET_WAITS: Final = timedelta(hours=24)
"""So long everybody whom it concerns hears of it, and can stop it."""
RESET_STANDS: Final = timedelta(days=7)
"""After that: what was forgotten is asked for anew, and told anew."""


@dataclass(frozen=True, slots=True)
class FactorReset:
    """The operator is about to remove the second factor of somebody who lost it."""

    asked_at: datetime

    @property
    def ready_at(self) -> datetime:
        return self.asked_at + RESET_WAITS

    @property
    def until(self) -> datetime:
        return self.ready_at + RESET_STANDS


@dataclass(frozen=True, slots=True)
class SignIn:
    """What is kept of how somebody proves to be themselves."""

    workspace: str
    person: str
    password: str
    """Argon2id, in the PHC string format."""
    version: int = 1
    totp: bytes = b""
    """The second factor's secret, as the store keeps it; empty when there is none."""
    proposed: bytes = b""
    """One that was shown, and not confirmed yet."""
    step: int = 0
    """The last time step of which a code was used (RFC 6238, section 5.2: at most once)."""
    recovery: frozenset[str] = frozenset()
    """Keyed hashes of the recovery codes that are left."""
    chosen_at: datetime | None = None
    """When the password was; None: when they joined."""
    factor_reset: FactorReset | None = None
    """Where one was asked for, and neither stopped nor made void by a use of the factor."""


@dataclass(frozen=True, slots=True)
class Session:
    """One that begins."""

    credential: Credential
    secret: str
    """Spelt as the cookie carries it. Only its keyed hash is kept."""
    user_agent: str = ""
    source: str = ""

    def seconds(self) -> int:
        """How long the cookie lasts."""
        ends = self.credential.expires_at
        return int((ends - self.credential.created_at).total_seconds()) if ends else 0


@dataclass(frozen=True, slots=True)
class SessionShown:
    """What the list of one's own sessions says of one."""

    credential: Credential
    user_agent: str
    source: str


def sessions_of(member: Member) -> list[Credential]:
    """Oldest first."""
    found = [each for each in member.credentials if each.kind is CredentialKind.SESSION]
    return sorted(found, key=lambda each: (each.created_at, each.id))


def making_room(member: Member, now: datetime) -> tuple[list[str], list[str]]:
    """The ids of credentials that have expired, and of sessions that make room for one more."""
    expired = [each.id for each in member.credentials if not each.live(now)]
    live = [each.id for each in sessions_of(member) if each.live(now)]
    return expired, live[: max(0, len(live) + 1 - SESSIONS_AT_MOST)]
