"""Somebody signs in: by address and password, and by a code where they have a second factor.

What is asked of AWS, and how much is computed, is the same for an address that we know and for one that we do not, as
far as the password's check: counts, a Query, a GetItem, one Argon2id, and on a refusal one PutItem.
"""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Member
from letterlock.domain.audit import Act
from letterlock.domain.errors import SecondFactorRequired, Stale, Unauthenticated
from letterlock.domain.facts import RecoveryCodeUsed
from letterlock.domain.passwords import entered
from letterlock.domain.sign_in import REMEMBERED_LIFE, SESSION_LIFE, Session, SignIn, making_room
from letterlock.domain.throttle import Tried
from letterlock.services.audit_ports import Audit
from letterlock.services.check_factor import CheckFactor, Proven
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.people_ports import Limits, Passwords, SignInChange, SignIns
from letterlock.services.ports import Members
from letterlock.services.start_session import FRESH_READS, StartSession, ended

REFUSED = (
    "this address and this password let nobody in; where the address is in several workspaces, name one by its id: "
    "every mail about the account has it"
)
STACK = "stack"
"""Whose chain has the refusals of addresses that nobody knows, and whose key seals all refusals."""


@dataclass(frozen=True, slots=True)
class Given:
    address: str
    password: str
    code: str
    workspace: str
    remember: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    member: Member
    session: Session


@dataclass(frozen=True, slots=True)
class SignInPerson:
    """Raises TooManyRequests, Unauthenticated, SecondFactorRequired, Stale; alike for all who are not let in."""

    sign_ins: SignIns
    members: Members
    passwords: Passwords
    factor: CheckFactor
    limits: Limits
    audit: Audit
    start: StartSession
    deeds: Deeds

    def __call__(
        self,
        address: str,
        password: str,
        asked: Asked,
        *,
        code: str = "",
        workspace: str = "",
        remember: bool = False,
    ) -> SignedIn:
        """`code`: of the authenticator, or a recovery code. `workspace`: where the address is in several."""
        given = Given(address, password, code, workspace, remember)
        address = given.address.strip().lower()
        self.limits.count(Tried.SIGN_IN, address, asked.source)
        found = self.sign_ins.of_address(address, given.workspace)
        if not self.passwords.matches(entered(given.password), found.password if found else ""):
            raise self._refused(found, asked, "password")
        if found is None:
            raise AssertionError("a password that matches is somebody's")
        return self._with_password(found, given, asked)

    def _with_password(self, found: SignIn, given: Given, asked: Asked) -> SignedIn:
        """Whoever comes here knows the password."""
        proven = Proven()
        if found.totp:
            if not given.code:
                raise SecondFactorRequired("send the code of the authenticator, or a recovery code, as well")
            self.limits.count(Tried.CODE, found.person, asked.source)
            proven = self._factor(found, given, asked)
        for attempt in range(1 + FRESH_READS):
            member = self.members.get(found.workspace, found.person)
            if not member.active:
                raise self._refused(found, asked, "removed")
            try:
                return self._admitted(found, member, given, asked, proven)
            except Stale:
                # Where the code or the password is another one now, it stays stale.
                if attempt == FRESH_READS:
                    raise
        raise AssertionError("unreachable")

    def _factor(self, found: SignIn, given: Given, asked: Asked) -> Proven:
        try:
            return self.factor(found, given.code)
        except SecondFactorRequired:
            self._refused(found, asked, "code")
            raise

    def _admitted(self, found: SignIn, member: Member, given: Given, asked: Asked, proven: Proven) -> SignedIn:
        life = REMEMBERED_LIFE if given.remember else SESSION_LIFE
        session = self.start(member.workspace, member.id, asked, life)
        expired, evicted = making_room(member, session.credential.created_at)
        outdated = self.passwords.outdated(found.password)
        used = proven.recovery is not None
        deed = self.deeds(
            member.workspace,
            Asked(member.id, asked.request, asked.source, asked.user_agent),
            Act.RECOVERY_CODE_USED if used else Act.SIGNED_IN,
            session.credential.id,
            [*([RecoveryCodeUsed(member.workspace, member.id)] if used else []), *ended(member, evicted)],
        )
        change = SignInChange(
            found,
            member,
            password=self.passwords.hash(entered(given.password)) if outdated else None,
            step=proven.step,
            recovery=proven.recovery,
            session=session,
            ended=(*expired, *evicted),
        )
        self.sign_ins.change(change, deed)
        return SignedIn(member, session)

    def _refused(self, found: SignIn | None, asked: Asked, reason: str) -> Unauthenticated:
        workspace, person = (found.workspace, found.person) if found else (STACK, "")
        deed = self.deeds(workspace, asked, Act.SIGN_IN_REFUSED, person, reason=reason)
        self.audit.record(deed.entry, under=STACK)
        return Unauthenticated(REFUSED)
