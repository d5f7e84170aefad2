"""Whether a clock tells known addresses from unknown ones: `make sign-in-timing`.

Sign-ins with a wrong password, on the real handler over moto, in random order. Argon2id is made cheap: it costs both
the same, and its own noise would only hide what else might differ. The two sets of times are compared by the
Mann-Whitney U test, which asks for no distribution (Mann and Whitney, 1947; normal approximation).
"""

from __future__ import annotations

import contextlib
import gc
import io
import math
import random
import sys
from statistics import median
from time import perf_counter

import boto3
import pytest

from bench.browser import ANA, Browser, owner
from bench.stack import Stack, stack_on_moto

EACH = 100
WRONG = "another long phrase"
UNKNOWN = "nobody@team.example"
SUSPICIOUS = 0.001
"""A p-value below which chance is no explanation."""


def p_value(first: list[float], second: list[float]) -> float:
    """Two-sided. Times that are equal to the clock's last digit are too few to matter."""
    ranked = sorted((value, of) for of, values in enumerate((first, second)) for value in values)
    ranks = sum(rank for rank, (_, of) in enumerate(ranked, start=1) if of == 0)
    n, m = len(first), len(second)
    u = ranks - n * (n + 1) / 2
    deviation = math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(u - n * m / 2) / deviation / math.sqrt(2))


def times(stack: Stack) -> dict[str, list[float]]:
    owner(stack)
    found: dict[str, list[float]] = {ANA: [], UNKNOWN: []}
    order = [ANA, UNKNOWN] * EACH
    random.Random(0).shuffle(order)  # noqa: S311 - nothing here is secret
    for email in [ANA, UNKNOWN] * 5:
        Browser(stack).sign_in(email, WRONG)
    gc.disable()
    for email in order:
        _forget(stack)
        start = perf_counter()
        Browser(stack).sign_in(email, WRONG)
        found[email].append(perf_counter() - start)
    gc.enable()
    return found


def _forget(stack: Stack) -> None:
    """What was counted, and what was recorded: moto grows slower with every item."""
    dynamodb = boto3.client("dynamodb")
    for table in ("LimitsTable", "AuditTable"):
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
    stack.recorder.calls.clear()


def main() -> int:
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        with stack_on_moto(patch) as stack:
            found = times(stack)
    known, unknown = found[ANA], found[UNKNOWN]
    p = p_value(known, unknown)
    print(
        f"{EACH} known, median {median(known) * 1000:.2f} ms; {EACH} unknown, median {median(unknown) * 1000:.2f} ms; "
        f"p = {p:.3f}"
    )
    return 1 if p < SUSPICIOUS else 0


if __name__ == "__main__":
    sys.exit(main())
