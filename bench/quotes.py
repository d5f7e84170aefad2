"""What finding the visible part of a mail costs, where somebody means it to cost: `make bench-quotes`.

The bound is of CPU time and for one text. That the work is linear is no matter of time: `tests/unit/test_visible.py`
counts how often lines are looked at.
"""

from __future__ import annotations

import sys
from statistics import median
from time import process_time
from typing import Final

from letterlock.domain.visible import hidden_spans

LONGEST_SECONDS: Final = 0.75
TIMES: Final = 3
ORDINARY: Final = "ordinary"

HOSTILE: Final = {
    "a line of >": ">" * 10**6,
    "lines of >": ">\n" * 500_000,
    "a line of On": "On " * 350_000,
    "lines of On": "On \n" * 250_000,
    "a line": "x" * 10**6,
    "From:": "From:\n" * 200_000,
    "From: with a date": "From: a@b.example 1\nSent: 1\n" * 40_000,
    "wrote:": "On 1 (a@b.example 10:30 skrev wrote :\n" * 30_000,
    "brackets and a colon": ("(" * 100 + ":\n") * 10_000,
    "On, brackets and a colon": ("on " + "< " * 190 + ":\n") * 5_000,
    "rules": ("_" * 32 + "\n") * 30_000,
    "rules and labels": ("_" * 32 + "\na: 1\nb: 1\n") * 20_000,
    "--": "--\n" * 300_000,
    "Sent from my iPhone": "\nSent from my iPhone\n" * 50_000,
    "quotes and text": "> a\n\nb\n\n" * 100_000,
    "quotes without an end": "b\n\n" + "> a\n\n-- \nSent from my iPhone\n\n" * 40_000,
    "blank lines": "\n" * 10**6,
    "quote, then blank lines": "On 12/03/2024 10:30, Tom wrote:\n\n" * 20_000,
}
"""About a megabyte each, or what of it is read."""
MAIL: Final = (
    "Hello,\n\nthis is what a mail looks like; it has lines like this one, and paragraphs.\n\n" * 20
    + "On Tue, 12 Mar 2024 at 10:30, Tom Jones <tom@shop.example> wrote:\n"
    + "> and here is what it answers, some levels deep, in lines that are not too long\n" * 300
)
"""30 kB, as mails are."""


def seconds(text: str) -> float:
    took = []
    for _ in range(TIMES):
        start = process_time()
        hidden_spans(text)
        took.append(process_time() - start)
    return median(took)


def main() -> int:
    slowest = 0.0
    for name, text in {ORDINARY: MAIL, **HOSTILE}.items():
        took = seconds(text)
        slowest = max(slowest, took)
        print(f"{name:28} {len(text) / 1000:7.0f} kB {took * 1000:7.1f} ms")
    print(f"the slowest: {slowest * 1000:.0f} ms of CPU; at most {LONGEST_SECONDS * 1000:.0f}")
    return 0 if slowest <= LONGEST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
