"""The attacks by name: which there must be, and how each ended.

A test says `@pytest.mark.attack("…")`, once or more often, wherever it stands. Several tests of one name are one attack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from tests.attacks.xss import VECTORS

MARK: Final = "attack"
NEEDS_BROWSER: Final = "browser"
"""The mark of tests that may be skipped, where no browser is installed."""
REQUIRED: Final = (
    # into a conversation
    "altered token",
    "truncated token",
    "foreign token: of another workspace",
    "foreign token: of another mailbox",
    "right token, wrong sender",
    "agent address with failed DMARC",
    "CC injection",
    "ticket number in a subject",
    # to have us write to others, or for ever
    "third-party verification mail",
    "10,000 spoofed requesters",
    "two desks facing each other",
    # at the parser
    "depth 1,000",
    "200,000 parts",
    "71 kB Content-Type",
    "Message-ID: <<<",
    "From: ((((",
    "8,000 addresses",
    "unknown charset",
    "NUL",
    "surrogates",
    "1 MB of >",
    "file name with ../",
    "file name that reads from right to left",
    "file name with CRLF",
    "file name of 4 kB",
    # to have us call what is near us; the list of names and addresses is tests/unit/outgoing_http_attacks.txt
    "SSRF, a name that means something else a moment later (DNS rebinding)",
    "SSRF, plain HTTP on the local cloud reaches stand-ins only",
    "SSRF, a server of another name at the address",
    "SSRF, a redirect to the metadata service",
    "SSRF, a proxy in the environment",
    "SSRF, an answer without an end",
    "SSRF, a small answer that would be large unpacked",
    "SSRF, an answer that comes a byte at a time",
    "SSRF, a server that breaks off",
    # at whoever reads
    *(f"XSS, {each.title}" for each in VECTORS),
    "XSS, what is not sanitised is seen to run and to call home",
    "XSS, the page of a message stops them by its policy alone",
)


@dataclass
class Attack:
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    """What went wrong, as pytest has it."""
    skipped: set[str] = field(default_factory=set)
    """Why, where a browser is missing."""

    @property
    def outcome(self) -> str:
        if self.failed:
            return "FAILED"
        return "passed" if self.passed else "skipped"


class Attacks:
    """A plugin of pytest: selects the tests that are named, and keeps how they ended."""

    def __init__(self) -> None:
        self.named: dict[str, Attack] = {}
        self._names: dict[str, tuple[tuple[str, ...], bool]] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        chosen = [each for each in items if each.get_closest_marker(MARK)]
        config.hook.pytest_deselected(items=[each for each in items if each not in set(chosen)])
        items[:] = chosen
        for each in chosen:
            names = tuple(mark.args[0] for mark in each.iter_markers(MARK))
            self._names[each.nodeid] = (names, each.get_closest_marker(NEEDS_BROWSER) is not None)
            for name in names:
                self.named.setdefault(name, Attack())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        names, may_skip = self._names[report.nodeid]
        for attack in map(self.named.__getitem__, names):
            if report.failed or (report.skipped and not may_skip):
                attack.failed.append(f"{report.nodeid}\n{report.longreprtext}")
            elif report.skipped:
                attack.skipped.add(_reason(report))
            elif report.when == "call":
                attack.passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.named.setdefault(f"the tests of {report.nodeid}", Attack()).failed.append(report.longreprtext)


def _reason(report: pytest.TestReport) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return said.removeprefix("Skipped: ")


def lines(named: dict[str, Attack], required: Iterable[str] = REQUIRED) -> Iterator[str]:
    """A line for each name; the last one has the sums."""
    missing = [name for name in required if name not in named]
    for name, attack in named.items():
        why = f" ({'; '.join(sorted(attack.skipped))})" if attack.skipped else ""
        yield f"{attack.outcome:8} {name}{why}"
        yield from attack.failed
    yield from (f"MISSING  {name}" for name in missing)
    outcomes = [attack.outcome for attack in named.values()]
    skipped = f", {outcomes.count('skipped')} skipped" if "skipped" in outcomes else ""
    yield f"{len(outcomes) + len(missing)} named, {outcomes.count('passed')} passed{skipped}"


def failed(named: dict[str, Attack], required: Iterable[str] = REQUIRED) -> bool:
    """Something failed, is missing, or there is nothing."""
    return any(each.failed for each in named.values()) or not set(required) <= named.keys() or not named
