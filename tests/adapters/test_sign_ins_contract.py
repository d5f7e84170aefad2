"""What every store of how people sign in keeps to: the fake, and the tables."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letterlock.domain.accounts import Credential, CredentialKind
from letterlock.domain.audit import Act
from letterlock.domain.errors import Gone, NotFound, Stale
from letterlock.domain.people import LinkState
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import FactorReset, SignIn
from letterlock.domain.tokens import Presented
from letterlock.services.people_ports import PersonChange
from tests.adapters.conftest import Calls, Tables
from tests.adapters.people_given import (
    ANA,
    BEN,
    OTHER,
    WORKSPACE,
    Office,
    address_of,
    asker,
    opened,
    over_tables,
    session,
)
from tests.fakes import START, FakeClock
from tests.fakes.keys import MemoryKeys

SECRET = b"twenty octets of TOTP"


def admitted(office: Office, secret: str, person: str = ANA) -> bool:
    found = office.members.admit(Presented(CredentialKind.SESSION, WORKSPACE, person, secret))
    return found is not None and found.principal(office.clock()) is not None


def held(office: Office, person: str = ANA) -> set[str]:
    return {each.id for each in office.members.get(WORKSPACE, person).credentials}


# ---- reading --------------------------------------------------------------------------------------------------------


def test_an_address_is_found_in_its_first_workspace_or_in_the_one_that_is_named(office: Office) -> None:
    elsewhere = replace(office.invited("inv_1"), workspace=OTHER)
    office.people.join(office.joining(BEN, office.invite(elsewhere), address=address_of(ANA)), office.deed())

    ana = office.sign_ins.of_person(WORKSPACE, ANA)
    assert ana == SignIn(WORKSPACE, ANA, "password of per_ana")
    assert office.sign_ins.of_address(address_of(ANA)) == ana
    assert office.sign_ins.of_address(address_of(ANA), WORKSPACE) == ana
    assert office.sign_ins.of_address(address_of(ANA), OTHER) == office.sign_ins.of_person(OTHER, BEN)
    for nobody in ((address_of(BEN), ""), (address_of(ANA), "wsp_x"), ("", ""), (address_of(BEN), WORKSPACE)):
        assert office.sign_ins.of_address(*nobody) is None
    for workspace, person in ((WORKSPACE, BEN), (OTHER, ANA)):
        with pytest.raises(NotFound):
            office.sign_ins.of_person(workspace, person)


def test_known_and_unknown_addresses_take_the_same_reads(tables: Tables, keys: MemoryKeys, clock: FakeClock) -> None:
    """Of the tables only."""
    office, calls = opened(over_tables(tables, keys, clock)), Calls()
    tables.client.meta.events.register("provide-client-params.dynamodb.*", calls.note)
    for address in (address_of(ANA), address_of(BEN)):
        for workspace in ("", WORKSPACE, "wsp_x"):
            office.sign_ins.of_address(address, workspace)
    tables.client.meta.events.unregister("provide-client-params.dynamodb.*", calls.note)

    assert calls.names() == ["Query", "GetItem"] * 6


def test_sessions_are_shown_oldest_first_and_no_token_among_them(office: Office) -> None:
    office.clock.passes(minutes=1)
    office.sign_in("ses_1")
    office.clock.passes(minutes=1)
    office.sign_in("ses_0")
    member = office.members.get(WORKSPACE, ANA)
    token = Credential("tok_1", CredentialKind.PERSONAL, frozenset(), START)

    shown = office.sign_ins.sessions(replace(member, credentials=(token, *member.credentials)))

    assert [each.credential.id for each in shown] == ["ses_ana", "ses_1", "ses_0"]
    assert {(each.user_agent, each.source) for each in shown} == {("Firefox", "192.0.2.7")}
    assert office.sign_ins.sessions(replace(member, credentials=())) == []


# ---- changing -------------------------------------------------------------------------------------------------------


def test_a_session_begins_others_end_and_the_change_is_told_in_one(office: Office) -> None:
    office.sign_in("ses_1")
    before, as_read = office.done(), office.as_read()
    change = replace(as_read, password="another", session=session("ses_2"), ended=("ses_ana", "ses_1"))
    office.sign_ins.change(change, office.deed())

    assert held(office) == {"ses_2"}
    assert [admitted(office, f"secret of {each}") for each in ("ses_ana", "ses_1", "ses_2")] == [False, False, True]
    assert office.sign_ins.of_person(WORKSPACE, ANA) == replace(as_read.sign_in, password="another", version=2)
    assert office.done() == (before[0] + 1, before[1] + 1)


def test_what_is_not_named_stays_and_what_is_empty_goes(office: Office) -> None:
    codes = frozenset({"a", "b"})
    office.sign_ins.change(replace(office.as_read(), proposed=SECRET), office.deed(Act.TOTP_PROPOSED))
    found = office.sign_ins.of_person(WORKSPACE, ANA)
    assert (found.totp, office.sign_ins.factor(found, found.proposed)) == (b"", SECRET)

    change = replace(office.as_read(), totp=SECRET, proposed=b"", step=7, recovery=codes)
    office.sign_ins.change(change, office.deed(Act.TOTP_ENROLLED))
    office.sign_ins.change(replace(office.as_read(), password="new", chosen_at=START), office.deed())
    found = office.sign_ins.of_person(WORKSPACE, ANA)
    assert office.sign_ins.factor(found, found.totp) == SECRET
    assert (found.proposed, found.step, found.recovery) == (b"", 7, codes)
    assert (found.password, found.chosen_at, found.version) == ("new", START, 4)

    change = replace(office.as_read(), totp=b"", recovery=frozenset())
    office.sign_ins.change(change, office.deed(Act.TOTP_REMOVED))
    gone = office.sign_ins.of_person(WORKSPACE, ANA)
    assert (gone.totp, gone.step, gone.recovery, gone.password, gone.chosen_at) == (b"", 7, frozenset(), "new", START)


USES: dict[str, dict[str, Any]] = {
    "a code": {"step": 8},
    "a recovery code": {"recovery": frozenset({"a"})},
    "the last recovery code": {"recovery": frozenset()},
    "another factor": {"totp": SECRET},
    "none": {"totp": b""},
    "a stop": {"stops_reset": True},
}
NO_USES: dict[str, dict[str, Any]] = {
    "a password": {"password": "new"},
    "a proposal": {"proposed": SECRET},
    "a session": {"session": session("ses_2")},
}


@pytest.mark.parametrize("use", [*USES, *NO_USES])
def test_a_reset_of_a_factor_that_is_asked_for_stands_until_it_is_used_or_stopped(office: Office, use: str) -> None:
    reset = FactorReset(office.clock())
    change = replace(office.as_read(), totp=SECRET, step=7, recovery=frozenset({"a", "b"}))
    office.sign_ins.change(change, office.deed(Act.TOTP_ENROLLED))
    as_read = office.as_read()
    office.sign_ins.change(replace(as_read, factor_reset=reset), office.deed(Act.FACTOR_RESET_ASKED))
    assert office.sign_ins.of_person(WORKSPACE, ANA) == replace(
        as_read.sign_in, factor_reset=reset, version=as_read.sign_in.version + 1
    )
    with pytest.raises(Stale):
        office.sign_ins.change(replace(as_read, totp=b""), office.deed(Act.TOTP_REMOVED))

    office.sign_ins.change(replace(office.as_read(), **(USES | NO_USES)[use]), office.deed())

    assert office.sign_ins.of_person(WORKSPACE, ANA).factor_reset == (None if use in USES else reset)


@pytest.mark.parametrize("meanwhile", ["password", "signed in", "session ended", "removed"])
@pytest.mark.parametrize("wanted", ["session", "password", "proposed"])
def test_what_was_read_is_no_longer_so(office: Office, meanwhile: str, wanted: str) -> None:
    """A session too: the old password that is checked while it is changed lets nobody in."""
    as_read = office.as_read()
    match meanwhile:
        case "password":
            new = replace(office.as_read(), password="new", session=session("ses_own"), ended=("ses_ana",))
            office.sign_ins.change(new, office.deed(Act.PASSWORD_CHANGED))
        case "signed in":
            office.sign_in("ses_1")
        case "session ended":
            office.revocations.credential(WORKSPACE, ANA, "ses_ana", office.deed(Act.SESSION_ENDED))
        case _:
            office.revocations.person(as_read.member, START, None, office.deed(Act.PERSON_REMOVED))
    standing, known, before = office.sign_ins.of_person(WORKSPACE, ANA), held(office), office.done()
    changes = {
        "session": replace(as_read, session=session("ses_2")),
        "password": replace(as_read, password="mine"),
        "proposed": replace(as_read, proposed=SECRET),
    }

    with pytest.raises(Stale):
        office.sign_ins.change(changes[wanted], office.deed())
    assert office.sign_ins.of_person(WORKSPACE, ANA) == standing
    assert (held(office), office.done()) == (known, before)


def test_of_two_who_make_room_for_themselves_at_once_one_does(office: Office) -> None:
    """Both put one in for the one that they take out, so their number tells nothing."""
    as_read = office.as_read()
    office.sign_ins.change(replace(as_read, session=session("ses_1"), ended=("ses_ana",)), office.deed())

    with pytest.raises(Stale):
        office.sign_ins.change(replace(as_read, session=session("ses_2"), ended=("ses_ana",)), office.deed())
    assert held(office) == {"ses_1"}


def test_a_changed_role_keeps_nobody_from_signing_in(office: Office) -> None:
    ben = office.joined(BEN)
    as_read = office.as_read(BEN)
    office.people.change(PersonChange(ben, Role.VIEWER, frozenset(), asker()), office.deed(Act.ROLE_CHANGED))

    office.sign_ins.change(replace(as_read, session=session("ses_2")), office.deed())
    assert held(office, BEN) == {"ses_ben", "ses_2"}
    assert office.members.get(WORKSPACE, BEN).role is Role.VIEWER


# ---- links ----------------------------------------------------------------------------------------------------------


def test_a_reset_link_is_used_up_by_the_change(office: Office) -> None:
    reset = office.asked_for()
    office.sign_ins.change(replace(office.as_read(), password="new", reset=reset), office.deed())

    assert office.links.reset(WORKSPACE, reset.id).state is LinkState.USED
    with pytest.raises(Gone):
        office.sign_ins.change(replace(office.as_read(), password="newer", reset=reset), office.deed())
    assert office.sign_ins.of_person(WORKSPACE, ANA).password == "new"


def test_of_two_who_use_a_link_at_once_the_second_finds_it_gone(office: Office) -> None:
    change = replace(office.as_read(), password="new", reset=office.asked_for())
    office.sign_ins.change(change, office.deed())
    with pytest.raises(Gone):
        office.sign_ins.change(replace(change, password="newer"), office.deed())


@pytest.mark.parametrize("why", ["too old", "never made", "signed out at once", "signed out later"])
def test_a_reset_link_that_is_no_good_changes_nothing(office: Office, why: str) -> None:
    reset = office.asked_for()
    match why:
        case "too old":
            office.clock.passes(hours=1)
        case "never made":
            reset = replace(reset, id="rst_2")
        case _:
            office.clock.passes(minutes=5 * (why == "signed out later"))
            office.revocations.everybody(WORKSPACE, office.clock(), office.deed(Act.EVERYBODY_SIGNED_OUT))
    as_read, before = office.as_read(), office.done()

    with pytest.raises(Gone):
        office.sign_ins.change(replace(as_read, password="new", reset=reset), office.deed())
    assert (office.as_read(), office.done()) == (as_read, before)


def test_who_asks_for_a_link_after_everybody_was_signed_out_uses_it_until_its_last_second(office: Office) -> None:
    office.revocations.everybody(WORKSPACE, START - timedelta(minutes=1), office.deed(Act.EVERYBODY_SIGNED_OUT))
    reset = office.asked_for()
    office.clock.passes(minutes=59, seconds=59)
    office.sign_ins.change(replace(office.as_read(), password="new", reset=reset), office.deed())
    assert office.sign_ins.of_person(WORKSPACE, ANA).password == "new"
