"""`make histories`: play seeded histories, and show the shortest form of each that fails."""

from __future__ import annotations

import argparse
import sys
from multiprocessing import Pool

from tests.histories.history import history_of, played, shrunk

HISTORIES = 2000
SHOWN = 5


def failing(seed: int) -> int:
    """The seed, where its history fails; else 0."""
    return seed if played(history_of(seed)) else 0


def show(seed: int) -> None:
    steps = shrunk(history_of(seed))
    print(f"seed {seed} fails: make histories SEED={seed}")
    for step in steps:
        print(f"  {step}")
    for each in played(steps):
        print(f"  -> {each}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make histories")
    parser.add_argument("--count", type=int, default=HISTORIES, help="how many, from 1")
    parser.add_argument("--seed", type=int, help="this one only")
    asked = parser.parse_args(arguments)
    seeds = range(asked.seed, asked.seed + 1) if asked.seed else range(1, asked.count + 1)
    with Pool() as pool:
        found = sorted(filter(None, pool.imap_unordered(failing, seeds, chunksize=50)))
    for seed in found[:SHOWN]:
        show(seed)
    print(f"histories: {len(seeds)}, failing: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
