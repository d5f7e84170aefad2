"""People of a workspace and all that they do to come in, over fakes: whoever is here came by a link."""

from dataclasses import dataclass, field
from random import Random

from bench.authenticator import code_of
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.keyed_links import KeyedLinks
from letterlock.adapters.second_factors import SecondFactors
from letterlock.domain.accounts import Principal
from letterlock.domain.audit import OPERATOR, Act
from letterlock.domain.facts import Fact, PasswordResetRequested, SignUpRequested
from letterlock.domain.people import LIFE, Invitation, Link, LinkKind
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import Session
from letterlock.domain.tokens import read
from letterlock.services.check_factor import CheckFactor
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.invite import InvitePerson, MakeInvitation
from letterlock.services.join import OPEN, AcceptInvitation, AskSignUp, CompleteSignUp, Join
from letterlock.services.manage_people import ChangePerson
from letterlock.services.own_sign_in import (
    ChangePassword,
    ConfirmFactor,
    ListSessions,
    OwnSignIn,
    ProposeFactor,
    RemoveFactor,
    RenewRecoveryCodes,
)
from letterlock.services.record_refusal import RecordRefusal
from letterlock.services.reset_factor import AskFactorReset, FactorResets, FinishFactorReset, StopFactorReset
from letterlock.services.reset_password import AskReset, CompleteReset
from letterlock.services.revoke import Revoke
from letterlock.services.revoke_access import EndResetLinks, EndSession, LeaveWorkspace, RemovePerson, SignEverybodyOut
from letterlock.services.send_account_mail import SendAccountMail
from letterlock.services.sign_in import SignedIn, SignInPerson
from letterlock.services.start_session import StartSession
from tests.fakes.accounts import FakeMailboxes, FakeMembers, FakeWorkspaces
from tests.fakes.audit import FakeAudit
from tests.fakes.billing import FakeSeats
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.keys import MemoryKeys
from tests.fakes.people import FakeAccountMailer, FakeLimits, FakeMailClaims, FakePasswords, FakePeople
from tests.fakes.revocation import FakeTokens

WORKSPACE = "wsp_01JAB3C4D5E6F7G8H9J0KMNPQR"
ANA, BEN = "ana@team.example", "ben@team.example"
PASSWORD, NEW, WRONG = "a long enough phrase", "a new and longer phrase", "another long phrase"
ASKED = Asked("", "request-1", "192.0.2.7", "Firefox")


@dataclass
class PeopleDesk:
    clock: FakeClock = field(default_factory=FakeClock)
    sign_up: str = OPEN

    def __post_init__(self) -> None:
        clock, ids, index = self.clock, FakeIds(self.clock), BlindIndex(MemoryKeys("stack"))
        self.ids, random = ids, Random(5).randbytes
        self.workspaces, self.audit, self.limits = FakeWorkspaces(), FakeAudit(), FakeLimits(clock)
        self.mailboxes = FakeMailboxes()
        self.members = FakeMembers(self.workspaces, self.mailboxes)
        self.people = people = FakePeople(self.members, self.workspaces, clock)
        self.tokens, self.passwords = FakeTokens(self.members, clock), FakePasswords()
        self.tokens.mailed = people.links
        self.links, self.factors = KeyedLinks(index), SecondFactors(index, random)
        self.claims, self.mailer = FakeMailClaims(clock), FakeAccountMailer()
        self.deeds, self.start = Deeds(ids, clock), StartSession(ids, clock, random)
        self.seats = FakeSeats()
        members, passwords, limits, deeds = self.members, self.passwords, self.limits, self.deeds
        self.check = CheckFactor(people, self.factors, clock)
        self.sign_in = SignInPerson(people, members, passwords, self.check, limits, self.audit, self.start, deeds)
        join = Join(people, members, passwords, self.start, deeds, ids, clock)
        self.unrecorded: list[Exception] = []
        self.refusal = RecordRefusal(self.audit, ids, clock, self.unrecorded.append)
        self.accept = AcceptInvitation(join, self.mailboxes, people, self.links, limits, self.refusal)
        self.ask_sign_up = AskSignUp(people, limits, deeds, ids, clock, lambda: self.sign_up)
        self.complete_sign_up = CompleteSignUp(
            join, self.mailboxes, self.workspaces, people, self.links, limits, self.refusal, lambda: self.sign_up
        )
        self.make_invitation = MakeInvitation(deeds, ids, clock)
        self.invite = InvitePerson(people, people, members, self.mailboxes, limits, self.make_invitation, self.seats)
        self.change_person = ChangePerson(people, self.tokens, deeds)
        own = OwnSignIn(people, members, people, passwords, limits, self.start, deeds, clock)
        self.change_password, self.propose = ChangePassword(own), ProposeFactor(own, self.factors)
        self.confirm, self.remove_factor = ConfirmFactor(own, self.factors, clock), RemoveFactor(own, self.check)
        self.renew_codes = RenewRecoveryCodes(own, self.check, self.factors)
        resets = FactorResets(people, members, people, deeds, clock)
        self.ask_factor_reset, self.finish_factor_reset = AskFactorReset(resets), FinishFactorReset(resets)
        self.stop_factor_reset = StopFactorReset(people, members, deeds)
        self.sessions = ListSessions(people, members, clock)
        self.ask_reset = AskReset(people, people, limits, deeds, ids, clock)
        self.reset = CompleteReset(people, people, people, self.links, passwords, limits, deeds, self.refusal, clock)
        revoke = Revoke(self.tokens, members, ids, clock)
        self.remove, self.end_session = RemovePerson(revoke, members), EndSession(revoke)
        self.sign_everybody_out, self.leave = SignEverybodyOut(revoke), LeaveWorkspace(revoke)
        self.end_resets = EndResetLinks(revoke, people, members, clock)
        self.send_mail = SendAccountMail(
            people,
            people,
            people,
            self.tokens,
            self.workspaces,
            self.mailboxes,
            self.links,
            self.claims,
            self.mailer,
            clock,
            "https://app.example",
        )
        self.workspaces.create(WORKSPACE, "Acme")

    # ---- who is here ----

    def invited(
        self,
        address: str = ANA,
        role: Role = Role.OWNER,
        mailboxes: frozenset[str] | None = None,
        by: str = OPERATOR,
    ) -> str:
        """The secret of an invitation that somebody made, if not the operator."""
        now, id_ = self.clock(), self.ids.new("inv")
        made = Invitation(id_, WORKSPACE, address, role, mailboxes, by, now, now + LIFE[LinkKind.INVITATION])
        self.people.invite(made, None, self.deeds(WORKSPACE, ASKED, Act.PERSON_INVITED, id_))
        return self.links.secret(Link(LinkKind.INVITATION, WORKSPACE, id_))

    def joined(self, address: str = ANA, role: Role = Role.OWNER) -> Principal:
        return self.who(self.accept(self.invited(address, role), "Somebody", PASSWORD, ASKED))

    def who(self, signed_in: SignedIn) -> Principal:
        return self.who_has(signed_in.session)

    def comes_in(self, secret: str) -> Principal | None:
        admission = self.members.admit(read(secret))
        return admission.principal(self.clock()) if admission else None

    def who_has(self, session: Session) -> Principal:
        found = self.comes_in(session.secret)
        assert found
        return found

    def signs_in(self, address: str = ANA, password: str = PASSWORD, code: str = "") -> Principal:
        return self.who(self.sign_in(address, password, ASKED, code=code))

    # ---- what they do ----

    def enrolled(self, who: Principal) -> tuple[Principal, str, list[str]]:
        """Them under their other session, the authenticator's secret, and the recovery codes."""
        secret = self.propose(who, PASSWORD, ASKED).secret
        session, codes = self.confirm(who, self.code(secret), ASKED)
        return self.who_has(session), secret, codes

    def code(self, secret: str, seconds: float = 0) -> str:
        """What an authenticator shows so many seconds from now."""
        return code_of(secret, self.clock().timestamp() + seconds)

    def reset_link(self, address: str = ANA) -> str:
        self.ask_reset(address, ASKED)
        said = self.told()[-1]
        assert isinstance(said, PasswordResetRequested)
        return self.links.secret(Link(LinkKind.RESET, said.workspace, said.reset))

    def invitation_link(self) -> Link:
        """Of the invitation that was made last."""
        _, last = max(key for key in self.people.links if key[1].startswith("inv_"))
        return Link(LinkKind.INVITATION, WORKSPACE, last)

    def sign_up_link(self, address: str = ANA) -> Link:
        self.ask_sign_up(address, "Ana's", ASKED)
        said = self.told()[-1]
        assert isinstance(said, SignUpRequested)
        return Link(LinkKind.SIGN_UP, said.workspace, said.sign_up)

    # ---- what came of it ----

    def told(self) -> list[Fact]:
        return [each.fact for deed in self.people.deeds for each in deed.told]

    def acts(self) -> list[Act]:
        return [each.entry.act for each in self.people.deeds]
