"""What every store of a team keeps to, as notifications need it: the fake, and the table. And the tokens of answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from bench.people import put_person
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_accounts import DynamoMailboxes, DynamoWorkspaces
from letterlock.adapters.dynamo_team import DynamoTeam
from letterlock.adapters.keyed_tokens import KeyedAnswerTokens, KeyedReplyTokens
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.adapters.people_items import PeopleItems
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Mailbox, Member
from letterlock.domain.errors import NotFound
from letterlock.domain.notifications import NotificationSettings
from letterlock.domain.people import Profile
from letterlock.domain.permissions import Role
from letterlock.services.notify_ports import AnswerPlace, NotificationChoices, Team, TeamAddresses
from tests.adapters.conftest import Tables
from tests.fakes import START, FakeAnswerTokens, FakeMailboxes, FakeMembers, FakeTeam, FakeWorkspaces
from tests.fakes.keys import MemoryKeys

WORKSPACE = "wsp_acme"
ANA, BEA = Member("per_ana", WORKSPACE, Role.AGENT), Member("per_bea", WORKSPACE, Role.OWNER, active=False)
SUPPORT = Mailbox("mbx_1", WORKSPACE, "support@acme.test")


@dataclass
class Given:
    team: Team
    choices: NotificationChoices
    addresses: TeamAddresses
    join: Callable[[Member, str], None]


@pytest.fixture(params=["fake", "dynamo"])
def given(request: pytest.FixtureRequest, keys: MemoryKeys, sealer: Sealer, index: BlindIndex) -> Given:
    if request.param == "fake":
        workspaces = FakeWorkspaces()
        workspaces.create(WORKSPACE, "Acme")
        fake = FakeTeam(FakeMembers(workspaces, FakeMailboxes(SUPPORT)))
        return Given(fake, fake, fake, fake.join)
    tables: Tables = request.getfixturevalue("tables")
    keys.create(WORKSPACE, WORKSPACE_PURPOSES)
    DynamoWorkspaces(tables.client, tables.accounts, sealer, keys).create(WORKSPACE, "Acme")
    DynamoMailboxes(tables.client, tables.accounts, sealer, index).add(SUPPORT)
    items = PeopleItems(tables.accounts, sealer, index)

    def join(member: Member, address: str) -> None:
        put_person(tables.client, tables.accounts, index, member)
        profile = items.profile_item(member.workspace, member.id, Profile(address, ""), START)
        route = {"pk": {"S": items.route(address)}, "sk": {"S": member.workspace}, "person": {"S": member.id}}
        for item in (profile, route):
            tables.client.put_item(TableName=tables.accounts, Item=item)

    real = DynamoTeam(tables.client, items)
    return Given(real, real, real, join)


def test_whom_a_sender_may_pose_as_is_everybody_there_is_and_was(given: Given) -> None:
    assert list(given.addresses.addresses(WORKSPACE)) == []
    for member, address in ((ANA, "ana@team.test"), (BEA, "bea@team.test")):
        given.join(member, address)
    assert sorted(each.key for each in given.addresses.addresses(WORKSPACE)) == ["ana@team.test", "bea@team.test"]
    assert list(given.addresses.addresses("wsp_other")) == []


def test_a_colleague_is_who_they_are_at_this_moment(given: Given) -> None:
    for member, address in ((ANA, "ana@team.test"), (BEA, "bea@team.test")):
        given.join(member, address)
    ana, bea = given.team.colleague(WORKSPACE, ANA.id), given.team.colleague(WORKSPACE, BEA.id)
    assert (ana.member.role, ana.profile.address, ana.wants) == (Role.AGENT, "ana@team.test", NotificationSettings())
    assert (ana.gate.open, ana.gate.mailboxes) == (True, (SUPPORT.id,))
    assert ana.hears_of(SUPPORT.id)
    assert not ana.hears_of("mbx_other")
    assert not bea.hears_of(SUPPORT.id)
    assert given.team.gate(WORKSPACE) == ana.gate


@pytest.mark.parametrize("person", ["per_nobody", "tok_ana", ""])
def test_nobody_is_not_found(given: Given, person: str) -> None:
    given.join(ANA, "ana@team.test")
    with pytest.raises(NotFound):
        given.team.colleague(WORKSPACE, person)
    with pytest.raises(NotFound):
        given.team.colleague("wsp_other", ANA.id)
    with pytest.raises(NotFound):
        given.choices.get(WORKSPACE, "per_nobody")
    with pytest.raises(NotFound):
        given.choices.put(WORKSPACE, "per_nobody", NotificationSettings())
    assert given.team.everybody(WORKSPACE) == [ANA.id]


def test_an_address_leads_to_its_person_in_its_workspace(given: Given) -> None:
    given.join(ANA, "ana@team.test")
    assert given.team.at(WORKSPACE, "ana@team.test") == ANA.id
    assert given.team.at(WORKSPACE, "bea@team.test") == ""
    assert given.team.at("wsp_other", "ana@team.test") == ""


def test_what_somebody_chose_stays_and_tells_who_watches(given: Given) -> None:
    for member, address in ((ANA, "ana@team.test"), (BEA, "bea@team.test")):
        given.join(member, address)
    assert given.team.watching(WORKSPACE) == []
    for wants in (NotificationSettings(unassigned=True, mentions=False), NotificationSettings.of(frozenset())):
        given.choices.put(WORKSPACE, ANA.id, wants)
        assert given.choices.get(WORKSPACE, ANA.id) == wants
        assert given.team.colleague(WORKSPACE, ANA.id).wants == wants
        assert given.team.watching(WORKSPACE) == ([ANA.id] if wants.unassigned else [])
        assert given.team.colleague(WORKSPACE, ANA.id).profile.address == "ana@team.test"
    assert given.choices.get(WORKSPACE, BEA.id) == NotificationSettings()


# ---- the tokens of answers ------------------------------------------------------------------------------------------

CONVERSATION = "cnv_01JBX2R7T0C0NVERSAT10N0001"
PLACE = AnswerPlace(WORKSPACE, "mbx_1", "per_ana", "")


@pytest.mark.parametrize("real", [False, True])
def test_a_token_is_good_for_the_person_the_mailbox_and_the_time_that_it_was_made_for(
    real: bool, keys: MemoryKeys, index: BlindIndex
) -> None:
    for workspace in (WORKSPACE, "wsp_other"):
        keys.create(workspace, WORKSPACE_PURPOSES)
    tokens = KeyedAnswerTokens(index) if real else FakeAnswerTokens()
    token = tokens.mint(PLACE, CONVERSATION)
    assert len(token) == 39
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert tokens.verify(PLACE, token) == CONVERSATION
    for other in (
        replace(PLACE, workspace="wsp_other"),
        replace(PLACE, mailbox="mbx_2"),
        replace(PLACE, person="per_bea"),
        replace(PLACE, since="2026-11-02T09:00:00+00:00"),
    ):
        assert tokens.verify(other, token) == ""
    assert tokens.verify(PLACE, ("b" if token[0] == "a" else "a") + token[1:]) == ""


def test_an_answers_token_and_a_customers_are_never_taken_for_each_other(keys: MemoryKeys, index: BlindIndex) -> None:
    keys.create(WORKSPACE, WORKSPACE_PURPOSES)
    customers = KeyedReplyTokens(index).mint(WORKSPACE, "mbx_1", CONVERSATION)
    assert len(customers) == 40
    assert KeyedAnswerTokens(index).verify(PLACE, customers[:39]) == ""
