"""`make fuzz [N=100000] [SEED=n]`: damaged mails through pre-scan, parser, sanitiser, quotes and checks.

A mutant is read, or refused for a reason that the ledger knows, and nothing else. What is read must be stored and shown
as it was read. Each has a bound of CPU time, all together one of memory. A seed is one mutant, wherever it is played.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from traceback import extract_tb
from typing import Final

from bench.mutants import mutant, seeds
from bench.reading import read_all
from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason

MUTANTS: Final = 100_000
SECONDS: Final = 1.0
"""Of CPU time, for one mutant."""
MEGABYTES: Final = 256
"""Above what the process had before the first mutant, and the largest of them."""
SHOWN: Final = 20
"""Findings that are printed whole."""


@dataclass
class Seen:
    """What became of some mutants. `findings`: seed, and what is wrong with it; no word of any mail."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[int, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    """Seconds, and the seed."""
    grown: float = 0.0
    """Megabytes."""

    def add(self, other: Seen) -> None:
        self.outcomes += other.outcomes
        self.findings += other.findings
        self.slowest = max(self.slowest, other.slowest)
        self.grown = max(self.grown, other.grown)

    def __str__(self) -> str:
        lines = [f"SEED={seed}: {what}" for seed, what in sorted(self.findings)[:SHOWN]]
        lines += [f"{times:8} {outcome}" for outcome, times in self.outcomes.most_common()]
        lines.append(
            f"the slowest (SEED={self.slowest[1]}) {self.slowest[0] * 1000:.0f} ms of CPU, "
            f"at most {SECONDS * 1000:.0f}; memory {self.grown:.0f} MB above its size, at most {MEGABYTES}"
        )
        over = sum(what.startswith("over ") for _, what in self.findings)
        lines.append(f"mutants {self.outcomes.total()}, uncaught {len(self.findings) - over}, over the bound {over}")
        return "\n".join(lines)


def play(numbers: range) -> Seen:
    """The mutants of these seeds, one after the other, in this process."""
    seen, kept, parser = Seen(), seeds(), MimeParser()
    before, largest = _peak(), 0
    for seed in numbers:
        raw = mutant(seed, kept)
        largest = max(largest, len(raw))
        started = process_time()
        try:
            outcome = _outcome(parser, raw)
        except Exception as error:  # noqa: BLE001 - that nothing is raised is what is shown
            place = extract_tb(error.__traceback__)[-1]
            outcome = "uncaught"
            seen.findings.append(
                (seed, f"uncaught {type(error).__name__} at {Path(place.filename).name}:{place.lineno}")
            )
        took = process_time() - started
        seen.outcomes[outcome] += 1
        seen.slowest = max(seen.slowest, (took, seed))
        if took > SECONDS:
            seen.findings.append((seed, f"over the bound: {took:.1f} s of CPU for {len(raw)} octets"))
    seen.grown = max(0.0, _peak() - before - largest / 2**20)
    if seen.grown > MEGABYTES:
        seen.findings.append((numbers[0], f"over the bound: {seen.grown:.0f} MB more, from this seed to {numbers[-1]}"))
    return seen


def _outcome(parser: MimeParser, raw: bytes) -> str:
    try:
        mail = parser.parse(raw)
    except Unparsable as refused:
        reason = Reason(refused.reason)
        if reason is Reason.UNREADABLE:
            raise AssertionError("a fault of the parser's own, which it calls unreadable") from None
        return f"quarantined: {reason.value}"
    read_all(mail)
    return "read"


def _peak() -> float:
    """Megabytes (getrusage(2): ru_maxrss is in kilobytes on Linux, in octets on macOS)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def fuzz(count: int, processes: int) -> Seen:
    """Seeds 0 to `count`, in parts of a thousand."""
    seen = Seen()
    parts = [range(start, min(start + 1_000, count)) for start in range(0, count, 1_000)]
    if processes == 1:
        for part in parts:
            seen.add(play(part))
        return seen
    with ProcessPoolExecutor(processes) as pool:
        for done, each in enumerate(pool.map(play, parts), start=1):
            seen.add(each)
            print(f"\r{min(done * 1_000, count)} mutants", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return seen


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--count", type=int, default=MUTANTS)
    parser.add_argument("--seed", type=int, help="this mutant only")
    asked = parser.parse_args(arguments)
    seen = fuzz(asked.count, os.cpu_count() or 1) if asked.seed is None else play(range(asked.seed, asked.seed + 1))
    print(seen)
    return 1 if seen.findings or not seen.outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
