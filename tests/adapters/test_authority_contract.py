"""Who was let in and is then revoked, signed out or given less finds nothing written: the fakes, and the tables."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import Forbidden, LetterlockError, Stale, Unauthenticated
from letterlock.domain.permissions import Role
from letterlock.services.people_ports import PersonChange
from tests.adapters.people_given import ANA, BEN, CLEO, WORKSPACE, Office, asker, session
from tests.fakes import START

Ask = Callable[[Principal], object]


def invites(office: Office) -> Ask:
    return lambda who: office.links.invite(office.invited("inv_1"), who, office.deed(Act.PERSON_INVITED))


def changes_somebody(office: Office) -> Ask:
    ben = office.members.get(WORKSPACE, BEN)
    return lambda who: office.people.change(PersonChange(ben, Role.VIEWER, None, who), office.deed(Act.ROLE_CHANGED))


def makes_somebody_an_owner_no_more(office: Office) -> Ask:
    """The gate is written too."""
    ana, owners = office.members.get(WORKSPACE, ANA), office.revocations.owners(WORKSPACE)
    change = PersonChange(ana, Role.VIEWER, None, asker(), owners)
    return lambda who: office.people.change(replace(change, asker=who), office.deed(Act.ROLE_CHANGED))


def changes_oneself(office: Office) -> Ask:
    """The member is written too."""
    cleo = office.members.get(WORKSPACE, CLEO)
    change = PersonChange(cleo, cleo.role, frozenset({"mbx_1"}), asker())
    return lambda who: office.people.change(replace(change, asker=who), office.deed(Act.MAILBOX_ACCESS_CHANGED))


def removes_somebody(office: Office) -> Ask:
    ben = office.members.get(WORKSPACE, BEN)
    return lambda who: office.revocations.person(ben, START, None, office.deed(Act.PERSON_REMOVED), who)


def removes_an_owner(office: Office) -> Ask:
    ana, owners = office.members.get(WORKSPACE, ANA), office.revocations.owners(WORKSPACE)
    return lambda who: office.revocations.person(ana, START, owners, office.deed(Act.PERSON_REMOVED), who)


def removes_oneself(office: Office) -> Ask:
    """Both are written."""
    cleo, owners = office.members.get(WORKSPACE, CLEO), office.revocations.owners(WORKSPACE)
    return lambda who: office.revocations.person(cleo, START, owners, office.deed(Act.PERSON_REMOVED), who)


def renames_the_workspace(office: Office) -> Ask:
    return lambda who: office.people.name_workspace(who, "Ours", office.deed(Act.WORKSPACE_CHANGED))


def changes_the_password(office: Office) -> Ask:
    change = replace(office.as_read(CLEO), password="new", session=session("ses_new"), ended=("ses_cleo",))
    return lambda who: office.sign_ins.change(replace(change, asker=who), office.deed(Act.PASSWORD_CHANGED))


def proposes_a_second_factor(office: Office) -> Ask:
    change = replace(office.as_read(CLEO), proposed=b"twenty octets of TOTP")
    return lambda who: office.sign_ins.change(replace(change, asker=who), office.deed(Act.TOTP_PROPOSED))


CHANGES = (
    invites,
    changes_somebody,
    makes_somebody_an_owner_no_more,
    changes_oneself,
    removes_somebody,
    removes_an_owner,
    removes_oneself,
    renames_the_workspace,
    changes_the_password,
    proposes_a_second_factor,
)
MEANWHILE = {
    "session ended": Unauthenticated,
    "removed": Unauthenticated,
    "everybody signed out": Unauthenticated,
    "demoted": Forbidden,
    "fewer mailboxes": Stale,
}


def happens(office: Office, what: str) -> None:
    cleo = office.members.get(WORKSPACE, CLEO)
    match what:
        case "session ended":
            office.revocations.credential(WORKSPACE, CLEO, "ses_cleo", office.deed(Act.SESSION_ENDED))
        case "removed":
            office.revocations.person(cleo, START, None, office.deed(Act.PERSON_REMOVED))
        case "everybody signed out":
            office.revocations.everybody(WORKSPACE, START, office.deed(Act.EVERYBODY_SIGNED_OUT))
        case "demoted":
            office.people.change(PersonChange(cleo, Role.ADMIN, None, asker()), office.deed(Act.ROLE_CHANGED))
        case _:
            mailboxes = frozenset({"mbx_2"})
            office.people.change(PersonChange(cleo, cleo.role, mailboxes, asker()), office.deed(Act.ROLE_CHANGED))


@pytest.fixture(name="cleo")
def _cleo(office: Office) -> Principal:
    """An owner beside Ana, who asks; Ben is an agent."""
    office.joined(BEN)
    office.joined(CLEO, Role.OWNER)
    return asker(CLEO)


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_who_is_no_longer_what_they_were_let_in_as_changes_nothing(
    office: Office, cleo: Principal, change: Callable[[Office], Ask], meanwhile: str
) -> None:
    ask = change(office)
    happens(office, meanwhile)
    before = office.done()

    with pytest.raises(LetterlockError) as refused:
        ask(cleo)
    assert type(refused.value) is MEANWHILE[meanwhile]
    assert office.done() == before
    assert office.workspaces.name(WORKSPACE) == "Acme"


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_who_still_is_what_they_were_let_in_as_is_heard(
    office: Office, cleo: Principal, change: Callable[[Office], Ask]
) -> None:
    """Also after others were signed in, and everybody had been signed out before."""
    ask = change(office)
    office.sign_in("ses_more", ANA)
    office.revocations.everybody(WORKSPACE, START.replace(year=2025), office.deed(Act.EVERYBODY_SIGNED_OUT))
    entries, _ = office.done()
    ask(cleo)
    assert office.done()[0] == entries + 1


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_nobody_who_never_was_is_heard(office: Office, cleo: Principal, change: Callable[[Office], Ask]) -> None:
    ask, before = change(office), office.done()
    for nobody in (replace(cleo, id="per_x"), replace(cleo, credential="ses_x"), replace(cleo, id="tok_x")):
        with pytest.raises(Unauthenticated):
            ask(nobody)
    assert office.done() == before


def test_after_a_change_of_oneself_one_is_asked_for_the_new_version(office: Office, cleo: Principal) -> None:
    changes_oneself(office)(cleo)
    with pytest.raises(Stale):
        invites(office)(cleo)
    invites(office)(replace(cleo, version=2))
