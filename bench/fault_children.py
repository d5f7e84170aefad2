"""A copy of this process to try something in: all that moto holds, every wired object, the clock. Nothing comes back
but an answer.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Act = Callable[[], Any]
"""Answers something that JSON can carry."""
Done = Callable[[Any], None]


class ChildFailed(Exception):
    """It ended without an answer; its own words are in the message."""


def run_in_child(act: Act) -> Any:
    pid, pipe = _start(act)
    return _result(pid, pipe)


@dataclass
class Children:
    """At most `at_once` of them. Each one's answer, or ChildFailed, is given to `done`, as they end."""

    at_once: int
    seconds: int = 0
    """Who takes longer fails; 0: nobody does."""
    _running: dict[int, tuple[int, Done]] = field(default_factory=dict)
    """By the end of the pipe that its answer comes through."""

    def start(self, act: Act, done: Done) -> None:
        while len(self._running) >= self.at_once:
            self._wait()
        pid, pipe = _start(act, self.seconds)
        self._running[pipe] = pid, done

    def wait(self) -> None:
        while self._running:
            self._wait()

    def _wait(self) -> None:
        pipe = select.select(list(self._running), [], [])[0][0]
        pid, done = self._running.pop(pipe)
        try:
            answer = _result(pid, pipe)
        except ChildFailed as failed:
            answer = failed
        done(answer)


def _start(act: Act, seconds: int = 0) -> tuple[int, int]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    try:
        signal.alarm(seconds)
        warnings.simplefilter("ignore")  # a process that was killed leaves things open
        answer = json.dumps({"answer": act()})
    except BaseException:  # noqa: BLE001 - nothing may climb out of the child into what its parent was doing
        answer = json.dumps({"failed": traceback.format_exc()})
    try:
        with os.fdopen(writing, "w") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _result(pid: int, pipe: int) -> Any:
    with os.fdopen(pipe) as reading:
        said = reading.read()
    os.waitpid(pid, 0)
    if not said:
        raise ChildFailed("it ended without a word: it took too long, or was ended by somebody else")
    result = json.loads(said)
    if "failed" in result:
        raise ChildFailed(result["failed"])
    return result["answer"]


def at_once() -> int:
    """As many as this process may use of the machine's cores."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
