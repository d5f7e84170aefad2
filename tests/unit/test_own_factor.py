"""People change how they sign in themselves, by the session that asks and no other."""

from collections.abc import Callable

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import (
    Forbidden,
    Invalid,
    RuleBroken,
    SecondFactorRequired,
    TooManyRequests,
    Unauthenticated,
)
from letterlock.domain.facts import (
    CredentialRevoked,
    PasswordChanged,
    RecoveryCodesRenewed,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Asked
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, WRONG, PeopleDesk


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


@pytest.fixture
def ana(desk: PeopleDesk) -> Principal:
    return desk.joined()


def meanwhile(desk: PeopleDesk, what: Callable[[], object]) -> None:
    def happens() -> None:
        desk.people.before = lambda: None
        what()

    desk.people.before = happens


# ---- the session that asks ------------------------------------------------------------------------------------------


def test_the_session_that_asks_goes_on_under_another_secret_for_as_long_as_it_had(
    desk: PeopleDesk, ana: Principal
) -> None:
    others = [desk.signs_in() for _ in range(2)]
    desk.clock.passes(hours=11)
    session = desk.change_password(ana, PASSWORD, NEW, ASKED)

    assert session.seconds() == 3600
    assert [each.credential.id for each in desk.sessions(desk.who_has(session))] == [session.credential.id]
    assert [each.fact for each in desk.people.deeds[-1].told] == [
        PasswordChanged(WORKSPACE, ana.id),
        *(CredentialRevoked(WORKSPACE, each.credential, ana.id, by=ana.id) for each in (ana, *others)),
    ]
    desk.clock.passes(hours=1)
    assert desk.comes_in(session.secret) is None


ACTS: dict[str, Callable[[PeopleDesk, Principal], object]] = {
    "password": lambda desk, who: desk.change_password(who, PASSWORD, NEW, ASKED),
    "propose": lambda desk, who: desk.propose(who, PASSWORD, ASKED),
    "confirm": lambda desk, who: desk.confirm(who, "000000", ASKED),
    "remove": lambda desk, who: desk.remove_factor(who, PASSWORD, "000000", ASKED),
    "renew": lambda desk, who: desk.renew_codes(who, PASSWORD, "000000", ASKED),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("ended", ["by itself", "removed"])
def test_a_session_that_ended_since_it_was_let_in_changes_nothing(desk: PeopleDesk, act: str, ended: str) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.AGENT)
    if ended == "removed":
        desk.remove(owner, ben.id, ASKED)
    else:
        desk.end_session(ben, ben.credential, ASKED)
    before = len(desk.people.deeds)
    with pytest.raises(Unauthenticated):
        ACTS[act](desk, ben)
    assert len(desk.people.deeds) == before


@pytest.mark.parametrize("act", ["password", "propose"])
def test_a_session_that_ends_at_that_moment_changes_nothing(desk: PeopleDesk, ana: Principal, act: str) -> None:
    meanwhile(desk, lambda: desk.end_session(ana, ana.credential, ASKED))
    with pytest.raises(Unauthenticated):
        ACTS[act](desk, ana)
    assert desk.people.of_person(WORKSPACE, ana.id).version == 1


@pytest.mark.parametrize("act", ["password", "propose"])
def test_who_is_signed_out_with_everybody_at_that_moment_gets_no_session_that_goes_on(
    desk: PeopleDesk, ana: Principal, act: str
) -> None:
    meanwhile(desk, lambda: desk.sign_everybody_out(ana, ASKED))
    with pytest.raises(Unauthenticated):
        ACTS[act](desk, ana)
    assert [each.id for each in desk.members.get(WORKSPACE, ana.id).credentials] == [ana.credential]
    assert desk.people.of_person(WORKSPACE, ana.id).version == 1


@pytest.mark.parametrize("act", ACTS)
def test_a_token_changes_nothing_of_how_one_signs_in(desk: PeopleDesk, ana: Principal, act: str) -> None:
    with pytest.raises(Forbidden):
        ACTS[act](desk, Principal(WORKSPACE, ana.id, Role.OWNER, credential="tok_1"))


def test_expired_sessions_are_not_listed(desk: PeopleDesk, ana: Principal) -> None:
    desk.clock.passes(hours=11, minutes=59, seconds=59)
    late = desk.signs_in()
    assert [each.credential.id for each in desk.sessions(late)] == [ana.credential, late.credential]
    desk.clock.passes(seconds=1)
    assert [each.credential.id for each in desk.sessions(late)] == [late.credential]


# ---- the password ---------------------------------------------------------------------------------------------------


def test_a_bad_new_password_is_refused_and_the_old_one_stays(desk: PeopleDesk, ana: Principal) -> None:
    for new in ("short", ANA, "password1234", "abcabcabcabc"):
        with pytest.raises(Invalid):
            desk.change_password(ana, PASSWORD, new, ASKED)
    assert desk.signs_in()


def test_of_two_who_change_the_password_at_once_the_second_is_told(desk: PeopleDesk, ana: Principal) -> None:
    meanwhile(desk, lambda: desk.change_password(ana, PASSWORD, NEW, ASKED))
    with pytest.raises(Unauthenticated):
        desk.change_password(ana, PASSWORD, WRONG, ASKED)
    assert desk.signs_in(password=NEW)


def test_who_sits_at_an_open_browser_guesses_ten_times(desk: PeopleDesk, ana: Principal) -> None:
    for number in range(10):
        with pytest.raises(Forbidden):
            desk.change_password(ana, WRONG, NEW, Asked("", "r", f"source {number}"))
    with pytest.raises(TooManyRequests):
        desk.change_password(ana, PASSWORD, NEW, ASKED)
    desk.clock.passes(minutes=15)
    assert desk.change_password(ana, PASSWORD, NEW, ASKED)


# ---- the second factor ----------------------------------------------------------------------------------------------


def test_only_the_last_one_shown_is_confirmed(desk: PeopleDesk, ana: Principal) -> None:
    first, second = desk.propose(ana, PASSWORD, ASKED).secret, desk.propose(ana, PASSWORD, ASKED).secret
    assert first != second
    with pytest.raises(SecondFactorRequired):
        desk.confirm(ana, desk.code(first), ASKED)
    desk.confirm(ana, desk.code(second), ASKED)


def test_there_is_nothing_to_confirm_before_one_was_shown_nor_after(desk: PeopleDesk, ana: Principal) -> None:
    with pytest.raises(RuleBroken):
        desk.confirm(ana, "000000", ASKED)
    who, secret, _ = desk.enrolled(ana)
    desk.clock.passes(seconds=30)
    with pytest.raises(RuleBroken):
        desk.confirm(who, desk.code(secret), ASKED)


def test_the_code_that_confirmed_signs_nobody_in(desk: PeopleDesk, ana: Principal) -> None:
    _, secret, _ = desk.enrolled(ana)
    with pytest.raises(SecondFactorRequired):
        desk.sign_in(ANA, PASSWORD, ASKED, code=desk.code(secret))
    desk.clock.passes(seconds=30)
    assert desk.signs_in(code=desk.code(secret))


def test_a_code_that_signed_in_removes_no_factor_and_the_one_that_does_works_once(
    desk: PeopleDesk, ana: Principal
) -> None:
    _, secret, _ = desk.enrolled(ana)
    desk.clock.passes(seconds=30)
    who = desk.signs_in(code=desk.code(secret))
    with pytest.raises(SecondFactorRequired):
        desk.remove_factor(who, PASSWORD, desk.code(secret), ASKED)

    before = desk.people.of_person(WORKSPACE, ana.id).step
    desk.clock.passes(seconds=30)
    desk.remove_factor(who, PASSWORD, desk.code(secret), ASKED)
    found = desk.people.of_person(WORKSPACE, ana.id)
    assert (found.totp, found.proposed, found.recovery, found.step) == (b"", b"", frozenset(), before + 1)
    assert SecondFactorRemoved(WORKSPACE, ana.id) in [each.fact for each in desk.people.deeds[-1].told]
    assert desk.signs_in()


BY_THE_PASSWORD: dict[str, Callable[[PeopleDesk, Principal, str], object]] = {
    "propose": lambda desk, who, password: desk.propose(who, password, ASKED),
    "remove": lambda desk, who, password: desk.remove_factor(who, password, "000000", ASKED),
    "renew": lambda desk, who, password: desk.renew_codes(who, password, "000000", ASKED),
}


@pytest.mark.parametrize("act", BY_THE_PASSWORD)
@pytest.mark.parametrize("has_one", [False, True])
def test_who_sits_at_an_open_browser_learns_and_changes_nothing_of_a_second_factor(
    desk: PeopleDesk, ana: Principal, act: str, has_one: bool
) -> None:
    who = desk.enrolled(ana)[0] if has_one else ana
    before, done = desk.people.of_person(WORKSPACE, ana.id), len(desk.people.deeds)
    desk.clock.passes(minutes=15)
    for number in range(10):
        with pytest.raises(Forbidden, match="this is not your password"):
            BY_THE_PASSWORD[act](desk, who, f"{WRONG} {number}")
    with pytest.raises(TooManyRequests):
        BY_THE_PASSWORD[act](desk, who, PASSWORD)
    assert (desk.people.of_person(WORKSPACE, ana.id), len(desk.people.deeds)) == (before, done)


def test_new_recovery_codes_take_the_place_of_the_old_ones_and_end_the_other_sessions(
    desk: PeopleDesk, ana: Principal
) -> None:
    who, secret, old = desk.enrolled(ana)
    other = desk.signs_in(code=old[9])
    session, new = desk.renew_codes(who, PASSWORD, desk.code(secret, 30), ASKED)

    deed = desk.people.deeds[-1]
    assert deed.entry.act is Act.RECOVERY_CODES_RENEWED
    assert RecoveryCodesRenewed(WORKSPACE, ana.id) in [each.fact for each in deed.told]
    assert [each.id for each in desk.members.get(WORKSPACE, ana.id).credentials] == [session.credential.id]
    assert other.credential != session.credential.id
    assert len(set(new) - set(old)) == 10
    with pytest.raises(SecondFactorRequired):
        desk.sign_in(ANA, PASSWORD, ASKED, code=old[0])
    assert desk.signs_in(code=new[0])
    desk.clock.passes(seconds=60)
    assert desk.signs_in(code=desk.code(secret)), "the authenticator stays the same one"


def test_a_recovery_code_may_be_the_one_that_makes_new_ones_and_the_password_alone_makes_none(
    desk: PeopleDesk, ana: Principal
) -> None:
    who, secret, old = desk.enrolled(ana)
    for code in ("000000", "aaaaa-bbbbb", desk.code(secret)):
        with pytest.raises(SecondFactorRequired):
            desk.renew_codes(who, PASSWORD, code, ASKED)
    session, _ = desk.renew_codes(who, PASSWORD, old[0], ASKED)
    with pytest.raises(SecondFactorRequired):
        desk.renew_codes(desk.who_has(session), PASSWORD, old[1], ASKED)


def test_of_what_is_not_there_no_codes_are_made(desk: PeopleDesk, ana: Principal) -> None:
    with pytest.raises(RuleBroken):
        desk.renew_codes(ana, PASSWORD, "000000", ASKED)


def test_old_recovery_codes_are_none_of_a_new_factor(desk: PeopleDesk, ana: Principal) -> None:
    who, _, old = desk.enrolled(ana)
    session = desk.remove_factor(who, PASSWORD, old[0], ASKED)
    desk.clock.passes(seconds=30)
    _, _, new = desk.enrolled(desk.who_has(session))
    assert not set(old) & set(new)
    with pytest.raises(SecondFactorRequired):
        desk.sign_in(ANA, PASSWORD, ASKED, code=old[1])
    assert desk.signs_in(code=new[1])


def test_who_enrols_is_asked_for_a_code_and_all_others_are_out(desk: PeopleDesk, ana: Principal) -> None:
    other = desk.sign_in(ANA, PASSWORD, ASKED).session
    who, _, _ = desk.enrolled(ana)
    assert SecondFactorEnrolled(WORKSPACE, ana.id) in [each.fact for each in desk.people.deeds[-1].told]
    assert desk.comes_in(other.secret) is None
    assert [each.id for each in desk.members.get(WORKSPACE, ana.id).credentials] == [who.credential]
