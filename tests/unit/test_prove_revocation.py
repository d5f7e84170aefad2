"""`make prove-revocation` does not take silence for proof."""

from dataclasses import replace

import pytest

from local.newcomers import UNAUTHORIZED
from local.prove_revocation import ENOUGH, OK, Attempts, Figures

PROVEN = Figures("token", 3 * ENOUGH, ENOUGH, ENOUGH, 0, 0)


def test_nothing_is_proven_by_requests_that_were_not_made_or_that_got_in() -> None:
    assert PROVEN.proves
    for spoilt in (
        replace(PROVEN, succeeded_before=ENOUGH - 1),
        replace(PROVEN, begun_after=ENOUGH - 1),
        replace(PROVEN, succeeded_after=1),
    ):
        assert not spoilt.proves


@pytest.mark.parametrize(
    ("began", "status", "counts"), [(1.0, OK, 0), (2.1, OK, 1), (2.1, UNAUTHORIZED, 0), (2.1, 0, 0)]
)
def test_what_began_before_the_answer_is_not_counted_and_what_was_refused_neither(
    began: float, status: int, counts: int
) -> None:
    attempts = Attempts()
    attempts.note(began, status)
    assert attempts.successes(since=2.0) == counts
