"""What every store of people keeps to: the fake, and the tables."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.audit import Act
from letterlock.domain.errors import Conflict, Gone, NotFound, Stale, Unauthenticated
from letterlock.domain.people import LinkState, Profile
from letterlock.domain.permissions import Role
from letterlock.services.people_ports import PersonChange
from tests.adapters.people_given import (
    ANA,
    BEN,
    CLEO,
    OTHER,
    WORKSPACE,
    Office,
    address_of,
    asker,
)
from tests.fakes import START

# ---- who joins ------------------------------------------------------------------------------------------------------


def test_who_joins_is_a_person_who_signs_in_and_the_link_is_used(office: Office) -> None:
    entries, facts = office.done()
    member = office.joined(BEN)

    found = office.people.get(WORKSPACE, BEN)
    assert (found.member, found.profile, found.joined_at) == (member, Profile("ben@team.example", "Ben"), START)
    assert office.people.at(WORKSPACE, "ben@team.example") == BEN
    assert office.people.at(OTHER, "ben@team.example") == ""
    assert office.sign_ins.of_person(WORKSPACE, BEN).password == "password of per_ben"
    assert office.links.invitation(WORKSPACE, "inv_for_per_ben").state is LinkState.USED
    assert [(each.credential.id, each.user_agent, each.source) for each in office.sign_ins.sessions(member)] == [
        ("ses_ben", "Firefox", "192.0.2.7")
    ]
    assert office.done() == (entries + 2, facts + 2), "the invitation, and who came by it"


@pytest.mark.parametrize(
    "why",
    ["used", "too old", "never made", "another workspace's", "revoked", "signed out at once", "signed out later"],
)
def test_by_a_link_that_is_no_good_nobody_joins(office: Office, why: str) -> None:
    link = office.invite(office.invited("inv_1"))
    match why:
        case "used":
            office.people.join(office.joining(CLEO, link), office.deed())
        case "too old":
            office.clock.passes(hours=72)
        case "never made":
            link = replace(link, id="inv_2")
        case "another workspace's":
            link = replace(link, workspace=OTHER)
        case "revoked":
            assert office.revocations.invitation(link.workspace, link.id, office.deed(Act.INVITATION_REVOKED))
        case _:
            office.clock.passes(minutes=5 * (why == "signed out later"))
            office.revocations.everybody(WORKSPACE, office.clock(), office.deed(Act.EVERYBODY_SIGNED_OUT))
    before = office.done()

    with pytest.raises(Gone):
        office.people.join(replace(office.joining(BEN, link), made_at=START), office.deed())
    assert nobody_joined(office, BEN)
    assert office.done() == before


def nobody_joined(office: Office, person: str) -> bool:
    for read in (office.people.get, office.sign_ins.of_person, office.members.get):
        with pytest.raises(NotFound):
            read(WORKSPACE, person)
    return person not in [each.member.id for each in office.people.listed(WORKSPACE)]


def test_a_second_before_its_end_a_link_still_works(office: Office) -> None:
    link = office.invite(office.invited("inv_1"))
    office.clock.passes(hours=71, minutes=59, seconds=59)
    office.people.join(office.joining(BEN, link), office.deed())
    assert office.people.at(WORKSPACE, "ben@team.example") == BEN


def test_who_is_invited_after_everybody_was_signed_out_joins(office: Office) -> None:
    office.revocations.everybody(WORKSPACE, START - timedelta(minutes=1), office.deed(Act.EVERYBODY_SIGNED_OUT))
    office.joined(BEN)
    assert office.people.at(WORKSPACE, address_of(BEN)) == BEN


@pytest.mark.parametrize(
    ("happens", "state"),
    [
        ("nothing", LinkState.PENDING),
        ("signed out", LinkState.VOID),
        ("removed", LinkState.VOID),
        ("demoted", LinkState.VOID),
        ("fewer mailboxes", LinkState.VOID),
        ("raised", LinkState.PENDING),
        ("never there", LinkState.VOID),
        ("revoked, and removed", LinkState.REVOKED),
    ],
)
def test_an_invitation_that_would_let_nobody_in_is_void_in_the_list(
    office: Office, happens: str, state: LinkState
) -> None:
    cleo = office.joined(CLEO, Role.ADMIN)
    by = "per_x" if happens == "never there" else CLEO
    link = office.invite(replace(office.invited("inv_1"), invited_by=by, mailboxes=frozenset({"mbx_1"})))
    if happens.startswith("revoked"):
        office.revocations.invitation(link.workspace, link.id, office.deed(Act.INVITATION_REVOKED))
    if happens.endswith("removed"):
        office.revocations.person(cleo, START, None, office.deed(Act.PERSON_REMOVED))
    if happens == "signed out":
        office.revocations.everybody(WORKSPACE, office.clock(), office.deed(Act.EVERYBODY_SIGNED_OUT))
    changes = {
        "demoted": (Role.AGENT, None),
        "fewer mailboxes": (Role.ADMIN, frozenset({"mbx_2"})),
        "raised": (Role.OWNER, None),
    }
    if happens in changes:
        office.people.change(PersonChange(cleo, *changes[happens], asker()), office.deed())

    [listed] = [each for each in office.links.invitations(WORKSPACE) if each.id == link.id]
    assert listed.state is state


def test_the_operators_invitation_waits_until_everybody_is_signed_out(office: Office) -> None:
    office.invite(office.invited("inv_1"))
    assert [each.state for each in office.links.invitations(WORKSPACE)] == [LinkState.PENDING, LinkState.USED]
    office.revocations.everybody(WORKSPACE, office.clock(), office.deed(Act.EVERYBODY_SIGNED_OUT))
    assert [each.state for each in office.links.invitations(WORKSPACE)] == [LinkState.VOID, LinkState.USED]


def test_an_address_is_one_persons_and_the_link_stays_good(office: Office) -> None:
    link, before = office.invite(office.invited("inv_1")), office.done()
    with pytest.raises(Conflict):
        office.people.join(office.joining(BEN, link, address=address_of(ANA)), office.deed())

    assert nobody_joined(office, BEN)
    assert office.people.at(WORKSPACE, address_of(ANA)) == ANA
    assert office.links.invitation(WORKSPACE, "inv_1").state is LinkState.PENDING
    assert office.done() == before


@pytest.mark.parametrize("meanwhile", ["role", "mailboxes", "removed", "never there"])
def test_whose_inviter_is_no_longer_as_they_were_does_not_join_and_the_link_stays_good(
    office: Office, meanwhile: str
) -> None:
    cleo = office.joined(CLEO, Role.ADMIN)
    joining = replace(office.joining(BEN, office.invite(office.invited("inv_1"))), inviter=cleo)
    match meanwhile:
        case "role":
            office.people.change(PersonChange(cleo, Role.OWNER, None, asker()), office.deed())
        case "mailboxes":
            office.people.change(PersonChange(cleo, cleo.role, frozenset({"mbx_1"}), asker()), office.deed())
        case "removed":
            office.revocations.person(cleo, START, None, office.deed(Act.PERSON_REMOVED))
        case _:
            joining = replace(joining, inviter=replace(cleo, id="per_x"))
    before = office.done()

    with pytest.raises(Stale):
        office.people.join(joining, office.deed())
    assert nobody_joined(office, BEN)
    assert office.links.invitation(WORKSPACE, "inv_1").state is LinkState.PENDING
    assert office.done() == before


def test_who_invited_them_signs_in_meanwhile_and_that_is_no_matter(office: Office) -> None:
    cleo = office.joined(CLEO, Role.ADMIN)
    office.people.change(PersonChange(cleo, Role.OWNER, None, asker()), office.deed())
    joining = office.joining(BEN, office.invite(office.invited("inv_1")))
    joining = replace(joining, inviter=office.members.get(WORKSPACE, CLEO))
    office.sign_in("ses_more", CLEO)
    office.people.join(joining, office.deed())
    assert office.people.at(WORKSPACE, address_of(BEN)) == BEN


def test_in_another_workspace_the_same_address_is_somebody_else(office: Office) -> None:
    invitation = replace(office.invited("inv_1"), workspace=OTHER)
    office.people.join(office.joining(BEN, office.invite(invitation), address=address_of(ANA)), office.deed())

    assert (office.people.at(WORKSPACE, address_of(ANA)), office.people.at(OTHER, address_of(ANA))) == (ANA, BEN)


def test_an_address_that_signs_somebody_in_is_known_in_whatever_workspace(office: Office) -> None:
    assert office.people.signs_in(address_of(ANA))
    assert not office.people.signs_in(address_of(BEN))
    office.people.join(
        office.joining(BEN, office.invite(replace(office.invited("inv_1"), workspace=OTHER))), office.deed()
    )
    assert office.people.signs_in(address_of(BEN))


def test_who_takes_a_removed_persons_place_is_somebody_new(office: Office) -> None:
    member = office.joined(BEN)
    office.revocations.person(member, START, None, office.deed(Act.PERSON_REMOVED))
    assert office.people.at(WORKSPACE, address_of(BEN)) == BEN
    again = office.joining(CLEO, office.invite(office.invited("inv_1")), address=address_of(BEN))

    with pytest.raises(Conflict):
        office.people.join(again, office.deed())
    with pytest.raises(Conflict):
        office.people.join(replace(again, replaces="per_x"), office.deed())
    office.people.join(replace(again, replaces=BEN), office.deed())
    assert office.people.at(WORKSPACE, address_of(BEN)) == CLEO
    assert [each.member.active for each in office.people.listed(WORKSPACE)] == [True, False, True]


def test_people_are_listed_in_the_order_in_which_they_joined_page_by_page(office: Office) -> None:
    everybody = [ANA, *(f"per_b{number}" for number in range(4))]
    for each in everybody[1:]:
        office.joined(each)

    def ids(**page: str | int) -> list[str]:
        return [each.member.id for each in office.people.listed(WORKSPACE, **page)]  # type: ignore[arg-type]

    assert ids() == everybody
    assert ids(limit=2) == everybody[:2]
    assert ids(after=everybody[1], limit=2) == everybody[2:4]
    assert ids(after=everybody[3], limit=2) == everybody[4:]
    assert ids(after=everybody[4]) == []
    assert office.people.listed(OTHER) == []


@pytest.mark.parametrize(("workspace", "person"), [(WORKSPACE, BEN), (OTHER, ANA), (WORKSPACE, "tok_ana")])
def test_nobody_else_is_found(office: Office, workspace: str, person: str) -> None:
    with pytest.raises(NotFound):
        office.people.get(workspace, person)
    with pytest.raises(NotFound):
        office.people.rename(workspace, person, Profile("x@team.example", "X"))


def test_names_change(office: Office) -> None:
    office.people.rename(WORKSPACE, ANA, Profile(address_of(ANA), "Änne"))
    before = office.done()
    office.people.name_workspace(asker(), "Ours", office.deed(Act.WORKSPACE_CHANGED))

    assert office.people.get(WORKSPACE, ANA).profile == Profile(address_of(ANA), "Änne")
    assert (office.workspaces.name(WORKSPACE), office.workspaces.name(OTHER)) == ("Ours", "Other")
    assert office.done() == (before[0] + 1, before[1] + 1)


# ---- who may do what ------------------------------------------------------------------------------------------------


def test_a_role_and_mailboxes_change_together_with_the_version(office: Office) -> None:
    before = office.joined(BEN)
    for version, mailboxes in enumerate((frozenset({"mbx_1", "mbx_2"}), frozenset[str](), None), 2):
        change = PersonChange(before, Role.VIEWER, mailboxes, asker())
        office.people.change(change, office.deed(Act.ROLE_CHANGED))
        before = office.members.get(WORKSPACE, BEN)
        assert (before.role, before.mailboxes, before.version) == (Role.VIEWER, mailboxes, version)
    assert [each.id for each in before.credentials] == ["ses_ben"]


@pytest.mark.parametrize("meanwhile", ["role", "mailboxes", "removed"])
def test_what_was_read_is_no_longer_so(office: Office, meanwhile: str) -> None:
    """Of whoever asks see `test_authority_contract`."""
    ben = office.joined(BEN)
    office.joined(CLEO, Role.ADMIN)
    change = PersonChange(ben, Role.ADMIN, None, asker(CLEO, Role.ADMIN))
    match meanwhile:
        case "role":
            office.people.change(PersonChange(ben, Role.VIEWER, None, asker()), office.deed())
        case "mailboxes":
            office.people.change(PersonChange(ben, ben.role, frozenset({"mbx_1"}), asker()), office.deed())
        case _:
            office.revocations.person(ben, START, None, office.deed(Act.PERSON_REMOVED))
    standing, before = office.members.get(WORKSPACE, BEN), office.done()

    with pytest.raises(Stale):
        office.people.change(change, office.deed())
    assert office.members.get(WORKSPACE, BEN) == standing
    assert office.done() == before


def test_also_oneself_is_changed_by_a_session_that_lasts(office: Office) -> None:
    ben = office.joined(BEN, Role.ADMIN)
    office.sign_in("ses_more", BEN)
    office.revocations.credential(WORKSPACE, BEN, "ses_ben", office.deed(Act.SESSION_ENDED))

    with pytest.raises(Unauthenticated):
        office.people.change(PersonChange(ben, Role.VIEWER, None, asker(BEN, Role.ADMIN)), office.deed())
    by_the_other = replace(asker(BEN, Role.ADMIN), credential="ses_more")
    office.people.change(PersonChange(ben, Role.VIEWER, None, by_the_other), office.deed())
    assert office.members.get(WORKSPACE, BEN).role is Role.VIEWER


def test_of_two_owners_who_step_down_at_once_one_stays(office: Office) -> None:
    ana, ben = office.members.get(WORKSPACE, ANA), office.joined(BEN, Role.OWNER)
    owners = office.revocations.owners(WORKSPACE)
    assert owners.people == (ANA, BEN)

    office.people.change(PersonChange(ben, Role.ADMIN, None, asker(), owners), office.deed())
    with pytest.raises(Stale):
        office.people.change(PersonChange(ana, Role.ADMIN, None, asker(), owners), office.deed())
    with pytest.raises(Stale):
        office.revocations.person(ana, START, owners, office.deed(Act.PERSON_REMOVED))
    assert office.revocations.owners(WORKSPACE).people == (ANA,)
