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

PAUSE = (0.25, 2.0)
"""Between two kills, in cold starts of this machine at this moment. Some hit a function that is still starting; most
leave time for something to be under way: on a busy machine as well, where seconds would leave none.
"""
COLD_START_SECONDS = 2.0
"""The least that one is taken to last."""
_FUNCTION = re.compile(r"letterlock-([A-Za-z]+)Function")


class Killer:
    """Runs beside everything else until it is stopped. `killed`: how many processes of which function.

    `cold_start`: seconds that a function took to answer for the first time.
    """

    def __init__(self, ministack: int, chance: Random, cold_start: float) -> None:
        self._cold_start = max(cold_start, COLD_START_SECONDS)
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
        while not self._stopped.wait(self._chance.uniform(*PAUSE) * self._cold_start):
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
