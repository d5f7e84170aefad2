"""All rules on a template, in every deployment that it allows."""

from __future__ import annotations

from collections.abc import Iterable

from tools.policy import (  # noqa: F401 - each enters its rules
    rules_access,
    rules_api,
    rules_edge,
    rules_functions,
    rules_iam,
    rules_keys,
    rules_mail,
    rules_outsiders,
    rules_queues,
    rules_running,
    rules_shape,
    rules_stores,
)
from tools.policy.deployments import deployments
from tools.policy.rule import RULES, Finding, Rule
from tools.template_model import Json, Template


def judged(body: Json, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """What is too weak in an expanded template; said once, for the first deployment that shows it."""
    return judged_in(deployments(body), rules)


def judged_in(settled: Iterable[tuple[str, Template]], rules: Iterable[Rule] | None = None) -> list[Finding]:
    """The same for deployments that are worked out already."""
    chosen = list(RULES.values() if rules is None else rules)
    found: dict[tuple[str, str, str], Finding] = {}
    for when, template in settled:
        for rule in chosen:
            for finding in rule.findings(template, when):
                found.setdefault((finding.rule, finding.resource, finding.why), finding)
    return list(found.values())
