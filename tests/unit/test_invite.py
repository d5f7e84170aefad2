"""Who may invite whom to what, and what sending it twice does."""

from dataclasses import replace

import pytest

from letterlock.domain.accounts import Mailbox, Principal
from letterlock.domain.audit import OPERATOR, Act
from letterlock.domain.errors import (
    AddressRefused,
    AlreadyDone,
    Conflict,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    TooManyRequests,
    Unauthenticated,
)
from letterlock.domain.facts import PersonInvited
from letterlock.domain.idempotency import HELD, Once
from letterlock.domain.people import Invitation, Link, LinkKind, LinkState
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.throttle import Tried
from letterlock.services.invite import ListInvitations
from tests.fakes import FakeCursors
from tests.fakes.people_desk import ANA, ASKED, BEN, PASSWORD, WORKSPACE, PeopleDesk

CLEO = "cleo@team.example"


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


@pytest.fixture
def ana(desk: PeopleDesk) -> Principal:
    return desk.joined()


def invited(desk: PeopleDesk, who: Principal, address: str = BEN, once: Once | None = None) -> Invitation:
    return desk.invite(who, address, Role.AGENT, None, asked=ASKED, once=once)


def once(who: Principal, key: str = "key-1") -> Once:
    return Once(who.id, "POST /v1/invitations", key, "{}")


def accepted(desk: PeopleDesk, made: Invitation) -> None:
    desk.accept(desk.links.secret(Link(LinkKind.INVITATION, WORKSPACE, made.id)), "Ben", PASSWORD, ASKED)


def test_an_invitation_is_told_by_its_id_alone_and_stands_in_the_log(desk: PeopleDesk, ana: Principal) -> None:
    made = invited(desk, ana, " Ben@Team.Example ")
    deed = desk.people.deeds[-1]
    assert (made.address, made.invited_by) == (BEN, ana.id)
    assert [each.fact for each in deed.told] == [PersonInvited(WORKSPACE, made.id)]
    assert (deed.entry.act, deed.entry.subject, deed.entry.detail.after) == (Act.PERSON_INVITED, made.id, "agent")


@pytest.mark.parametrize("address", ["", "ben", "ben@team", "be n@team.example", f"{'b' * 65}@team.example", "@x.yz"])
def test_what_is_no_address_is_invited_nowhere(desk: PeopleDesk, ana: Principal, address: str) -> None:
    with pytest.raises(Invalid) as refused:
        invited(desk, ana, address)
    assert not address or address not in str(refused.value)


SHARED = Mailbox("mbx_1", "wsp_other", "support@acme.example", forwarding="fwd-1@stack.example")
COMES_TO_IT = ("support@acme.example", "Support+ben@acme.example", "fwd-1@stack.example")


@pytest.mark.parametrize("address", COMES_TO_IT)
def test_nobody_is_invited_at_an_address_that_a_team_reads(desk: PeopleDesk, ana: Principal, address: str) -> None:
    desk.mailboxes.add(SHARED)
    done = len(desk.people.deeds)
    with pytest.raises(AddressRefused) as refused:
        invited(desk, ana, address, once=once(ana))
    assert address not in str(refused.value)
    assert len(desk.people.deeds) == done
    assert invited(desk, ana, once=once(ana))


@pytest.mark.parametrize("address", COMES_TO_IT[:2])
def test_whose_address_became_a_teams_meanwhile_does_not_join(desk: PeopleDesk, ana: Principal, address: str) -> None:
    made = invited(desk, ana, address, once=once(ana))
    desk.mailboxes.add(SHARED)
    with pytest.raises(AddressRefused):
        accepted(desk, made)
    assert not desk.people.signs_in(address.lower())
    with pytest.raises(AlreadyDone):
        invited(desk, ana, address, once=once(ana))


def test_who_works_in_some_mailboxes_invites_to_these_only(desk: PeopleDesk) -> None:
    limited = Principal(WORKSPACE, "per_x", Role.ADMIN, mailboxes=("mbx_1",), limited=True, signed_in=True)
    for mailboxes, refusal in ((None, Forbidden), (frozenset({"mbx_1", "mbx_2"}), NotFound)):
        with pytest.raises(refusal):
            desk.invite(limited, BEN, Role.AGENT, mailboxes, asked=ASKED)


@pytest.mark.parametrize(("role", "good"), [(Role.OWNER, False), (Role.ADMIN, False), (Role.AGENT, True)])
def test_a_token_invites_nobody_to_administer(desk: PeopleDesk, ana: Principal, role: Role, good: bool) -> None:
    """Whatever its role and its scopes are: it may leak, and who has it should not be able to make themselves at home."""
    token = replace(ana, signed_in=False, scopes=frozenset(Scope))
    if good:
        assert desk.invite(token, BEN, role, None, asked=ASKED).role is role
    else:
        with pytest.raises(Forbidden, match="signed in"):
            desk.invite(token, BEN, role, None, asked=ASKED)
    desk.invite(ana, CLEO, role, None, asked=ASKED)


def test_an_admin_invites_no_owner(desk: PeopleDesk) -> None:
    admin = desk.joined(role=Role.ADMIN)
    with pytest.raises(Forbidden):
        desk.invite(admin, BEN, Role.OWNER, None, asked=ASKED)


def test_who_was_demoted_since_invites_nobody(desk: PeopleDesk, ana: Principal) -> None:
    admin = desk.joined(BEN, Role.ADMIN)
    desk.change_person(ana, admin.id, ASKED, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        invited(desk, admin, CLEO)


def test_who_is_signed_out_with_everybody_at_that_moment_invites_nobody(desk: PeopleDesk, ana: Principal) -> None:
    def meanwhile() -> None:
        desk.people.before = lambda: None
        desk.sign_everybody_out(ana, ASKED)

    desk.people.before = meanwhile
    with pytest.raises(Unauthenticated):
        invited(desk, ana)
    assert desk.people.invitations(WORKSPACE) == [desk.people.invitation(WORKSPACE, desk.invitation_link().id)]


# ---- so often and no more ----------------------------------------------------------------------------------------------


def granted(desk: PeopleDesk, who: Principal, address: str = BEN) -> bool:
    try:
        invited(desk, who, address)
    except TooManyRequests:
        return False
    return True


def test_one_address_is_invited_so_often_and_no_more_whoever_invites(desk: PeopleDesk, ana: Principal) -> None:
    assert [granted(desk, ana, each) for each in (BEN, f" {BEN.upper()}", BEN, BEN)] == [True] * 4
    desk.limits.count(Tried.INVITATION, BEN, "wsp_other", "per_other")
    before = len(desk.people.deeds)
    with pytest.raises(TooManyRequests) as refused:
        invited(desk, ana)
    assert len(desk.people.deeds) == before, "nothing is written"
    assert granted(desk, ana, "cleo@team.example")
    desk.clock.passes(seconds=refused.value.seconds)
    assert granted(desk, ana)


def test_one_inviter_has_their_share_and_the_workspace_has_one(desk: PeopleDesk, ana: Principal) -> None:
    dora, emil = (desk.joined(f"{name}@team.example", Role.ADMIN) for name in ("dora", "emil"))
    for who, share in ((ana, 50), (dora, 50), (emil, 0)):
        assert sum(granted(desk, who, f"{who.id}.{number}@team.example".lower()) for number in range(50)) == share
    desk.clock.passes(hours=1)
    assert [granted(desk, ana, f"{number}@team.example") for number in range(51)] == [True] * 50 + [False]


def test_what_is_wrong_with_an_address_is_counted_as_well(desk: PeopleDesk, ana: Principal) -> None:
    """Who is of the workspace, and what is a mailbox, is not asked for without end."""
    for _ in range(5):
        with pytest.raises(Conflict):
            invited(desk, ana, ANA)
    with pytest.raises(TooManyRequests):
        invited(desk, ana, ANA)


def test_sent_again_it_is_done_also_where_no_other_one_would_be_granted(desk: PeopleDesk, ana: Principal) -> None:
    made = invited(desk, ana, once=once(ana))
    for _ in range(4):
        invited(desk, ana)
    with pytest.raises(AlreadyDone) as done:
        invited(desk, ana, once=once(ana))
    assert desk.invite.again(ana, done.value.done) == made
    with pytest.raises(TooManyRequests):
        invited(desk, ana, once=once(ana, "key-2"))


# ---- sent again -----------------------------------------------------------------------------------------------------


def test_sent_again_it_is_done_for_a_day_and_another_request_is_refused(desk: PeopleDesk, ana: Principal) -> None:
    made = invited(desk, ana, once=once(ana))
    desk.clock.passes(seconds=HELD.total_seconds() - 1)
    with pytest.raises(AlreadyDone) as done:
        invited(desk, ana, once=once(ana))
    assert desk.invite.again(ana, done.value.done) == made
    with pytest.raises(KeyReused):
        invited(desk, ana, once=Once(ana.id, "POST /v1/invitations", "key-1", '{"role": "admin"}'))

    desk.clock.passes(seconds=1)
    assert invited(desk, ana, once=once(ana)).id != made.id


def test_sent_again_after_somebody_came_by_it_it_is_still_that_invitation(desk: PeopleDesk, ana: Principal) -> None:
    made = invited(desk, ana, once=once(ana))
    accepted(desk, made)

    with pytest.raises(AlreadyDone) as done:
        invited(desk, ana, once=once(ana))
    assert desk.invite.again(ana, done.value.done).state is LinkState.USED
    for key in (None, once(ana, "key-2")):
        with pytest.raises(Conflict):
            invited(desk, ana, once=key)


def test_a_refused_request_uses_its_key_not_up(desk: PeopleDesk, ana: Principal) -> None:
    with pytest.raises(Conflict):
        invited(desk, ana, ANA, once=once(ana))
    assert invited(desk, ana, once=once(ana))


# ---- the list -------------------------------------------------------------------------------------------------------


def test_a_page_leads_to_the_next_and_the_last_one_to_none(desk: PeopleDesk, ana: Principal) -> None:
    made, deed = desk.make_invitation.owner(WORKSPACE, "o@team.example", "", ASKED)
    desk.people.invite(made, None, deed)
    for number in range(3):
        invited(desk, ana, f"b{number}@team.example")
    listed = ListInvitations(desk.people, FakeCursors())

    first, more = listed(ana, limit=3, cursor="")
    second, none = listed(ana, limit=2, cursor=more)
    assert [each.address[0] for each in (*first, *second)] == ["a", "o", "b", "b", "b"]
    assert (bool(more), none) == (True, "")
    assert [each.invited_by for each in first[:2]] == ["operator", OPERATOR]
    with pytest.raises(Forbidden):
        listed(desk.joined("v@team.example", Role.AGENT), limit=2, cursor="")
