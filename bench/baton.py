"""Several actors, one of whom runs at a time: at each request to AWS a seed decides who goes on.

The same seed and the same actors give the same interleaving. Each actor is a thread that holds the baton or waits for
it: nothing ever runs beside anything else, and code that was not made for this is interleaved exactly where it lets go
of the world, between one request and the next.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

TURNS = 5_000
"""More than any play of ours takes: one that goes on for ever is a finding of its own."""


class Unending(Exception):
    """The actors do not come to an end."""


@dataclass
class Actor:
    name: str
    act: Callable[[], None]
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: bool = False
    error: BaseException | None = None


class Baton:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._back = threading.Semaphore(0)
        self._running: Actor | None = None
        self._threads: dict[int, Actor] = {}
        self._ending = False
        self.turns: list[str] = []
        """Who went on, turn by turn."""

    @property
    def holder(self) -> str:
        """Who runs now; empty outside the play."""
        actor = self._threads.get(threading.get_ident())
        return actor.name if actor else ""

    @property
    def interleaving(self) -> str:
        return hashlib.sha256("|".join(self.turns).encode()).hexdigest()

    def pass_on(self) -> None:
        """An actor is about to ask something of AWS: somebody goes first, perhaps the same one."""
        actor = self._threads.get(threading.get_ident())
        if actor:
            self._back.release()
            actor.go.acquire()
            if self._ending:
                raise Unending(actor.name)

    def play(self, acts: dict[str, Callable[[], None]]) -> list[Actor]:
        """Each act to its end, in one interleaving of all; what an actor raised is in its `error`."""
        actors = [Actor(name, act) for name, act in acts.items()]
        threads = [threading.Thread(target=self._run, args=(actor,), daemon=True) for actor in actors]
        for thread in threads:
            thread.start()
        while waiting := [each for each in actors if not each.done]:
            self._ending = len(self.turns) >= TURNS
            chosen = self._chance.choice(waiting)
            self.turns.append(chosen.name)
            chosen.go.release()
            self._back.acquire()
        for thread in threads:
            thread.join()
        return actors

    def _run(self, actor: Actor) -> None:
        self._threads[threading.get_ident()] = actor
        actor.go.acquire()
        try:
            actor.act()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding, and the others go on
            actor.error = error
        finally:
            del self._threads[threading.get_ident()]
            actor.done = True
            self._back.release()
