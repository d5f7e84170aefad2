"""A run that comes out alike every time: the clock, the ids and the chance that sizes depend on."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from moto.moto_api._internal import mock_random
from ulid import ULID

from letterlock.adapters.ulids import Ulids
from letterlock.entry import wiring

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
STEP = timedelta(milliseconds=1)


class SteadyClock:
    """Moves with every look at it, and so little that no cached key grows old."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def __call__(self) -> datetime:
        self._now += STEP
        return self._now

    def skip(self, time: timedelta) -> None:
        self._now += time


class SteadyIds(Ulids):
    """Ids as long as the real ones, in the order in which they are asked for."""

    def __init__(self, clock: SteadyClock, chance: random.Random) -> None:
        self._clock, self._chance = clock, chance

    def new(self, prefix: str) -> str:
        milliseconds = int(self._clock().timestamp() * 1000).to_bytes(6)
        return f"{prefix}_{ULID(milliseconds + self._chance.randbytes(10))}"


def hold_steady(patch: pytest.MonkeyPatch, start: datetime = START) -> SteadyClock:
    """Call it before anything is wired."""
    clock, chance = SteadyClock(start), random.Random(0)  # noqa: S311 - nothing here is secret
    patch.setattr(os, "urandom", chance.randbytes)
    patch.setattr(wiring, "now", clock)
    patch.setattr(wiring, "ids", lambda: SteadyIds(clock, chance))
    mock_random.seed(0)
    return clock
