"""Once a minute: facts that the stream missed reach the bus, mails that nobody took in reach their mailbox."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from letterlock.domain.errors import SendDelayed, SendRefused, SendUncertain
from letterlock.domain.ledger import Reason
from letterlock.entry import mail_wiring, wiring
from local.receipt import Delivery, stored_mail
from local.verdicts import Verdicts
from tests.handlers.stack import MAILBOX, Stack, notification_of

MAIL = b"From: ana@customer.example\r\nSubject: marker-subject\r\nMessage-ID: <m1@x>\r\n\r\nmarker-text\r\n"
ID = "o3vrnil0e2ic28tr0123456789abcdefghijklmn"
FOUR_DAYS = 4 * 24 * 60
QUIET = {
    "OutboxesRepublished": 0,
    "OutboxesRefused": 0,
    "OutboxesLeftMarked": 0,
    "RepliesGivenUp": 0,
    "MailRequeued": 0,
    "MailUnattributed": 0,
    "UploadsDropped": 0,
    "DownloadsSwept": 0,
}


@pytest.fixture
def later(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`later(minutes)`: from then on it is so much later for the sweeps."""

    def passes(minutes: int) -> None:
        monkeypatch.setattr(wiring, "now", lambda: datetime.now(UTC) + timedelta(minutes=minutes))
        for made in (
            wiring.outboxes,
            mail_wiring.publish_facts,
            mail_wiring.republish_overdue,
            mail_wiring.requeue_orphans,
            mail_wiring.settle_overdue,
        ):
            made.cache_clear()

    return passes


@pytest.fixture
def published(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every entry that the bus was handed."""
    entries: list[dict[str, Any]] = []

    def put_events(**asked: Any) -> dict[str, Any]:
        entries.extend(asked["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in asked["Entries"]]}

    monkeypatch.setattr(wiring.client("events"), "put_events", put_events)
    return entries


def work(stack: Stack) -> dict[str, int]:
    done: dict[str, int] = stack.call("due_work", {})
    return done


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return [json.loads(each["Detail"])["metadata"]["id"] for each in entries]


# ---- facts ----------------------------------------------------------------------------------------------------------


def test_facts_that_the_stream_missed_are_published_once_from_the_table(
    stack: Stack, later: Any, published: list[dict[str, Any]]
) -> None:
    stack.mail(MAIL)
    assert work(stack) == QUIET
    later(6)
    assert work(stack) == QUIET | {"OutboxesRepublished": 1}
    assert [each["DetailType"] for each in published] == ["ConversationOpened", "MessageReceived"]
    assert work(stack) == QUIET


def test_facts_that_the_relay_published_are_not_published_again(
    stack: Stack, later: Any, published: list[dict[str, Any]]
) -> None:
    stack.mail(MAIL)
    stack.relay()
    later(6)
    assert work(stack) == QUIET
    assert len(published) == 2


def test_a_fact_that_is_published_twice_is_the_same_fact(
    stack: Stack, later: Any, published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay published, and died before it could say so."""
    stack.mail(MAIL)

    def throttled(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    with monkeypatch.context() as busy:
        busy.setattr(wiring.client("dynamodb"), "update_item", throttled)
        stack.relay()
    later(6)
    work(stack)
    assert len(published) == 4
    assert ids(published[:2]) == ids(published[2:])


def test_facts_that_the_bus_refuses_stay_due(stack: Stack, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)
    later(6)
    refusing = {"FailedEntryCount": 2, "Entries": [{"ErrorCode": "InternalFailure"}] * 2}
    with monkeypatch.context() as down:
        down.setattr(wiring.client("events"), "put_events", lambda **_: refusing)
        assert work(stack) == QUIET | {"OutboxesRefused": 1}
    assert work(stack) == QUIET | {"OutboxesRepublished": 1}


def test_everything_that_tells_something_is_due_until_it_is_told(stack: Stack) -> None:
    stack.mail(MAIL)
    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    stack.api("POST", f"/v1/conversations/{card['id']}/notes", {"text": "Look"})
    stack.api("POST", f"/v1/conversations/{card['id']}/replies", {"text": "Hello"})
    (queued,) = [fact for fact in stack.relay() if fact["detail-type"] == "ReplyQueued"]
    assert stack.deliver(queued) == {"batchItemFailures": []}
    due = [each for each in items() if "outbox" in each and "due_shard" in each]
    assert [json.loads(each["outbox"]["S"])["facts"][0]["name"] for each in due] == ["MessageSent"]
    stack.relay()
    assert [each for each in items() if "due_shard" in each or "due_at" in each] == []


def items() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName="ConversationsTable")["Items"]
    return found


# ---- replies --------------------------------------------------------------------------------------------------------


@pytest.fixture
def reply(stack: Stack) -> tuple[str, dict[str, Any]]:
    """The path of a reply that waits to be sent, and the fact that says so."""
    stack.mail(MAIL)
    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    path = f"/v1/conversations/{card['id']}"
    sent = stack.api("POST", f"{path}/replies", {"text": "Hello"})[1]
    (fact,) = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    return f"{path}/messages/{sent['id']}", fact


def sending(stack: Stack, path: str) -> tuple[str, str | None]:
    shown = stack.api("GET", path)[1]["sending"]
    return shown["state"], shown["reason"]


def test_a_reply_that_the_queue_gave_up_on_in_silence_shows_it_and_goes_out_on_request(
    stack: Stack, later: Any, reply: tuple[str, dict[str, Any]], published: list[dict[str, Any]]
) -> None:
    path, fact = reply
    with pytest.MonkeyPatch.context() as down:
        down.setattr(wiring.client("dynamodb"), "query", _dies)
        assert stack.deliver(fact, receive_count=8)["batchItemFailures"]
    later(179)
    assert work(stack) == QUIET
    later(181)
    assert work(stack) == QUIET | {"RepliesGivenUp": 1}
    assert work(stack)["RepliesGivenUp"] == 0
    assert sending(stack, path) == ("failed", "never_sent")
    assert [each["detail"]["data"]["reason"] for each in stack.relay()] == ["never_sent"]
    assert stack.deliver(fact) == {"batchItemFailures": []}
    assert len(stack.sent()) == 0
    assert stack.api("POST", f"{path}/retry")[0] == 202
    (again,) = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    stack.deliver(again)
    assert sending(stack, path) == ("sent", None)


def test_a_reply_whose_last_sender_died_is_unconfirmed_and_may_have_gone_out(
    stack: Stack, later: Any, reply: tuple[str, dict[str, Any]]
) -> None:
    path, fact = reply
    of = fact["detail"]["data"]
    store = mail_wiring.deliver_reply().conversations
    store.claim(of["workspace"], of["conversation"], of["message"], timedelta(minutes=182))
    later(181)
    assert work(stack)["RepliesGivenUp"] == 0  # a sender holds the lease
    later(183)
    assert work(stack)["RepliesGivenUp"] == 1
    assert sending(stack, path) == ("unconfirmed", "sender_stopped")
    assert stack.api("POST", f"{path}/retry")[0] == 409


@pytest.mark.parametrize("said", [None, SendDelayed("Throttling"), SendRefused("MessageRejected"), SendUncertain("x")])
def test_a_reply_is_due_as_long_as_the_queue_has_it(
    stack: Stack, reply: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, said: Exception | None
) -> None:
    path, fact = reply
    assert _due_replies() == ["queued"]
    if said:
        monkeypatch.setattr(type(mail_wiring.answer_by_mail().mailer), "send", lambda *_, **__: _dies(said))
    stack.deliver(fact)
    assert _due_replies() == (["queued"] if isinstance(said, SendDelayed) else [])
    assert (sending(stack, path)[0] == "queued") is isinstance(said, SendDelayed)


def _due_replies() -> list[str]:
    return [each["sending"]["S"] for each in items() if each.get("due_shard") == {"S": "reply#0"}]


def _dies(error: object = None, **_: object) -> Any:
    raise error if isinstance(error, Exception) else ClientError({"Error": {"Code": "InternalServerError"}}, "Query")


# ---- raw mails ------------------------------------------------------------------------------------------------------


def stored(recipients: tuple[str, ...] = (MAILBOX,), **said: Any) -> bytes:
    """As the receipt rule leaves it."""
    now, verdicts = datetime.now(UTC), Verdicts(**said)
    return stored_mail(
        Delivery(ID, now, "ana@customer.example", recipients, "mx.x.test", "198.51.100.7", verdicts), MAIL
    )


def queued(stack: Stack) -> list[dict[str, Any]]:
    """What lies in the inbound queue, taken from it."""
    sqs, url = boto3.client("sqs"), boto3.client("sqs").get_queue_url(QueueName="inbound")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [json.loads(each["Body"]) for each in found]


def in_bucket() -> int:
    return int(boto3.client("s3").list_objects_v2(Bucket="inbound")["KeyCount"])


def test_a_mail_whose_notification_got_lost_reaches_its_mailbox(stack: Stack, later: Any) -> None:
    stack.store(ID, stored())
    assert work(stack) == QUIET
    later(16)
    assert work(stack) == QUIET | {"MailRequeued": 1}
    assert work(stack) == QUIET
    (notification,) = queued(stack)
    assert "marker" not in json.dumps(notification)
    assert stack.notify(notification) == {"batchItemFailures": []}
    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    assert card["subject"] == "marker-subject"
    assert in_bucket() == 0


def test_its_verdicts_are_those_of_ses(stack: Stack, later: Any) -> None:
    stack.store(ID, stored(virus="FAIL"))
    later(16)
    work(stack)
    (notification,) = queued(stack)
    stack.notify(notification)
    assert stack.api("GET", "/v1/conversations")[1]["conversations"] == []
    assert len(stack.api("GET", "/v1/conversations", query={"status": "quarantined"})[1]["conversations"]) == 1


def test_a_mail_that_was_stored_and_only_not_dropped_is_dropped_and_counts_once(
    stack: Stack, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.store(ID, stored())
    day = datetime.now(UTC).date().isoformat()
    with monkeypatch.context() as interrupted:

        def dies(**_: object) -> None:
            raise ClientError({"Error": {"Code": "InternalError"}}, "DeleteObject")

        interrupted.setattr(wiring.client("s3"), "delete_object", dies)
        assert stack.notify(notification_of(ID, (MAILBOX,)))["batchItemFailures"]
    later(16)
    assert work(stack)["MailRequeued"] == 1
    (notification,) = queued(stack)
    assert stack.notify(notification) == {"batchItemFailures": []}
    assert in_bucket() == 0
    (line,) = stack.api("GET", "/v1/ingest-summary", query={"day": day})[1]["mailboxes"]
    assert (line["received"], line["stored"]) == (1, 1)


@pytest.mark.parametrize("raw", [MAIL, b"", stored(("a@acme.example", "b@acme.example"))])
def test_a_mail_that_does_not_say_for_whom_it_came_is_noted_once_and_stays(
    stack: Stack, later: Any, raw: bytes
) -> None:
    stack.store(ID, raw)
    later(16)
    assert work(stack) == QUIET  # a queue may still bring it, and say for whom
    later(FOUR_DAYS + 1)
    assert work(stack) == QUIET | {"MailUnattributed": 1}
    later(FOUR_DAYS + 600)
    assert work(stack) == QUIET
    assert queued(stack) == []
    assert in_bucket() == 1
    counted = mail_wiring.receive_mail().stack_ledger.ingested(
        (datetime.now(UTC) + timedelta(minutes=FOUR_DAYS + 1)).date()
    )
    assert counted == {Reason.UNATTRIBUTED: 1}


def test_a_mail_that_the_queue_brings_late_has_one_outcome(stack: Stack, later: Any) -> None:
    to = (MAILBOX, "b@acme.example")
    stack.store(ID, stored(to))
    later(60 * 24)
    assert work(stack) == QUIET
    assert stack.notify(notification_of(ID, to)) == {"batchItemFailures": []}
    later(FOUR_DAYS + 1)
    assert work(stack)["MailUnattributed"] == 0
    days = [(datetime.now(UTC) + timedelta(days=n)).date() for n in range(6)]
    ledger = mail_wiring.receive_mail().stack_ledger
    assert sum((ledger.ingested(day) for day in days), Counter()) == {Reason.UNKNOWN_RECIPIENT: 1}
    assert len(stack.api("GET", "/v1/conversations")[1]["conversations"]) == 1


def test_what_ses_wrote_when_the_rule_was_made_is_no_mail(stack: Stack, later: Any) -> None:
    stack.store("AMAZON_SES_SETUP_NOTIFICATION", MAIL)
    later(FOUR_DAYS + 1)
    assert work(stack) == QUIET


def test_one_sweep_that_fails_does_not_keep_the_other_from_running_and_quotes_nothing(
    stack: Stack,
    later: Any,
    published: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack.mail(MAIL)
    stack.store(ID, stored())
    later(16)

    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("marker")

    with monkeypatch.context() as broken:
        broken.setattr(wiring.outboxes(), "overdue", dies)
        with pytest.raises(Exception, match=r"^publish_overdue_facts$"):
            stack.call("due_work", {})
    assert len(queued(stack)) == 1
    assert "marker" not in capsys.readouterr().out
    with monkeypatch.context() as broken:
        broken.setattr(wiring.client("s3"), "get_paginator", dies)
        with pytest.raises(Exception, match=r"^requeue_orphaned_mail, sweep_downloads$"):
            stack.call("due_work", {})
    assert len(published) == 2
