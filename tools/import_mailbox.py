"""Imports an old mailbox into a running workspace: `python -m tools.import_mailbox FOLDER connection.json [--rate 50]`.

Each mail takes the way that SES gives to mails, through the inbound bucket, the inbound queue and the function behind
it, and is in the ledger in the end. What is in the ledger is not brought again: an import that was broken off goes on
where it was, and a second one changes nothing. docs/operations.md says what it needs and what becomes of the mails.

The last line of stdout is the sum. Exit 0 when each mail of the folder is in, 1 when some are not, 2 when it cannot
begin.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from bench.mail_files import mails
from letterlock.domain.ledger import Outcome
from letterlock.domain.mail import Delivery
from tools.import_order import OldMail, in_order, old_mail
from tools.import_target import BATCH, NotImported, inbound_of, read_target

AT_ONCE: Final = 20
"""On their way at a time: what somebody writes today waits behind so many."""
BACKLOG: Final = 25
"""Mails of others that wait: while there are more, the import does."""
RATE: Final = 50
"""A second, at most."""
PATIENCE_SECONDS: Final = 240.0
"""A mail that has no outcome after this is left to the queue, which tries it for half an hour."""
LOOK_SECONDS: Final = 0.3
PROGRESS_SECONDS: Final = 2.0


class Way(Protocol):
    """`tools.import_target.Inbound`."""

    def bring(self, delivery: Delivery, raw: bytes) -> None: ...
    def waiting(self) -> int: ...
    def outcomes(self, ids: Sequence[str]) -> dict[str, str]: ...
    def refused(self, id: str) -> bool: ...  # noqa: A002 - the field's own name


class Time(Protocol):
    """The module of that name."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


@dataclass
class Sums:
    """How the mails of the folder stand. Each is in one of these."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """The ledger's words, those of earlier runs too."""
    before: int = 0
    """Of them: from earlier runs."""
    twice: int = 0
    """The same octets, further times."""
    unread: int = 0
    unsettled: int = 0
    held_back: int = 0
    """They answer one that is unsettled."""

    def line(self) -> str:
        mails = self.outcomes.total() + self.twice + self.unread + self.unsettled + self.held_back
        parts = [f"{self.outcomes[each]} {each}" for each in Outcome]
        parts += [f"{self.twice} twice in the folder"] if self.twice else []
        parts += [f"{self.unread} unread"] if self.unread else []
        parts += [f"{self.unsettled} without an outcome"] if self.unsettled else []
        parts += [f"{self.held_back} held back behind those"] if self.held_back else []
        earlier = f" ({self.before} by an earlier run)" if self.before else ""
        return f"{mails} mails = {' + '.join(parts)}{earlier}"

    @property
    def all_in(self) -> bool:
        return not (self.unread or self.unsettled or self.held_back or self.outcomes[Outcome.REJECTED])


@dataclass
class Import:
    """Brings mails in, in their order, so many at a time. Raises NotImported, and botocore's errors."""

    way: Way
    mailbox: str
    say: Callable[[str], object]
    rate: int = RATE
    clock: Time = time
    sums: Sums = field(default_factory=Sums)
    _brought: dict[str, float] = field(default_factory=dict)
    """On their way, since when."""
    _unsettled: set[str] = field(default_factory=set)
    _next: float = 0.0
    """When the next one may be brought, by the rate."""
    _asked: float = 0.0
    """Until when it is known that nobody waits."""
    _settled: bool = False
    """One of this run has come in, so this is the right mailbox."""

    def run(self, mails: Sequence[OldMail]) -> None:
        known = {each.message_id: each.id for each in mails if each.message_id}
        for number, mail in enumerate(self._new(mails)):
            waits_for = {known[each] for each in mail.answers if each in known} - {mail.id}
            self._make_room(1 if number == 0 else AT_ONCE, waits_for)
            if waits_for & self._unsettled:
                self._unsettled.add(mail.id)
                self.sums.held_back += 1
                continue
            self._bring(mail)
            if number == 0:
                self._make_room(1, set())
        while self._brought:
            self._look()

    def _new(self, mails: Sequence[OldMail]) -> Iterator[OldMail]:
        """Those that the ledger does not have."""
        for start in range(0, len(mails), BATCH):
            batch = mails[start : start + BATCH]
            there = self.way.outcomes([each.id for each in batch])
            self.sums.outcomes.update(there.values())
            self.sums.before += len(there)
            yield from (each for each in batch if each.id not in there)

    def _make_room(self, at_once: int, waits_for: set[str]) -> None:
        while len(self._brought) >= at_once or not waits_for.isdisjoint(self._brought):
            self._look()
        self._let_others_first()

    def _let_others_first(self) -> None:
        """Asked once a second."""
        if self.clock.monotonic() < self._asked:
            return
        while (others := self.way.waiting() - len(self._brought)) > BACKLOG:
            self.say(f"waits: {others} other mails are in the queue")
            self.clock.sleep(PROGRESS_SECONDS)
        self._asked = self.clock.monotonic() + 1

    def _bring(self, mail: OldMail) -> None:
        now = self.clock.monotonic()
        if now < self._next:
            self.clock.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.rate
        self.way.bring(mail.delivery(self.mailbox), mail.place.read())
        self._brought[mail.id] = self.clock.monotonic()

    def _look(self) -> None:
        ended = self.way.outcomes([*self._brought])
        for each, outcome in ended.items():
            del self._brought[each]
            self.sums.outcomes[outcome] += 1
            self._settled = True
        now = self.clock.monotonic()
        for each in [each for each, since in self._brought.items() if now - since > PATIENCE_SECONDS]:
            if not self._settled:
                raise NotImported(
                    "the first mail got no outcome: does mailbox_id belong to that address, and mail come in?"
                )
            del self._brought[each]
            self._unsettled.add(each)
            self.sums.unsettled += 1
        if not ended:
            if not self._settled and any(map(self.way.refused, self._brought)):
                raise NotImported(f"no mailbox has the address {self.mailbox}")
            self.clock.sleep(LOOK_SECONDS)


def listed(folder: Path, sums: Sums, say: Callable[[str], object]) -> list[OldMail]:
    """The mails of a folder in their order; what is left out is said and counted."""
    now, found = datetime.now(UTC), list[OldMail]()
    for each in mails(folder):
        mail = old_mail(each, now)
        if isinstance(mail, OldMail):
            found.append(mail)
        else:
            sums.unread += 1
            say(f"left out: {each.name}: {mail}")
    ordered = list(in_order(found))
    sums.twice = len(found) - len(ordered)
    return ordered


@dataclass
class Progress:
    """A word now and then, on stderr: how many of how many, and how fast."""

    sums: Sums
    total: int = 0
    began: float = field(default_factory=time.monotonic)
    shown: float = 0.0

    def monotonic(self) -> float:
        """Passes for the clock of the import, which looks at it with each mail."""
        now = time.monotonic()
        if self.total and now - self.shown >= PROGRESS_SECONDS:
            self.shown, done = now, self.sums.outcomes.total()
            new = done - self.sums.before
            print(f"{done} of {self.total}, {new / max(now - self.began, 0.001):.1f} a second", file=sys.stderr)
        return now

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools.import_mailbox", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("connection", type=Path)
    parser.add_argument("--rate", type=int, default=RATE, help="mails a second, at most")
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir() or asked.rate < 1:
        parser.error("name a folder, and a rate of at least 1")

    def say(words: str) -> None:
        print(words, file=sys.stderr)

    sums = Sums()
    try:
        target = read_target(asked.connection)
        way = inbound_of(target)
        say(f"looks through {asked.folder}")
        ordered = listed(asked.folder, sums, say)
        progress = Progress(sums, len(ordered))
        Import(way, target.mailbox, say, asked.rate, progress, sums).run(ordered)
    except (NotImported, BotoCoreError, ClientError) as error:
        say(f"{error}")
        return 2
    except KeyboardInterrupt:
        say(f"broken off: {sums.line()}. The same command goes on from here.")
        return 130
    print(sums.line())
    if not sums.all_in:
        say("Not all of it is in: run the same command again, later.")
    return 0 if sums.all_in and sums.outcomes else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
