"""Every mail of a folder through the whole inbound handler: `make ingest DIR=folder OUT=result.jsonl`.

Behind the handler is moto, in process. Each mail is a delivery of its own, to one mailbox, with SES's checks passed; a
line of JSON says how it ended and what of it was stored. The last line of stdout is the sum: exit 0 when each mail has
one of the ledger's outcomes.

A line says what was read back from the ledger, the message and the archive. `in_reply_to` has its ids with a space in
between, where there are several; `html` is as the sender wrote it (sanitised where the API shows it); of a duplicate it
is the mail that was there before; `cpu_ms` is the handler's own time, without what moto takes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import IO, Any, Final, TextIO

import pytest
from moto.core.botocore_stubber import BotocoreStubber
from moto.s3.models import s3_backends

from bench.mail_files import FoundMail, envelope_sender, mails
from bench.read_back import NOTHING, Line, ReadBack
from bench.stack import ACCOUNT, MAILBOX, Stack, notification_of, stack_on_moto
from letterlock.domain.ledger import Outcome
from letterlock.entry import batch
from letterlock.entry.failures import safe_words

UNCAUGHT: Final = "uncaught"
UNREAD: Final = "unread"
"""The file could not be read, so no mail came in."""
CPU_SECONDS: Final = 60
"""What a delivery may take before it is given up, as Lambda would give up its function."""
PROGRESS_SECONDS: Final = 2.0


class OutOfTime(Exception):
    """A delivery took more than `CPU_SECONDS`."""


@dataclass
class MotoTime:
    """The CPU time that moto took, which a handler does not."""

    seconds: float = 0.0

    def attach(self, patch: pytest.MonkeyPatch) -> None:
        answer = BotocoreStubber.__call__

        def timed(stubber: BotocoreStubber, *args: Any, **more: Any) -> Any:
            start = time.process_time()
            try:
                return answer(stubber, *args, **more)
            finally:
                self.seconds += time.process_time() - start

        patch.setattr(BotocoreStubber, "__call__", timed)


@dataclass
class Failures:
    """What the handler says of one that it met: the error's class and place, and nothing else."""

    last: str = ""

    def attach(self, patch: pytest.MonkeyPatch) -> None:
        def noted(error: BaseException) -> dict[str, str]:
            said = safe_words(error)
            self.last = f"{said['error']} {said['place']}"
            return said

        patch.setattr(batch, "safe_words", noted)


@dataclass
class LinesSaid:
    """What was read back of each message, for mails that turn out to be the same: its objects are gone by then."""

    file: IO[bytes]
    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def keep(self, message: str, line: Line) -> None:
        octets = json.dumps(line).encode()
        self.places[message] = self.file.seek(0, io.SEEK_END), len(octets)
        self.file.write(octets)

    def of(self, message: str) -> Line | None:
        if message not in self.places:
            return None
        place, length = self.places[message]
        self.file.seek(place)
        line: Line = json.loads(self.file.read(length))
        return line


@dataclass
class Ingest:
    """Takes mails in, one after the other, into one mailbox of one workspace."""

    stack: Stack
    moto: MotoTime
    failures: Failures
    said: LinesSaid
    taken: int = 0

    def take(self, found: FoundMail) -> Line:
        """The line that the result has of this mail."""
        line: Line = {"file": found.name, "outcome": UNREAD, "reason": found.unread or None, **NOTHING, "cpu_ms": 0.0}
        if found.unread:
            return line
        self.taken += 1
        ses_message_id = hashlib.sha256(f"{self.taken} {found.name}".encode()).hexdigest()[:40]
        failure, cpu_ms = self._deliver(ses_message_id, found.raw)
        line |= {"cpu_ms": cpu_ms} | self._ended(ses_message_id, failure)
        self._forget()
        return line

    def _deliver(self, ses_message_id: str, raw: bytes) -> tuple[str, float]:
        """Why it failed, if it did, and how many milliseconds of CPU the handler took."""
        self.stack.store(ses_message_id, raw)
        notification = notification_of(ses_message_id, (MAILBOX,))
        notification["mail"]["source"] = envelope_sender(raw)
        start, moto = time.process_time(), self.moto.seconds
        with _silence(), _cpu_limit():
            try:
                answer = self.stack.notify(notification)
                failure = self.failures.last if answer["batchItemFailures"] else ""
            except Exception as error:  # noqa: BLE001 - whatever it is, it has a line in the result
                failure = type(error).__name__
        spent = time.process_time() - start - (self.moto.seconds - moto)
        return failure, round(spent * 1000, 1)

    def _ended(self, ses_message_id: str, failure: str) -> Line:
        read_back = ReadBack(self.stack.workspace, self.stack.mailbox, self.stack.buckets[1])
        entry = read_back.entry(ses_message_id)
        if failure or entry is None:
            return {"outcome": UNCAUGHT, "reason": failure or "no entry in the ledger"}
        line = self.said.of(entry.message)
        if line is None:
            try:
                line = read_back.line(entry)
            except Exception as error:  # noqa: BLE001 - as above
                return {"outcome": UNCAUGHT, "reason": f"stored, and not to be read back: {type(error).__name__}"}
            self.said.keep(entry.message, line)
        return {"outcome": entry.outcome.value, "reason": entry.reason and entry.reason.value} | line

    def _forget(self) -> None:
        """What later mails do not meet again: objects, and what the recorder noted."""
        self.stack.recorder.calls.clear()
        buckets = s3_backends[ACCOUNT]["aws"].buckets
        for name in self.stack.buckets:
            for _, versions in buckets[name].keys.iterlists():
                for each in versions:
                    if hasattr(each, "dispose"):
                        each.dispose()
            buckets[name].keys.clear()


@contextlib.contextmanager
def ingest_on_moto() -> Iterator[Ingest]:
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        moto = MotoTime()
        moto.attach(patch)
        failures = Failures()
        failures.attach(patch)
        with _silence():
            made = stack.enter_context(stack_on_moto(patch))
        yield Ingest(made, moto, failures, LinesSaid(stack.enter_context(TemporaryFile())))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The functions' own logs and metrics would stand between our words."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


@contextlib.contextmanager
def _cpu_limit() -> Iterator[None]:
    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@dataclass
class Tally:
    """How many ended as what, and how fast they come."""

    out: TextIO
    outcomes: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    shown: float = 0.0

    def add(self, outcome: str) -> None:
        self.outcomes[outcome] += 1
        now = time.monotonic()
        if now - self.shown >= PROGRESS_SECONDS:
            self.shown = now
            count = self.outcomes.total()
            print(f"{count} mails, {count / max(now - self.began, 0.001):.0f} a second", file=self.out, flush=True)

    def line(self) -> str:
        parts = " + ".join(f"{self.outcomes[each]} {each}" for each in Outcome)
        unread = f" + {self.outcomes[UNREAD]} {UNREAD}" if self.outcomes[UNREAD] else ""
        return f"{self.outcomes.total()} mails = {parts} + {self.outcomes[UNCAUGHT]} {UNCAUGHT}{unread}"

    @property
    def holds(self) -> bool:
        return bool(self.outcomes.total()) and set(self.outcomes) <= set(Outcome)


def run(folder: Path, write: Callable[[Line], object], tally: Tally) -> None:
    """Each mail of the folder: its line, then it is counted."""
    with ingest_on_moto() as ingest:
        for found in mails(folder):
            line = ingest.take(found)
            write(line)
            tally.add(line["outcome"])


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not Path(arguments[0]).is_dir():  # noqa: PLR2004 - a folder and a file
        print("say which folder, and where to: make ingest DIR=/path/to/mails OUT=result.jsonl", file=sys.stderr)
        return 2
    tally = Tally(sys.stderr)
    with Path(arguments[1]).open("w", encoding="utf-8", errors="backslashreplace") as out:
        run(Path(arguments[0]), lambda line: out.write(json.dumps(line, ensure_ascii=False) + "\n"), tally)
    if not tally.outcomes:
        print("no file in that folder is a mail", file=sys.stderr)
    print(tally.line())
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
