"""What SES says of a mail's content counts, and nothing that the mail says of itself."""

from dataclasses import replace

import pytest

from letterlock.domain.checks.unwanted import Unwanted, unwanted
from letterlock.domain.mail import Verdict
from tests.unit.checks.given import PASSED


def test_a_virus_counts_for_more_than_spam() -> None:
    assert unwanted(replace(PASSED, spam=Verdict.FAIL)) is Unwanted.SPAM
    assert unwanted(replace(PASSED, spam=Verdict.FAIL, virus=Verdict.FAIL)) is Unwanted.VIRUS


@pytest.mark.parametrize("verdict", [each for each in Verdict if each is not Verdict.FAIL])
def test_a_check_that_is_undecided_or_did_not_run_keeps_no_mail_away(verdict: Verdict) -> None:
    assert unwanted(replace(PASSED, spam=verdict, virus=verdict)) is None
