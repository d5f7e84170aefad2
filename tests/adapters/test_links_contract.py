"""What every store of the links that are mailed to people keeps to: the fake, and the tables."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.audit import Act
from letterlock.domain.errors import AlreadyDone, Gone, KeyReused, NotFound, Unauthenticated
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.domain.people import Invitation, Link, LinkKind, LinkState, Reset, SignUp
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import NO_PERSON, NOBODY
from tests.adapters.conftest import Calls, Tables
from tests.adapters.people_given import (
    ANA,
    BEN,
    OTHER,
    WORKSPACE,
    Office,
    asker,
    over_tables,
)
from tests.fakes import START, FakeClock
from tests.fakes.keys import MemoryKeys


def test_invitations_are_listed_in_their_order_page_by_page(office: Office) -> None:
    made = [replace(office.invited(f"inv_z{number}"), name=f"Bén {number}") for number in range(4)]
    for each in made:
        office.invite(each)

    first = office.links.invitations(WORKSPACE, limit=1)
    assert [each.state for each in first] == [LinkState.USED]
    assert office.links.invitations(WORKSPACE, after=first[0].id, limit=2) == made[:2]
    assert office.links.invitations(WORKSPACE, after="inv_z1") == made[2:]
    assert office.links.invitations(WORKSPACE, after="inv_z3") == []
    assert office.links.invitations(OTHER) == []
    assert office.links.invitation(WORKSPACE, "inv_z2") == made[2]


def test_a_key_makes_one_invitation_and_is_free_again_a_day_later(office: Office) -> None:
    once = Once(ANA, "POST /v1/invitations", "key-1", "{}")
    assert office.links.done(WORKSPACE, once) is None
    office.links.invite(office.invited("inv_1"), asker(), office.deed(), once)
    before = office.done()

    assert office.links.done(WORKSPACE, once) == Done(made="inv_1")
    with pytest.raises(AlreadyDone) as done:
        office.links.invite(office.invited("inv_2"), asker(), office.deed(), once)
    assert done.value.done.made == "inv_1"
    other = replace(once, body='{"name": "x"}')
    with pytest.raises(KeyReused):
        office.links.invite(office.invited("inv_2"), asker(), office.deed(), other)
    with pytest.raises(KeyReused):
        office.links.done(WORKSPACE, other)
    assert office.done() == before

    office.clock.passes(seconds=HELD.total_seconds())
    assert office.links.done(WORKSPACE, other) is None
    office.links.invite(office.invited("inv_2"), asker(), office.deed(), other)
    assert office.links.done(WORKSPACE, other) == Done(made="inv_2")


def test_what_was_refused_uses_no_key_up(office: Office) -> None:
    once = Once(ANA, "POST /v1/invitations", "key-1", "{}")
    with pytest.raises(Unauthenticated):
        office.links.invite(office.invited("inv_1"), asker(BEN), office.deed(), once)
    assert office.links.done(WORKSPACE, once) is None


def test_resets_and_sign_ups_are_found_where_they_were_asked_for(office: Office) -> None:
    reset = office.asked_for(ANA)
    wanted = SignUp("sup_1", "wsp_new", "dan@team.example", "Dän's", START + timedelta(hours=1))
    office.links.ask_sign_up(wanted, office.deed(Act.SIGN_UP_REQUESTED))

    assert office.links.reset(WORKSPACE, "rst_1") == reset
    assert office.links.sign_up("wsp_new", "sup_1") == wanted
    missing: list[tuple[object, str, str]] = [
        (office.links.reset, OTHER, "rst_1"),
        (office.links.reset, WORKSPACE, "rst_2"),
        (office.links.sign_up, WORKSPACE, "sup_1"),
        (office.links.sign_up, "wsp_new", "sup_2"),
        (office.links.invitation, WORKSPACE, "inv_1"),
    ]
    for read, workspace, link in missing:
        with pytest.raises(NotFound):
            read(workspace, link)  # type: ignore[operator]


def test_of_resets_those_are_found_that_somebody_can_still_use(office: Office) -> None:
    office.joined(BEN)
    for number in range(3):
        office.asked_for(ANA, f"rst_{number}")
        office.clock.passes(minutes=20)
    his = office.asked_for(BEN, "rst_9")
    office.revocations.reset_link(WORKSPACE, "rst_2", office.deed(Act.RESET_LINK_REVOKED))

    def found(person: str, workspace: str = WORKSPACE) -> list[str]:
        return [each.id for each in office.links.resets_of(workspace, person, office.clock())]

    assert found(ANA) == ["rst_1"], "the first one's hour is over"
    assert office.links.resets_of(WORKSPACE, BEN, office.clock()) == [his]
    assert (found(BEN, OTHER), found("per_x")) == ([], [])
    change = replace(office.as_read(BEN), password="new", reset=his)
    office.sign_ins.change(change, office.deed(Act.PASSWORD_CHANGED))
    assert found(BEN) == []


def test_a_reset_is_written_alike_for_everybody(tables: Tables, keys: MemoryKeys, clock: FakeClock) -> None:
    """Of the tables only: who counts the writes must not learn whether somebody is known."""
    calls = Calls()
    office = over_tables(tables, keys, clock)
    tables.client.meta.events.register("provide-client-params.dynamodb.*", calls.note)
    shapes = []
    for workspace, person in ((WORKSPACE, ANA), (NOBODY, NO_PERSON)):
        calls.made.clear()
        reset = Reset("rst_1", workspace, person, START + timedelta(hours=1))
        office.links.ask_reset(reset, office.deed(Act.PASSWORD_RESET_REQUESTED))
        shapes.append((calls.names(), [sorted(each) for each in calls.puts()]))
    tables.client.meta.events.unregister("provide-client-params.dynamodb.*", calls.note)

    assert shapes[0] == shapes[1]


def test_an_invitation_keeps_all_that_was_said(office: Office) -> None:
    said = Invitation(
        "inv_1",
        WORKSPACE,
        "ben@team.example",
        Role.ADMIN,
        frozenset({"mbx_1"}),
        ANA,
        START,
        START + timedelta(hours=72),
        name="Bén",
    )
    for each in (said, replace(said, id="inv_2", mailboxes=frozenset()), replace(said, id="inv_3", mailboxes=None)):
        assert office.links.invitation(WORKSPACE, office.invite(each).id) == each


def test_a_link_of_one_kind_is_none_of_another(office: Office) -> None:
    office.asked_for(ANA)
    with pytest.raises(Gone):
        office.people.join(office.joining(BEN, Link(LinkKind.INVITATION, WORKSPACE, "rst_1")), office.deed())
