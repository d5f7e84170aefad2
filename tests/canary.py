"""The leak canary: over the whole test suite, nothing that is sealed, hashed or secret shows where it must not.

What must not show is not listed by hand: whatever goes into `Sealer.seal` is content, with each of its lines and each
address in it, and whatever becomes a blind index or a router is an address, a Message-ID or a secret. Of each test these
words are looked for in what the test printed (logs, metrics in EMF, tracebacks), in what the functions put on the bus, in
queues and topics, in the names and labels that AWS writes into its own logs (of objects, of mails, of keys' uses), in
what they raise with all that it came from, and in every answer that is an error.

One place is exempt by name: SES's own notification, which carries the envelope, and which `due_work` writes anew into
the queue that SES's notifications go to (InboundEmailQueue).
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pytest
from botocore.client import BaseClient

from bench import stack as stacks
from bench.stack import Stack
from letterlock.adapters import blind_index, codec, framing, sealing
from letterlock.domain.checks import automatic, mailing_list

SHORTEST = 9
"""Characters of a word that is looked for: shorter ones are words of the language, and would be found anywhere."""
MOST_OF_A_FILE = 4_096
"""Of a raw mail, a file or a text, how much is looked for line by line: its header, and the beginning of its text."""
OUTLETS = {
    "events:PutEvents": ("Entries",),
    "sqs:SendMessage": ("MessageBody", "MessageAttributes"),
    "sqs:SendMessageBatch": ("Entries",),
    "sns:Publish": ("Message", "Subject", "MessageAttributes"),
    "cloudwatch:PutMetricData": ("MetricData",),
    "s3:PutObject": ("Key", "Metadata", "Tagging"),
    "s3:GetObject": ("Key",),
    "s3:DeleteObject": ("Key",),
    "s3:CopyObject": ("Key", "Metadata", "Tagging"),
    "kms:Decrypt": ("EncryptionContext",),
    "kms:GenerateDataKey": ("EncryptionContext",),
    "sesv2:SendEmail": ("EmailTags",),
}
"""Where a function hands words on, and in which parameters: the names and labels among them show in CloudTrail, in S3's
notifications, and in SES's events on the default bus.
"""
EXEMPT = "inbound"
"""The name of the one queue that carries the envelope: SES's notifications go there."""
_ID = re.compile(r"[a-z]{3}_[0-9A-Z]{26}|\d{4}-\d\d-\d\d(T[0-9:.]+Z)?|[a-z_]+|[a-z]+/[a-z0-9.+-]+")
"""Ids, times, our own fixed words and media types are no content, wherever they stand."""
FIELDS = automatic.EVIDENCE | mailing_list.EVIDENCE
"""Nor are names of header fields, which a message has where one of them told what the mail is."""
_ADDRESS = re.compile(r"(?<![^\s<>@,;:\"()])[^\s<>@,;:\"()]+@[^\s<>@,;:\"()]+")
_FIELD = re.compile(r"[A-Za-z-]+")


@dataclass
class Canary:
    """What is known, and where it was seen."""

    words: set[str] = field(default_factory=set)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    """Where, and what came out there."""
    hits: list[str] = field(default_factory=list)
    known: int = 0
    searched: int = 0

    def know(self, value: object) -> None:
        """Every string in it, however deep."""
        if isinstance(value, dict):
            for each in value.values():
                self.know(each)
        elif isinstance(value, list | tuple):
            for each in value:
                self.know(each)
        elif isinstance(value, str):
            for word in map(str.strip, (value, *_pieces(value))):
                if len(word) >= SHORTEST and not _ID.fullmatch(word) and word not in FIELDS:
                    self.words.add(word)

    def came_out(self, where: str, what: str) -> None:
        self.outputs.append((where, what))

    def search(self, test: str) -> list[str]:
        """What came out since the last search, and must not have."""
        written = [(word, json.dumps(word)[1:-1]) for word in self.words] if self.outputs else []
        found = [
            f"{test}: {word[:60]!r} in {where}"
            for where, what in self.outputs
            for word, in_json in written
            if word in what or in_json in what
        ]
        self.searched += len(self.outputs)
        self.outputs.clear()
        return found

    def forget(self) -> None:
        """What one module's tests said is no secret of the next one's."""
        self.known += len(self.words)
        self.words.clear()


def _pieces(text: str) -> Iterator[str]:
    """What shows of a long text where not all of it does: its lines, what its headers say, and the addresses in it."""
    text = text[:MOST_OF_A_FILE]
    if len(text) > SHORTEST:
        yield from (each.strip(".!?'") for each in _ADDRESS.findall(text))
    lines = text.splitlines()
    for line in lines if len(lines) > 1 else ():
        name, colon, said = line.partition(": ")
        yield said if colon and _FIELD.fullmatch(name) else line


CANARY = Canary()


# ---- what must not show -----------------------------------------------------------------------------------------------


def _listen(owner: Any, name: str, tell: Callable[..., object]) -> None:
    inner = getattr(owner, name)

    @wraps(inner)
    def heard(*args: Any, **more: Any) -> Any:
        answer = inner(*args, **more)
        tell(answer, *args, **more)
        return answer

    setattr(owner, name, heard)


def _sealed(_: bytes, __: Any, ___: Any, plaintext: bytes) -> None:
    try:
        CANARY.know(codec.decode(plaintext))
    except ValueError:
        CANARY.know(plaintext.decode("utf-8", "replace"))


def _filed(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Raw mail and files, as they are sealed. Of a large one its beginning, of a binary one nothing: it is no words."""

    @wraps(inner)
    def seal_stream(sealer: Any, place: Any, chunks: Iterable[bytes]) -> Iterator[bytes]:
        def heard() -> Iterator[bytes]:
            for chunk in chunks:
                text = bytes(chunk[:MOST_OF_A_FILE]).decode("ascii", "replace")
                if "\N{REPLACEMENT CHARACTER}" not in text:
                    CANARY.know(text)
                yield chunk

        sealed: Iterator[bytes] = inner(sealer, place, heard())
        return sealed

    return seal_stream


def _hashed(_: str, __: Any, *said: str) -> None:
    CANARY.know(said[-1])


# ---- where it must not show -------------------------------------------------------------------------------------------


def _calls(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def call(client: Any, operation: str, params: dict[str, Any]) -> Any:
        asked = f"{client.meta.service_model.service_name}:{operation}"
        to_inbound = EXEMPT in str(params.get("QueueUrl", "")).casefold()
        if asked in OUTLETS and FUNCTION and not to_inbound:
            said = [params.get(each) for each in OUTLETS[asked]]
            CANARY.came_out(f"{asked} of {FUNCTION[-1]}", json.dumps(said, ensure_ascii=False, default=str))
        return inner(client, operation, params)

    return call


def _said_by(error: BaseException | None) -> Iterator[str]:
    """What an exception says, and those that it came from: a log shows them all."""
    while error is not None:
        yield from traceback.format_exception_only(error)
        error = error.__cause__ or error.__context__


FUNCTION: list[str] = []
"""The function that runs at this moment: what a test itself puts into a queue is the outside world's."""


def _functions(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def call(stack: Stack, function: str, event: dict[str, Any]) -> Any:
        FUNCTION.append(function)
        try:
            answer = inner(stack, function, event)
        except Exception as error:
            CANARY.came_out(f"what {function} raises", "".join(_said_by(error)))
            raise
        finally:
            FUNCTION.pop()
        if isinstance(answer, dict) and (answer.get("statusCode", 0) >= 400 or "error" in answer):
            CANARY.came_out(f"an error answer of {function}", json.dumps(answer, ensure_ascii=False, default=str))
        return answer

    return call


# ---- pytest's hooks ---------------------------------------------------------------------------------------------------


def pytest_configure() -> None:
    _listen(sealing.Sealer, "seal", _sealed)
    framing.FileSealer.seal_stream = _filed(framing.FileSealer.seal_stream)  # type: ignore[method-assign]  # as below
    for name in ("index", "router"):
        _listen(blind_index.BlindIndex, name, _hashed)
    BaseClient._make_api_call = _calls(BaseClient._make_api_call)  # type: ignore[attr-defined]  # where every call passes
    stacks.Stack.call = _functions(stacks.Stack.call)  # type: ignore[method-assign]  # as above


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that let something out fails, its fixtures included; and one that is marked to do so, if it was not seen."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # the hook's own answer
    printed = "\n".join(content for title, content in report.sections if title.endswith(report.when))
    if printed:
        CANARY.came_out("what was printed", printed)
    found = CANARY.search(item.nodeid)
    on_purpose = item.get_closest_marker("leaks") is not None
    if not on_purpose:
        CANARY.hits += found
    expected = on_purpose and report.when == "call"
    if report.passed and bool(found) != expected and not (found and on_purpose):
        report.outcome = "failed"
        report.longrepr = "\n".join(["leaked:", *found]) if found else "a leak that the canary did not see"
    return report  # type: ignore[return-value]  # the hook's own answer


@pytest.fixture(autouse=True, scope="module")
def canary_of_the_module() -> Iterator[None]:
    yield
    CANARY.forget()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    hits = len(CANARY.hits)
    terminalreporter.write_line(
        f"leak canary: {CANARY.known + len(CANARY.words)} words looked for in {CANARY.searched} outputs, {hits} hits"
    )
