"""What SES says of a reply, through the real handler, as the team sees it over the API."""

import json
from typing import Any

import boto3
import pytest

from tests.handlers.stack import REGION, Stack, sqs_event

ANA, BEN = "ana@customer.example", "ben@customer.example"
MAIL = f"From: {ANA}\r\nTo: support@acme.example\r\nCc: {BEN}\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n".encode()


def says(sent: dict[str, Any], kind: str, name: str = "", **said: Any) -> dict[str, Any]:
    """An event about the mail of `sent`, as the rules hand it over."""
    detail = {"eventType": kind, "mail": sent} | ({name: said} if name else {})
    return {"id": "6a7e8feb-b491-4cf7", "time": "2026-11-02T09:45:03Z", "region": REGION, "detail": detail}


def bounce(sent: dict[str, Any], address: str, kind: str = "Permanent", sub_kind: str = "NoEmail") -> dict[str, Any]:
    listed = [{"emailAddress": address, "diagnosticCode": "smtp; 550 marker"}]
    return says(sent, "Bounce", "bounce", bounceType=kind, bounceSubType=sub_kind, bouncedRecipients=listed)


def delivery(sent: dict[str, Any], *addresses: str) -> dict[str, Any]:
    return says(sent, "Delivery", "delivery", recipients=list(addresses))


@pytest.fixture
def sent(stack: Stack) -> tuple[str, dict[str, Any]]:
    """The path of a reply that SES took, and SES's mail object for it."""
    stack.mail(MAIL)
    _, listed, _ = stack.api("GET", "/v1/conversations")
    conversation = listed["conversations"][0]["id"]
    _, reply, _ = stack.api("POST", f"/v1/conversations/{conversation}/replies", {"text": "On its way."})
    (fact,) = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    stack.deliver(fact)
    path = f"/v1/conversations/{conversation}/messages/{reply['id']}"
    ses_id = stack.api("GET", path)[1]["sending"]["message_id"].partition("@")[0]
    tags = {**fact["detail"]["data"], "attempt": "1"}
    return path, {
        "messageId": ses_id,
        "destination": [ANA, BEN],
        "tags": {name: [value] for name, value in tags.items()},
    }


def sending(stack: Stack, path: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.api("GET", path)[1]["sending"]
    return found


def facts(stack: Stack) -> list[tuple[str, dict[str, str]]]:
    return [(each["detail-type"], each["detail"]["data"]) for each in stack.relay()]


def test_a_bounce_is_shown_on_its_message_with_who_got_it_and_who_did_not(
    stack: Stack, sent: tuple[str, dict[str, Any]]
) -> None:
    path, mail = sent
    stack.relay()
    for event in (says(mail, "Send"), bounce(mail, ANA), delivery(mail, BEN), bounce(mail, ANA)):
        assert stack.ses_says(event) == {"batchItemFailures": []}
    shown = sending(stack, path)
    assert (shown["state"], shown["bounce"], shown["reason"]) == ("bounced", "hard", "NoEmail")
    assert shown["recipients"] == [
        {"address": ANA, "state": "bounced", "bounce": "hard", "reason": "NoEmail"},
        {"address": BEN, "state": "delivered", "bounce": None, "reason": None},
    ]
    ((name, data),) = facts(stack)
    assert name == "MessageBounced"
    assert set(data) == {"workspace", "conversation", "message", "kind"}
    assert data["kind"] == "hard"


def test_the_contact_to_whom_mail_comes_back_is_marked(stack: Stack, sent: tuple[str, dict[str, Any]]) -> None:
    _, mail = sent
    stack.ses_says(bounce(mail, ANA))
    items = boto3.client("dynamodb").scan(TableName="ConversationsTable")["Items"]
    (profile,) = [item for item in items if item["sk"]["S"] == "PROFILE"]
    assert profile["undeliverable"] == {"S": "hard_bounce"}
    assert profile["undeliverable_at"] == {"S": "2026-11-02T09:45:03.000Z"}


def test_nothing_that_ses_said_lies_open_in_the_table(stack: Stack, sent: tuple[str, dict[str, Any]]) -> None:
    _, mail = sent
    stack.ses_says(bounce(mail, ANA))
    stored = str(boto3.client("dynamodb").scan(TableName="ConversationsTable")["Items"])
    assert "customer.example" not in stored
    assert "marker" not in stored


def test_suppression_by_ses_shows_on_the_reply_that_it_stopped(stack: Stack, sent: tuple[str, dict[str, Any]]) -> None:
    path, mail = sent
    stack.ses_says(bounce(mail, ANA, sub_kind="OnAccountSuppressionList"))
    shown = sending(stack, path)
    assert (shown["state"], shown["reason"]) == ("bounced", "OnAccountSuppressionList")
    # The next reply goes out all the same: Ben gets it, and the message shows who did not.
    conversation = path.partition("/messages/")[0]
    assert stack.api("POST", f"{conversation}/replies", {"text": "Again."})[0] == 202


def test_a_soft_bounce_is_sent_again_when_the_team_says_so_and_to_nobody_twice(
    stack: Stack, sent: tuple[str, dict[str, Any]]
) -> None:
    path, mail = sent
    stack.ses_says(delivery(mail, BEN))
    assert stack.api("POST", f"{path}/retry")[0] == 409
    stack.ses_says(bounce(mail, ANA, "Transient", "MailboxFull"))
    stack.relay()
    status, again, _ = stack.api("POST", f"{path}/retry")
    assert (status, again["sending"]["state"]) == (202, "queued")
    assert stack.api("POST", f"{path}/retry")[0] == 409
    (fact,) = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    assert stack.deliver(fact) == {"batchItemFailures": []}
    assert set(stack.sent()[-1].destinations) == {ANA}
    assert (sending(stack, path)["state"], sending(stack, path)["attempts"]) == ("sent", 2)


def test_a_broken_event_fails_alone_and_the_log_quotes_nothing(
    stack: Stack, sent: tuple[str, dict[str, Any]], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    path, mail = sent
    good = sqs_event(json.dumps(delivery(mail, ANA, BEN)))["Records"][0]
    broken = says({**mail, "destination": "marker"}, "Send")
    bad = {**good, "messageId": "bad-one", "body": json.dumps(broken)}
    assert stack.call("delivery_events", {"Records": [bad, good]}) == {
        "batchItemFailures": [{"itemIdentifier": "bad-one"}]
    }
    assert sending(stack, path)["state"] == "delivered"
    logged = str([vars(record) for record in caplog.records]) + capsys.readouterr().out
    assert "marker" not in logged
    assert "customer.example" not in logged


def test_an_event_of_a_foreign_workspace_changes_nothing(stack: Stack, sent: tuple[str, dict[str, Any]]) -> None:
    path, mail = sent
    before = sending(stack, path)
    foreign = {**mail, "tags": {**mail["tags"], "workspace": ["wsp_01JBX2Q4M8W0RKSPACE0000001"]}}
    assert stack.ses_says(bounce(foreign, ANA)) == {"batchItemFailures": []}
    assert sending(stack, path) == before
