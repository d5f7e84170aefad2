"""Between the SDK and moto: every call is named and counted here, one of them meets a fault, and what left is kept.

It hangs on botocore's hooks, beneath the SDK's retries: what fails here is tried again by the SDK as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.session import Session
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from bench.fault_kinds import MANY, Fault, Killed, no, partly, spoken
from bench.grants import grants
from bench.recorder import Recorder
from letterlock.adapters.streamed_json import Streamed
from local.ses_events import events_of

READS = frozenset(
    {"BatchGetItem", "Decrypt", "GetEmailIdentity", "GetItem", "GetObject", "GetSecretValue", "ListObjectsV2", "Query"}
)
"""Operations that change nothing. One that is not here is taken for one that does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of an invocation. `number` counts from 1; `what` names operation and resource."""

    number: int
    service: str
    operation: str
    what: str


@dataclass
class Armed:
    """One fault at one call. `meanwhile`: what happens beside it, for Fault.TWICE."""

    number: int
    fault: Fault
    meanwhile: Callable[[], object] = lambda: None
    met: int = 0
    """How many tries of the SDK it has met."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that SES took."""

    id: str
    raw: bytes
    destination: tuple[str, ...]
    tags: dict[str, str]

    @property
    def said(self) -> Iterator[dict[str, Any]]:
        """What SES puts on the default bus of a mail that reaches everybody."""
        told = events_of(self.raw, ses_message_id=self.id, destination=self.destination, tags=self.tags)
        for number, each in enumerate(told):
            yield {
                "id": f"{self.id}-{number}",
                "source": "aws.ses",
                "detail-type": each.detail_type,
                "time": "2026-11-02T09:45:03Z",
                "region": "eu-west-1",
                "detail": each.detail,
            }


@dataclass
class Wire:
    recorder: Recorder
    calls: list[Asked] = field(default_factory=list)
    armed: Armed | None = None
    facts: list[dict[str, Any]] = field(default_factory=list)
    """Every event that the bus took, as its rules see it."""
    mails: list[Sent] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    """What the functions put into queues: the queue's logical id and the body."""
    elsewhere: Callable[[str, Any], AWSResponse | None] = lambda _event_name, _request: None
    """Answers in moto's place what moto does not know."""
    wrote: bool = False
    """Whether anything was asked for that changes something."""
    _params: dict[str, Any] = field(default_factory=dict)
    _transactions: dict[str, AWSResponse] = field(default_factory=dict)

    @property
    def sums(self) -> tuple[int, int, int]:
        """How many facts, mails and messages have left."""
        return len(self.facts), len(self.mails), len(self.messages)

    def attach(self, session: Session) -> None:
        hooks = session.get_component("event_emitter")
        hooks.register_last("before-parameter-build", self._begin)
        hooks.register_first("before-send", self._send)

    @contextmanager
    def invocation(self, armed: Armed | None = None) -> Iterator[list[Asked]]:
        """The calls within are counted anew. May stand in another: in the middle of a call of its own."""
        outer = self.calls, self.armed, self._params
        self.calls, self.armed = [], armed
        try:
            yield self.calls
        finally:
            self.calls, self.armed, self._params = outer

    # ---- botocore's hooks (botocore documentation, "Events") ----

    def _begin(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        if context.get("is_presign_request"):  # nothing is asked of AWS
            return
        resources = sorted({resource for _, resource in grants(service, operation, params, self.recorder.names)})
        what = " ".join([f"{service}.{operation}", *resources])
        steps = params.get("TransactItems")
        what += f" x{len(steps)}" if steps else ""
        self.calls.append(Asked(len(self.calls) + 1, service, operation, what))
        self._params = params

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if not botocore_stubber.enabled:  # somebody has answered in moto's place
            return None
        asked, params = self.calls[-1], self._params
        self.wrote = self.wrote or asked.operation not in READS
        armed = self.armed
        if armed is None or armed.number != asked.number:
            answer = self._perform(event_name, request, asked, params)
        else:
            armed.met += 1
            answer = self._meet(armed, event_name, request, asked, params)
        botocore_stubber.enabled = False
        return answer

    def _meet(self, armed: Armed, event_name: str, request: Any, asked: Asked, params: dict[str, Any]) -> AWSResponse:
        fault = armed.fault
        if fault in (Fault.THROTTLED, Fault.ERROR):
            return no(fault, asked.service, request)
        if fault is Fault.PARTIAL and asked.operation not in MANY:
            return no(Fault.ERROR, asked.service, request)
        if fault is Fault.LOST_BEFORE:
            raise ReadTimeoutError(endpoint_url=request.url)
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.TWICE and armed.met == 1:
            with self.invocation():
                armed.meanwhile()
        if fault is Fault.PARTIAL and asked.operation == "PutEvents":
            self._taken(params["Entries"][1:])
            return spoken(request, partly(asked.operation, params, {}))
        answer = self._perform(event_name, request, asked, params)
        if fault is Fault.LOST_AFTER or (fault is Fault.ANSWER_LOST_ONCE and armed.met == 1):
            raise ReadTimeoutError(endpoint_url=request.url)
        if fault is Fault.KILLED_AFTER:
            raise Killed
        if fault is Fault.PARTIAL:
            return spoken(request, partly(asked.operation, params, json.loads(answer.content)))
        return answer

    def _perform(self, event_name: str, request: Any, asked: Asked, params: dict[str, Any]) -> AWSResponse:
        if asked.operation == "TransactWriteItems":
            return self._transact(event_name, request)
        answer = self.elsewhere(event_name, request) or _moto(event_name, request)
        if asked.operation == "PutEvents":
            self._taken(params["Entries"])
        if asked.operation == "SendMessage":
            self.messages.append((self.recorder.names[params["QueueUrl"]], params["MessageBody"]))
        if asked.operation == "SendEmail":
            tags = {each["Name"]: each["Value"] for each in params["EmailTags"]}
            where = params["Destination"]
            to = (*where.get("ToAddresses", ()), *where.get("CcAddresses", ()))
            self.mails.append(
                Sent(json.loads(answer.content)["MessageId"], whole_of(params["Content"]["Raw"]["Data"]), to, tags)
            )
        return answer

    def _transact(self, event_name: str, request: Any) -> AWSResponse:
        """DynamoDB answers a transaction that comes again under its token, and does nothing; moto would do it again.

        DynamoDB API reference, TransactWriteItems, ClientRequestToken.
        """
        token = json.loads(request.body)["ClientRequestToken"]
        done = self._transactions.get(token)
        if done is None:
            done = _moto(event_name, request)
            if done.status_code == 200:  # noqa: PLR2004 - HTTP
                self._transactions[token] = done
        headers: Any = done.headers
        return AWSResponse(request.url, done.status_code, headers, MockRawResponse(done.content))

    def _taken(self, entries: list[dict[str, Any]]) -> None:
        self.facts += [
            {"source": each["Source"], "detail-type": each["DetailType"], "detail": json.loads(each["Detail"])}
            for each in entries
        ]


def whole_of(blob: bytes) -> bytes:
    """What is sent for it."""
    return bytes(blob.whole) if isinstance(blob, Streamed) else blob


def _moto(event_name: str, request: Any) -> AWSResponse:
    answer = botocore_stubber(event_name, request)
    if answer is None:
        raise AssertionError(f"moto does not know {request.url}")
    return answer
