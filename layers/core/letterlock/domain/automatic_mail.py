"""How many mails may go out by themselves, so that no machine that answers them keeps us busy.

Counted is where such a mail would be sent, and nowhere else: mail that comes in pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from letterlock.domain.checks.loop import Purpose


class Counted(StrEnum):
    """What a count is kept for."""

    CONVERSATION = "conversation"
    CONTACT = "contact"
    """The address whose mail causes it."""
    DOMAIN = "domain"
    """Of that address: another desk may give each of its mails another one."""
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many in each ten minutes, hour and day (UTC)."""

    ten_minutes: int
    hour: int
    day: int


CAPS: Final[Mapping[Purpose, Mapping[Counted, Cap]]] = {
    # of mails that came in and are told of, however many are told
    Purpose.NOTIFICATION: {Counted.CONVERSATION: Cap(10, 30, 100), Counted.CONTACT: Cap(20, 60, 200)},
    # the narrower first: what it refuses uses up nothing of the wider
    Purpose.ACKNOWLEDGEMENT: {Counted.DOMAIN: Cap(20, 60, 200), Counted.WORKSPACE: Cap(60, 200, 1_000)},
}


def windows(cap: Cap, now: datetime) -> dict[str, int]:
    """What each of the three windows that hold this moment may take, by a name that tells it from others of the day."""
    at = now.astimezone(UTC)
    return {f"t{at.hour * 6 + at.minute // 10}": cap.ten_minutes, f"h{at.hour}": cap.hour, "whole": cap.day}
