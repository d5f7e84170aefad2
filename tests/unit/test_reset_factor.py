"""An owner who lost authenticator and recovery codes comes back by the operator, slowly, and before everybody's eyes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import OPERATOR, Act
from letterlock.domain.errors import Forbidden, NotFound, RuleBroken, SecondFactorRequired
from letterlock.domain.facts import CredentialRevoked, SecondFactorRemoved, SecondFactorResetAsked
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import RESET_STANDS, RESET_WAITS
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, PeopleDesk


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


def ask(desk: PeopleDesk, address: str = ANA) -> str:
    return desk.ask_factor_reset(WORKSPACE, address, "request-o").person


def finish(desk: PeopleDesk, address: str = ANA) -> str:
    return desk.finish_factor_reset(WORKSPACE, address, "request-o")


def waited(desk: PeopleDesk, seconds: float = 0) -> None:
    desk.clock.passes(seconds=RESET_WAITS.total_seconds() + seconds)


@pytest.fixture
def ana(desk: PeopleDesk) -> Principal:
    """An owner, with a second factor."""
    return desk.enrolled(desk.joined())[0]


# ---- the way back ---------------------------------------------------------------------------------------------------


def test_after_a_day_the_factor_goes_and_every_session_and_the_password_lets_them_in(
    desk: PeopleDesk, ana: Principal
) -> None:
    assert ask(desk) == ana.id
    waited(desk)
    assert finish(desk) == ana.id

    deed = desk.people.deeds[-1]
    assert [each.fact for each in deed.told] == [
        SecondFactorRemoved(WORKSPACE, ana.id),
        CredentialRevoked(WORKSPACE, ana.credential, ana.id, by=ana.id),
    ]
    found = desk.people.of_person(WORKSPACE, ana.id)
    assert (found.totp, found.proposed, found.recovery, found.factor_reset) == (b"", b"", frozenset(), None)
    assert desk.members.get(WORKSPACE, ana.id).credentials == ()
    assert desk.signs_in()


def test_both_acts_are_the_operators_in_the_log(desk: PeopleDesk, ana: Principal) -> None:
    ask(desk)
    asked = desk.people.deeds[-1]
    waited(desk)
    finish(desk)
    for deed, act in ((asked, Act.FACTOR_RESET_ASKED), (desk.people.deeds[-1], Act.TOTP_REMOVED)):
        entry = deed.entry
        assert (entry.actor, entry.act, entry.subject, entry.request) == (OPERATOR, act, ana.id, "request-o")
    assert [each.fact for each in asked.told] == [SecondFactorResetAsked(WORKSPACE, ana.id)]


@pytest.mark.parametrize(("seconds", "good"), [(-1, False), (0, True), (RESET_STANDS.total_seconds() - 1, True)])
def test_it_is_finished_when_a_day_has_passed_and_not_before(
    desk: PeopleDesk, ana: Principal, seconds: float, good: bool
) -> None:
    ask(desk)
    waited(desk, seconds)
    if good:
        assert finish(desk) == ana.id
        return
    with pytest.raises(RuleBroken):
        finish(desk)
    assert desk.people.of_person(WORKSPACE, ana.id).totp


def test_what_was_forgotten_is_asked_for_anew_and_told_anew(desk: PeopleDesk, ana: Principal) -> None:
    first = desk.ask_factor_reset(WORKSPACE, ANA, "r").reset
    waited(desk, RESET_STANDS.total_seconds())
    with pytest.raises(RuleBroken):
        finish(desk)
    assert desk.ask_factor_reset(WORKSPACE, ANA, "r").reset.asked_at > first.until - timedelta(seconds=1)
    with pytest.raises(RuleBroken):
        finish(desk)
    assert desk.acts().count(Act.FACTOR_RESET_ASKED) == 2


def test_asked_twice_it_waits_no_longer_and_nobody_is_told_twice(desk: PeopleDesk, ana: Principal) -> None:
    first = desk.ask_factor_reset(WORKSPACE, ANA, "r")
    desk.clock.passes(hours=23)
    assert desk.ask_factor_reset(WORKSPACE, f" {ANA.upper()}", "r") == first
    assert desk.acts().count(Act.FACTOR_RESET_ASKED) == 1


def test_of_two_who_ask_at_once_both_are_told_of_the_one_that_there_is(desk: PeopleDesk, ana: Principal) -> None:
    answers = []

    def asks_as_well() -> None:
        desk.people.before = lambda: None
        answers.append(desk.ask_factor_reset(WORKSPACE, ANA, "r"))

    desk.people.before = asks_as_well
    answers.append(desk.ask_factor_reset(WORKSPACE, ANA, "r"))
    assert answers[0] == answers[1]
    assert desk.acts().count(Act.FACTOR_RESET_ASKED) == 1


def test_a_new_password_does_not_stop_it_for_they_may_have_lost_both(desk: PeopleDesk, ana: Principal) -> None:
    ask(desk)
    desk.reset(desk.reset_link(), NEW, ASKED)
    waited(desk)
    assert finish(desk) == ana.id
    assert desk.signs_in(password=NEW)


# ---- for whom -------------------------------------------------------------------------------------------------------


def test_it_is_for_owners_with_a_second_factor_in_that_workspace(desk: PeopleDesk, ana: Principal) -> None:
    desk.joined(BEN, Role.ADMIN)
    desk.joined("cleo@team.example")
    for address, workspace, refusal in (
        (BEN, WORKSPACE, NotFound),
        ("nobody@team.example", WORKSPACE, NotFound),
        (ANA, "wsp_other", NotFound),
        ("cleo@team.example", WORKSPACE, RuleBroken),
    ):
        for verb in (desk.ask_factor_reset, desk.finish_factor_reset):
            with pytest.raises(refusal):
                verb(workspace, address, "r")


def test_who_was_removed_or_is_no_owner_any_more_is_not_let_in_by_it(desk: PeopleDesk, ana: Principal) -> None:
    other = desk.joined(BEN)
    ask(desk)
    waited(desk)
    desk.change_person(other, ana.id, ASKED, role=Role.AGENT)
    with pytest.raises(NotFound):
        finish(desk)
    desk.remove(other, ana.id, ASKED)
    with pytest.raises(NotFound):
        finish(desk)


# ---- stopping it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["own", "another"])
def test_any_owner_stops_it_and_then_nothing_is_finished(desk: PeopleDesk, ana: Principal, whose: str) -> None:
    who = ana if whose == "own" else desk.joined(BEN)
    ask(desk)
    for _ in range(2):
        desk.stop_factor_reset(who, ana.id, ASKED)
    assert desk.acts().count(Act.FACTOR_RESET_STOPPED) == 1
    waited(desk)
    with pytest.raises(RuleBroken):
        finish(desk)
    assert desk.people.of_person(WORKSPACE, ana.id).totp


def test_nobody_else_stops_it(desk: PeopleDesk, ana: Principal) -> None:
    admin = desk.joined(BEN, Role.ADMIN)
    ask(desk)
    token = Principal(WORKSPACE, ana.id, Role.OWNER, credential="tok_1")
    for who in (admin, token):
        with pytest.raises(Forbidden):
            desk.stop_factor_reset(who, ana.id, ASKED)
    with pytest.raises(NotFound):
        desk.stop_factor_reset(desk.joined("cleo@team.example"), "per_nobody", ASKED)
    assert desk.people.of_person(WORKSPACE, ana.id).factor_reset


USES: dict[str, Callable[[PeopleDesk, Principal, str, list[str]], object]] = {
    "code": lambda desk, who, secret, codes: desk.signs_in(code=desk.code(secret)),
    "recovery code": lambda desk, who, secret, codes: desk.signs_in(code=codes[0]),
    "new codes": lambda desk, who, secret, codes: desk.renew_codes(who, PASSWORD, desk.code(secret), ASKED),
}


@pytest.mark.parametrize("use", USES)
def test_whoever_uses_the_factor_did_not_lose_it(desk: PeopleDesk, use: str) -> None:
    ana, secret, codes = desk.enrolled(desk.joined())
    ask(desk)
    desk.clock.passes(hours=1)
    USES[use](desk, ana, secret, codes)
    waited(desk)
    with pytest.raises(RuleBroken):
        finish(desk)


def test_a_reset_that_is_stopped_while_it_is_finished_does_not_happen(desk: PeopleDesk, ana: Principal) -> None:
    other = desk.joined(BEN)
    ask(desk)
    waited(desk)
    other = desk.signs_in(BEN)

    def stops() -> None:
        desk.people.before = lambda: None
        desk.stop_factor_reset(other, ana.id, ASKED)

    desk.people.before = stops
    with pytest.raises(RuleBroken):
        finish(desk)
    with pytest.raises(SecondFactorRequired):
        desk.signs_in()


def test_a_stop_that_meets_another_change_is_tried_again(desk: PeopleDesk, ana: Principal) -> None:
    other = desk.joined(BEN)
    ask(desk)

    def changes() -> None:
        desk.people.before = lambda: None
        desk.change_password(ana, PASSWORD, NEW, ASKED)

    desk.people.before = changes
    desk.stop_factor_reset(other, ana.id, ASKED)
    assert desk.people.of_person(WORKSPACE, ana.id).factor_reset is None
