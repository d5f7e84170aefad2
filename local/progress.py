"""What a person sees while the local cloud works: one line a step, with its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Prints steps as they end; on a terminal also while they last."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._began = time.monotonic()
        self._failed_step = ""

    @property
    def failed_step(self) -> str:
        """The first step that did not end well; empty when all did."""
        return self._failed_step

    @property
    def seconds(self) -> float:
        """Seconds since the first line."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, what: str) -> Iterator["Step"]:
        """Time one step; its line comes when it has ended well."""
        if self._out.isatty():
            self._print(f"   …     {what}", end="\r")
        began = time.monotonic()
        step = Step(what)
        try:
            yield step
        except BaseException:
            self._failed_step = self._failed_step or what
            raise
        self._print(f"{time.monotonic() - began:6.2f} s  {step.text}")

    def say(self, text: str = "") -> None:
        """A line without a time."""
        self._print(text)

    def _print(self, text: str, end: str = "\n") -> None:
        clear = "\x1b[2K" if self._out.isatty() else ""
        print(f"{clear}{text}", end=end, file=self._out, flush=True)


class Step:
    """The text of a step's line; it may grow by what the step found."""

    def __init__(self, text: str) -> None:
        self.text = text

    def found(self, what: str) -> None:
        """Append a result to the line."""
        self.text = f"{self.text}: {what}"
