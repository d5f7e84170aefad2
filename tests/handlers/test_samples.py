"""Every payload in events/samples goes through the function that gets it on AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.stack import HANDLERS, Stack

SAMPLES = Path(__file__).resolve().parents[2] / "events" / "samples"
FILES = sorted(SAMPLES.glob("*.json"))
MAIL = b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"

DONE: dict[str, Any] = {"batchItemFailures": []}
ANSWERS: dict[str, Any] = {
    # The mail that the delivery events speak of is of no workspace of ours: nothing to keep or to try again.
    "inbound_email": DONE,
    "outbox_relay": DONE,
    "delivery_events": DONE,
    "audit_chainer": DONE,
    "token_revocation": DONE,
    # S3's test of the queue, an upload that nobody asked for.
    "attachment_scan": DONE,
    "account_mail": DONE,
    "acknowledgement": DONE,
    "agent_notifications": DONE,
    # Of an event that was never kept, and of a workspace that never bought anything.
    "billing_events": DONE,
    "billing_reconciliation": {
        "StripeEventsAppliedLate": 0,
        "BillingAccountsLookedAt": 0,
        "BillingDrifted": 0,
        "BillingDoubled": 0,
    },
    # Of the stack under test nothing has been linked yet.
    "audit_anchor": {"anchored": 0, "linked": 0},
    # A workspace that this stack does not have.
    "audit_verification": {
        "error": {"type": "notfound", "detail": "no such workspace: nothing was ever recorded of it"}
    },
    "digest_verification": {"error": {"type": "notfound", "detail": "no such workspace, or it has no mailbox"}},
    "factor_reset": {
        "error": {
            "type": "notfound",
            "detail": "nobody who signs in there with this address is an owner: others are let in again by one",
        }
    },
    "mail_replay": {"error": {"type": "notfound", "detail": "no such workspace, or it has no mailbox"}},
    # Its address is the one that the stack under test has already.
    "workspace_setup": {"error": {"type": "conflict", "detail": "another mailbox has that address"}},
}


def function_of(sample: Path) -> str:
    """`inbound_email.two-recipients.sqs.json` -> `inbound_email`."""
    return sample.name.partition(".")[0]


@pytest.mark.parametrize("function", [name for name in HANDLERS if name != "api_docs"])
def test_every_function_has_a_sample(function: str) -> None:
    assert any(function_of(sample) == function for sample in FILES)


API_ANSWERS = {
    "attachments_api": {"upload": 201},
    "accounts_api": {
        "me": 200,
        "tokens": 403,
        "secret_scanning": 401,
        "people": 200,
        "invite": 201,
        "notifications": 403,
        "billing": 200,
    },
    "billing_api": {"checkout": 403, "portal": 403},
    "stripe_webhooks": {"invoice_paid": 400},
    "audit_api": {"list": 403, "export": 403},
    "mailboxes_api": {"mailboxes": 200, "add": 201, "domains": 200},
    "connections_api": {"list": 403, "start": 403, "finish": 403, "read": 403, "revoke": 403},
    "conversations_api": {"ingest_summary": 200, "assign": 400},
    "sign_in_api": {"sign_in": 401, "sign_up": 202, "reset": 202, "accept": 410, "sessions": 403},
}
"""The status of each sample; 404 for the rest, for what they name is none of this workspace."""


@pytest.mark.parametrize("sample", FILES, ids=lambda path: path.name)
def test_a_sample_is_understood_by_its_function(stack: Stack, sample: Path) -> None:
    event: dict[str, Any] = json.loads(sample.read_text())
    function = function_of(sample)
    if function == "inbound_email":
        for record in event["Records"]:
            stack.store(json.loads(record["body"])["mail"]["messageId"], MAIL)
    if function in API_ANSWERS:
        event["headers"]["Authorization"] = f"Bearer {stack.token}"
    answer = stack.call(function, event)
    match function:
        case "outbound_email":
            # The reply it speaks of is of no workspace of ours: it fails alone, by its id, and nothing is sent.
            assert len(answer["batchItemFailures"]) == len(event["Records"])
            assert stack.sent() == []
        case "due_work" | "connected_accounts":
            # The mails of the other samples were stored a moment ago: nothing is due yet.
            assert set(answer.values()) == {0}
        case _ if function in API_ANSWERS:
            expected = API_ANSWERS[function].get(sample.name.split(".")[1], 404)
            assert answer["statusCode"] == expected, answer["body"]
        case _:
            assert answer == ANSWERS[function], f"say what {function} answers to its sample"
