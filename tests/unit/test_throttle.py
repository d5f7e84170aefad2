"""Windows of tries: when they begin, and how long one waits for the next."""

from datetime import UTC, datetime, timedelta

import pytest

from letterlock.domain.throttle import BY_ONE, FOR_ONE, FROM_ONE, Rule, Tried

QUARTER = Rule(10, timedelta(minutes=15))
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "began", "left"),
    [(0, 0, 900), (0.001, 0, 900), (1, 0, 899), (898.5, 0, 2), (899, 0, 1), (899.999, 0, 1), (900, 900, 900)],
)
def test_who_waits_as_long_as_is_said_meets_the_next_window_and_not_a_second_later(
    passed: float, began: float, left: int
) -> None:
    now = NOON + timedelta(seconds=passed)
    assert QUARTER.began(now) == NOON + timedelta(seconds=began)
    assert QUARTER.seconds_left(now) == left
    assert QUARTER.began(now + timedelta(seconds=left)) > QUARTER.began(now)
    assert QUARTER.began(now + timedelta(seconds=left - 1)) == QUARTER.began(now)


@pytest.mark.parametrize("tried", Tried)
def test_one_source_may_try_more_than_one_address_may_be_tried(tried: Tried) -> None:
    one, many = FOR_ONE[tried], FROM_ONE[tried]
    assert one.window == many.window
    assert 3 <= one.times < many.times <= 100


@pytest.mark.parametrize("tried", BY_ONE)
def test_what_one_of_them_may_do_is_less_than_all_of_them_in_the_same_window(tried: Tried) -> None:
    """One item counts both."""
    assert BY_ONE[tried].window == FROM_ONE[tried].window
    assert BY_ONE[tried].times < FROM_ONE[tried].times
