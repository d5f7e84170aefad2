"""Ports that let something happen between one call and the next: a crash, or somebody else's work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Crash(BaseException):
    """The process dies here: nothing that catches errors may catch it."""


@dataclass
class Between:
    """What happens at a port call that is still `calls` calls away: before it, or after it took effect."""

    calls: int
    after: bool
    happening: Callable[[], None]


@dataclass
class Gate:
    """Counts the calls of all ports, and lets happen what is set for one of them."""

    due: Between | None = None
    calls: int = 0
    passing: bool = field(default=False, init=False)
    """While something happens in between, its own calls are not counted."""

    def through(self, call: Callable[[], Any]) -> Any:
        if self.passing or self.due is None:
            return call()
        self.due.calls -= 1
        if self.due.calls > 0:
            return call()
        between, self.due = self.due, None
        if not between.after:
            self._happen(between)
            return call()
        answer = call()
        self._happen(between)
        return answer

    def _happen(self, between: Between) -> None:
        self.passing = True
        try:
            between.happening()
        finally:
            self.passing = False


class Fragile:
    """A port whose every call goes through the gate; what it hands out that has calls of its own is fragile too."""

    def __init__(self, port: Any, gate: Gate) -> None:
        self._port, self._gate = port, gate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def called(*args: Any, **more: Any) -> Any:
            answer = self._gate.through(lambda: found(*args, **more))
            return Fragile(answer, self._gate) if name == "open" else answer

        return called
