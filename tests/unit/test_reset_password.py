"""Who forgot their password gets another by a link, as long as it is that password which they forgot."""

from collections.abc import Callable

import pytest

from letterlock.domain.audit import Act
from letterlock.domain.errors import Gone, Invalid, Stale, TooManyRequests, Unauthenticated
from letterlock.domain.facts import CredentialRevoked, PasswordChanged, PasswordResetRequested
from letterlock.domain.people import LinkState
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import NO_PERSON, NOBODY
from letterlock.services.sign_in import STACK
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, PeopleDesk

THIRD = "a third phrase of them"


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


def no_good(desk: PeopleDesk, token: str) -> None:
    before = desk.people.deeds[:]
    with pytest.raises(Gone):
        desk.reset(token, THIRD, ASKED)
    assert desk.people.deeds == before
    with pytest.raises(Unauthenticated):
        desk.sign_in(ANA, THIRD, ASKED)


def test_for_an_unknown_address_as_much_is_kept_and_told(desk: PeopleDesk) -> None:
    who = desk.joined()
    before = len(desk.people.deeds)
    desk.ask_reset(ANA, ASKED)
    desk.ask_reset(BEN, ASKED)

    known, unknown = desk.people.deeds[before:]
    assert [type(each.fact) for each in (*known.told, *unknown.told)] == [PasswordResetRequested] * 2
    assert (known.entry.workspace, known.entry.subject) == (WORKSPACE, who.id)
    assert (unknown.entry.workspace, unknown.entry.subject) == (STACK, "")
    found = desk.people.reset(NOBODY, max(key[1] for key in desk.people.links))
    assert (found.person, found.state) == (NO_PERSON, LinkState.PENDING)


@pytest.mark.parametrize(("seconds", "good"), [(3599, True), (3600, False)])
def test_a_link_is_good_for_an_hour_to_the_second(desk: PeopleDesk, seconds: int, good: bool) -> None:
    desk.joined()
    token = desk.reset_link()
    desk.clock.passes(seconds=seconds)
    if not good:
        no_good(desk, token)
        return
    desk.reset(token, NEW, ASKED)
    assert desk.signs_in(password=NEW)


def test_every_session_ends_and_is_told_so_and_the_log_says_why(desk: PeopleDesk) -> None:
    who = desk.joined()
    other = desk.signs_in()
    desk.reset(desk.reset_link(), NEW, ASKED)

    deed = desk.people.deeds[-1]
    assert [each.fact for each in deed.told] == [
        PasswordChanged(WORKSPACE, who.id),
        CredentialRevoked(WORKSPACE, who.credential, who.id, by=who.id),
        CredentialRevoked(WORKSPACE, other.credential, who.id, by=who.id),
    ]
    assert (deed.entry.act, deed.entry.detail.reason) == (Act.PASSWORD_CHANGED, "reset link")
    assert desk.members.get(WORKSPACE, who.id).credentials == ()


def test_after_another_password_was_set_no_older_link_sets_one(desk: PeopleDesk) -> None:
    desk.joined()
    first, second = desk.reset_link(), desk.reset_link()
    desk.clock.passes(minutes=1)
    desk.reset(second, NEW, ASKED)

    no_good(desk, first)
    desk.clock.passes(minutes=1)
    desk.reset(desk.reset_link(), PASSWORD, ASKED)
    assert desk.signs_in(password=PASSWORD), "a later one does"


def test_after_a_password_was_changed_no_older_link_sets_one(desk: PeopleDesk) -> None:
    who = desk.joined()
    token = desk.reset_link()
    desk.clock.passes(minutes=1)
    desk.change_password(who, PASSWORD, NEW, ASKED)
    no_good(desk, token)


def test_after_everybody_was_signed_out_no_older_link_lets_anybody_in(desk: PeopleDesk) -> None:
    owner = desk.joined()
    token = desk.reset_link()
    desk.clock.passes(minutes=1)
    desk.sign_everybody_out(owner, ASKED)

    no_good(desk, token)
    desk.clock.passes(minutes=1)
    desk.reset(desk.reset_link(), NEW, ASKED)
    assert desk.signs_in(password=NEW)


def test_a_removed_persons_link_is_no_good(desk: PeopleDesk) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.AGENT)
    token = desk.reset_link(BEN)
    desk.remove(owner, ben.id, ASKED)
    no_good(desk, token)


@pytest.mark.parametrize("meanwhile", ["changed", "signs in", "same link"])
def test_what_happens_meanwhile_is_not_overwritten(desk: PeopleDesk, meanwhile: str) -> None:
    who = desk.joined()
    token = desk.reset_link()
    desk.clock.passes(minutes=1)
    happens: dict[str, Callable[[], object]] = {
        "changed": lambda: desk.change_password(who, PASSWORD, NEW, ASKED),
        "signs in": desk.signs_in,
        "same link": lambda: desk.reset(token, NEW, ASKED),
    }

    def first() -> None:
        desk.people.before = lambda: None
        happens[meanwhile]()

    desk.people.before = first
    with pytest.raises(Gone if meanwhile == "same link" else Stale):
        desk.reset(token, THIRD, ASKED)
    assert desk.signs_in(password=PASSWORD if meanwhile == "signs in" else NEW)


def test_a_password_that_is_not_taken_uses_no_link_up(desk: PeopleDesk) -> None:
    desk.joined()
    token = desk.reset_link()
    for password in ("short", ANA, "password1234"):
        with pytest.raises(Invalid):
            desk.reset(token, password, ASKED)
    desk.reset(token, NEW, ASKED)
    assert desk.signs_in(password=NEW)


def test_a_forgotten_second_factor_is_not_forgotten_with_the_password(desk: PeopleDesk) -> None:
    who, _, codes = desk.enrolled(desk.joined())
    kept = desk.people.of_person(WORKSPACE, who.id)
    desk.clock.passes(minutes=1)
    desk.reset(desk.reset_link(), NEW, ASKED)

    found = desk.people.of_person(WORKSPACE, who.id)
    assert (found.totp, found.recovery, found.step) == (kept.totp, kept.recovery, kept.step)
    assert desk.signs_in(password=NEW, code=codes[0])


def test_links_are_asked_for_three_times_an_hour(desk: PeopleDesk) -> None:
    for _ in range(3):
        desk.ask_reset(ANA, ASKED)
    with pytest.raises(TooManyRequests) as refused:
        desk.ask_reset(ANA, ASKED)
    desk.clock.passes(seconds=refused.value.seconds)
    desk.ask_reset(ANA, ASKED)
