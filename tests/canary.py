"""The leak canary: over the whole test suite, nothing that is sealed, hashed or secret shows where it must not.

What must not show is not listed by hand: whatever goes into `Sealer.seal` is content, and whatever becomes a blind index
or a router is an address, a Message-ID or a secret. Of each test these words are looked for in what the test printed (logs, metrics in EMF, tracebacks), in what the functions put on the bus, in queues
and topics, in what they raise, and in every answer that is an error.

One place is exempt by name: SES's own notification, which carries the envelope, and which `due_work` writes anew into
the queue that SES's notifications go to (InboundEmailQueue).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pytest
from botocore.client import BaseClient

from bench import stack as stacks
from bench.stack import Stack
from letterlock.adapters import blind_index, codec, sealing
from letterlock.domain.checks import automatic, mailing_list

SHORTEST = 9
"""Characters of a word that is looked for: shorter ones are words of the language, and would be found anywhere."""
OUTLETS = {
    "events:PutEvents": "Entries",
    "sqs:SendMessage": "MessageBody",
    "sqs:SendMessageBatch": "Entries",
    "sns:Publish": "Message",
    "cloudwatch:PutMetricData": "MetricData",
}
"""Where a function hands words on, and in which parameter."""
EXEMPT = "inbound"
"""The name of the one queue that carries the envelope: SES's notifications go there."""
_ID = re.compile(r"[a-z]{3}_[0-9A-Z]{26}|\d{4}-\d\d-\d\d(T[0-9:.]+Z)?|[a-z_]+|[a-z]+/[a-z0-9.+-]+")
"""Ids, times, our own fixed words and media types are no content, wherever they stand."""
FIELDS = automatic.EVIDENCE | mailing_list.EVIDENCE
"""Nor are names of header fields, which a message has where one of them told what the mail is."""


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
            word = value.strip()
            if len(word) >= SHORTEST and not _ID.fullmatch(word) and word not in FIELDS:
                self.words.add(word)

    def came_out(self, where: str, what: str) -> None:
        self.outputs.append((where, what))

    def search(self, test: str) -> list[str]:
        """What came out since the last search, and must not have."""
        found = [
            f"{test}: {word[:60]!r} in {where}"
            for where, what in self.outputs
            for word in self.words
            if word in what or json.dumps(word)[1:-1] in what
        ]
        self.searched += len(self.outputs)
        self.outputs.clear()
        return found

    def forget(self) -> None:
        """What one module's tests said is no secret of the next one's."""
        self.known += len(self.words)
        self.words.clear()


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


def _hashed(_: str, __: Any, *said: str) -> None:
    CANARY.know(said[-1])


# ---- where it must not show -------------------------------------------------------------------------------------------


def _calls(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def call(client: Any, operation: str, params: dict[str, Any]) -> Any:
        asked = f"{client.meta.service_model.service_name}:{operation}"
        to_inbound = EXEMPT in str(params.get("QueueUrl", "")).casefold()
        if asked in OUTLETS and FUNCTION and not to_inbound:
            CANARY.came_out(f"{asked} of {FUNCTION[-1]}", json.dumps(params[OUTLETS[asked]], ensure_ascii=False))
        return inner(client, operation, params)

    return call


FUNCTION: list[str] = []
"""The function that runs at this moment: what a test itself puts into a queue is the outside world's."""


def _functions(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def call(stack: Stack, function: str, event: dict[str, Any]) -> Any:
        FUNCTION.append(function)
        try:
            answer = inner(stack, function, event)
        except Exception as error:
            CANARY.came_out(f"what {function} raises", f"{type(error).__name__}: {error}")
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
    for name in ("index", "router"):
        _listen(blind_index.BlindIndex, name, _hashed)
    BaseClient._make_api_call = _calls(BaseClient._make_api_call)  # type: ignore[attr-defined]  # where every call passes
    stacks.Stack.call = _functions(stacks.Stack.call)  # type: ignore[method-assign]  # as above


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that let something out fails, whatever else it says; and one that is marked to do so, if it was not seen."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # the hook's own answer
    CANARY.came_out("what was printed", "\n".join(content for _, content in report.sections))
    found = CANARY.search(item.nodeid)
    on_purpose = item.get_closest_marker("leaks") is not None
    if not on_purpose:
        CANARY.hits += found
    if report.when == "call" and report.passed and bool(found) != on_purpose:
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
