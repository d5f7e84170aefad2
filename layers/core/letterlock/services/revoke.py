"""Whatever lets somebody in is revoked in one way: dead at the next read, told in the same transaction, finished later.

The transaction takes away what requests are admitted by, and carries the fact and the audit log's entry. What hangs on
it (lists, assignments, links) is ended by `finish_revocation`, which the fact leads to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import NotFound, RuleBroken, Stale
from letterlock.domain.facts import CredentialRevoked, EverybodySignedOut, Fact, PersonRemoved, TokenLeaked
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Asked, Deed, Deeds
from letterlock.services.ports import Clock, Ids, Members
from letterlock.services.token_ports import Revocations

FRESH_READS = 3
ID: Final = re.compile("(?:per|tok)_[0-9A-Za-z]+")
"""Of a person or a token; the operator has none."""


class Revocable(StrEnum):
    API_TOKEN = "api_token"  # noqa: S105 - the name of a kind
    SESSION = "session"
    INVITATION = "invitation"
    RESET_LINK = "reset_link"
    CONNECTION = "connection"
    """An account that somebody connected: dead here first. Its provider is told by `tell_providers`."""
    PERSON = "person"
    WORKSPACE = "workspace"
    """Everybody is signed out: what there is of sessions and tokens is dead."""


ACTS: Final = {
    Revocable.API_TOKEN: Act.TOKEN_REVOKED,
    Revocable.SESSION: Act.SESSION_ENDED,
    Revocable.INVITATION: Act.INVITATION_REVOKED,
    Revocable.RESET_LINK: Act.RESET_LINK_REVOKED,
    Revocable.CONNECTION: Act.ACCOUNT_REVOKED,
    Revocable.PERSON: Act.PERSON_REMOVED,
    Revocable.WORKSPACE: Act.EVERYBODY_SIGNED_OUT,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be revoked. `holder`: of a session or token, who comes in with it."""

    kind: Revocable
    workspace: str
    id: str
    holder: str = ""
    leaked: bool = False
    """It was found where it should not be: its owner is told."""

    def facts(self, by: str) -> list[Fact]:
        """`by`: who has it done; what is no id of somebody's is not told."""
        match self.kind:
            case Revocable.PERSON:
                return [PersonRemoved(self.workspace, self.id)]
            case Revocable.WORKSPACE:
                return [EverybodySignedOut(self.workspace)]
        revoked: list[Fact] = [CredentialRevoked(self.workspace, self.id, self.holder, by if ID.fullmatch(by) else "")]
        return [*revoked, TokenLeaked(self.workspace, self.id, self.holder)] if self.leaked else revoked


@dataclass(frozen=True, slots=True)
class Revoke:
    """Whether it did: what was revoked before stays so, and nobody is told again.

    Raises NotFound for what never was; RuleBroken for a link that was used, and for the last owner; Stale; of a person
    also what `refuse_no_longer` does.
    """

    revocations: Revocations
    members: Members
    ids: Ids
    now: Clock

    def __call__(
        self,
        target: Target,
        asked: Asked,
        *,
        reason: str = "",
        before: str = "",
        asker: Principal | None = None,
    ) -> bool:
        """`asker`: who removes a person; None: the operator. For what else is revoked see `adapters.authority`."""
        act = Act.TOKEN_LEAKED if target.leaked else ACTS[target.kind]
        if asker and asker.id == target.id:
            act = Act.PERSON_LEFT
        deed = Deeds(self.ids, self.now)(
            target.workspace, asked, act, target.id, target.facts(asked.by), reason=reason, before=before
        )
        return self._effect(target, deed, asker)

    def _effect(self, target: Target, deed: Deed, asker: Principal | None) -> bool:
        workspace, store = target.workspace, self.revocations
        effects: dict[Revocable, Callable[[], bool]] = {
            Revocable.API_TOKEN: lambda: store.credential(workspace, target.holder, target.id, deed),
            Revocable.SESSION: lambda: store.credential(workspace, target.holder, target.id, deed),
            Revocable.INVITATION: lambda: store.invitation(workspace, target.id, deed),
            Revocable.RESET_LINK: lambda: store.reset_link(workspace, target.id, deed),
            Revocable.CONNECTION: lambda: store.connection(workspace, target.id, deed),
            Revocable.PERSON: lambda: self._person(workspace, target.id, deed, asker),
            Revocable.WORKSPACE: lambda: store.everybody(workspace, self.now(), deed),
        }
        return effects[target.kind]()

    def _person(self, workspace: str, person: str, deed: Deed, asker: Principal | None) -> bool:
        for _ in range(1 + FRESH_READS):
            member = self._read(workspace, person)
            if not member.active:
                return False
            owners = self.revocations.owners(workspace) if member.role is Role.OWNER else None
            if owners and set(owners.people) <= {person}:
                raise RuleBroken("a workspace keeps an owner: make somebody else one first")
            try:
                return self.revocations.person(member, self.now(), owners, deed, asker)
            except Stale:
                continue
        raise Stale("people come and go at this moment: ask again")

    def _read(self, workspace: str, person: str) -> Member:
        if not person.startswith("per_"):
            raise NotFound("no such person")
        return self.members.get(workspace, person)
