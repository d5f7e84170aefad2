"""A request that its sender may send twice: one effect, and the same answer (IETF: "The Idempotency-Key HTTP Header
Field").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

HELD = timedelta(hours=24)
"""How long a key stands for the request that it came with; afterwards it is free again."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request under its sender's key. The same key of another principal, or on another route, is another key."""

    principal: str
    route: str
    """Method and path."""
    key: str
    body: str
    """What was asked, spelt so that two spellings of one JSON value are equal."""

    @property
    def scope(self) -> str:
        """What the key is unique in, and the key."""
        return "\x1f".join((self.principal, self.route, self.key))


@dataclass(frozen=True, slots=True)
class Done:
    """What a request under a key did. Its answer is read again from here: answers themselves are never kept."""

    conversation: str = ""
    message: str = ""
    made: str = ""
    """The id of what it made, where that is no message."""
