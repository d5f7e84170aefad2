"""Our template weakened in every way that a rule guards: each copy is caught."""

from collections import Counter

import pytest

from tools.expand_template import TEMPLATE
from tools.policy.files import expanded
from tools.policy.rule import RULES
from tools.policy.weaken import Trial
from tools.policy.weakenings import guards, weakenings
from tools.template_model import Json

ABOUT_WHAT_WE_DO_NOT_HAVE = {
    "firewall-log",
    "function-url",
    "lasting-credentials",
    "readable",
    "skip-has-reason",
    "transport-of-domains",
}
"""Rules that nothing in our template can break; tests/policy/test_policy_rules.py breaks them elsewhere."""


@pytest.fixture(name="body", scope="module")
def _body() -> Json:
    return expanded(TEMPLATE)


def test_every_weakening_of_our_template_is_caught(body: Json, said: list[str]) -> None:
    trial = Trial.of(body)
    tried: Counter[str] = Counter()
    missed = []
    for weakening in weakenings(body):
        tried[weakening.rule] += 1
        if not trial.notices(weakening):
            missed.append(f"{weakening.what} [{weakening.rule}]")
    said.extend(f"MISSED {each}" for each in missed)
    said.append(f"caught {tried.total() - len(missed)} of {tried.total()}")
    assert missed == []
    assert set(RULES) - set(tried) == ABOUT_WHAT_WE_DO_NOT_HAVE


def test_every_property_that_is_said_to_be_guarded_is_in_the_template(body: Json) -> None:
    assert [guard for guard in guards(body) if not any(guard.weakenings(body))] == []
