"""How often somebody may try, or have us mail somebody: fixed windows, counted for what is tried and for where it comes
from.

Counted before anything is looked up, so that known and unknown addresses are refused alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final


class Tried(StrEnum):
    SIGN_IN = "sign_in"
    CODE = "code"
    RESET = "reset"
    SIGN_UP = "sign_up"
    LINK = "link"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Rule:
    """At most so many tries in each window."""

    times: int
    window: timedelta

    def began(self, now: datetime) -> datetime:
        seconds = int(self.window.total_seconds())
        return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=now.tzinfo)

    def seconds_left(self, now: datetime) -> int:
        """Until the next window, rounded up: whoever waits so long meets it."""
        return ceil((self.began(now) + self.window - now).total_seconds())


_QUARTER, _HOUR = timedelta(minutes=15), timedelta(hours=1)
FOR_ONE: Final = {
    # what                   tries at one address, person or link
    Tried.SIGN_IN: Rule(10, _QUARTER),
    Tried.CODE: Rule(10, _QUARTER),
    Tried.RESET: Rule(3, _HOUR),
    Tried.SIGN_UP: Rule(3, _HOUR),
    Tried.LINK: Rule(10, _HOUR),
    Tried.INVITATION: Rule(5, _HOUR),
}
FROM_ONE: Final = {
    # what                   tries from one source address, a whole office perhaps; invitations from one workspace
    Tried.SIGN_IN: Rule(100, _QUARTER),
    Tried.CODE: Rule(100, _QUARTER),
    Tried.RESET: Rule(30, _HOUR),
    Tried.SIGN_UP: Rule(30, _HOUR),
    Tried.LINK: Rule(60, _HOUR),
    Tried.INVITATION: Rule(100, _HOUR),
}
BY_ONE: Final = {
    # what                   by one of its people or tokens, where that is counted as well: in the same window
    Tried.INVITATION: Rule(50, _HOUR),
}
