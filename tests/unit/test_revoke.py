"""Revocation: dead at once, told once, refused where it must be; what hangs on it is ended, however often that begins."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Credential, CredentialKind, Member, Principal
from letterlock.domain.api_tokens import ApiToken
from letterlock.domain.audit import Act
from letterlock.domain.conversations import Conversation
from letterlock.domain.errors import Forbidden, NotFound, RuleBroken, Stale, Unauthenticated
from letterlock.domain.facts import (
    ConversationAssigned,
    CredentialRevoked,
    EverybodySignedOut,
    PersonRemoved,
    TokenLeaked,
)
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.tokens import spell
from letterlock.services.authenticate import Authenticate
from letterlock.services.deeds import Asked
from letterlock.services.finish_revocation import FinishRevocation, Left, Run
from letterlock.services.report_leak import ReportLeak
from letterlock.services.revoke import Revocable, Revoke, Target
from letterlock.services.revoke_access import RemovePerson, RevokeToken, SignEverybodyOut
from tests.fakes import START, FakeIds, FakeMembers, FakeTokens, FakeWorkspaces
from tests.fakes.desk import Desk

WORKSPACE = "wsp_acme"
ULID = "01JAB3C4D5E6F7G8H9J0KMNPQ"
ANA, BEA, CI = f"per_{ULID}A", f"per_{ULID}B", f"tok_{ULID}C"
OWNER = Principal(WORKSPACE, ANA, Role.OWNER, signed_in=True, credential="ses_A", since=START)
ASKED = Asked(ANA, "request-1")


def spelt(kind: CredentialKind, holder: str, number: int) -> str:
    return spell(kind, f"wsp_{ULID}W", holder, number.to_bytes(32))


@dataclass
class Office:
    """A workspace of two people and a service, who have conversations."""

    desk: Desk = field(default_factory=Desk)

    def __post_init__(self) -> None:
        self.clock = self.desk.clock
        workspaces = FakeWorkspaces()
        workspaces.create(WORKSPACE, "Acme")
        self.members = FakeMembers(workspaces)
        self.store = FakeTokens(self.members, self.clock)
        ids = FakeIds(self.clock)
        self.revoke = Revoke(self.store, self.members, ids, self.clock)
        self.revoke_token = RevokeToken(self.revoke, self.store)
        self.remove = RemovePerson(self.revoke, self.members)
        self.sign_out = SignEverybodyOut(self.revoke)
        self.finish = FinishRevocation(self.members, self.store, self.desk.conversations, ids, self.clock)
        self.person(ANA, Role.OWNER)
        self.person(BEA, Role.AGENT)
        credential = Credential(CI, CredentialKind.SERVICE, frozenset(Scope), START)
        self.members.put(Member(CI, WORKSPACE, Role.AGENT, credentials=(credential,)), **{CI: "llw_ci"})
        self.listed(CI, CI, CredentialKind.SERVICE)

    def person(self, person: str, role: Role) -> None:
        session = Credential(f"ses_{person[-1]}", CredentialKind.SESSION, frozenset(), START)
        token = Credential(f"tok_{person[-1]}", CredentialKind.PERSONAL, frozenset(Scope), START)
        self.members.put(Member(person, WORKSPACE, role, credentials=(session, token)))
        self.store.sessions[WORKSPACE, session.id] = person
        self.listed(token.id, person, CredentialKind.PERSONAL)

    def listed(self, token: str, holder: str, kind: CredentialKind) -> None:
        self.store.tokens[WORKSPACE, token] = ApiToken(token, WORKSPACE, kind, holder, "x", frozenset(Scope), START)

    def assigned(self, count: int, to: str) -> list[Conversation]:
        made = []
        for _ in range(count):
            head = self.desk.opened()
            head.assign(to)
            self.desk.conversations.save(head, [])
            made.append(head)
        return made

    def held_by(self, member: str) -> int:
        heads = self.desk.conversations._heads.values()
        return sum(each.assignee == member for each in heads)

    def run(self, *, settled: bool = True, enough: Callable[[], bool] = lambda: False) -> Run:
        return Run(WORKSPACE, "fct_1", START, "request-1", settled, enough)


@pytest.fixture
def office() -> Office:
    return Office()


# ---- the effect -----------------------------------------------------------------------------------------------------


def test_one_revokes_ones_own_token_once_and_a_second_time_is_no_error(office: Office) -> None:
    bea = Principal(WORKSPACE, BEA, Role.AGENT, signed_in=True)
    for _ in range(2):
        office.revoke_token.own(bea, "tok_B", ASKED)

    assert office.store.announced == [CredentialRevoked(WORKSPACE, "tok_B", BEA, by=ASKED.by)]
    assert [each.act for each in office.store.entries] == [Act.TOKEN_REVOKED]
    for token in ("tok_A", CI, "tok_none", "ses_B"):
        with pytest.raises(NotFound):
            office.revoke_token.own(bea, token, ASKED)
    assert len(office.store.announced) == 1


def test_an_admin_revokes_anybodys_token_and_the_workspaces(office: Office) -> None:
    for token, holder in (("tok_B", BEA), (CI, CI), (CI, CI)):
        office.revoke_token.any(OWNER, token, ASKED)
        assert office.store.announced[-1] == CredentialRevoked(WORKSPACE, token, holder, by=ASKED.by)
    assert len(office.store.announced) == 2
    for nobodys in ("tok_none", "ses_B", BEA):
        with pytest.raises(NotFound):
            office.revoke_token.any(OWNER, nobodys, ASKED)


def test_who_may_not_revoke_does_not(office: Office) -> None:
    agent = Principal(WORKSPACE, BEA, Role.AGENT, signed_in=True)
    by_token = replace(OWNER, signed_in=False, scopes=frozenset(Scope))
    with pytest.raises(Forbidden):
        office.revoke_token.any(agent, CI, ASKED)
    with pytest.raises(Forbidden):
        office.revoke_token.own(by_token, "tok_A", ASKED)
    with pytest.raises(Forbidden):
        office.remove(agent, ANA, ASKED)
    for role in (Role.ADMIN, Role.AGENT):
        with pytest.raises(Forbidden):
            office.sign_out(replace(OWNER, role=role), ASKED)
    with pytest.raises(Forbidden):
        office.sign_out(by_token, ASKED)
    with pytest.raises(Forbidden):
        office.remove(replace(OWNER, role=Role.ADMIN), ANA, ASKED)
    assert office.store.announced == []
    assert office.store.entries == []


def test_a_person_is_removed_once(office: Office) -> None:
    for _ in range(2):
        office.remove(OWNER, BEA, ASKED)
    assert office.store.announced == [PersonRemoved(WORKSPACE, BEA)]
    assert not office.members.get(WORKSPACE, BEA).active
    for nobody in ("per_none", CI, ""):
        with pytest.raises(NotFound):
            office.remove(OWNER, nobody, ASKED)


def test_a_workspace_keeps_an_owner(office: Office) -> None:
    with pytest.raises(RuleBroken):
        office.remove(OWNER, ANA, ASKED)
    office.person(BEA, Role.OWNER)

    def the_other_goes_first() -> None:
        office.store.before = lambda: None
        office.remove(OWNER, BEA, ASKED)

    office.store.before = the_other_goes_first
    with pytest.raises(RuleBroken):
        office.remove(OWNER, ANA, ASKED)
    assert office.members.get(WORKSPACE, ANA).active


def test_people_who_never_hold_still_are_busy(office: Office) -> None:
    def moved() -> None:
        raise Stale("moved")

    office.store.before = moved
    with pytest.raises(Stale):
        office.remove(OWNER, BEA, ASKED)


def test_everybody_is_signed_out_and_it_is_told(office: Office) -> None:
    office.clock.passes(minutes=1)
    office.sign_out(OWNER, ASKED)
    assert office.store.announced == [EverybodySignedOut(WORKSPACE)]
    assert office.members.signed_out[WORKSPACE] == office.clock()


def test_links_are_revoked_like_all_else(office: Office) -> None:
    office.store.links |= {(WORKSPACE, "inv_1"): "pending", (WORKSPACE, "rst_1"): "pending"}
    for kind, link, act in (
        (Revocable.INVITATION, "inv_1", Act.INVITATION_REVOKED),
        (Revocable.RESET_LINK, "rst_1", Act.RESET_LINK_REVOKED),
    ):
        assert office.revoke(Target(kind, WORKSPACE, link), ASKED)
        assert not office.revoke(Target(kind, WORKSPACE, link), ASKED)
        assert office.store.entries[-1].act is act
    assert len(office.store.announced) == 2


# ---- leaks ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def leaks() -> Office:
    """Its tokens are spelt as real ones."""
    office = Office()
    workspaces = FakeWorkspaces()
    workspaces.create(f"wsp_{ULID}W", "Acme")
    office.members = FakeMembers(workspaces)
    office.store = FakeTokens(office.members, office.clock)
    office.revoke = Revoke(office.store, office.members, FakeIds(office.clock), office.clock)
    for number, (kind, holder, id) in enumerate(  # noqa: A001 - the field's own name
        (
            (CredentialKind.PERSONAL, ANA, "tok_1"),
            (CredentialKind.SESSION, BEA, "ses_2"),
            (CredentialKind.SERVICE, CI, CI),
        )
    ):
        credential = Credential(id, kind, frozenset(), START, START + timedelta(days=1), START.date())
        member = Member(holder, f"wsp_{ULID}W", Role.AGENT, credentials=(credential,))
        office.members.put(member, **{id: spelt(kind, holder, number)})
    return office


SECRETS = [
    spelt(CredentialKind.PERSONAL, ANA, 0),
    spelt(CredentialKind.SESSION, BEA, 1),
    spelt(CredentialKind.SERVICE, CI, 2),
]


def test_each_live_token_in_a_report_is_revoked_and_its_owner_told(leaks: Office) -> None:
    report = ReportLeak(leaks.members, leaks.revoke, leaks.clock)
    foreign = spelt(CredentialKind.PERSONAL, ANA, 99)
    asked = [SECRETS[0], "ghp_of_somebody_else", SECRETS[1], foreign, SECRETS[0], SECRETS[2][:-1], ""]

    assert report(asked, Asked("", "request-1")) == [True, False, True, False, True, False, False]
    assert [each for each in leaks.store.announced if isinstance(each, TokenLeaked)] == [
        TokenLeaked(f"wsp_{ULID}W", "tok_1", ANA),
        TokenLeaked(f"wsp_{ULID}W", "ses_2", BEA),
    ]
    assert {each.act for each in leaks.store.entries} == {Act.TOKEN_LEAKED}
    assert leaks.store.entries[0].detail.before == START.date().isoformat()
    assert report(asked, Asked("", "request-2")) == [False] * 7
    authenticate = Authenticate(leaks.members, leaks.clock)
    with pytest.raises(Unauthenticated):
        authenticate("", SECRETS[1])
    assert authenticate(f"Bearer {SECRETS[2]}").id == CI


def test_what_is_dead_already_is_no_find(leaks: Office) -> None:
    report = ReportLeak(leaks.members, leaks.revoke, leaks.clock)
    leaks.members.signed_out[f"wsp_{ULID}W"] = START
    assert report(SECRETS, ASKED) == [False] * 3
    leaks.members.signed_out.clear()
    leaks.clock.passes(days=2)
    assert report(SECRETS, ASKED) == [False] * 3
    assert leaks.store.entries == []


# ---- what hangs on it -----------------------------------------------------------------------------------------------


def test_a_removed_persons_things_are_ended_and_it_is_said(office: Office) -> None:
    office.assigned(3, BEA)
    office.assigned(1, ANA)
    office.store.links |= {(WORKSPACE, "inv_1"): "pending", (WORKSPACE, "inv_2"): "pending"}
    office.store.links_of |= {(WORKSPACE, "inv_1"): BEA, (WORKSPACE, "inv_2"): ANA}
    office.remove(OWNER, BEA, ASKED)

    assert office.finish.person(office.run(settled=False), BEA) is Left.SETTLING
    assert office.members.get(WORKSPACE, BEA).finished_at is None
    assert office.finish.person(office.run(), BEA) is Left.NOTHING
    member = office.members.get(WORKSPACE, BEA)
    assert (member.credentials, member.finished_at) == ((), office.clock())
    assert (office.held_by(BEA), office.held_by(ANA)) == (0, 1)
    assert office.store.links == {(WORKSPACE, "inv_1"): "revoked", (WORKSPACE, "inv_2"): "pending"}
    assert office.store.tokens[WORKSPACE, "tok_B"].finished_at
    assert office.store.tokens[WORKSPACE, "tok_A"].finished_at is None
    unassigned = [each for each in office.desk.conversations.announced if isinstance(each, ConversationAssigned)]
    assert [each.assignee for each in unassigned] == [""] * 3


def test_what_was_assigned_meanwhile_is_found_by_the_last_look(office: Office) -> None:
    office.remove(OWNER, BEA, ASKED)
    assert office.finish.person(office.run(settled=False), BEA) is Left.SETTLING
    office.assigned(1, BEA)
    assert office.finish.person(office.run(), BEA) is Left.SETTLING
    assert office.finish.person(office.run(), BEA) is Left.NOTHING
    assert office.held_by(BEA) == 0


def test_however_much_there_is_each_run_does_some_and_leaves_the_rest(office: Office) -> None:
    office.assigned(7, BEA)
    office.remove(OWNER, BEA, ASKED)
    runs, left = 0, Left.MORE
    while left is Left.MORE:
        before = office.held_by(BEA)
        budget = iter([False] * 3)
        left = office.finish.person(office.run(enough=lambda budget=budget: next(budget, True)), BEA)  # type: ignore[misc]  # bound at once
        assert before - office.held_by(BEA) <= 3
        runs += 1
    assert (runs, left, office.held_by(BEA)) == (3, Left.SETTLING, 0)


def test_a_run_that_dies_anywhere_is_finished_by_the_next(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.assigned(3, BEA)
    office.store.links[WORKSPACE, "inv_1"] = "pending"
    office.store.links_of[WORKSPACE, "inv_1"] = BEA
    office.remove(OWNER, BEA, ASKED)
    conversations, store = office.desk.conversations, office.store

    def until_finished() -> None:
        while office.finish.person(office.run(), BEA) is not Left.NOTHING:
            pass

    class Died(Exception):
        pass

    def dies(*_: object, **__: object) -> None:
        raise Died

    for owner, name in ((store, "note_revoked"), (store, "end_links"), (conversations, "save"), (store, "finish")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, dies)
            with pytest.raises(Died):
                until_finished()
    until_finished()
    assert office.held_by(BEA) == 0
    assert office.store.links[WORKSPACE, "inv_1"] == "revoked"


def test_a_conversation_that_moves_is_read_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    [head] = office.assigned(1, BEA)
    conversations = office.desk.conversations
    save, failures = conversations.save, iter([True, False])

    def busy(*args: object, **more: object) -> None:
        if next(failures, False):
            raise Stale("moved")
        save(*args, **more)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(conversations, "save", busy)
    office.finish.person(office.run(), BEA)
    assert conversations.get(WORKSPACE, head.id).assignee == ""


def test_a_revoked_service_leaves_its_conversations_and_a_persons_token_does_not(office: Office) -> None:
    office.assigned(2, CI)
    office.assigned(1, BEA)
    office.revoke_token.any(OWNER, CI, ASKED)
    office.revoke_token.any(OWNER, "tok_B", ASKED)

    assert office.finish.credential(office.run(), "tok_B", BEA) is Left.NOTHING
    assert office.store.tokens[WORKSPACE, "tok_B"].finished_at
    assert office.finish.credential(office.run(settled=False), CI, CI) is Left.SETTLING
    assert office.store.tokens[WORKSPACE, CI].finished_at is None
    assert office.store.tokens[WORKSPACE, CI].revoked_at == START
    assert office.finish.credential(office.run(), CI, CI) is Left.NOTHING
    assert office.store.tokens[WORKSPACE, CI].finished_at
    assert (office.held_by(CI), office.held_by(BEA)) == (0, 1)
    assert office.finish.credential(office.run(), "inv_1", "") is Left.NOTHING


def test_after_everybody_was_signed_out_nothing_dead_is_left_and_people_stay(office: Office) -> None:
    office.assigned(1, CI)
    office.assigned(1, BEA)
    office.sign_out(OWNER, ASKED)

    budget = iter([False])
    assert office.finish.everybody(office.run(enough=lambda: next(budget, True))) is Left.MORE
    assert office.finish.everybody(office.run()) is Left.NOTHING
    assert [each.revoked_at for each in office.store.tokens.values()] == [START] * 3
    assert not office.members.get(WORKSPACE, CI).active
    assert office.members.get(WORKSPACE, BEA).active
    assert (office.held_by(CI), office.held_by(BEA)) == (0, 1)
