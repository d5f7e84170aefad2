"""Who forgot their password gets a link; the answer is the same for everybody, known or not."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.audit import Act
from letterlock.domain.errors import Gone, NotFound
from letterlock.domain.facts import PasswordChanged, PasswordResetRequested
from letterlock.domain.links import NO_GOOD
from letterlock.domain.passwords import password_to_keep
from letterlock.domain.people import LIFE, LinkKind, Reset
from letterlock.domain.sign_in import NO_PERSON, NOBODY, sessions_of
from letterlock.domain.throttle import Tried
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.people_ports import Limits, Links, LinkSecrets, Passwords, People, SignInChange, SignIns
from letterlock.services.ports import Clock, Ids
from letterlock.services.record_refusal import RecordRefusal
from letterlock.services.sign_in import STACK
from letterlock.services.start_session import ended


@dataclass(frozen=True, slots=True)
class AskReset:
    """Nobody learns whether the address is anybody's: what nobody has is written as well. Raises TooManyRequests."""

    sign_ins: SignIns
    links: Links
    limits: Limits
    deeds: Deeds
    ids: Ids
    now: Clock

    def __call__(self, address: str, asked: Asked, workspace: str = "") -> None:
        address = address.strip().lower()
        self.limits.count(Tried.RESET, address, asked.source)
        found = self.sign_ins.of_address(address, workspace)
        where, person = (found.workspace, found.person) if found else (NOBODY, NO_PERSON)
        reset = Reset(self.ids.new("rst"), where, person, self.now() + LIFE[LinkKind.RESET])
        deed = self.deeds(
            where if found else STACK,
            asked,
            Act.PASSWORD_RESET_REQUESTED,
            person if found else "",
            [PasswordResetRequested(where, person, reset.id)],
        )
        self.links.ask_reset(reset, deed)


@dataclass(frozen=True, slots=True)
class CompleteReset:
    """Ends every session; the second factor stays. A link that was asked for before the password was last changed, or
    before everybody was signed out, is no good. Raises TooManyRequests, Gone, Invalid, Stale.
    """

    sign_ins: SignIns
    people: People
    links: Links
    secrets: LinkSecrets
    passwords: Passwords
    limits: Limits
    deeds: Deeds
    refusal: RecordRefusal
    now: Clock

    def __call__(self, secret: str, password: str, asked: Asked) -> None:
        self.limits.count(Tried.LINK, secret, asked.source)
        link = self.secrets.read(secret, LinkKind.RESET)
        try:
            reset = self.links.reset(link.workspace, link.id)
        except NotFound:
            raise Gone(NO_GOOD) from None
        with self.refusal.of_link(link, reset.standing(self.now()), asked):
            self._complete(reset, password, asked)

    def _complete(self, reset: Reset, password: str, asked: Asked) -> None:
        try:
            person = self.people.get(reset.workspace, reset.person)
            sign_in = self.sign_ins.of_person(reset.workspace, reset.person)
        except NotFound:
            raise Gone(NO_GOOD) from None
        member = person.member
        now = self.now()
        if not reset.good(now, sign_in.chosen_at) or not member.active:
            raise Gone(NO_GOOD)
        kept = self.passwords.hash(password_to_keep(password, person.profile.address))
        sessions = tuple(each.id for each in sessions_of(member))
        deed = self.deeds(
            member.workspace,
            Asked(member.id, asked.request, asked.source, asked.user_agent),
            Act.PASSWORD_CHANGED,
            member.id,
            [PasswordChanged(member.workspace, member.id), *ended(member, sessions)],
            reason="reset link",
        )
        change = SignInChange(sign_in, member, password=kept, chosen_at=now, ended=sessions, reset=reset)
        self.sign_ins.change(change, deed)
