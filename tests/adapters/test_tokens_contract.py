"""What every store of tokens, and of all that lets somebody in, keeps to: the fake, and the tables."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bench.people import put_person
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import key
from letterlock.adapters.dynamo_accounts import DynamoWorkspaces
from letterlock.adapters.dynamo_members import DynamoMembers
from letterlock.adapters.dynamo_remains import DynamoRemains
from letterlock.adapters.dynamo_revocations import DynamoRevocations
from letterlock.adapters.dynamo_tokens import DynamoTokens
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Credential, CredentialKind, Member, Principal
from letterlock.domain.api_tokens import ApiToken, TokenState
from letterlock.domain.audit import Act
from letterlock.domain.errors import (
    AlreadyDone,
    Forbidden,
    KeyReused,
    NotFound,
    RuleBroken,
    Stale,
    Unauthenticated,
)
from letterlock.domain.facts import CredentialRevoked
from letterlock.domain.idempotency import Once
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.tokens import Presented
from letterlock.services.deeds import Asked, Deed, Deeds
from letterlock.services.ports import Members
from letterlock.services.token_ports import Issue, Remains, Revocations, Tokens
from tests.adapters.conftest import Tables
from tests.adapters.raw import everything
from tests.fakes import START, FakeClock, FakeIds, FakeMembers, FakeTokens, FakeWorkspaces
from tests.fakes.keys import MemoryKeys

WORKSPACE, ANA, BEA = "wsp_acme", "per_ana", "per_bea"
SESSION = Credential("ses_ana", CredentialKind.SESSION, frozenset(), START)
PERSON = Member(ANA, WORKSPACE, Role.ADMIN, credentials=(SESSION,))
PERSONAL = ApiToken(
    "tok_1", WORKSPACE, CredentialKind.PERSONAL, ANA, "My läptop", frozenset({Scope.READ}), START, maker=ANA
)
SERVICE = ApiToken(
    "tok_2",
    WORKSPACE,
    CredentialKind.SERVICE,
    "tok_2",
    "The CI",
    frozenset(Scope),
    START,
    START + timedelta(days=30),
    maker=ANA,
    role=Role.AGENT,
    mailboxes=frozenset({"mbx_1"}),
)


ASKER = Principal(WORKSPACE, ANA, Role.ADMIN, credential="ses_ana", signed_in=True, since=START)


@dataclass
class Store:
    members: Members
    tokens: Tokens
    revocations: Revocations
    remains: Remains
    clock: FakeClock
    fake: FakeTokens | None
    tables: Any
    index: BlindIndex

    def put(self, member: Member, **secrets: str) -> None:
        if self.fake:
            assert isinstance(self.members, FakeMembers)
            self.members.put(member, **secrets)
            sessions = [each.id for each in member.credentials if each.kind is CredentialKind.SESSION]
            self.fake.sessions |= {(member.workspace, each): member.id for each in sessions}
        else:
            put_person(self.tables.client, self.tables.accounts, self.index, member, **secrets)

    def link(self, link: str, state: str, person: str, to: str = "") -> None:
        """An invitation that the person made, or a reset link of theirs. `to`: the route of an invitation's address."""
        now = self.clock()
        if self.fake:
            self.fake.links[WORKSPACE, link] = state
            self.fake.links_of[WORKSPACE, link] = person
            self.fake.links_to[WORKSPACE, link] = (to, now)
            return
        prefix, whose = ("INV#", "invited_by") if link.startswith("inv_") else ("RST#", "person")
        item = key(WORKSPACE, f"{prefix}{link}") | {"state": {"S": state}, whose: {"S": person}}
        item |= {"to": {"S": to}, "created_at": {"S": instant(now)}}
        self.tables.client.put_item(TableName=self.tables.accounts, Item=item)

    def signs_in(self, person: str, route: str, leads_to: str) -> None:
        """How the person signs in, and to whom their address leads by now."""
        if self.fake:
            self.fake.sign_ins[WORKSPACE, person] = route
            self.fake.routes[route] = leads_to
            return
        for item in (
            key(WORKSPACE, f"SIGNIN#{person}") | {"route": {"S": route}},
            key(route, WORKSPACE) | {"person": {"S": leads_to}},
        ):
            self.tables.client.put_item(TableName=self.tables.accounts, Item=item)

    def ways_in(self, person: str, route: str) -> list[str]:
        """What is left of it: `sign-in`, and to whom the address leads."""
        if self.fake:
            left = ["sign-in"] if (WORKSPACE, person) in self.fake.sign_ins else []
            return left + [to for each, to in self.fake.routes.items() if each == route]
        items = {
            (each["pk"]["S"], each["sk"]["S"]): each for each in everything(self.tables.client, self.tables.accounts)
        }
        signs_in, led = items[WORKSPACE, f"SIGNIN#{person}"], items[route, WORKSPACE]
        for lapsed in (each for each in (signs_in, led) if "expires_at" in each):
            assert set(lapsed) == {"pk", "sk", "expires_at"}
        left = ["sign-in"] if "route" in signs_in else []
        return left + ([led["person"]["S"]] if "person" in led else [])

    def deed(self, act: Act = Act.TOKEN_REVOKED, credential: str = "tok_1") -> Deed:
        made = Deeds(FakeIds(self.clock), self.clock)
        fact = CredentialRevoked(WORKSPACE, credential, ANA)
        return made(WORKSPACE, Asked(ANA, "request-1"), act, credential, [fact])

    def issue(self, token: ApiToken, secret: str = "", once: Once | None = None) -> None:
        personal = token.kind is CredentialKind.PERSONAL
        roll = (self.tokens.roll if personal else self.tokens.roll_of_services)(WORKSPACE, ANA)
        deed = Deeds(FakeIds(self.clock), self.clock)(WORKSPACE, Asked(ANA, "request-1"), Act.TOKEN_ISSUED, token.id)
        deed = replace(deed, entry=replace(deed.entry, id=f"aud_{token.id}"))
        self.tokens.issue(Issue(token, secret or f"secret of {token.id}", roll, ASKER, deed, once))

    def done(self) -> tuple[int, int]:
        """How many entries the audit log has, and how many facts were told."""
        if self.fake:
            return len(self.fake.entries), len(self.fake.announced)
        outboxes = [each for each in everything(self.tables.client, self.tables.conversations) if "outbox" in each]
        return len(everything(self.tables.client, self.tables.audit)), len(outboxes)


@pytest.fixture(params=["fake", "dynamo"])
def store(
    request: pytest.FixtureRequest, keys: MemoryKeys, sealer: Sealer, index: BlindIndex, clock: FakeClock
) -> Store:
    """A workspace with an admin who is signed in."""
    if request.param == "fake":
        workspaces = FakeWorkspaces()
        workspaces.create(WORKSPACE, "Acme")
        members = FakeMembers(workspaces)
        fake = FakeTokens(members, clock)
        made = Store(members, fake, fake, fake, clock, fake, None, index)
    else:
        tables: Tables = request.getfixturevalue("tables")
        client, name = tables.client, tables.accounts
        DynamoWorkspaces(client, name, sealer, keys).create(WORKSPACE, "Acme")
        commits, audit = Commits(client, tables.conversations, index, clock), AuditEntries(tables.audit, sealer)
        made = Store(
            DynamoMembers(client, name, sealer, index),
            DynamoTokens(client, name, sealer, index, commits, audit, clock),
            DynamoRevocations(client, name, commits, audit),
            DynamoRemains(client, name, tables.conversations, clock),
            clock,
            None,
            tables,
            index,
        )
    made.put(PERSON, ses_ana="lls_ana")
    return made


def admitted(store: Store, holder: str, secret: str, kind: CredentialKind) -> bool:
    found = store.members.admit(Presented(kind, WORKSPACE, holder, secret))
    return found is not None and found.principal(store.clock()) is not None


# ---- issuing --------------------------------------------------------------------------------------------------------


def test_a_token_opens_the_door_and_is_listed(store: Store) -> None:
    store.issue(PERSONAL, "llp_1")
    store.issue(SERVICE, "llw_2")

    assert admitted(store, ANA, "llp_1", CredentialKind.PERSONAL)
    assert admitted(store, "tok_2", "llw_2", CredentialKind.SERVICE)
    assert list(store.tokens.listed(WORKSPACE)) == [PERSONAL, SERVICE]
    assert list(store.tokens.listed(WORKSPACE, holder=ANA)) == [PERSONAL]
    assert list(store.tokens.listed("wsp_other")) == []
    assert store.tokens.get(WORKSPACE, "tok_2") == SERVICE
    assert store.done() == (2, 0)
    for workspace, token in ((WORKSPACE, "tok_9"), ("wsp_other", "tok_1"), (WORKSPACE, "ses_ana")):
        with pytest.raises(NotFound):
            store.tokens.get(workspace, token)


def test_a_list_goes_on_after_a_token(store: Store) -> None:
    made = [replace(PERSONAL, id=f"tok_{number}") for number in range(5)]
    for each in made:
        store.issue(each)

    assert list(store.tokens.listed(WORKSPACE, limit=2)) == made[:2]
    assert list(store.tokens.listed(WORKSPACE, after="tok_1", limit=2)) == made[2:4]
    assert list(store.tokens.listed(WORKSPACE, holder=ANA, after="tok_3", limit=2)) == made[4:]


def test_the_roll_counts_what_is_live(store: Store) -> None:
    store.issue(PERSONAL)
    store.issue(replace(PERSONAL, id="tok_3", expires_at=START + timedelta(hours=1)))
    store.issue(SERVICE)
    assert (store.tokens.roll(WORKSPACE, ANA).live, store.tokens.roll_of_services(WORKSPACE, ANA).live) == (2, 1)

    store.clock.passes(hours=2)
    assert store.tokens.roll(WORKSPACE, ANA).live == 1
    store.revocations.credential(WORKSPACE, "tok_2", "tok_2", store.deed())
    assert store.tokens.roll_of_services(WORKSPACE, ANA).live == 0
    with pytest.raises(NotFound):
        store.tokens.roll(WORKSPACE, "per_nobody")


@pytest.mark.parametrize("token", [PERSONAL, SERVICE], ids=lambda each: each.kind)
def test_of_two_tokens_issued_at_once_the_second_counts_again(store: Store, token: ApiToken) -> None:
    read = store.tokens.roll if token.kind is CredentialKind.PERSONAL else store.tokens.roll_of_services
    roll = read(WORKSPACE, ANA)
    store.issue(token)
    other = replace(token, id="tok_8", holder=token.holder.replace(token.id, "tok_8"))
    deed = store.deed(Act.TOKEN_ISSUED, "tok_8")

    with pytest.raises(Stale):
        store.tokens.issue(Issue(other, "secret", roll, ASKER, deed))
    assert [each.id for each in store.tokens.listed(WORKSPACE)] == [token.id]
    store.tokens.issue(Issue(other, "secret", read(WORKSPACE, ANA), ASKER, deed))
    assert [each.id for each in store.tokens.listed(WORKSPACE)] == [token.id, "tok_8"]


@pytest.mark.parametrize("token", [PERSONAL, SERVICE], ids=lambda each: each.kind)
@pytest.mark.parametrize(
    ("meanwhile", "refusal"),
    [
        ("session ended", Unauthenticated),
        ("removed", Unauthenticated),
        ("signed out", Unauthenticated),
        ("demoted", Forbidden),
        ("fewer mailboxes", Stale),
    ],
)
def test_who_was_revoked_meanwhile_makes_no_token(
    store: Store, token: ApiToken, meanwhile: str, refusal: type[Exception]
) -> None:
    read = store.tokens.roll if token.kind is CredentialKind.PERSONAL else store.tokens.roll_of_services
    roll = read(WORKSPACE, ANA)
    match meanwhile:
        case "session ended":
            store.revocations.credential(WORKSPACE, ANA, "ses_ana", store.deed(Act.SESSION_ENDED, "ses_ana"))
        case "removed":
            store.revocations.person(PERSON, START, None, store.deed(Act.PERSON_REMOVED))
        case "signed out":
            store.revocations.everybody(WORKSPACE, START, store.deed(Act.EVERYBODY_SIGNED_OUT))
        case "demoted":
            store.put(replace(PERSON, role=Role.VIEWER, version=2), ses_ana="lls_ana")
        case _:
            store.put(replace(PERSON, mailboxes=frozenset({"mbx_1"}), version=2), ses_ana="lls_ana")

    with pytest.raises(refusal):
        store.tokens.issue(Issue(token, "s", roll, ASKER, store.deed(Act.TOKEN_ISSUED, token.id)))
    assert list(store.tokens.listed(WORKSPACE)) == []


def test_a_key_makes_one_token(store: Store) -> None:
    once = Once(ANA, "POST /v1/me/tokens", "key-1", "{}")
    store.issue(PERSONAL, once=once)

    with pytest.raises(AlreadyDone) as done:
        store.issue(replace(PERSONAL, id="tok_7"), once=once)
    assert done.value.done.made == "tok_1"
    with pytest.raises(KeyReused):
        store.issue(replace(PERSONAL, id="tok_7"), once=replace(once, body='{"name": "x"}'))
    assert [each.id for each in store.tokens.listed(WORKSPACE)] == ["tok_1"]


def test_what_has_expired_leaves_the_person_when_another_comes(store: Store) -> None:
    store.issue(replace(PERSONAL, expires_at=START + timedelta(hours=1)))
    store.clock.passes(hours=2)
    store.issue(replace(PERSONAL, id="tok_3"))

    assert [each.id for each in store.members.get(WORKSPACE, ANA).credentials] == ["ses_ana", "tok_3"]
    assert store.tokens.get(WORKSPACE, "tok_1").state(store.clock()) is TokenState.EXPIRED


def test_the_last_use_is_shown(store: Store) -> None:
    store.issue(PERSONAL)
    store.members.note_use(WORKSPACE, ANA, "tok_1", START.date())

    assert store.tokens.get(WORKSPACE, "tok_1").used_on == START.date()


# ---- revoking -------------------------------------------------------------------------------------------------------


def test_a_revoked_token_is_dead_at_the_next_read_and_told_once(store: Store) -> None:
    store.issue(PERSONAL, "llp_1")
    store.issue(SERVICE, "llw_2")
    for holder, token in ((ANA, "tok_1"), ("tok_2", "tok_2")):
        entries, facts = store.done()
        assert store.revocations.credential(WORKSPACE, holder, token, store.deed(credential=token))
        assert store.done() == (entries + 1, facts + 1)
        store.clock.passes(minutes=1)
        assert not store.revocations.credential(WORKSPACE, holder, token, store.deed(credential=token))
        assert store.done() == (entries + 1, facts + 1)

    assert not admitted(store, ANA, "llp_1", CredentialKind.PERSONAL)
    assert not admitted(store, "tok_2", "llw_2", CredentialKind.SERVICE)
    assert admitted(store, ANA, "lls_ana", CredentialKind.SESSION)
    assert {each.state(START) for each in store.tokens.listed(WORKSPACE)} == {TokenState.REVOKED}
    assert not store.members.get(WORKSPACE, "tok_2").active
    assert store.members.get(WORKSPACE, ANA).active


def test_a_session_ends_like_a_token(store: Store) -> None:
    assert store.revocations.credential(WORKSPACE, ANA, "ses_ana", store.deed(Act.SESSION_ENDED, "ses_ana"))
    assert not admitted(store, ANA, "lls_ana", CredentialKind.SESSION)
    store.clock.passes(minutes=1)
    assert not store.revocations.credential(WORKSPACE, ANA, "ses_ana", store.deed(Act.SESSION_ENDED, "ses_ana"))


@pytest.mark.parametrize(
    ("workspace", "holder", "credential"),
    [
        (WORKSPACE, ANA, "tok_9"),
        (WORKSPACE, BEA, "tok_1"),
        (WORKSPACE, "tok_1", "tok_1"),
        (WORKSPACE, ANA, "tok_2"),
        ("wsp_other", ANA, "tok_1"),
        (WORKSPACE, BEA, "ses_ana"),
    ],
)
def test_what_is_not_theirs_is_not_there(store: Store, workspace: str, holder: str, credential: str) -> None:
    store.issue(PERSONAL, "llp_1")
    store.issue(SERVICE, "llw_2")
    before = store.done()
    deed = store.deed()
    with pytest.raises(NotFound):
        store.revocations.credential(workspace, holder, credential, deed)
    assert store.done() == before
    assert admitted(store, ANA, "llp_1", CredentialKind.PERSONAL)
    assert admitted(store, "tok_2", "llw_2", CredentialKind.SERVICE)


def test_a_link_that_nobody_used_is_revoked_once(store: Store) -> None:
    for link, revoke in (("inv_1", store.revocations.invitation), ("rst_1", store.revocations.reset_link)):
        with pytest.raises(NotFound):
            revoke(WORKSPACE, link, store.deed())
        store.link(link, "used", ANA)
        with pytest.raises(RuleBroken):
            revoke(WORKSPACE, link, store.deed())
        store.link(link, "pending", ANA)
        store.clock.passes(minutes=1)
        assert revoke(WORKSPACE, link, store.deed())
        store.clock.passes(minutes=1)
        assert not revoke(WORKSPACE, link, store.deed())
    assert store.done() == (2, 2)


def test_a_removed_person_is_shut_out_with_all_they_have(store: Store) -> None:
    store.issue(PERSONAL, "llp_1")
    assert store.revocations.person(PERSON, START, None, store.deed(Act.PERSON_REMOVED))

    assert not admitted(store, ANA, "lls_ana", CredentialKind.SESSION)
    assert not admitted(store, ANA, "llp_1", CredentialKind.PERSONAL)
    assert store.members.get(WORKSPACE, ANA).removed_at == START
    assert store.tokens.get(WORKSPACE, "tok_1").state(START) is TokenState.REVOKED
    store.clock.passes(minutes=1)
    with pytest.raises(Stale):
        store.revocations.person(PERSON, START, None, store.deed(Act.PERSON_REMOVED))


def test_two_owners_who_remove_each_other_do_not_both_go(store: Store) -> None:
    ana, bea = replace(PERSON, role=Role.OWNER), Member(BEA, WORKSPACE, Role.OWNER)
    for each in (
        ana,
        bea,
        Member("per_cleo", WORKSPACE, Role.OWNER, active=False),
        Member("per_x", WORKSPACE, Role.ADMIN),
    ):
        store.put(each, **({"ses_ana": "lls_ana"} if each is ana else {}))
    owners = store.revocations.owners(WORKSPACE)
    assert owners.people == (ANA, BEA)

    assert store.revocations.person(bea, START, owners, store.deed(Act.PERSON_REMOVED))
    store.clock.passes(minutes=1)
    with pytest.raises(Stale):
        store.revocations.person(ana, START, owners, store.deed(Act.PERSON_REMOVED))
    assert store.revocations.owners(WORKSPACE).people == (ANA,)
    assert store.members.get(WORKSPACE, ANA).active


def test_everybody_is_signed_out_at_once_and_may_come_back(store: Store) -> None:
    store.issue(PERSONAL, "llp_1")
    store.issue(SERVICE, "llw_2")
    assert store.revocations.everybody(WORKSPACE, START, store.deed(Act.EVERYBODY_SIGNED_OUT))

    assert not admitted(store, ANA, "lls_ana", CredentialKind.SESSION)
    assert not admitted(store, ANA, "llp_1", CredentialKind.PERSONAL)
    assert not admitted(store, "tok_2", "llw_2", CredentialKind.SERVICE)
    assert {each.state(START) for each in store.tokens.listed(WORKSPACE)} == {TokenState.REVOKED}
    store.clock.passes(minutes=1)
    assert not store.revocations.everybody(WORKSPACE, START, store.deed(Act.EVERYBODY_SIGNED_OUT))
    later = Credential("ses_new", CredentialKind.SESSION, frozenset(), START + timedelta(minutes=1))
    store.put(replace(PERSON, credentials=(later,)), ses_new="lls_new")
    assert admitted(store, ANA, "lls_new", CredentialKind.SESSION)
    with pytest.raises(NotFound):
        store.revocations.everybody("wsp_other", START, store.deed(Act.EVERYBODY_SIGNED_OUT))


# ---- what is left ---------------------------------------------------------------------------------------------------


def test_the_first_moment_of_a_revocation_stays_on_the_list(store: Store) -> None:
    store.issue(PERSONAL)
    for minutes, finished in ((0, False), (1, True), (2, True)):
        store.remains.note_revoked(WORKSPACE, "tok_1", START + timedelta(minutes=minutes), finished=finished)
        store.clock.passes(minutes=10)
    store.remains.note_revoked(WORKSPACE, "tok_9", START, finished=True)

    found = store.tokens.get(WORKSPACE, "tok_1")
    assert (found.revoked_at, found.finished_at) == (START, START + timedelta(minutes=10))
    assert [each.id for each in store.tokens.listed(WORKSPACE)] == ["tok_1"]


def test_a_persons_open_links_are_ended_and_nobody_elses(store: Store) -> None:
    for link, state, person in (
        ("inv_1", "pending", ANA),
        ("inv_2", "pending", BEA),
        ("inv_3", "used", ANA),
        ("rst_1", "pending", ANA),
    ):
        store.link(link, state, person)

    assert store.remains.end_links(WORKSPACE, ANA, START, 1) == 1
    assert store.remains.end_links(WORKSPACE, ANA, START, 9) == 1
    assert store.remains.end_links(WORKSPACE, ANA, START, 9) == 0
    assert not store.revocations.invitation(WORKSPACE, "inv_1", store.deed())
    assert not store.revocations.reset_link(WORKSPACE, "rst_1", store.deed())
    assert store.revocations.invitation(WORKSPACE, "inv_2", store.deed())


def test_no_invitation_to_a_removed_persons_address_outlives_them_but_those_made_since(store: Store) -> None:
    store.signs_in(ANA, "route#signin#ana", ANA)
    store.link("inv_1", "pending", BEA, to="route#signin#ana")
    store.link("inv_2", "pending", ANA, to="route#signin#ana")
    store.link("inv_3", "pending", BEA, to="route#signin#bea")
    store.clock.passes(minutes=1)
    store.link("inv_4", "pending", BEA, to="route#signin#ana")

    assert store.remains.end_links(WORKSPACE, ANA, START, 9) == 2
    assert store.remains.end_links(WORKSPACE, ANA, START, 9) == 0
    store.remains.forget_sign_in(WORKSPACE, ANA)
    assert store.remains.end_links(WORKSPACE, ANA, store.clock(), 9) == 0
    assert [store.revocations.invitation(WORKSPACE, f"inv_{number}", store.deed()) for number in (1, 2)] == [False] * 2
    for number in (3, 4):
        store.clock.passes(minutes=1)
        assert store.revocations.invitation(WORKSPACE, f"inv_{number}", store.deed())


def test_how_a_removed_person_signed_in_is_forgotten_and_whoever_has_the_address_now_is_not(store: Store) -> None:
    store.signs_in(ANA, "route#signin#ana", ANA)
    store.signs_in(BEA, "route#signin#shared", "per_new")
    for _ in range(2):
        store.remains.forget_sign_in(WORKSPACE, ANA)
        store.remains.forget_sign_in(WORKSPACE, BEA)

    assert not store.ways_in(ANA, "route#signin#ana")
    assert store.ways_in(BEA, "route#signin#shared") == ["per_new"]


def test_what_outlived_a_sign_out_is_found_until_it_is_noted(store: Store) -> None:
    store.issue(PERSONAL)
    store.issue(SERVICE)
    store.clock.passes(minutes=2)
    assert list(store.remains.outlived(WORKSPACE, after="", limit=9)) == []
    store.revocations.everybody(WORKSPACE, START, store.deed(Act.EVERYBODY_SIGNED_OUT))

    found = [each for each in store.remains.outlived(WORKSPACE, after="", limit=9) if each[0].startswith("tok_")]
    assert found == [("tok_1", ANA), ("tok_2", "tok_2")]
    store.remains.note_revoked(WORKSPACE, "tok_1", START, finished=True)
    assert list(store.remains.outlived(WORKSPACE, after="tok_0", limit=9)) == [("tok_2", "tok_2")]
    assert list(store.remains.outlived(WORKSPACE, after="tok_2", limit=9)) == []


def test_dead_credentials_are_taken_out_and_a_service_goes_with_its_own(store: Store) -> None:
    store.issue(PERSONAL)
    store.issue(SERVICE)
    for holder, credential in ((ANA, "tok_1"), ("tok_2", "tok_2"), ("tok_9", "tok_9"), (ANA, "tok_1")):
        store.remains.take_out(WORKSPACE, holder, [credential])

    assert [each.id for each in store.members.get(WORKSPACE, ANA).credentials] == ["ses_ana"]
    assert store.members.get(WORKSPACE, ANA).active
    assert not store.members.get(WORKSPACE, "tok_2").active
    with pytest.raises(NotFound):
        store.members.get(WORKSPACE, "tok_9")


def test_finished_is_said_of_the_removed_only_and_once(store: Store) -> None:
    store.remains.finish(WORKSPACE, ANA, START)
    assert store.members.get(WORKSPACE, ANA) == PERSON
    store.revocations.person(PERSON, START, None, store.deed(Act.PERSON_REMOVED))
    for minutes in (1, 2):
        store.remains.finish(WORKSPACE, ANA, START + timedelta(minutes=minutes))

    found = store.members.get(WORKSPACE, ANA)
    assert (found.finished_at, found.credentials) == (START + timedelta(minutes=1), ())
