"""A mail about an account is never lost, whatever SES answers; and goes once where it answers well."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.browser import ANA, Browser
from bench.recorder import Fault, lost, refusal
from bench.stack import sqs_event
from letterlock.adapters.dynamo_mail_claims import DynamoMailClaims
from letterlock.entry import people_wiring
from letterlock.services.send_once import LEASE
from tests.handlers.stack import Stack

SEND = ("sesv2", "SendEmail")


@pytest.fixture(name="event")
def _event(stack: Stack) -> dict[str, Any]:
    """A mail is to be sent: what its queue brings."""
    Browser(stack).must("POST", "/v1/sign-ups", {"email": ANA, "workspace_name": "Ana's"})
    (fact,) = [each for each in stack.relay() if each["detail-type"] == "SignUpRequested"]
    return sqs_event(json.dumps(fact))


def taken(stack: Stack, event: dict[str, Any]) -> bool:
    """Whether the queue brings it no more."""
    return not stack.call("account_mail", event)["batchItemFailures"]


def test_a_mail_goes_out_once_however_often_its_fact_comes(stack: Stack, event: dict[str, Any]) -> None:
    assert [taken(stack, event) for _ in range(2)] == [True, True]
    assert len(stack.sent()) == 1


@pytest.mark.parametrize("answer", [lost, refusal(500, "InternalFailure"), refusal(429, "TooManyRequestsException")])
def test_a_mail_of_which_nobody_knows_whether_it_went_goes_again(
    stack: Stack, event: dict[str, Any], answer: Fault
) -> None:
    stack.recorder.faults[SEND] = answer
    assert not taken(stack, event)
    stack.recorder.faults.clear()

    assert taken(stack, event)
    assert len(stack.sent()) == 1


def test_a_mail_that_ses_refuses_for_good_is_tried_no_more(stack: Stack, event: dict[str, Any]) -> None:
    stack.recorder.faults[SEND] = refusal(400, "MessageRejected")
    assert taken(stack, event)
    stack.recorder.faults.clear()

    assert taken(stack, event)
    assert stack.sent() == []


def test_a_sender_that_died_is_followed_by_another_once_its_lease_has_ended(
    stack: Stack, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    detail = json.loads(event["Records"][0]["body"])["detail"]
    claims = people_wiring.send_account_mail().claims
    assert claims.claim(detail["data"]["workspace"], detail["metadata"]["id"], LEASE)

    assert not taken(stack, event)
    assert isinstance(claims, DynamoMailClaims)
    monkeypatch.setattr(claims, "_now", lambda: datetime.now(UTC) + LEASE)
    assert taken(stack, event)
    assert len(stack.sent()) == 1
