"""What Argon2id costs here, for several parameters: `make argon2`. From this the parameters were chosen."""

from __future__ import annotations

import sys
from statistics import median
from time import perf_counter

from letterlock.adapters.argon2_passwords import PARAMETERS, Argon2Passwords, Parameters
from letterlock.adapters.blind_index import BlindIndex
from tests.fakes.keys import MemoryKeys

TRIED = (
    Parameters(19_456, 2),
    Parameters(47_104, 1),
    Parameters(47_104, 2),
    Parameters(65_536, 2),
    Parameters(65_536, 3),
)
TIMES = 5
LONGEST_SECONDS = 2.0
"""A sign-in that takes longer is no use to anybody. The function has 15 seconds, and half of this processor."""


def seconds(parameters: Parameters) -> float:
    passwords = Argon2Passwords(BlindIndex(MemoryKeys("stack")), parameters)
    kept = passwords.hash("a long enough phrase")
    took = []
    for _ in range(TIMES):
        start = perf_counter()
        passwords.matches("a long enough phrase", kept)
        took.append(perf_counter() - start)
    return median(took)


def main() -> int:
    for each in TRIED:
        print(f"{each.kibibytes // 1024:3} MiB x {each.iterations}: {seconds(each) * 1000:5.0f} ms")
    own = seconds(PARAMETERS)
    print(f"ours, {PARAMETERS.kibibytes // 1024} MiB x {PARAMETERS.iterations}: {own * 1000:.0f} ms a password")
    return 0 if own < LONGEST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
