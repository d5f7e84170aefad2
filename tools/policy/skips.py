"""Findings that are accepted, each for a reason that stands beside it in skips.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tools.policy.rule import Finding

SKIPS = Path(__file__).with_name("skips.toml")


@dataclass(frozen=True, slots=True)
class Skip:
    """One line of skips.toml."""

    rule: str
    resource: str
    reason: str
    when: str | None = None

    def covers(self, finding: Finding) -> bool:
        same = self.rule == finding.rule and self.when in (None, finding.when)
        return same and fnmatchcase(finding.resource, self.resource)


def skips(path: Path = SKIPS) -> list[Skip]:
    """All of them. Raises TypeError for a line that has other fields than a skip."""
    return [Skip(**{"reason": "", **line}) for line in tomllib.loads(path.read_text(encoding="utf-8"))["skip"]]


def sifted(findings: Iterable[Finding], accepted: list[Skip]) -> tuple[list[Finding], list[Skip]]:
    """The findings that no skip covers, and the skips that covered one."""
    left, used = [], set()
    for finding in findings:
        covering = [skip for skip in accepted if skip.reason.strip() and skip.covers(finding)]
        used.update(covering)
        if not covering:
            left.append(finding)
    return left, [skip for skip in accepted if skip in used]


def without_reason(accepted: Iterable[Skip]) -> list[Finding]:
    """Skips that say nothing for themselves."""
    return [
        Finding("skips", one.resource, f"{one.rule} is skipped without a reason")
        for one in accepted
        if not one.reason.strip()
    ]


def without_use(accepted: Iterable[Skip], used: Iterable[Skip]) -> list[Finding]:
    """Skips that cover nothing any more."""
    kept = set(used)
    return [
        Finding("skips", one.resource, f"the skip of {one.rule} matches nothing any more")
        for one in accepted
        if one not in kept
    ]
