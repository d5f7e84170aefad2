"""People change how they sign in themselves: their password, their second factor, their sessions.

Each of these asks for the password, for a browser that was left open is not its owner; and each is told them by mail.
With each their own session gets another secret, and all others end: whoever knew the old password, or came in without
the factor, is out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import Forbidden, RuleBroken, SecondFactorRequired, Unauthenticated
from letterlock.domain.facts import (
    Fact,
    PasswordChanged,
    RecoveryCodesRenewed,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)
from letterlock.domain.passwords import entered, password_to_keep
from letterlock.domain.people import Profile, Reset
from letterlock.domain.permissions import Action
from letterlock.domain.sign_in import RECOVERY_CODES, Session, SessionShown, SignIn, sessions_of
from letterlock.domain.throttle import Tried
from letterlock.services.check_factor import CheckFactor, Proven
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.people_ports import Limits, Links, Passwords, People, SecondFactors, SignInChange, SignIns
from letterlock.services.ports import Clock, Members
from letterlock.services.start_session import StartSession, ended


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """What these have in common: whoever asks, as they sign in; their sessions; the end of all but one."""

    sign_ins: SignIns
    members: Members
    people: People
    passwords: Passwords
    limits: Limits
    start: StartSession
    deeds: Deeds
    now: Clock

    def read(self, who: Principal) -> tuple[SignIn, Member]:
        """Raises Unauthenticated when the session that asks was ended since it was let in."""
        member = self.members.get(who.workspace, who.id)
        if not member.active or who.credential not in {each.id for each in member.credentials}:
            raise Unauthenticated("this session has ended")
        return self.sign_ins.of_person(who.workspace, who.id), member

    def profile(self, who: Principal) -> Profile:
        return self.people.get(who.workspace, who.id).profile

    def check_password(self, who: Principal, sign_in: SignIn, password: str, asked: Asked) -> None:
        """Before anything is said of how they sign in. Raises TooManyRequests, Forbidden."""
        self.limits.count(Tried.CODE, who.id, asked.source)
        if not self.passwords.matches(entered(password), sign_in.password):
            raise Forbidden("this is not your password")

    def rotated(
        self,
        who: Principal,
        member: Member,
        change: SignInChange,
        asked: Asked,
        act: Act,
        facts: Iterable[Fact] = (),
    ) -> Session:
        session = self.start.rotated(member, who.credential, asked)
        others = tuple(each.id for each in sessions_of(member))
        deed = self.deeds(who.workspace, asked, act, who.id, [*facts, *ended(member, others)])
        self.sign_ins.change(replace(change, session=session, ended=others, asker=who), deed)
        return session


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Raises Forbidden."""

    sign_ins: SignIns
    members: Members
    now: Clock

    def __call__(self, who: Principal) -> list[SessionShown]:
        who.may(Action.MANAGE_OWN_SESSIONS)
        found = self.sign_ins.sessions(self.members.get(who.workspace, who.id))
        return [each for each in found if each.credential.live(self.now())]


@dataclass(frozen=True, slots=True)
class ListResets:
    """Links for a new password of one's own that wait to be used. Raises Forbidden."""

    links: Links
    now: Clock

    def __call__(self, who: Principal) -> list[Reset]:
        who.may(Action.MANAGE_OWN_SESSIONS)
        return self.links.resets_of(who.workspace, who.id, self.now())


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Raises Forbidden, Invalid, TooManyRequests, Stale."""

    own: OwnSignIn

    def __call__(self, who: Principal, current: str, new: str, asked: Asked) -> Session:
        who.may(Action.MANAGE_OWN_SIGN_IN)
        sign_in, member = self.own.read(who)
        self.own.check_password(who, sign_in, current, asked)
        kept = self.own.passwords.hash(password_to_keep(new, self.own.profile(who).address))
        change = SignInChange(sign_in, member, password=kept, chosen_at=self.own.now())
        facts = [PasswordChanged(who.workspace, who.id)]
        return self.own.rotated(who, member, change, asked, Act.PASSWORD_CHANGED, facts)


@dataclass(frozen=True, slots=True)
class Proposed:
    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class ProposeFactor:
    """A second factor, shown this once; it counts when a code of it was seen.

    Raises Forbidden, RuleBroken, TooManyRequests, Stale.
    """

    own: OwnSignIn
    factors: SecondFactors

    def __call__(self, who: Principal, password: str, asked: Asked) -> Proposed:
        who.may(Action.MANAGE_OWN_SIGN_IN)
        sign_in, member = self.own.read(who)
        self.own.check_password(who, sign_in, password, asked)
        if sign_in.totp:
            raise RuleBroken("there is a second factor already: remove it first")
        secret = self.factors.new_secret()
        deed = self.own.deeds(who.workspace, asked, Act.TOTP_PROPOSED, who.id)
        self.own.sign_ins.change(SignInChange(sign_in, member, proposed=secret, asker=who), deed)
        return Proposed(self.factors.spelt(secret), self.factors.uri(secret, self.own.profile(who).address))


@dataclass(frozen=True, slots=True)
class ConfirmFactor:
    """Whoever has a code of it was shown it, and gave the password for that.

    Raises Forbidden, RuleBroken, SecondFactorRequired, TooManyRequests, Stale.
    """

    own: OwnSignIn
    factors: SecondFactors
    now: Clock

    def __call__(self, who: Principal, code: str, asked: Asked) -> tuple[Session, list[str]]:
        """The recovery codes, shown this once."""
        who.may(Action.MANAGE_OWN_SIGN_IN)
        self.own.limits.count(Tried.CODE, who.id, asked.source)
        sign_in, member = self.own.read(who)
        if not sign_in.proposed:
            raise RuleBroken("no second factor waits to be confirmed: ask for one first")
        secret = self.own.sign_ins.factor(sign_in, sign_in.proposed)
        step = self.factors.step(secret, "".join(code.split()), self.now(), sign_in.step)
        if step is None:
            raise SecondFactorRequired("this code is not one of now: look at the clock of your device")
        codes, kept = _recovery_codes(self.factors, who)
        change = SignInChange(sign_in, member, totp=secret, proposed=b"", step=step, recovery=kept)
        facts = [SecondFactorEnrolled(who.workspace, who.id)]
        return self.own.rotated(who, member, change, asked, Act.TOTP_ENROLLED, facts), codes


@dataclass(frozen=True, slots=True)
class RemoveFactor:
    """Raises Forbidden, RuleBroken, SecondFactorRequired, TooManyRequests, Stale."""

    own: OwnSignIn
    check: CheckFactor

    def __call__(self, who: Principal, password: str, code: str, asked: Asked) -> Session:
        who.may(Action.MANAGE_OWN_SIGN_IN)
        sign_in, member = self.own.read(who)
        step = _proven(self.own, self.check, who, sign_in, password, code, asked).step
        change = SignInChange(sign_in, member, totp=b"", proposed=b"", step=step, recovery=frozenset())
        facts = [SecondFactorRemoved(who.workspace, who.id)]
        return self.own.rotated(who, member, change, asked, Act.TOTP_REMOVED, facts)


@dataclass(frozen=True, slots=True)
class RenewRecoveryCodes:
    """The old ones work no more. Raises Forbidden, RuleBroken, SecondFactorRequired, TooManyRequests, Stale."""

    own: OwnSignIn
    check: CheckFactor
    factors: SecondFactors

    def __call__(self, who: Principal, password: str, code: str, asked: Asked) -> tuple[Session, list[str]]:
        """The recovery codes, shown this once. `code`: of the authenticator, or one of those that there were."""
        who.may(Action.MANAGE_OWN_SIGN_IN)
        sign_in, member = self.own.read(who)
        step = _proven(self.own, self.check, who, sign_in, password, code, asked).step
        codes, kept = _recovery_codes(self.factors, who)
        change = SignInChange(sign_in, member, step=step, recovery=kept)
        facts = [RecoveryCodesRenewed(who.workspace, who.id)]
        return self.own.rotated(who, member, change, asked, Act.RECOVERY_CODES_RENEWED, facts), codes


def _proven(
    own: OwnSignIn, check: CheckFactor, who: Principal, sign_in: SignIn, password: str, code: str, asked: Asked
) -> Proven:
    """By both: the password alone must not do away with what is asked for beside it."""
    own.check_password(who, sign_in, password, asked)
    if not sign_in.totp:
        raise RuleBroken("there is no second factor")
    return check(sign_in, code)


def _recovery_codes(factors: SecondFactors, who: Principal) -> tuple[list[str], frozenset[str]]:
    """To be shown, and to be kept."""
    codes = factors.new_codes(RECOVERY_CODES)
    return codes, frozenset(factors.kept(who.id, each) for each in codes)
