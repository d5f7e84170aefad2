"""Notes every call that the functions make of AWS, through botocore's own hooks: nothing in the code knows of it.

A call is one operation of the SDK: its requests (retries are further ones), the capacity that DynamoDB would bill, the
bytes of both bodies, and what IAM would check. The state of tables is read through a client that is not recorded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.session import Session
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from bench.dynamodb_bill import Units, Watch
from bench.grants import Grant, grants

_MARK = "letterlock_call"
Fault = Callable[[Any], Any]
"""Gets the request that is about to be sent; answers in the service's place, raises, or returns None."""


@dataclass
class Call:
    function: str
    service: str
    operation: str
    grants: set[Grant]
    context: Mapping[str, str]
    """KMS's encryption context; empty for every other service."""
    requests: int = 0
    units: Units = field(default_factory=Units)
    bytes_out: int = 0
    bytes_in: int = 0
    error: str = ""


@dataclass
class Recorder:
    """`names`: the logical id of each physical name. `dynamodb`: a client that is not recorded.

    Capacity is counted while `weighs`: it takes further reads of the tables.
    """

    names: Mapping[str, str]
    dynamodb: Any
    calls: list[Call] = field(default_factory=list)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    function: str = ""
    weighs: bool = False

    def start_anew(self, names: Mapping[str, str]) -> None:
        """Nothing was noted yet, and nothing disturbs; its hooks stay where they are."""
        self.names, self.calls, self.faults, self.function, self.weighs = names, [], {}, "", False

    def attach(self, session: Session) -> None:
        """Before the session's first client is made: clients copy its hooks."""
        hooks = session.get_component("event_emitter")
        hooks.register_last("before-parameter-build", self._begin)
        hooks.register("before-call", self._measure)
        hooks.register("request-created", self._count)
        hooks.register("after-call", self._end)
        hooks.register("after-call-error", self._fail)
        hooks.register_first("before-send", self._disturb)
        hooks.register_last("before-send", self._let_moto_again)

    @contextmanager
    def on_behalf_of(self, function: str) -> Iterator[list[Call]]:
        """The calls made within, which belong to this function."""
        outer, self.function = self.function, function
        start = len(self.calls)
        made: list[Call] = []
        try:
            yield made
        finally:
            self.function = outer
            made += self.calls[start:]

    # ---- botocore's hooks (botocore documentation, "Events") ----

    def _begin(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        if is_form(operation, context):
            return
        call = Call(
            self.function,
            service,
            operation,
            grants(service, operation, params, self.names),
            dict(params.get("EncryptionContext", {})),
        )
        watch = Watch.of(self.dynamodb, operation, params) if self.weighs and service == "dynamodb" else None
        context[_MARK] = call, watch
        self.calls.append(call)

    def _measure(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        call, _watch = context[_MARK]
        call.bytes_out = _length(params.get("body"))

    def _count(self, request: Any, **_: Any) -> None:
        call, _watch = request.context[_MARK]
        call.requests += 1

    def _end(self, http_response: Any, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        call, watch = context[_MARK]
        # A stream is not read here: it is the function's to read.
        streamed = model.has_streaming_output and not parsed.get("Error")
        call.bytes_in = int(http_response.headers["content-length"]) if streamed else len(http_response.content)
        call.error = parsed.get("Error", {}).get("Code", "")
        if call.service == "s3" and call.error in ("NoSuchKey", "NoSuchVersion", "404"):
            # Who may not list the bucket is told 403 instead (S3 API reference, GetObject).
            call.grants |= {("s3:ListBucket", resource.partition("/")[0]) for _, resource in call.grants}
        if watch:
            call.units = watch.bill(parsed)

    def _fail(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        call, _watch = context[_MARK]
        call.error = type(exception).__name__

    def _disturb(self, request: Any, **_: Any) -> Any:
        call = self.calls[-1]
        fault = self.faults.get((call.service, call.operation))
        answer = fault(request) if fault else None
        # Botocore asks every hook, moto's among them: what is refused must not happen all the same.
        botocore_stubber.enabled = answer is None
        return answer

    def _let_moto_again(self, **_: Any) -> None:
        botocore_stubber.enabled = True


def is_form(operation: str, context: dict[str, Any]) -> bool:
    """Whether botocore signs a form (a presigned POST), for which it takes the first operation that comes to hand.
    Nothing is asked of AWS: S3 checks the signer's permission when somebody sends it.
    """
    return operation == "CreateBucket" and bool(context.get("is_presign_request"))


def refusal(status: int, code: str) -> Fault:
    """The service says no (JSON protocols)."""

    def answer(request: Any) -> AWSResponse:
        raw = MockRawResponse(json.dumps({"__type": code, "message": code}).encode())
        return AWSResponse(request.url, status, HTTPHeaders.from_dict({"x-amzn-errortype": code}), raw)

    return answer


def lost(request: Any) -> Any:
    """The answer never comes."""
    raise ReadTimeoutError(endpoint_url=request.url)


def _length(body: Any) -> int:
    if body is None:
        return 0
    if isinstance(body, str):
        return len(body.encode())
    if isinstance(body, (bytes, bytearray)):
        return len(body)
    at, end = int(body.tell()), int(body.seek(0, 2))
    body.seek(at)
    return end - at
