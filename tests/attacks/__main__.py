"""`make attacks`: every named attack through what it is meant for, and how it ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.attacks.browser import install
from tests.attacks.report import MARK, Attacks, failed, lines

TESTS = Path(__file__).resolve().parent.parent
QUIET = (
    "--quiet",
    "--quiet",
    "--no-header",
    "--no-summary",
    "--show-capture=no",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
)


def main() -> int:
    attacks, reason = Attacks(), install()
    files = [
        str(each) for each in sorted(TESTS.rglob("test_*.py")) if f"mark.{MARK}(" in each.read_text(encoding="utf-8")
    ]
    ended = pytest.main([*QUIET, "--override-ini=addopts=--strict-markers", *files], plugins=[attacks])
    print(*lines(attacks.named), sep="\n")
    if reason:
        print(f"not opened in a browser: {reason}", file=sys.stderr)
    return 1 if failed(attacks.named) or ended != pytest.ExitCode.OK else 0


if __name__ == "__main__":
    sys.exit(main())
