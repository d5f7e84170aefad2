"""Sessions begin, go on under another secret, and make room."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Credential, CredentialKind, Member
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import SESSIONS_AT_MOST, making_room
from letterlock.domain.tokens import read
from tests.fakes import START
from tests.fakes.people_desk import ASKED, WORKSPACE, PeopleDesk

ANA = "per_01JAB3C4D5E6F7G8H9J0KMNPQS"
MEMBER = Member(ANA, WORKSPACE, Role.AGENT)


def session(number: int, **life: float) -> Credential:
    made = START + timedelta(minutes=number)
    return Credential(f"ses_{9 - number % 10}", CredentialKind.SESSION, frozenset(), made, made + timedelta(**life))


def test_a_secret_is_long_names_who_has_it_and_is_never_the_same() -> None:
    desk = PeopleDesk()
    made = [desk.start(WORKSPACE, ANA, ASKED, timedelta(hours=12)) for _ in range(3)]
    assert len({each.secret for each in made}) == len({each.credential.id for each in made}) == 3
    for each in made:
        said = read(each.secret)
        assert (said.kind, said.workspace, said.holder) == (CredentialKind.SESSION, WORKSPACE, ANA)
        assert (each.user_agent, each.source) == (ASKED.user_agent, ASKED.source)
        assert each.credential.used_on == START.date()


@pytest.mark.parametrize("passed", [0, 3599, 43_199])
def test_under_another_secret_it_ends_when_it_would_have_ended(passed: int) -> None:
    desk = PeopleDesk()
    first = desk.start(WORKSPACE, ANA, ASKED, timedelta(hours=12))
    desk.clock.passes(seconds=passed)
    again = desk.start.rotated(replace(MEMBER, credentials=(first.credential,)), first.credential.id, ASKED)
    assert again.credential.expires_at == first.credential.expires_at
    assert again.seconds() == 43_200 - passed
    assert again.secret != first.secret


def test_a_session_that_is_not_there_goes_on_for_no_time() -> None:
    assert PeopleDesk().start.rotated(MEMBER, "ses_x", ASKED).seconds() == 0


@pytest.mark.parametrize(("count", "evicted"), [(0, 0), (9, 0), (10, 1), (12, 3)])
def test_the_oldest_make_room_by_when_they_began(count: int, evicted: int) -> None:
    sessions = [session(number, hours=12) for number in range(count)]
    member = replace(MEMBER, credentials=tuple(sorted(sessions, key=lambda each: each.id)))
    assert making_room(member, START + timedelta(hours=1)) == ([], [each.id for each in sessions[:evicted]])


def test_what_has_expired_makes_no_room_and_tokens_are_not_sessions() -> None:
    dead = [session(number, minutes=1) for number in range(3)]
    live = [session(number, hours=12) for number in range(3, 3 + SESSIONS_AT_MOST - 1)]
    token = Credential("tok_1", CredentialKind.PERSONAL, frozenset(), START)
    expired, evicted = making_room(replace(MEMBER, credentials=(*dead, *live, token)), START + timedelta(hours=1))
    assert (expired, evicted) == ([each.id for each in dead], [])
