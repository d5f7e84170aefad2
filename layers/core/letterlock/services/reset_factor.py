"""The way back for an owner who lost authenticator and recovery codes, and has nobody above them: by the operator, who
knows whom they speak to. All owners are told, and for a day any of them can stop it; a use of the factor stops it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.audit import OPERATOR, Act
from letterlock.domain.errors import NotFound, RuleBroken, Stale
from letterlock.domain.facts import SecondFactorRemoved, SecondFactorResetAsked, SecondFactorResetStopped
from letterlock.domain.permissions import Action, Role
from letterlock.domain.sign_in import FactorReset, SignIn, sessions_of
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.people_ports import People, SignInChange, SignIns
from letterlock.services.ports import Clock, Members
from letterlock.services.start_session import FRESH_READS, ended

_Ended = TypeVar("_Ended")


def _decided_anew(decide: Callable[[], _Ended]) -> _Ended:
    """Where somebody else was faster, on what they left: who asks twice at once is answered alike. Raises Stale."""
    for attempt in range(1 + FRESH_READS):
        try:
            return decide()
        except Stale:
            if attempt == FRESH_READS:
                raise
    raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class FactorResets:
    """What asking and finishing have in common: whom the operator named, as they sign in."""

    sign_ins: SignIns
    members: Members
    people: People
    deeds: Deeds
    now: Clock

    def read(self, workspace: str, address: str) -> tuple[SignIn, Member]:
        """Raises NotFound, RuleBroken."""
        person = self.people.at(workspace, address.strip().lower())
        member = self.members.get(workspace, person) if person else None
        if member is None or not member.active or member.role is not Role.OWNER:
            raise NotFound("nobody who signs in there with this address is an owner: others are let in again by one")
        sign_in = self.sign_ins.of_person(workspace, member.id)
        if not sign_in.totp:
            raise RuleBroken("they have no second factor: the password lets them in, and a reset link sets another one")
        return sign_in, member


@dataclass(frozen=True, slots=True)
class ResetAsked:
    person: str
    reset: FactorReset


@dataclass(frozen=True, slots=True)
class AskFactorReset:
    """Asked again, it is the one that there is, and nobody is told again. Raises NotFound, RuleBroken, Stale."""

    resets: FactorResets

    def __call__(self, workspace: str, address: str, request: str) -> ResetAsked:
        return _decided_anew(lambda: self._asked(workspace, address, request))

    def _asked(self, workspace: str, address: str, request: str) -> ResetAsked:
        sign_in, member = self.resets.read(workspace, address)
        now = self.resets.now()
        if sign_in.factor_reset and now < sign_in.factor_reset.until:
            return ResetAsked(member.id, sign_in.factor_reset)
        reset = FactorReset(now)
        facts = [SecondFactorResetAsked(workspace, member.id)]
        deed = self.resets.deeds(workspace, Asked(OPERATOR, request), Act.FACTOR_RESET_ASKED, member.id, facts)
        self.resets.sign_ins.change(SignInChange(sign_in, member, factor_reset=reset), deed)
        return ResetAsked(member.id, reset)


@dataclass(frozen=True, slots=True)
class FinishFactorReset:
    """The factor and its codes go, and with them every session. Raises NotFound, RuleBroken, Stale."""

    resets: FactorResets

    def __call__(self, workspace: str, address: str, request: str) -> str:
        """Whose it was."""
        return _decided_anew(lambda: self._finished(workspace, address, request))

    def _finished(self, workspace: str, address: str, request: str) -> str:
        sign_in, member = self.resets.read(workspace, address)
        now, reset = self.resets.now(), sign_in.factor_reset
        if reset is None or reset.until <= now:
            raise RuleBroken("nothing is to be finished: it was stopped, the factor was used since, or it is too old")
        if now < reset.ready_at:
            raise RuleBroken("it can be stopped for a day: finish it after that")
        sessions = tuple(each.id for each in sessions_of(member))
        facts = [SecondFactorRemoved(workspace, member.id), *ended(member, sessions)]
        asked = Asked(OPERATOR, request)
        deed = self.resets.deeds(workspace, asked, Act.TOTP_REMOVED, member.id, facts, reason="lost")
        change = SignInChange(sign_in, member, totp=b"", proposed=b"", recovery=frozenset(), ended=sessions)
        self.resets.sign_ins.change(change, deed)
        return member.id


@dataclass(frozen=True, slots=True)
class StopFactorReset:
    """Where there is none to stop, nothing is done, and it is no error. Raises Forbidden, NotFound, Stale."""

    sign_ins: SignIns
    members: Members
    deeds: Deeds

    def __call__(self, who: Principal, person: str, asked: Asked) -> None:
        who.may(Action.STOP_FACTOR_RESET)
        _decided_anew(lambda: self._stopped(who.workspace, person, asked))

    def _stopped(self, workspace: str, person: str, asked: Asked) -> None:
        sign_in, member = self.sign_ins.of_person(workspace, person), self.members.get(workspace, person)
        if sign_in.factor_reset is None or not member.active:
            return
        facts = [SecondFactorResetStopped(workspace, person)]
        deed = self.deeds(workspace, asked, Act.FACTOR_RESET_STOPPED, person, facts)
        self.sign_ins.change(SignInChange(sign_in, member, stops_reset=True), deed)
