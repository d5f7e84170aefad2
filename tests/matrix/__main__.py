"""`make matrix`: every route by every kind of caller, against the table; and ids brought in by other ways than the path."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.matrix.asking import CALLERS, EXPECTED, ROUTES, answered
from tests.matrix.world import a_world

_NO_METRICS = "POWERTOOLS_METRICS_DISABLED"


@dataclass
class Smuggled:
    """What pytest says of test_smuggled."""

    cases: int = 0
    wrong: int = 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.cases += report.when == "call"
        self.wrong += report.failed


def smuggled() -> Smuggled:
    del os.environ[_NO_METRICS]  # pytest keeps them by itself, and a function without any warns
    found = Smuggled()
    tests = Path(__file__).with_name("test_smuggled.py")
    pytest.main([str(tests), "-qq", "--tb=short", "-p", "no:randomly", "-p", "no:cacheprovider"], plugins=[found])
    return found


def main() -> int:
    """Exit 1 when an answer is not the table's, a route is not in it, or an id led somewhere."""
    os.environ[_NO_METRICS] = "true"  # they go to stdout, between the lines of the table
    wrong = 0
    with a_world() as world:
        for method, path in ROUTES:
            world.fresh()
            expected = EXPECTED.get((method, path), {})
            found: dict[str, object] = {}
            for caller in CALLERS:
                try:
                    found[caller] = answered(world, method, path, caller)
                except AssertionError as broken:
                    found[caller] = broken
            for caller, answer in found.items():
                if answer != expected.get(caller):
                    wrong += 1
                    print(
                        f"wrong: {method} {path} as {caller}: {answer}, expected {expected.get(caller, 'a line in the table')}"
                    )
            print(f"{method:6} {path:60} " + " ".join(str(answer)[:3] for answer in found.values()), flush=True)
    gone = sorted(EXPECTED.keys() - set(ROUTES))
    for method, path in gone:
        print(f"wrong: {method} {path} is in the table, and is no route")
    brought = smuggled()
    print(f"ids by query, cursor, body, link and header: cases {brought.cases}, wrong {brought.wrong}")
    print(
        f"routes {len(ROUTES)} x callers {len(CALLERS)} = cases {len(ROUTES) * len(CALLERS)}, wrong {wrong + len(gone)}"
    )
    return 1 if wrong or gone or brought.wrong or not brought.cases else 0


if __name__ == "__main__":
    sys.exit(main())
