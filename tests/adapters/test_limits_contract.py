"""What every count of tries, every note of a mail, and every check of a password keeps to: fake and adapter."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench.people import CHEAP
from bench.tables import make_table
from letterlock.adapters.argon2_passwords import Argon2Passwords, Parameters
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_limits import DynamoLimits
from letterlock.domain.errors import TooManyRequests
from letterlock.domain.throttle import BY_ONE, FOR_ONE, FROM_ONE, Tried
from letterlock.services.people_ports import Limits, Passwords
from tests.adapters.conftest import Calls
from tests.adapters.raw import everything
from tests.fakes import START, FakeClock, FakeLimits, FakePasswords
from tests.fakes.keys import MemoryKeys

HOME, ANA, BEN = "192.0.2.7", "ana@team.example", "ben@team.example"


@pytest.fixture(params=["fake", "dynamo"])
def limits(request: pytest.FixtureRequest, index: BlindIndex, clock: FakeClock) -> Iterator[Limits]:
    if request.param == "fake":
        yield FakeLimits(clock)
        return
    dynamodb = request.getfixturevalue("dynamodb")
    name = make_table(dynamodb, "LimitsTable")
    yield DynamoLimits(dynamodb, name, index, clock)
    items = everything(dynamodb, name)
    dynamodb.delete_table(TableName=name)
    assert not any(said in str(items) for said in (HOME, ANA, BEN)), "neither who nor from where lies in the clear"
    assert all(int(each["expires_at"]["N"]) > clock().timestamp() - 86_400 for each in items)


def passwords_of(kind: str, index: BlindIndex, *, dearer: bool = False) -> Passwords:
    if kind == "fake":
        return FakePasswords("dearer" if dearer else "cheap")
    return Argon2Passwords(index, Parameters(kibibytes=16, iterations=1) if dearer else CHEAP)


# ---- tries ----------------------------------------------------------------------------------------------------------


def tries(limits: Limits, tried: Tried, who: str = ANA, source: str = HOME) -> bool:
    try:
        limits.count(tried, who, source)
    except TooManyRequests:
        return False
    return True


@pytest.mark.parametrize("tried", list(Tried))
def test_one_address_is_tried_so_often_from_wherever(limits: Limits, tried: Tried) -> None:
    times = FOR_ONE[tried].times
    assert [tries(limits, tried, source=f"source {each}") for each in range(times + 2)] == [True] * times + [False] * 2
    assert tries(limits, tried, BEN), "another address is not counted with it"
    assert all(tries(limits, other) for other in Tried if other is not tried), "nor is anything else"


@pytest.mark.parametrize("tried", [Tried.RESET, Tried.SIGN_UP])
def test_one_source_tries_so_often_whomever(limits: Limits, tried: Tried) -> None:
    times = FROM_ONE[tried].times
    assert [tries(limits, tried, f"who {each}") for each in range(times + 1)] == [True] * times + [False]
    assert tries(limits, tried, "who 0", "198.51.100.1")


def invites(limits: Limits, who: str, by: str, workspace: str = "wsp_1") -> bool:
    try:
        limits.count(Tried.INVITATION, who, workspace, by)
    except TooManyRequests:
        return False
    return True


def test_of_one_source_each_has_a_share_and_all_together_no_more_than_it(limits: Limits) -> None:
    times = BY_ONE[Tried.INVITATION].times
    for by, share in (("per_a", times), ("tok_b", times), ("per_c", 0)):
        assert sum(invites(limits, f"{number}@{by}", by) for number in range(times)) == share
    found = [invites(limits, f"{number}@elsewhere", "per_a", "wsp_2") for number in range(times + 1)]
    assert found == [True] * times + [False]


def test_what_is_counted_by_each_is_one_write_more_for_nobody(
    clock: FakeClock, index: BlindIndex, dynamodb: Any
) -> None:
    name, calls = make_table(dynamodb, "LimitsTable"), Calls()
    dynamodb.meta.events.register("provide-client-params.dynamodb.*", calls.note)
    DynamoLimits(dynamodb, name, index, clock).count(Tried.INVITATION, ANA, "wsp_1", "per_a")
    dynamodb.meta.events.unregister("provide-client-params.dynamodb.*", calls.note)
    dynamodb.delete_table(TableName=name)
    assert calls.names() == ["UpdateItem", "UpdateItem"]


def test_a_refused_try_is_counted_for_both(limits: Limits) -> None:
    rule = FROM_ONE[Tried.RESET]
    assert sum(tries(limits, Tried.RESET) for _ in range(rule.times)) == FOR_ONE[Tried.RESET].times
    assert not tries(limits, Tried.RESET, BEN), "that source is used up"
    assert not tries(limits, Tried.RESET, ANA, "198.51.100.1")


def test_with_the_next_window_it_begins_anew_and_one_is_told_when_that_is(limits: Limits, clock: FakeClock) -> None:
    clock.passes(minutes=4, seconds=0.5)
    for _ in range(10):
        limits.count(Tried.SIGN_IN, ANA, HOME)
    with pytest.raises(TooManyRequests) as refused:
        limits.count(Tried.SIGN_IN, ANA, HOME)
    assert refused.value.seconds == 11 * 60

    clock.passes(seconds=refused.value.seconds - 1)
    assert not tries(limits, Tried.SIGN_IN)
    clock.passes(seconds=1)
    assert tries(limits, Tried.SIGN_IN)


def test_of_two_reasons_to_wait_the_longer_one_is_told(limits: Limits, clock: FakeClock) -> None:
    for _ in range(FOR_ONE[Tried.SIGN_IN].times):
        limits.count(Tried.SIGN_IN, ANA, HOME)
    with pytest.raises(TooManyRequests) as refused:
        limits.count(Tried.SIGN_IN, ANA, HOME)
    assert refused.value.seconds == 15 * 60, "at a window's first moment, all of it"
    assert clock() == START


# ---- passwords ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fake", "argon2"])
def test_a_password_matches_what_is_kept_of_it_and_nothing_else(kind: str, index: BlindIndex) -> None:
    passwords = passwords_of(kind, index)
    kept = passwords.hash("Grüße an alle")

    assert passwords.matches("Grüße an alle", kept)
    for other in ("Grüße an Alle", "Grüße an alle ", ""):
        assert not passwords.matches(other, kept)
    for anything in ("", "Grüße an alle", kept):
        assert not passwords.matches(anything, ""), "where nothing is kept, nothing matches"


@pytest.mark.parametrize("kind", ["fake", "argon2"])
def test_what_was_kept_with_other_parameters_still_matches_and_is_outdated(kind: str, index: BlindIndex) -> None:
    before, today = passwords_of(kind, index), passwords_of(kind, index, dearer=True)
    kept = before.hash("a long enough phrase")

    assert today.matches("a long enough phrase", kept)
    assert (before.outdated(kept), today.outdated(kept)) == (False, True)
    assert not today.outdated(today.hash("a long enough phrase"))


def test_two_hashes_of_one_password_differ_and_no_other_stacks_key_opens_one(index: BlindIndex) -> None:
    passwords, keys = Argon2Passwords(index, CHEAP), MemoryKeys()
    keys.put("stack", "router", 1, bytes(32))
    kept = passwords.hash("a long enough phrase")

    assert kept != passwords.hash("a long enough phrase")
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert not Argon2Passwords(BlindIndex(keys), CHEAP).matches("a long enough phrase", kept)
