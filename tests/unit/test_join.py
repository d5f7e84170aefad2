"""Who becomes a person of a workspace: by an invitation, or by signing one up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Mailbox
from letterlock.domain.audit import Act
from letterlock.domain.errors import AddressRefused, Conflict, Forbidden, Gone, Invalid, Stale, TooManyRequests
from letterlock.domain.facts import PersonJoined
from letterlock.domain.people import LinkState
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Asked
from tests.fakes import START
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, PeopleDesk

CLEO = "cleo@team.example"


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


# ---- invitations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "good"), [(72 * 3600 - 1, True), (72 * 3600, False)])
def test_an_invitation_is_good_for_three_days_to_the_second(desk: PeopleDesk, seconds: int, good: bool) -> None:
    token = desk.invited()
    desk.clock.passes(seconds=seconds)
    if good:
        assert desk.accept(token, "Ana", PASSWORD, ASKED).member.role is Role.OWNER
    else:
        with pytest.raises(Gone):
            desk.accept(token, "Ana", PASSWORD, ASKED)


def test_who_mistypes_may_try_again_with_the_same_invitation(desk: PeopleDesk) -> None:
    token = desk.invited()
    for name, password in (("", PASSWORD), ("Ana", "short"), ("Ana", ANA), ("An\na", PASSWORD)):
        with pytest.raises(Invalid):
            desk.accept(token, name, password, ASKED)
    assert desk.accept(token, " Ana ", PASSWORD, ASKED)
    assert [each.profile.name for each in desk.people.listed(WORKSPACE)] == ["Ana"]


def test_what_one_joined_by_is_told_and_in_the_log(desk: PeopleDesk) -> None:
    who = desk.joined()
    deed = desk.people.deeds[-1]
    assert (deed.entry.act, deed.entry.actor, deed.entry.detail.after) == (Act.INVITATION_ACCEPTED, who.id, "owner")
    assert desk.told()[-1:] == [PersonJoined(WORKSPACE, who.id)]


def test_of_two_invitations_to_one_address_the_second_finds_them_there(desk: PeopleDesk) -> None:
    first, second = desk.invited(), desk.invited()
    desk.accept(first, "Ana", PASSWORD, ASKED)
    with pytest.raises(Conflict):
        desk.accept(second, "Ana", NEW, ASKED)
    assert desk.signs_in()


def test_who_was_removed_does_not_come_back_by_an_older_invitation(desk: PeopleDesk) -> None:
    owner = desk.joined()
    first, second = desk.invited(BEN, Role.AGENT), desk.invited(BEN, Role.AGENT)
    ben = desk.who(desk.accept(first, "Ben", PASSWORD, ASKED))
    desk.clock.passes(minutes=1)
    desk.remove(owner, ben.id, ASKED)
    at_once = desk.invited(BEN, Role.AGENT)

    desk.clock.passes(minutes=1)
    for token in (second, at_once):
        with pytest.raises(Gone):
            desk.accept(token, "Ben", PASSWORD, ASKED)
    again = desk.who(desk.accept(desk.invited(BEN, Role.VIEWER), "Ben", PASSWORD, ASKED))
    assert again.id != ben.id
    assert desk.comes_in(desk.sign_in(BEN, PASSWORD, ASKED).session.secret) == replace(
        again, credential=desk.members.get(WORKSPACE, again.id).credentials[-1].id
    )


def test_of_two_who_take_a_removed_persons_place_at_once_one_does(desk: PeopleDesk) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.AGENT)
    desk.remove(owner, ben.id, ASKED)
    desk.clock.passes(minutes=1)
    tokens = [desk.invited(BEN, Role.AGENT) for _ in range(2)]

    def first() -> None:
        desk.people.before = lambda: None
        desk.accept(tokens[0], "Ben", PASSWORD, ASKED)

    desk.people.before = first
    with pytest.raises(Conflict):
        desk.accept(tokens[1], "Ben", NEW, ASKED)
    assert len(desk.people.listed(WORKSPACE)) == 3


@pytest.mark.parametrize("gone", ["removed", "token removed", "never there"])
def test_what_somebody_invited_to_is_over_with_them(desk: PeopleDesk, gone: str) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.ADMIN)
    inviter = {"removed": ben.id, "token removed": "tok_1", "never there": "per_x"}[gone]
    token = desk.invited(CLEO, Role.AGENT, by=inviter)
    if gone == "token removed":
        desk.members.put(replace(desk.members.get(WORKSPACE, ben.id), id="tok_1", active=False))
    if gone == "removed":
        desk.remove(owner, ben.id, ASKED)
    with pytest.raises(Gone):
        desk.accept(token, "Cleo", PASSWORD, ASKED)


ONE, TWO = frozenset({"mbx_1"}), frozenset({"mbx_1", "mbx_2"})


@pytest.mark.parametrize(
    ("stands", "invited_to", "good"),
    [
        ((Role.OWNER, None), (Role.OWNER, None), True),
        ((Role.ADMIN, None), (Role.OWNER, None), False),
        ((Role.ADMIN, None), (Role.ADMIN, None), True),
        ((Role.AGENT, None), (Role.ADMIN, None), False),
        ((Role.AGENT, None), (Role.VIEWER, ONE), False),
        ((Role.ADMIN, ONE), (Role.AGENT, ONE), True),
        ((Role.ADMIN, TWO), (Role.AGENT, ONE), True),
        ((Role.ADMIN, ONE), (Role.AGENT, TWO), False),
        ((Role.ADMIN, ONE), (Role.AGENT, None), False),
        ((Role.ADMIN, frozenset()), (Role.AGENT, ONE), False),
        ((Role.ADMIN, frozenset()), (Role.AGENT, frozenset()), True),
    ],
)
def test_nobody_gets_more_by_an_invitation_than_its_inviter_could_give_by_now(
    desk: PeopleDesk,
    stands: tuple[Role, frozenset[str] | None],
    invited_to: tuple[Role, frozenset[str] | None],
    good: bool,
) -> None:
    ben = desk.joined(BEN, Role.OWNER)
    token = desk.invited(CLEO, invited_to[0], invited_to[1], by=ben.id)
    desk.members.put(replace(desk.members.get(WORKSPACE, ben.id), role=stands[0], mailboxes=stands[1]))

    if good:
        assert desk.accept(token, "Cleo", PASSWORD, ASKED).member.role is invited_to[0]
    else:
        with pytest.raises(Gone):
            desk.accept(token, "Cleo", PASSWORD, ASKED)
        assert desk.people.at(WORKSPACE, CLEO) == ""


def test_whose_inviter_is_demoted_in_that_very_moment_does_not_join(desk: PeopleDesk) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.ADMIN)
    token = desk.invited(CLEO, Role.AGENT, by=ben.id)

    def meanwhile() -> None:
        desk.people.before = lambda: None
        desk.change_person(owner, ben.id, ASKED, role=Role.AGENT)

    desk.people.before = meanwhile
    with pytest.raises(Gone):
        desk.accept(token, "Cleo", PASSWORD, ASKED)
    assert desk.people.at(WORKSPACE, CLEO) == ""


def test_whose_inviter_gets_more_in_that_very_moment_joins_all_the_same(desk: PeopleDesk) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.ADMIN)
    token = desk.invited(CLEO, Role.AGENT, by=ben.id)

    def meanwhile() -> None:
        desk.people.before = lambda: None
        desk.change_person(owner, ben.id, ASKED, role=Role.OWNER)

    desk.people.before = meanwhile
    assert desk.accept(token, "Cleo", PASSWORD, ASKED).member.role is Role.AGENT


def test_who_keeps_changing_is_no_reason_to_try_for_ever(desk: PeopleDesk) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.ADMIN)
    token = desk.invited(CLEO, Role.AGENT, by=ben.id)
    roles = iter([Role.OWNER, Role.ADMIN] * 4)

    def always() -> None:
        desk.people.before = lambda: None
        desk.change_person(owner, ben.id, ASKED, role=next(roles))
        desk.people.before = always

    desk.people.before = always
    with pytest.raises(Stale):
        desk.accept(token, "Cleo", PASSWORD, ASKED)
    assert len(list(roles)) == 4, "after four tries"


def test_a_link_is_guessed_at_so_often_and_no_more(desk: PeopleDesk) -> None:
    forged = "lli_" + "0" * 101
    for _ in range(10):
        with pytest.raises(Gone):
            desk.accept(forged, "Ana", PASSWORD, ASKED)
    with pytest.raises(TooManyRequests):
        desk.accept(forged, "Ana", PASSWORD, ASKED)
    desk.clock.passes(hours=1)
    with pytest.raises(Gone):
        desk.accept(forged, "Ana", PASSWORD, ASKED)


# ---- sign-ups -------------------------------------------------------------------------------------------------------


def test_who_signs_up_owns_all_there_will_be(desk: PeopleDesk) -> None:
    link = desk.sign_up_link()
    who = desk.who(desk.complete_sign_up(desk.links.secret(link), "Ana", PASSWORD, ASKED))
    assert (who.workspace, who.role, who.limited) == (link.workspace, Role.OWNER, False)
    assert desk.workspaces.names[link.workspace] == "Ana's"


@pytest.mark.parametrize(("seconds", "good"), [(3599, True), (3600, False)])
def test_a_sign_up_is_good_for_an_hour_to_the_second(desk: PeopleDesk, seconds: int, good: bool) -> None:
    token = desk.links.secret(desk.sign_up_link())
    desk.clock.passes(seconds=seconds)
    if good:
        assert desk.complete_sign_up(token, "Ana", PASSWORD, ASKED)
    else:
        with pytest.raises(Gone):
            desk.complete_sign_up(token, "Ana", PASSWORD, ASKED)
        assert len(desk.workspaces.names) == 1


def test_a_sign_up_that_broke_off_is_taken_up_with_the_name_and_entry_that_it_began_with(desk: PeopleDesk) -> None:
    link = desk.sign_up_link()

    def dies() -> None:
        desk.people.before = lambda: None
        raise RuntimeError

    desk.people.before = dies
    with pytest.raises(RuntimeError):
        desk.complete_sign_up(desk.links.secret(link), "Ana", PASSWORD, ASKED)
    assert link.workspace in desk.workspaces.names
    assert desk.people.listed(link.workspace) == []
    assert desk.people.sign_up(link.workspace, link.id).state is LinkState.PENDING

    desk.clock.passes(minutes=50)
    desk.complete_sign_up(desk.links.secret(link), "Änne", NEW, ASKED)
    [person] = desk.people.listed(link.workspace)
    assert (person.profile.name, person.joined_at) == ("Änne", START + timedelta(minutes=50))
    assert [each.act for each in desk.workspaces.audited] == [Act.WORKSPACE_CREATED]
    assert desk.signs_in(password=NEW).workspace == link.workspace


def test_nobody_owns_a_workspace_by_an_address_that_a_team_reads(desk: PeopleDesk) -> None:
    link = desk.sign_up_link("support+me@acme.example")
    desk.mailboxes.add(Mailbox("mbx_1", WORKSPACE, "support@acme.example"))
    with pytest.raises(AddressRefused):
        desk.complete_sign_up(desk.links.secret(link), "Ana", PASSWORD, ASKED)
    assert link.workspace not in desk.workspaces.names


def test_of_two_who_complete_one_sign_up_at_once_one_owns_it(desk: PeopleDesk) -> None:
    link = desk.sign_up_link()

    def first() -> None:
        desk.people.before = lambda: None
        desk.complete_sign_up(desk.links.secret(link), "Ana", PASSWORD, ASKED)

    desk.people.before = first
    with pytest.raises(Gone):
        desk.complete_sign_up(desk.links.secret(link), "Eve", NEW, ASKED)
    assert [each.profile.name for each in desk.people.listed(link.workspace)] == ["Ana"]


def test_one_address_owns_several_workspaces_and_says_which(desk: PeopleDesk) -> None:
    first, second = desk.sign_up_link(), desk.sign_up_link()
    for link, password in ((first, PASSWORD), (second, NEW)):
        desk.complete_sign_up(desk.links.secret(link), "Ana", password, ASKED)
    signed_in = desk.sign_in(ANA, NEW, ASKED, workspace=second.workspace)
    assert signed_in.member.workspace == second.workspace


def test_a_sign_up_is_asked_for_so_often_from_one_address_and_from_one_source(desk: PeopleDesk) -> None:
    for _ in range(3):
        desk.ask_sign_up(ANA, "Ana's", ASKED)
    with pytest.raises(TooManyRequests):
        desk.ask_sign_up(" ANA@team.example", "Ana's", Asked("", "r", "198.51.100.1"))
    with pytest.raises(Invalid):
        desk.ask_sign_up("ana", "Ana's", ASKED)
    desk.ask_sign_up(BEN, "Ben's", ASKED)


def test_once_sign_ups_are_closed_a_link_that_was_sent_opens_nothing(desk: PeopleDesk) -> None:
    token = desk.links.secret(desk.sign_up_link())
    desk.sign_up = "invitation"
    with pytest.raises(Forbidden):
        desk.complete_sign_up(token, "Ana", PASSWORD, ASKED)
    desk.sign_up = "open"
    assert desk.complete_sign_up(token, "Ana", PASSWORD, ASKED)


def test_no_kind_of_link_opens_what_another_does(desk: PeopleDesk) -> None:
    invitation, sign_up = desk.invited(), desk.links.secret(desk.sign_up_link())
    with pytest.raises(Gone):
        desk.accept(sign_up, "Ana", PASSWORD, ASKED)
    with pytest.raises(Gone):
        desk.complete_sign_up(invitation, "Ana", PASSWORD, ASKED)
    with pytest.raises(Gone):
        desk.reset(invitation, NEW, ASKED)
