"""The ledger over the API: each delivery counts once, whatever was repeated, interrupted or done at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from letterlock.entry import mail_wiring, wiring
from tests.handlers.stack import MAILBOX, Stack, notification_of

NOBODY = "nobody@acme.example"


def mail(number: int) -> bytes:
    return f"From: ana@customer.example\r\nMessage-ID: <m{number}@x>\r\nSubject: {number}\r\n\r\nHello\r\n".encode()


def summary(stack: Stack, **query: str) -> dict[str, Any]:
    status, body, _ = stack.api("GET", "/v1/ingest-summary", query=query or None)
    assert status == 200, body
    (line,) = body["mailboxes"]
    assert line.pop("mailbox") == stack.mailbox
    return dict(line)


def entries(stack: Stack) -> list[str]:
    items = boto3.client("dynamodb").scan(TableName="ConversationsTable")["Items"]
    return sorted(each["outcome"]["S"] for each in items if each["pk"]["S"].startswith(f"{stack.workspace}#ingest#"))


def test_the_four_outcomes_sum_to_what_came_in(stack: Stack) -> None:
    stack.mail(mail(1), ses_message_id="ses1")
    stack.mail(mail(1), ses_message_id="ses2")
    stack.store("ses3", mail(3))
    stack.notify(notification_of("ses3", (MAILBOX,), virus="FAIL"))
    stack.notify(notification_of("gone", (MAILBOX,)))
    stack.mail(mail(5), ses_message_id="ses5", recipients=(NOBODY,))

    assert summary(stack) == {"received": 4, "stored": 1, "duplicate": 1, "quarantined": 1, "rejected": 1}
    assert summary(stack, day="2020-02-29", mailbox=stack.mailbox)["received"] == 0
    assert mail_wiring.receive_mail().stack_ledger.ingested(datetime.now(UTC).date()).total() == 1


@pytest.mark.parametrize("query", [{"day": "yesterday"}, {"day": "2026-02-30"}, {"date": "2026-02-28"}])
def test_a_question_that_makes_no_sense_is_refused(stack: Stack, query: dict[str, str]) -> None:
    assert stack.api("GET", "/v1/ingest-summary", query=query)[0] == 400


def test_another_workspaces_mailbox_is_not_found(stack: Stack) -> None:
    assert stack.api("GET", "/v1/ingest-summary", query={"mailbox": "mbx_elsewhere"})[0] == 404


def _dies(*_args: object, **_kwargs: object) -> None:
    raise ClientError({"Error": {"Code": "InternalServerError"}}, "Any")


@pytest.mark.parametrize(
    ("service", "call"),
    [("s3", "put_object"), ("dynamodb", "transact_write_items"), ("s3", "delete_object")],
    ids=["before the objects are kept", "before the commit", "after the commit"],
)
def test_a_delivery_that_was_interrupted_and_came_again_counts_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, service: str, call: str
) -> None:
    with monkeypatch.context() as interrupted:
        interrupted.setattr(wiring.client(service), call, _dies)
        assert len(stack.mail(mail(1))["batchItemFailures"]) == 1
    for _ in range(2):
        assert stack.notify(notification_of("ses1", (MAILBOX,))) == {"batchItemFailures": []}
    assert summary(stack) == {"received": 1, "stored": 1, "duplicate": 0, "quarantined": 0, "rejected": 0}
    assert entries(stack) == ["stored"]


@pytest.mark.parametrize("other", ["ses1", "ses2"], ids=["the same delivery", "the same mail in another delivery"])
def test_two_at_once_count_as_what_they_are(stack: Stack, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """The other is done whole between the first one's reading and its commit."""
    client = wiring.client("dynamodb")
    commit: Callable[..., Any] = client.transact_write_items

    def overtaken(**request: Any) -> Any:
        monkeypatch.setattr(client, "transact_write_items", commit)
        assert stack.mail(mail(1), ses_message_id=other) == {"batchItemFailures": []}
        return commit(**request)

    monkeypatch.setattr(client, "transact_write_items", overtaken)
    assert stack.mail(mail(1)) == {"batchItemFailures": []}
    expected = {"ses1": ["stored"], "ses2": ["duplicate", "stored"]}[other]
    assert entries(stack) == expected
    assert summary(stack) == {
        "received": len(expected),
        "stored": 1,
        "duplicate": len(expected) - 1,
        "quarantined": 0,
        "rejected": 0,
    }


# ---- the quarantine -------------------------------------------------------------------------------------------------


def _quarantined(stack: Stack) -> str:
    stack.store("ses1", mail(1))
    stack.notify(notification_of("ses1", (MAILBOX,), virus="FAIL"))
    _, listed, _ = stack.api("GET", "/v1/conversations", query={"status": "quarantined"})
    return str(listed["conversations"][0]["id"])


def test_a_released_mail_is_in_the_inbox_and_says_that_only_its_raw_form_is_kept(stack: Stack) -> None:
    conversation = _quarantined(stack)
    status, released, _ = stack.api("POST", f"/v1/conversations/{conversation}/quarantine/release")
    assert (status, released["status"]) == (200, "open")
    assert [each["id"] for each in stack.api("GET", "/v1/conversations")[1]["conversations"]] == [conversation]
    _, read, _ = stack.api("GET", f"/v1/conversations/{conversation}")
    (message,) = read["messages"]
    assert (message["quarantine"], message["raw_only"], message["text"]) == ("virus", True, "")
    status, refused, _ = stack.api("POST", f"/v1/conversations/{conversation}/replies", {"text": "Hello"})
    assert (status, refused["type"]) == (409, "urn:letterlock:problem:rule-broken")
    assert {"MailReleased", "StatusChanged"} <= {each["detail-type"] for each in stack.relay()}


def test_a_discarded_mail_is_in_no_list_and_still_there(stack: Stack) -> None:
    conversation = _quarantined(stack)
    status, discarded, _ = stack.api("POST", f"/v1/conversations/{conversation}/quarantine/discard")
    assert (status, discarded["status"]) == (200, "discarded")
    for listed in ("open", "pending", "closed", "spam", "quarantined"):
        assert stack.api("GET", "/v1/conversations", query={"status": listed})[1]["conversations"] == []
    assert stack.api("GET", "/v1/conversations", query={"status": "discarded"})[0] == 400
    assert stack.api("GET", f"/v1/conversations/{conversation}")[1]["status"] == "discarded"
    assert stack.api("POST", f"/v1/conversations/{conversation}/quarantine/discard")[0] == 409


def test_a_mail_that_could_be_read_says_that_all_of_it_is_there(stack: Stack) -> None:
    stack.mail(mail(1))
    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    (message,) = stack.api("GET", f"/v1/conversations/{card['id']}")[1]["messages"]
    assert (message["quarantine"], message["raw_only"]) == (None, False)
    assert stack.api("POST", f"/v1/conversations/{card['id']}/quarantine/release")[0] == 409
