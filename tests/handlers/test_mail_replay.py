"""The operator's replay of the archive: what would be made of each mail today, against what is kept."""

from typing import Any

import boto3
import pytest

from bench.paths import RECEIPT
from letterlock.adapters import mime_parser
from letterlock.domain import visible
from tests.handlers.stack import MAILBOX, Stack

QUESTION = (
    "From: Ana <ana@customer.example>\r\nTo: support@acme.example\r\nSubject: Order 7\r\n"
    "Message-ID: <1@customer.example>\r\n\r\nWhere is it?\r\n"
)
ANSWER = (
    "From: Ana <ana@customer.example>\r\nTo: support@acme.example\r\nSubject: Re: Order 7\r\n"
    "Message-ID: <2@customer.example>\r\nIn-Reply-To: <1@customer.example>\r\n\r\nI have it.\r\n"
)


def replay(stack: Stack, cursor: str = "") -> Any:
    return stack.call("mail_replay", {"workspace": stack.workspace, "cursor": cursor})


@pytest.fixture
def mails(stack: Stack) -> Stack:
    for number, raw in enumerate((QUESTION, ANSWER)):
        stack.mail(RECEIPT + raw.encode(), ses_message_id=f"ses{number}", recipients=(MAILBOX,))
    return stack


def changed(stack: Stack) -> list[list[str]]:
    return [each["changes"] for each in replay(stack)["differing"]]


def test_nothing_differs_while_the_rules_are_the_same(mails: Stack) -> None:
    stored = mails.fingerprint()

    assert replay(mails) == {"mails": 2, "in_part": 0, "differing": [], "cursor": ""}
    assert mails.fingerprint() == stored


def test_a_mail_whose_envelope_is_not_known_is_parsed_and_not_threaded(stack: Stack) -> None:
    stack.mail(QUESTION.encode(), ses_message_id="ses1")

    assert replay(stack) == {"mails": 1, "in_part": 1, "differing": [], "cursor": ""}


def test_what_is_parsed_otherwise_today_is_named(mails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mime_parser, "SUBJECT_CHARACTERS", 5)

    assert changed(mails) == [["subject"], ["subject"]]


def test_what_is_visible_otherwise_today_is_named(mails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("letterlock.services.received_message.hidden_spans", lambda *_: ((0, 1),))

    assert visible.hidden_spans("Where is it?") == ()
    assert changed(mails) == [["visible_text"], ["visible_text"]]


def test_a_mail_that_would_find_another_conversation_today_is_named(mails: Stack) -> None:
    """Somebody took away what leads from the first mail's Message-ID to its conversation."""
    table = boto3.resource("dynamodb").Table("ConversationsTable")
    for item in mails.items("ConversationsTable"):
        if "#mid#" in item["pk"]["S"] or "#msgid#" in item["pk"]["S"]:
            table.delete_item(Key={"pk": item["pk"]["S"], "sk": item["sk"]["S"]})

    assert changed(mails) == [["threading"]]


def test_a_raw_mail_that_is_gone_or_does_not_open_is_named(mails: Stack) -> None:
    s3 = boto3.client("s3")
    first, second = sorted(key for key in mails.objects("archive") if key.endswith("/raw"))
    s3.delete_object(Bucket="archive", Key=first)
    s3.put_object(Bucket="archive", Key=second, Body=b"x" * 200)

    assert changed(mails) == [["raw"], ["raw"]]


def test_a_cursor_of_the_digests_leads_nowhere_here(mails: Stack) -> None:
    assert "error" in replay(mails, cursor="nonsense")
