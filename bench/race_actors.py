"""Who takes part in a race: two agents who do what agents do, and the mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from letterlock.domain.accounts import Principal
from letterlock.domain.conversations import Conversation, Message, Status
from letterlock.domain.errors import AlreadyDone, Moved, Stale
from letterlock.domain.idempotency import Once
from letterlock.entry import inbox_wiring

TRIES = 8
"""How often somebody who is refused reads again and asks again; SQS brings a delivery as often."""
STATUSES = (Status.OPEN, Status.PENDING, Status.CLOSED)


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that an agent does. `careful`: with If-Match. `key`: under an Idempotency-Key, sent `times` times."""

    what: str
    value: str
    careful: bool
    key: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `version`: of the head that was returned; 0 for a message."""

    actor: str
    asked: Asked
    message: str = ""
    version: int = 0
    expected: int = 0
    """The version it was meant for, when it was."""
    replayed: bool = False


@dataclass
class Agent:
    """Reads, decides, asks; on 412 looks at what came since and decides again."""

    name: str
    principal: Principal
    conversation: str
    asks: list[Asked]
    page: int = 100
    """How many messages are read at once: where there are more, the head takes a request of its own."""
    read: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    """Each version that was read, with the messages that were shown beside it."""
    answers: list[Answer] = field(default_factory=list)
    refused: list[Asked] = field(default_factory=list)
    moved: list[tuple[int, Moved]] = field(default_factory=list)
    """Each 412, with the version that was expected."""
    met: Counter[str] = field(default_factory=Counter)

    def act(self) -> None:
        for asked in self.asks:
            for _ in range(asked.times):
                self._insist(asked)

    def _insist(self, asked: Asked) -> None:
        for _ in range(TRIES):
            expected = self._known() if asked.careful else 0
            try:
                self.answers.append(self._ask(asked, expected))
            except Moved as moved:
                self.met["412"] += 1
                self.moved.append((expected, moved))
            except Stale:
                self.met["409 busy"] += 1
            else:
                return
        self.refused.append(asked)

    def _known(self) -> int:
        thread, _ = inbox_wiring.read_conversation()(self.principal, self.conversation, limit=self.page, cursor="")
        self.read.append((thread.conversation.version, tuple(each.id for each in thread.messages)))
        return thread.conversation.version

    def _ask(self, asked: Asked, expected: int) -> Answer:
        versions = frozenset({expected}) if expected else None
        more: dict[str, Any] = {"request": f"{self.name}-{asked.value}", "versions": versions}
        if asked.what in ("reply", "note"):
            message, replayed = self._write(asked, more)
            return Answer(self.name, asked, message.id, expected=expected, replayed=replayed)
        head = self._change(asked, more)
        return Answer(self.name, asked, version=head.version, expected=expected)

    def _write(self, asked: Asked, more: dict[str, Any]) -> tuple[Message, bool]:
        verb = inbox_wiring.send_reply() if asked.what == "reply" else inbox_wiring.add_note()
        once = Once(self.principal.id, f"POST {asked.what}", asked.key, asked.value) if asked.key else None
        try:
            return verb(self.principal, self.conversation, asked.value, once=once, **more), False
        except AlreadyDone as already:
            self.met["answered again"] += 1
            return verb.again(self.principal, already.done), True

    def _change(self, asked: Asked, more: dict[str, Any]) -> Conversation:
        if asked.what == "assign":
            return inbox_wiring.assign_conversation()(self.principal, self.conversation, asked.value, **more)
        return inbox_wiring.change_status()(self.principal, self.conversation, Status(asked.value), **more)


def asks(chance: Random, name: str, assignees: tuple[str, ...], count: int = 3) -> list[Asked]:
    """What an agent has in mind, by chance; no two texts of a race are alike."""

    def coin() -> bool:
        return chance.choice((True, False))

    found: list[Asked] = []
    for number in range(count):
        what, careful = chance.choice(("reply", "note", "assign", "status")), coin()
        if what in ("reply", "note"):
            key = f"{name}-{number}" if coin() else ""
            found.append(Asked(what, f"{what} {number} of {name}", careful, key, 2 if key and coin() else 1))
        else:
            value = chance.choice(assignees) if what == "assign" else chance.choice(STATUSES).value
            found.append(Asked(what, value, careful))
    return found


@dataclass
class Postman:
    """SQS: brings a delivery until it is taken."""

    deliver: Callable[[], object]
    met: Counter[str] = field(default_factory=Counter)

    def act(self) -> None:
        for tried in range(TRIES):
            try:
                self.deliver()
            except Stale:
                self.met["back to the queue"] += 1
                if tried == TRIES - 1:
                    raise
            else:
                return
