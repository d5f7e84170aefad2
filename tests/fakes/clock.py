"""Time and ids that tests can foretell."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until it is told to pass."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        """`passes(minutes=2)`"""
        self.at += timedelta(**time)


class FakeIds:
    """`Ids`: 26 digits that read as a ULID and sort as one: 14 of the time in milliseconds, 12 that tell them apart."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._numbers = count(1)

    def new(self, prefix: str) -> str:
        return _id(prefix, self._clock(), next(self._numbers))

    def derived(self, prefix: str, at: datetime, *parts: str) -> str:
        digest = hashlib.sha256("|".join((prefix, *parts)).encode()).digest()
        return _id(prefix, at, int.from_bytes(digest) % 10**12)


def _id(prefix: str, at: datetime, number: int) -> str:
    return f"{prefix}_{int(at.timestamp() * 1000):014}{number:012}"
