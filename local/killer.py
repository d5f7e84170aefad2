"""Kills the processes in which functions run, as a host that goes away would: in the middle of whatever they do.

Only descendants of the MiniStack that the local cloud itself started are ever touched, each looked up right before.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections import Counter
from random import Random
from typing import Self

PAUSE_SECONDS = (0.5, 4.0)
"""Between two kills. Some hit a function that is still starting; most leave time for something to be under way."""
_FUNCTION = re.compile(r"letterlock-([A-Za-z]+)Function")


class Killer:
    """Runs beside everything else until it is stopped. `killed`: how many processes of which function."""

    def __init__(self, ministack: int, chance: Random) -> None:
        self.killed: Counter[str] = Counter()
        self._ministack, self._chance = ministack, chance
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._chance.uniform(*PAUSE_SECONDS)):
            workers = sorted(workers_of(self._ministack).items())
            if workers:
                process, function = self._chance.choice(workers)
                self._kill(process, function)

    def _kill(self, process: int, function: str) -> None:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed[function] += 1


def workers_of(ministack: int) -> dict[int, str]:
    """The processes that run functions, and the function of each."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    parents = {int(row[0]): int(row[1]) for row in rows}
    found: dict[int, str] = {}
    for process, _, *command in rows:
        function = _FUNCTION.search(" ".join(command))
        if function and _descends(int(process), ministack, parents):
            found[int(process)] = function[1]
    return found


def _descends(process: int, ancestor: int, parents: dict[int, int]) -> bool:
    while process in parents and process != parents[process]:
        process = parents[process]
        if process == ancestor:
            return True
    return False
