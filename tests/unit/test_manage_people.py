"""Who changes whom, and that a workspace keeps an owner whatever happens at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import Forbidden, Invalid, NotFound, RuleBroken, Stale, Unauthenticated, VersionPassed
from letterlock.domain.permissions import Role, Scope
from letterlock.services.manage_people import ListPeople, ReadMe, RenameMe, RenameWorkspace
from tests.fakes import FakeCursors
from tests.fakes.people_desk import ANA, ASKED, BEN, WORKSPACE, PeopleDesk

CLEO = "cleo@team.example"


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


@pytest.fixture
def ana(desk: PeopleDesk) -> Principal:
    return desk.joined()


def always_meanwhile(desk: PeopleDesk, what: Callable[[], object]) -> None:
    def happens() -> None:
        desk.people.before = lambda: None
        what()
        desk.people.before = happens

    desk.people.before = happens


def meanwhile(desk: PeopleDesk, what: Callable[[], object]) -> None:
    def happens() -> None:
        desk.people.before = lambda: None
        what()

    desk.people.before = happens


def roles(desk: PeopleDesk) -> dict[str, Role]:
    return {each.profile.address: each.member.role for each in desk.people.listed(WORKSPACE) if each.member.active}


# ---- the last owner -------------------------------------------------------------------------------------------------


def test_the_last_owner_stays_one_beside_removed_ones(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.OWNER)
    desk.remove(ana, ben.id, ASKED)
    with pytest.raises(RuleBroken):
        desk.change_person(ana, ana.id, ASKED, role=Role.ADMIN)
    assert roles(desk) == {ANA: Role.OWNER}


def test_of_two_owners_who_step_down_at_once_the_second_is_the_last_one(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.OWNER)
    meanwhile(desk, lambda: desk.change_person(ben, ben.id, ASKED, role=Role.VIEWER))
    with pytest.raises(RuleBroken):
        desk.change_person(ana, ana.id, ASKED, role=Role.ADMIN)
    assert roles(desk) == {ANA: Role.OWNER, BEN: Role.VIEWER}


def test_who_steps_down_while_the_other_owner_is_removed_stays(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.OWNER)
    meanwhile(desk, lambda: desk.remove(ana, ben.id, ASKED))
    with pytest.raises(RuleBroken):
        desk.change_person(ana, ana.id, ASKED, role=Role.ADMIN)


def test_two_owners_who_demote_each_other_at_once_do_not_both(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.OWNER)
    meanwhile(desk, lambda: desk.change_person(ben, ana.id, ASKED, role=Role.ADMIN))
    with pytest.raises(Forbidden):
        desk.change_person(ana, ben.id, ASKED, role=Role.ADMIN)
    assert roles(desk) == {ANA: Role.ADMIN, BEN: Role.OWNER}


def test_an_owner_may_limit_themselves_to_mailboxes_and_stay_one(desk: PeopleDesk, ana: Principal) -> None:
    found = desk.change_person(ana, ana.id, ASKED, mailboxes=frozenset())
    assert (found.member.role, found.member.mailboxes) == (Role.OWNER, frozenset())


# ---- nobody gives what they do not have ------------------------------------------------------------------------------

ONE, TWO, BOTH = frozenset({"mbx_1"}), frozenset({"mbx_2"}), frozenset({"mbx_1", "mbx_2"})


@pytest.mark.parametrize(
    ("works_in", "change", "refusal"),
    [
        # a larger role for who works where the admin does not
        (None, {"role": Role.ADMIN}, Forbidden),
        (TWO, {"role": Role.ADMIN}, Forbidden),
        (BOTH, {"role": Role.AGENT}, Forbidden),
        (ONE, {"role": Role.ADMIN}, None),
        (frozenset(), {"role": Role.AGENT}, None),
        # unless they work there no more by the same change
        (BOTH, {"role": Role.ADMIN, "mailboxes": ONE}, None),
        (None, {"role": Role.AGENT, "mailboxes": ONE}, None),
        # mailboxes
        (ONE, {"all_mailboxes": True}, Forbidden),
        (ONE, {"mailboxes": BOTH}, NotFound),
        (ONE, {"mailboxes": TWO}, NotFound),
        (TWO, {"mailboxes": BOTH}, None),
        (TWO, {"mailboxes": frozenset()}, None),
        (None, {"mailboxes": TWO}, NotFound),
        (None, {"mailboxes": ONE}, None),
    ],
)
def test_an_admin_of_some_mailboxes_gives_only_what_lies_in_them(
    desk: PeopleDesk, works_in: frozenset[str] | None, change: Any, refusal: type[Exception] | None
) -> None:
    """They work in `mbx_1`, and so they decide on that. Taking away is not refused."""
    admin = replace(desk.joined(CLEO, Role.ADMIN), mailboxes=("mbx_1",), limited=True)
    ben = desk.joined(BEN, Role.VIEWER)
    desk.members.put(replace(desk.members.get(WORKSPACE, ben.id), mailboxes=works_in))
    before = desk.members.get(WORKSPACE, ben.id)

    if refusal:
        with pytest.raises(refusal):
            desk.change_person(admin, ben.id, ASKED, **change)
        assert desk.members.get(WORKSPACE, ben.id) == before
    else:
        found = desk.change_person(admin, ben.id, ASKED, **change).member
        assert found.role is change.get("role", Role.VIEWER)
        assert found.mailboxes == change.get("mailboxes", works_in)


def test_an_admin_of_some_mailboxes_makes_anybodys_role_smaller(desk: PeopleDesk) -> None:
    admin = replace(desk.joined(CLEO, Role.ADMIN), mailboxes=("mbx_1",), limited=True)
    ben = desk.joined(BEN, Role.AGENT)
    assert desk.change_person(admin, ben.id, ASKED, role=Role.VIEWER).member.role is Role.VIEWER


@pytest.mark.parametrize(
    ("before", "change", "good"),
    [
        (Role.AGENT, {"role": Role.VIEWER}, True),
        (Role.VIEWER, {"role": Role.AGENT}, True),
        (Role.AGENT, {"role": Role.ADMIN}, False),
        (Role.AGENT, {"role": Role.OWNER}, False),
        (Role.ADMIN, {"role": Role.AGENT}, False),
        (Role.ADMIN, {"mailboxes": frozenset()}, False),
        (Role.OWNER, {"role": Role.ADMIN}, False),
    ],
)
def test_a_token_makes_and_changes_nobody_who_administers(
    desk: PeopleDesk, ana: Principal, before: Role, change: Any, good: bool
) -> None:
    ben = desk.joined(BEN, before)
    token = replace(ana, signed_in=False, scopes=frozenset(Scope))
    if good:
        assert desk.change_person(token, ben.id, ASKED, **change).member.role is change["role"]
    else:
        with pytest.raises(Forbidden, match="signed in"):
            desk.change_person(token, ben.id, ASKED, **change)
        assert desk.members.get(WORKSPACE, ben.id).role is before
    desk.change_person(ana, ben.id, ASKED, **change)


# ---- changing somebody ----------------------------------------------------------------------------------------------


def test_nothing_asked_for_is_said_to_be_nothing(desk: PeopleDesk, ana: Principal) -> None:
    with pytest.raises(Invalid):
        desk.change_person(ana, ana.id, ASKED)


def test_what_stands_so_already_writes_nothing_whatever_was_read(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.AGENT)
    before = len(desk.people.deeds)
    found = desk.change_person(ana, ben.id, ASKED, role=Role.AGENT, all_mailboxes=True, versions=frozenset({9}))
    assert (found.member.version, len(desk.people.deeds)) == (1, before)
    with pytest.raises(VersionPassed):
        desk.change_person(ana, ben.id, ASKED, role=Role.VIEWER, versions=frozenset({9}))


@pytest.mark.parametrize(
    ("change", "act", "reason"),
    [
        ({"role": Role.VIEWER}, Act.ROLE_CHANGED, ""),
        ({"role": Role.VIEWER, "mailboxes": frozenset()}, Act.ROLE_CHANGED, "mailboxes too"),
        ({"mailboxes": frozenset()}, Act.MAILBOX_ACCESS_CHANGED, ""),
    ],
)
def test_the_log_says_what_changed(
    desk: PeopleDesk, ana: Principal, change: dict[str, Role], act: Act, reason: str
) -> None:
    ben = desk.joined(BEN, Role.AGENT)
    desk.change_person(ana, ben.id, ASKED, **change)  # type: ignore[arg-type]
    entry = desk.people.deeds[-1].entry
    assert (entry.act, entry.subject, entry.detail.reason) == (act, ben.id, reason)
    if act is Act.ROLE_CHANGED:
        assert (entry.detail.before, entry.detail.after) == ("agent", "viewer")


def test_changes_at_once_are_both_made(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.AGENT)
    meanwhile(desk, lambda: desk.change_person(ana, ben.id, ASKED, mailboxes=frozenset()))
    found = desk.change_person(ana, ben.id, ASKED, role=Role.VIEWER).member
    assert (found.role, found.mailboxes, found.version) == (Role.VIEWER, frozenset(), 3)
    assert desk.members.get(WORKSPACE, ben.id) == found


def test_a_change_that_was_meant_for_one_version_is_not_made_of_the_next(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.AGENT)
    meanwhile(desk, lambda: desk.change_person(ana, ben.id, ASKED, mailboxes=frozenset()))
    with pytest.raises(VersionPassed):
        desk.change_person(ana, ben.id, ASKED, role=Role.VIEWER, versions=frozenset({1}))


def test_who_becomes_an_owner_at_that_moment_is_no_longer_an_admins_to_change(desk: PeopleDesk, ana: Principal) -> None:
    ben, cleo = desk.joined(BEN, Role.AGENT), desk.joined(CLEO, Role.ADMIN)
    meanwhile(desk, lambda: desk.change_person(ana, ben.id, ASKED, role=Role.OWNER))
    with pytest.raises(Forbidden):
        desk.change_person(cleo, ben.id, ASKED, role=Role.VIEWER)


@pytest.mark.parametrize("gone", ["asker", "person"])
def test_who_is_removed_at_that_moment_neither_changes_nor_is_changed(
    desk: PeopleDesk, ana: Principal, gone: str
) -> None:
    ben, cleo = desk.joined(BEN, Role.AGENT), desk.joined(CLEO, Role.ADMIN)
    removed = cleo if gone == "asker" else ben
    meanwhile(desk, lambda: desk.remove(ana, removed.id, ASKED))
    with pytest.raises(Unauthenticated if gone == "asker" else RuleBroken):
        desk.change_person(cleo, ben.id, ASKED, role=Role.VIEWER)
    assert desk.members.get(WORKSPACE, ben.id).role is Role.AGENT


def test_where_people_never_hold_still_the_asker_is_told_to_ask_again(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.AGENT)
    sets = iter([frozenset({f"mbx_{number}"}) for number in range(9)])
    asker = replace(ana, mailboxes=tuple(f"mbx_{number}" for number in range(9)))
    always_meanwhile(desk, lambda: desk.change_person(asker, ben.id, ASKED, mailboxes=next(sets)))
    with pytest.raises(Stale):
        desk.change_person(ana, ben.id, ASKED, role=Role.VIEWER)
    assert len(list(sets)) == 5, "after four tries"


# ---- reading, and names ---------------------------------------------------------------------------------------------


def test_a_page_of_people_leads_to_the_next(desk: PeopleDesk, ana: Principal) -> None:
    desk.joined(BEN, Role.AGENT)
    viewer = desk.joined(CLEO, Role.VIEWER)
    listed = ListPeople(desk.people, FakeCursors())
    first, more = listed(viewer, limit=2, cursor="")
    second, none = listed(viewer, limit=2, cursor=more)
    assert [each.profile.address for each in (*first, *second)] == [ANA, BEN, CLEO]
    assert none == ""


def test_a_token_is_nobody_with_a_name(desk: PeopleDesk, ana: Principal) -> None:
    service = Principal(WORKSPACE, "tok_1", Role.OWNER, signed_in=True)
    assert ReadMe(desk.people)(service) is None
    with pytest.raises(Forbidden):
        RenameMe(desk.people)(service, "CI")
    with pytest.raises(NotFound):
        desk.change_person(ana, "tok_1", ASKED, role=Role.VIEWER)


def test_a_name_is_printable_and_the_address_stays(desk: PeopleDesk, ana: Principal) -> None:
    for name in (" ", "A\nna", "A" * 101):
        with pytest.raises(Invalid):
            RenameMe(desk.people)(ana, name)
        with pytest.raises(Invalid):
            RenameWorkspace(desk.people, desk.deeds)(ana, name, ASKED)
    profile = RenameMe(desk.people)(ana, f" {'Ä' * 100} ")
    assert (profile.address, profile.name) == (ANA, "Ä" * 100)
    assert desk.people.get(WORKSPACE, ana.id).profile == profile
    assert RenameWorkspace(desk.people, desk.deeds)(ana, " Ours ", ASKED) == "Ours"
    assert desk.workspaces.name(WORKSPACE) == "Ours"
