"""Sessions: made, rotated, and told of when they make room for another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from letterlock.domain.accounts import Credential, CredentialKind, Member
from letterlock.domain.facts import CredentialRevoked, Fact
from letterlock.domain.sign_in import Session
from letterlock.domain.tokens import SECRET_BYTES, spell
from letterlock.services.deeds import Asked
from letterlock.services.ports import Clock, Ids

FRESH_READS = 3
"""How often what changed under us is read again, and decided again."""


@dataclass(frozen=True, slots=True)
class StartSession:
    ids: Ids
    now: Clock
    random: Callable[[int], bytes]

    def __call__(self, workspace: str, person: str, asked: Asked, life: timedelta) -> Session:
        now = self.now()
        return self._until(workspace, person, asked, now, now + life)

    def rotated(self, member: Member, session: str, asked: Asked) -> Session:
        """Another secret for what is left of a session's life."""
        ends = next((each.expires_at for each in member.credentials if each.id == session), None)
        return self._until(member.workspace, member.id, asked, self.now(), ends or self.now())

    def _until(self, workspace: str, person: str, asked: Asked, now: datetime, ends: datetime) -> Session:
        credential = Credential(self.ids.new("ses"), CredentialKind.SESSION, frozenset(), now, ends, used_on=now.date())
        secret = spell(CredentialKind.SESSION, workspace, person, self.random(SECRET_BYTES))
        return Session(credential, secret, asked.user_agent, asked.source)


def ended(member: Member, sessions: Iterable[str]) -> list[Fact]:
    """So that the lists say so too."""
    return [CredentialRevoked(member.workspace, each, member.id, by=member.id) for each in sessions]
