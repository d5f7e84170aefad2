"""What can befall one call to AWS, as it looks on the wire."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from bench.recorder import refusal


class Fault(StrEnum):
    """Each lasts for one attempt of the function, the SDK's own tries included."""

    THROTTLED = "throttle"
    ERROR = "5xx"
    LOST_BEFORE = "timeout-before"
    """No answer, and nothing happened."""
    LOST_AFTER = "timeout-after"
    """No answer, and it happened, as often as the SDK tried."""
    KILLED_BEFORE = "killed-before"
    KILLED_AFTER = "killed-after"
    TWICE = "duplicate"
    """What the function was called for comes a second time, to another process, while the first is at this call."""
    PARTIAL = "partial-batch"
    """In one batch with a neighbour that nothing is wrong with; a call for several things does only some of them."""
    ANSWER_LOST_ONCE = "answer-lost-once"
    """As LOST_AFTER, at the first try only: the SDK's second try meets what the first one did."""


FAULTS = tuple(fault for fault in Fault if fault is not Fault.ANSWER_LOST_ONCE)
UNTAKEN = (Fault.THROTTLED, Fault.ERROR, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.PARTIAL)
"""After which the function goes on, and has not got what it asked for."""
KILLS = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER)


class Killed(BaseException):
    """The process is no more: no handler's `except Exception` sees it."""


_THROTTLES = {
    "dynamodb": (400, "ThrottlingException"),
    "events": (400, "ThrottlingException"),
    "kms": (400, "ThrottlingException"),
    "s3": (503, "SlowDown"),
    "secretsmanager": (400, "ThrottlingException"),
    "sesv2": (429, "TooManyRequestsException"),
    "sqs": (400, "ThrottlingException"),
}
_ERRORS = {
    "dynamodb": (500, "InternalServerError"),
    "events": (500, "InternalException"),
    "kms": (500, "KMSInternalException"),
    "s3": (500, "InternalError"),
    "secretsmanager": (500, "InternalServiceError"),
    "sesv2": (500, "InternalFailure"),
    "sqs": (500, "InternalError"),
}
REFUSALS = {Fault.THROTTLED: _THROTTLES, Fault.ERROR: _ERRORS}
"""Each service's own words ("Common errors" of its API reference); one that is not here ends the run."""


def no(fault: Fault, service: str, request: Any) -> AWSResponse:
    """The service refuses, for its own reasons."""
    status, code = REFUSALS[fault][service]
    if service == "s3":
        said = f"<Error><Code>{code}</Code><Message>{code}</Message><RequestId>1</RequestId></Error>".encode()
        return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(said))
    answer: AWSResponse = refusal(status, code)(request)
    return answer


# ---- some of it -----------------------------------------------------------------------------------------------------

MANY = ("BatchGetItem", "PutEvents")
"""Operations that may do a part of what they are asked for, and say so."""
IN_A_BATCH = ("BatchWriteItem", "DeleteMessageBatch", "DeleteObjects", "SendBulkEmail", "SendMessageBatch")
"""Others that may, and that nobody here calls: who does, says in `partly` what their half of an answer looks like."""


def partly(operation: str, asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """What the service answers when it has left the first one out. `answer`: when it has left out none."""
    if operation == "BatchGetItem":
        [(table, wanted)] = asked["RequestItems"].items()
        left = wanted["Keys"][0]
        kept = [each for each in answer["Responses"].get(table, []) if any(each[name] != left[name] for name in left)]
        return {"Responses": {table: kept}, "UnprocessedKeys": {table: wanted | {"Keys": [left]}}}
    if operation == "PutEvents":
        entries = [{"EventId": str(number)} for number, _ in enumerate(asked["Entries"])]
        entries[0] = {"ErrorCode": "ThrottlingException", "ErrorMessage": "too many"}
        return {"FailedEntryCount": 1, "Entries": entries}
    raise KeyError(operation)


def spoken(request: Any, answer: dict[str, Any]) -> AWSResponse:
    """An answer in JSON."""
    return AWSResponse(request.url, 200, HTTPHeaders(), MockRawResponse(json.dumps(answer).encode()))
