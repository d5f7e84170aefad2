"""If-Match as RFC 9110, section 13.1.1 has it."""

import pytest

from letterlock.domain.errors import Invalid
from letterlock.entry.conditions import versions


@pytest.mark.parametrize("sent", [None, "*", " * "])
def test_without_one_or_with_a_star_any_version_will_do(sent: str | None) -> None:
    assert versions(sent) is None


@pytest.mark.parametrize(
    ("sent", "accepted"),
    [
        ('"7"', {7}),
        ('"7", "9"', {7, 9}),
        (' , "7",,"9" ,', {7, 9}),
        ('W/"7"', set()),
        ('W/"7", "8"', {8}),
        ('"07"', set()),
        ('"-7"', set()),
        ('""', set()),
        ('"7.1"', set()),
        ('"a,b", "7"', {7}),
        ('"' + "9" * 400 + '"', set()),
    ],
)
def test_tags_are_compared_strongly_and_one_that_was_never_ours_matches_nothing(sent: str, accepted: set[int]) -> None:
    assert versions(sent) == frozenset(accepted)


@pytest.mark.parametrize("sent", ["", " ", ",", "7", '"7', '7"', '"7" "8"', '"7""8"', '*, "7"', 'w/"7"', '"7" x', "**"])
def test_what_is_no_list_of_entity_tags_is_refused(sent: str) -> None:
    with pytest.raises(Invalid):
        versions(sent)
