"""`make bench-ingest`: what taking in a mail costs, through the whole handler, against a plain parse of the same mails.

The handler runs on moto once, and AWS's answers are noted; then it runs again on these answers, so that what is
measured is the function's own work and the SDK's. The plain parse is the standard library's `policy.default`, with
every leaf decoded. Figures of CPU time are this machine's; the ratios are not.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from email import message_from_bytes, policy
from io import StringIO
from multiprocessing import get_context
from statistics import median
from time import process_time
from typing import Any, Final

import pytest

from bench.canned import Answers, Canned
from bench.letters import ATTACHMENT_BYTES, MAIL_BYTES, letter
from bench.newsletters import TO, newsletters, texts, with_files, with_images
from bench.stack import Context, Stack, forget_wiring, notification_of, sqs_event, stack_on_moto
from letterlock.entry import wiring
from tools.openapi import load

KINDS: Final[dict[str, tuple[Callable[[int], list[bytes]], int]]] = {
    "text, 2 kB": (texts, 20),
    "newsletters, 50-200 kB": (newsletters, 8),
    "inline images, 120 kB": (with_images, 8),
    "attachments, 1-10 MB": (with_files, 4),
}
ROUNDS: Final = 5
USUAL: Final = "30 kB + 200 kB attachment"
USUAL_TIMES: Final = 40
YARDSTICK_MS: Final = 12.5
"""What the plain parse of that mail takes on a quiet machine of the kind that the bounds are of."""
WITH_SDK_MS: Final = 20.0
WITHOUT_SDK_MS: Final = 6.0
"""Of CPU there, for that mail (the design's bounds). Here as much longer as the plain parse takes."""


@dataclass(frozen=True, slots=True)
class Mails:
    """Some of one kind: what is taken in, and what AWS answers to each."""

    raw: list[bytes]
    events: list[dict[str, Any]]
    answers: list[Answers]


@dataclass
class Inbound:
    """The handler as one process has it, warm."""

    canned: Canned
    handler: Callable[[dict[str, Any], Any], Any]

    def once(self, event: dict[str, Any]) -> None:
        with redirect_stdout(StringIO()):  # its metrics
            answer = self.handler(event, Context())
        if answer["batchItemFailures"]:
            raise AssertionError("a mail was not taken in")

    def below_the_sdk(self, mails: Mails) -> None:
        for event, answers in zip(mails.events, mails.answers, strict=True):
            with self.canned.below_the_sdk(answers):
                self.once(event)

    def instead_of_the_sdk(self, mails: Mails) -> None:
        for event, answers in zip(mails.events, mails.answers, strict=True):
            with self.canned.instead_of_the_sdk(answers):
                self.once(event)


def plain(mails: Mails) -> None:
    for raw in mails.raw:
        for part in message_from_bytes(raw, policy=policy.default).walk():
            if not part.is_multipart():
                part.get_content() if part.get_content_maintype() == "text" else part.get_payload(decode=True)


def seconds(work: Callable[[Mails], None], mails: Mails, rounds: int = ROUNDS) -> float:
    """Of CPU, for all of them: the median of some rounds."""
    took = []
    for _ in range(rounds):
        started = process_time()
        work(mails)
        took.append(process_time() - started)
    return median(took)


def peak(work: Callable[[Mails], None], mails: Mails) -> float:
    """Megabytes that a process of its own needs beyond what it has before the first mail."""
    reader, writer = os.pipe()
    process = get_context("fork").Process(target=_measured, args=(work, mails, writer))
    process.start()
    process.join()
    os.close(writer)
    with os.fdopen(reader) as said:
        return float(said.read())


def _measured(work: Callable[[Mails], None], mails: Mails, writer: int) -> None:
    before = _megabytes()
    work(mails)
    os.write(writer, str(_megabytes() - before).encode())


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


@dataclass
class Desk:
    """A stack on which mails are taken in once, to note what AWS answers."""

    stack: Stack
    inbound: Inbound
    _taken: int = 0

    def noted(self, raws: Sequence[bytes]) -> Mails:
        events, answers = [], []
        for raw in raws:
            self._taken += 1
            name = f"mail-{self._taken}"
            self.stack.store(name, raw)
            events.append(sqs_event(json.dumps(notification_of(name, (TO,)))))
            with self.inbound.canned.noted() as heard:
                self.inbound.once(events[-1])
            answers.append(heard)
        return Mails(list(raws), events, answers)


def desk(stack: Stack) -> Desk:
    """With a process of its own for the handler, on whose calls nobody else listens; warm."""
    forget_wiring()
    canned = Canned()
    canned.attach(wiring.session())
    made = Desk(stack, Inbound(canned, load("inbound_email").handler))
    made.noted([letter(number, to=TO) for number in (10_001, 10_002)])
    return made


def report(made: Desk) -> None:
    """Prints a line for each kind."""
    print(
        f"{'mails':24} {'a second':>9} {'without SDK':>12} {'stdlib parse':>13} {'ratio':>7}"
        f" {'peak MB':>8} {'stdlib':>7}"
    )
    for name, (make, count) in KINDS.items():
        mails = made.noted(make(count))
        whole, ours, parse = (
            seconds(work, mails) for work in (made.inbound.below_the_sdk, made.inbound.instead_of_the_sdk, plain)
        )
        most, most_parsed = peak(made.inbound.below_the_sdk, mails), peak(plain, mails)
        print(
            f"{name:24} {count / whole:9.1f} {count / ours:12.1f} {count / parse:13.1f} {parse / whole:6.2f}x"
            f" {most:8.1f} {most_parsed:7.1f}"
        )


def usual(made: Desk) -> bool:
    """Whether the usual mail costs no more than it may; prints what it costs.

    The three are measured in turn, and each round by its own yardstick: a machine's speed drifts.
    """
    raws = [letter(n, to=TO, bytes_of_mail=MAIL_BYTES, attachment_bytes=ATTACHMENT_BYTES) for n in range(5)]
    mails = made.noted(raws)
    works = (made.inbound.below_the_sdk, made.inbound.instead_of_the_sdk, plain)
    rounds = [[seconds(work, mails, 1) * 1000 / len(raws) for work in works] for _ in range(USUAL_TIMES)]
    whole, ours, parse = (median(each) for each in zip(*rounds, strict=True))
    with_sdk, without = (median(each[n] / each[2] for each in rounds) * YARDSTICK_MS for n in range(2))
    print(f"{USUAL}: {whole:.1f} ms of CPU with the SDK, {ours:.1f} without; the plain parse {parse:.1f}")
    print(
        f"where that takes {YARDSTICK_MS}: {with_sdk:.1f} ms with the SDK, at most {WITH_SDK_MS:.0f};"
        f" {without:.1f} without, at most {WITHOUT_SDK_MS:.0f}"
    )
    return with_sdk <= WITH_SDK_MS and without <= WITHOUT_SDK_MS


def main() -> int:
    with pytest.MonkeyPatch.context() as patch, stack_on_moto(patch) as stack:
        made = desk(stack)
        report(made)
        return 0 if usual(made) else 1


if __name__ == "__main__":
    sys.exit(main())
