"""The template that is deployed, or the one that TEMPLATE names, holds what every rule asks for."""

import pytest

from tools.policy.examination import SCANNERS, Examination
from tools.policy.rule import RULES


@pytest.mark.parametrize("rule", RULES)
def test_the_template_holds_what_the_rule_asks_for(examination: Examination, rule: str) -> None:
    assert [str(each) for each in examination.of_rule(rule)] == []


@pytest.mark.parametrize("scanner", SCANNERS)
def test_a_scanner_of_others_finds_nothing(examination: Examination, scanner: str) -> None:
    assert [str(each) for each in examination.of_scanner(scanner)] == []


def test_every_skip_has_a_reason_and_a_use(examination: Examination) -> None:
    assert [str(each) for each in examination.of_skips()] == []
