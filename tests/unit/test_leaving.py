"""Who leaves a workspace, and who ends what waits for a new password."""

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import Forbidden, Gone, NotFound, RuleBroken
from letterlock.domain.facts import CredentialRevoked, PersonRemoved
from letterlock.domain.permissions import Role, Scope
from letterlock.services.own_sign_in import ListResets
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, WORKSPACE, PeopleDesk

CLEO = "cleo@team.example"


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


@pytest.fixture
def ana(desk: PeopleDesk) -> Principal:
    return desk.joined()


# ---- leaving --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT, Role.ADMIN, Role.OWNER])
def test_who_leaves_is_out_and_it_is_told_as_a_removal(desk: PeopleDesk, ana: Principal, role: Role) -> None:
    ben = desk.joined(BEN, role)
    desk.leave(ben, ASKED)

    assert not desk.members.get(WORKSPACE, ben.id).active
    assert [each.act for each in desk.tokens.entries] == [Act.PERSON_LEFT]
    assert desk.tokens.announced == [PersonRemoved(WORKSPACE, ben.id)]


def test_who_is_removed_did_not_leave(desk: PeopleDesk, ana: Principal) -> None:
    desk.remove(ana, desk.joined(BEN, Role.AGENT).id, ASKED)
    assert [each.act for each in desk.tokens.entries] == [Act.PERSON_REMOVED]


def test_the_last_owner_stays(desk: PeopleDesk, ana: Principal) -> None:
    desk.joined(BEN, Role.ADMIN)
    with pytest.raises(RuleBroken):
        desk.leave(ana, ASKED)
    assert desk.members.get(WORKSPACE, ana.id).active
    assert desk.tokens.entries == []


def test_of_two_owners_who_leave_at_once_one_stays(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.OWNER)

    def meanwhile() -> None:
        desk.tokens.before = lambda: None
        desk.leave(ben, ASKED)

    desk.tokens.before = meanwhile
    with pytest.raises(RuleBroken):
        desk.leave(ana, ASKED)
    assert desk.members.get(WORKSPACE, ana.id).active


@pytest.mark.parametrize("who", ["personal token", "service"])
def test_a_token_does_not_leave_for_somebody(desk: PeopleDesk, ana: Principal, who: str) -> None:
    ben = desk.joined(BEN, Role.OWNER)
    token = Principal(WORKSPACE, ben.id if who == "personal token" else "tok_1", Role.OWNER, frozenset(Scope))
    with pytest.raises(Forbidden):
        desk.leave(token, ASKED)


# ---- links for a new password ---------------------------------------------------------------------------------------


def test_ones_own_links_end_all_at_once_and_no_one_elses(desk: PeopleDesk, ana: Principal) -> None:
    ben = desk.joined(BEN, Role.AGENT)
    tokens, his = [desk.reset_link() for _ in range(2)], desk.reset_link(BEN)
    listed = ListResets(desk.people, desk.clock)
    assert (len(listed(ana)), len(listed(ben))) == (2, 1)

    for _ in range(2):
        desk.end_resets.own(ana, ASKED)

    assert listed(ana) == []
    for token in tokens:
        with pytest.raises(Gone):
            desk.reset(token, NEW, ASKED)
    assert [each.act for each in desk.tokens.entries] == [Act.RESET_LINK_REVOKED] * 2
    assert all(isinstance(each, CredentialRevoked) for each in desk.tokens.announced)
    desk.reset(his, NEW, ASKED)
    assert desk.signs_in(BEN, NEW)
    assert desk.signs_in(ANA)


def test_an_admin_ends_the_links_of_who_is_not_above_them(desk: PeopleDesk, ana: Principal) -> None:
    admin, ben = desk.joined(CLEO, Role.ADMIN), desk.joined(BEN, Role.AGENT)
    his, hers = desk.reset_link(BEN), desk.reset_link(ANA)

    desk.end_resets.of(admin, ben.id, ASKED)
    with pytest.raises(Gone):
        desk.reset(his, NEW, ASKED)
    with pytest.raises(Forbidden):
        desk.end_resets.of(admin, ana.id, ASKED)
    with pytest.raises(Forbidden):
        desk.end_resets.of(ben, ben.id, ASKED)
    for nobody in ("per_x", "tok_1", "rst_1"):
        with pytest.raises(NotFound):
            desk.end_resets.of(ana, nobody, ASKED)
    desk.reset(hers, NEW, ASKED)


def test_a_link_that_was_used_is_not_listed(desk: PeopleDesk, ana: Principal) -> None:
    desk.reset(desk.reset_link(), NEW, ASKED)
    assert ListResets(desk.people, desk.clock)(ana) == []
    desk.end_resets.own(ana, ASKED)
    assert desk.tokens.entries == []
