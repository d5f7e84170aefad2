"""What people revoke: tokens, each other, everything at once. The refusals stand here, the effect in `revoke`."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import CredentialKind, Principal
from letterlock.domain.errors import Forbidden, NotFound
from letterlock.domain.permissions import Action
from letterlock.services.deeds import Asked
from letterlock.services.people_ports import Links
from letterlock.services.ports import Clock, Members
from letterlock.services.revoke import Revocable, Revoke, Target
from letterlock.services.token_ports import Tokens


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """A second time changes nothing, and is no error. Raises Forbidden, NotFound, Stale."""

    revoke: Revoke
    tokens: Tokens

    def own(self, principal: Principal, token: str, asked: Asked) -> None:
        """No read: whose it is stands in the condition."""
        principal.may(Action.MANAGE_OWN_TOKENS)
        self._revoke(principal.workspace, principal.id, token, asked)

    def any(self, principal: Principal, token: str, asked: Asked) -> None:
        """A service token, which holds itself: no read; or anybody's personal one, whose holder is looked up then."""
        principal.may(Action.MANAGE_SERVICE_TOKENS)
        try:
            self._revoke(principal.workspace, token, token, asked)
        except NotFound:
            holder = self.tokens.get(principal.workspace, token).holder
            self._revoke(principal.workspace, holder, token, asked)

    def _revoke(self, workspace: str, holder: str, token: str, asked: Asked) -> None:
        if not token.startswith("tok_"):
            raise NotFound("no such token")
        self.revoke(Target(Revocable.API_TOKEN, workspace, token, holder), asked)


@dataclass(frozen=True, slots=True)
class RemovePerson:
    """Raises Forbidden (also for somebody above oneself), NotFound, RuleBroken (the last owner), Stale."""

    revoke: Revoke
    members: Members

    def __call__(self, principal: Principal, person: str, asked: Asked) -> None:
        principal.may(Action.REMOVE_PERSON)
        if not person.startswith("per_"):
            raise NotFound("no such person")
        if not principal.role.covers(self.members.get(principal.workspace, person).role):
            raise Forbidden("somebody with a higher role is not yours to remove")
        self.revoke(Target(Revocable.PERSON, principal.workspace, person), asked, asker=principal)


@dataclass(frozen=True, slots=True)
class LeaveWorkspace:
    """What one has there ends as by a removal. Raises Forbidden, RuleBroken (the last owner), Stale."""

    revoke: Revoke

    def __call__(self, principal: Principal, asked: Asked) -> None:
        principal.may(Action.LEAVE)
        self.revoke(Target(Revocable.PERSON, principal.workspace, principal.id), asked, asker=principal)


@dataclass(frozen=True, slots=True)
class EndResetLinks:
    """All that wait to be used; there may be none. Raises Forbidden, NotFound, RuleBroken (one was used now), Stale."""

    revoke: Revoke
    links: Links
    members: Members
    now: Clock

    def own(self, principal: Principal, asked: Asked) -> None:
        principal.may(Action.MANAGE_OWN_SIGN_IN)
        self._end(principal.workspace, principal.id, asked)

    def of(self, principal: Principal, person: str, asked: Asked) -> None:
        """Also raises Forbidden for somebody above oneself."""
        principal.may(Action.CHANGE_PERSON)
        if not person.startswith("per_"):
            raise NotFound("no such person")
        if not principal.role.covers(self.members.get(principal.workspace, person).role):
            raise Forbidden("somebody with a higher role is not yours to change")
        self._end(principal.workspace, person, asked)

    def _end(self, workspace: str, person: str, asked: Asked) -> None:
        for each in self.links.resets_of(workspace, person, self.now()):
            self.revoke(Target(Revocable.RESET_LINK, workspace, each.id), asked)


@dataclass(frozen=True, slots=True)
class EndSession:
    """One's own. A second time changes nothing. Raises Forbidden, NotFound, Stale."""

    revoke: Revoke

    def __call__(self, principal: Principal, session: str, asked: Asked) -> None:
        principal.may(Action.MANAGE_OWN_SESSIONS)
        if not session.startswith("ses_"):
            raise NotFound("no such session")
        self.revoke(Target(Revocable.SESSION, principal.workspace, session, principal.id), asked)


@dataclass(frozen=True, slots=True)
class RevokeInvitation:
    """A second time changes nothing. Raises Forbidden, NotFound, RuleBroken (it was accepted), Stale."""

    revoke: Revoke

    def __call__(self, principal: Principal, invitation: str, asked: Asked) -> None:
        principal.may(Action.INVITE)
        self.revoke(Target(Revocable.INVITATION, principal.workspace, invitation), asked)


@dataclass(frozen=True, slots=True)
class SignEverybodyOut:
    """Every session and every token of the workspace, also the one that asks. Raises Forbidden."""

    revoke: Revoke

    def __call__(self, principal: Principal, asked: Asked) -> None:
        principal.may(Action.SIGN_EVERYBODY_OUT)
        self.revoke(Target(Revocable.WORKSPACE, principal.workspace, principal.workspace), asked)


def kind_of(credential: CredentialKind) -> Revocable:
    return Revocable.SESSION if credential is CredentialKind.SESSION else Revocable.API_TOKEN
