"""Who signs in, what is kept of it, and what happens when something changes meanwhile."""

from collections.abc import Callable

import pytest

from letterlock.domain.audit import Act
from letterlock.domain.errors import Forbidden, SecondFactorRequired, Stale, TooManyRequests, Unauthenticated
from letterlock.domain.facts import CredentialRevoked
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import SESSIONS_AT_MOST
from letterlock.services.deeds import Asked
from letterlock.services.sign_in import STACK
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, WRONG, PeopleDesk


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


def meanwhile(desk: PeopleDesk, what: Callable[[], object], times: int = 1) -> None:
    """It happens between what is read and what is written next."""
    left = [what] * times

    def happens() -> None:
        if left:
            then, desk.people.before = desk.people.before, lambda: None
            left.pop()()
            desk.people.before = then

    desk.people.before = happens


def test_an_address_is_the_same_however_it_is_written(desk: PeopleDesk) -> None:
    who = desk.joined()
    assert desk.signs_in(" Ana@Team.Example ").id == who.id


def test_a_session_lasts_to_its_last_second(desk: PeopleDesk) -> None:
    desk.joined()
    short = desk.sign_in(ANA, PASSWORD, ASKED).session
    long = desk.sign_in(ANA, PASSWORD, ASKED, remember=True).session
    assert (short.seconds(), long.seconds()) == (12 * 3600, 30 * 86_400)

    for session in (short, long):
        begun = desk.clock()
        desk.clock.passes(seconds=session.seconds() - 1)
        assert desk.comes_in(session.secret)
        desk.clock.passes(seconds=1)
        assert desk.comes_in(session.secret) is None
        desk.clock.at = begun


def test_whoever_is_refused_costs_one_check_of_a_password(desk: PeopleDesk) -> None:
    desk.joined()
    for address in (ANA, BEN):
        before = desk.passwords.checked
        with pytest.raises(Unauthenticated):
            desk.sign_in(address, WRONG, ASKED)
        assert desk.passwords.checked == before + 1


def test_every_refusal_is_in_the_log_of_whom_it_concerns(desk: PeopleDesk) -> None:
    who = desk.joined()
    for address in (ANA, BEN):
        with pytest.raises(Unauthenticated):
            desk.sign_in(address, WRONG, ASKED)

    [known], [unknown] = (list(desk.audit.written[where].values()) for where in (WORKSPACE, STACK))
    assert (known.act, known.subject, known.detail.reason) == (Act.SIGN_IN_REFUSED, who.id, "password")
    assert (unknown.act, unknown.subject, unknown.detail.reason) == (Act.SIGN_IN_REFUSED, "", "password")


# ---- tries ----------------------------------------------------------------------------------------------------------


def test_who_waited_for_the_next_quarter_of_an_hour_is_let_in(desk: PeopleDesk) -> None:
    desk.joined()
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            desk.sign_in(ANA, WRONG, ASKED)
    with pytest.raises(TooManyRequests) as refused:
        desk.sign_in(ANA, PASSWORD, ASKED)

    desk.clock.passes(seconds=refused.value.seconds - 1)
    with pytest.raises(TooManyRequests):
        desk.sign_in(ANA, PASSWORD, ASKED)
    desk.clock.passes(seconds=1)
    assert desk.signs_in()


def test_who_guesses_at_many_addresses_is_stopped_and_nobody_elsewhere_is(desk: PeopleDesk) -> None:
    desk.joined()
    for number in range(100):
        with pytest.raises(Unauthenticated):
            desk.sign_in(f"a{number}@team.example", WRONG, ASKED)
    with pytest.raises(TooManyRequests):
        desk.sign_in(ANA, PASSWORD, ASKED)
    assert desk.sign_in(ANA, PASSWORD, Asked("", "request-2", "198.51.100.1"))


def test_a_throttled_try_checks_no_password(desk: PeopleDesk) -> None:
    for _ in range(12):
        with pytest.raises((Unauthenticated, TooManyRequests)):
            desk.sign_in(ANA, WRONG, ASKED)
    assert desk.passwords.checked == 10


def test_codes_are_counted_for_the_person_wherever_they_are_tried(desk: PeopleDesk) -> None:
    who, secret, _ = desk.enrolled(desk.joined())
    desk.clock.passes(minutes=15)
    for _ in range(10):
        with pytest.raises(Forbidden):
            desk.remove_factor(who, WRONG, "000000", ASKED)
    with pytest.raises(TooManyRequests):
        desk.sign_in(ANA, PASSWORD, ASKED, code=desk.code(secret))
    with pytest.raises(SecondFactorRequired):
        desk.sign_in(ANA, PASSWORD, ASKED)


# ---- rehash ---------------------------------------------------------------------------------------------------------


def test_an_outdated_hash_is_made_anew_once_and_the_password_stays_the_same_one(desk: PeopleDesk) -> None:
    who = desk.joined()
    link = desk.reset_link()
    desk.passwords.parameters = "dearer"
    desk.signs_in()
    found = desk.people.of_person(WORKSPACE, who.id)
    assert (found.password, found.version, found.chosen_at) == (f"dearer|{PASSWORD}", 2, None)

    desk.signs_in()
    assert desk.people.of_person(WORKSPACE, who.id).version == 2
    desk.reset(link, NEW, ASKED)
    assert desk.signs_in(password=NEW), "the link was for this very password"


def test_a_wrong_password_makes_no_hash_anew(desk: PeopleDesk) -> None:
    who = desk.joined()
    desk.passwords.parameters = "dearer"
    with pytest.raises(Unauthenticated):
        desk.sign_in(ANA, WRONG, ASKED)
    assert desk.people.of_person(WORKSPACE, who.id).password == f"cheap|{PASSWORD}"


# ---- meanwhile ------------------------------------------------------------------------------------------------------


def test_the_old_password_lets_nobody_in_who_brought_it_while_it_was_changed(desk: PeopleDesk) -> None:
    who = desk.joined()
    meanwhile(desk, lambda: desk.change_password(who, PASSWORD, NEW, ASKED))

    with pytest.raises(Stale):
        desk.sign_in(ANA, PASSWORD, ASKED)
    [left] = desk.members.get(WORKSPACE, who.id).credentials
    assert left.id != who.credential, "the one session is that of who changed it"


def test_without_a_code_nobody_comes_in_beside_who_enrols_at_that_moment(desk: PeopleDesk) -> None:
    who = desk.joined()
    secret = desk.propose(who, PASSWORD, ASKED).secret
    meanwhile(desk, lambda: desk.confirm(who, desk.code(secret), ASKED))
    with pytest.raises(Stale):
        desk.sign_in(ANA, PASSWORD, ASKED)


def test_two_who_sign_in_with_one_code_at_once_are_not_both_let_in(desk: PeopleDesk) -> None:
    _, secret, _ = desk.enrolled(desk.joined())
    code = desk.code(secret, 30)
    meanwhile(desk, lambda: desk.signs_in(code=code))
    with pytest.raises(Stale):
        desk.sign_in(ANA, PASSWORD, ASKED, code=code)


def test_whoever_signs_in_beside_another_session_of_theirs_is_let_in(desk: PeopleDesk) -> None:
    who = desk.joined()
    meanwhile(desk, desk.signs_in, times=3)
    desk.signs_in()
    assert len(desk.members.get(WORKSPACE, who.id).credentials) == 5

    meanwhile(desk, desk.signs_in, times=4)
    with pytest.raises(Stale):
        desk.sign_in(ANA, PASSWORD, ASKED)


def test_who_is_removed_at_that_moment_is_refused_as_a_stranger_is(desk: PeopleDesk) -> None:
    owner = desk.joined()
    ben = desk.joined(BEN, Role.AGENT)
    meanwhile(desk, lambda: desk.remove(owner, ben.id, ASKED))
    with pytest.raises(Unauthenticated):
        desk.sign_in(BEN, PASSWORD, ASKED)
    [entry] = desk.audit.written[WORKSPACE].values()
    assert entry.detail.reason == "removed"


# ---- room -----------------------------------------------------------------------------------------------------------


def test_the_oldest_session_makes_room_and_is_told_of_expired_ones_just_go(desk: PeopleDesk) -> None:
    first = desk.joined()
    for _ in range(SESSIONS_AT_MOST - 1):
        desk.clock.passes(minutes=10)
        desk.signs_in()
    before = len(desk.told())

    desk.clock.passes(minutes=10)
    last = desk.signs_in()
    assert desk.told()[before:] == [CredentialRevoked(WORKSPACE, first.credential, first.id, by=first.id)]
    assert len(desk.members.get(WORKSPACE, first.id).credentials) == SESSIONS_AT_MOST

    desk.clock.passes(hours=11, minutes=59)
    new = desk.signs_in()
    left = [each.id for each in desk.members.get(WORKSPACE, first.id).credentials]
    assert left == [last.credential, new.credential], "all others had expired"
    assert len(desk.told()) == before + 1


def test_of_two_who_make_room_at_once_neither_makes_one_too_many(desk: PeopleDesk) -> None:
    who = desk.joined()
    for _ in range(SESSIONS_AT_MOST - 1):
        desk.clock.passes(minutes=10)
        desk.signs_in()
    meanwhile(desk, desk.signs_in)
    desk.clock.passes(minutes=10)
    desk.signs_in()
    assert len(desk.members.get(WORKSPACE, who.id).credentials) == SESSIONS_AT_MOST
