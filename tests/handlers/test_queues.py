"""What the queues' functions do with what cannot be done: it comes again alone, it is counted, and nothing is quoted."""

import json
import random

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from letterlock.domain.errors import SendDelayed
from letterlock.entry import mail_wiring, wiring
from tests.handlers.stack import Stack, notification_of, sqs_event

MAIL = b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: marker-subject\r\n\r\nmarker-text\r\n"


@pytest.fixture
def queued(stack: Stack) -> tuple[str, dict[str, object]]:
    """A conversation whose reply waits to be sent, and the fact that says so."""
    stack.mail(MAIL)
    _, listed, _ = stack.api("GET", "/v1/conversations")
    conversation = listed["conversations"][0]["id"]
    stack.api("POST", f"/v1/conversations/{conversation}/replies", {"text": "marker-reply"})
    (fact,) = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    return conversation, fact


def sending(stack: Stack, conversation: str) -> dict[str, object]:
    _, read, _ = stack.api("GET", f"/v1/conversations/{conversation}")
    found: dict[str, object] = read["messages"][-1]["sending"]
    return found


def test_one_broken_notification_fails_alone(stack: Stack) -> None:
    stack.store("good", MAIL)
    good = sqs_event(json.dumps(notification_of("good", ("support@acme.example",))))["Records"][0]
    bad = {**good, "messageId": "bad-one", "body": '{"notificationType": "Received"}'}
    answer = stack.call("inbound_email", {"Records": [bad, good]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad-one"}]}
    assert len(stack.api("GET", "/v1/conversations")[1]["conversations"]) == 1


def test_a_failing_store_brings_the_mail_back_and_the_log_quotes_nothing(
    stack: Stack, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("dynamodb").delete_table(TableName="ConversationsTable")
    assert len(stack.mail(MAIL)["batchItemFailures"]) == 1
    logged = str([vars(record) for record in caplog.records]) + capsys.readouterr().out
    assert "message failed" in logged
    assert "marker" not in logged
    assert "ana@customer.example" not in logged


def test_a_lost_raw_mail_is_rejected_by_name_and_does_not_block_the_queue(stack: Stack) -> None:
    assert stack.notify(notification_of("gone", ("support@acme.example",))) == {"batchItemFailures": []}
    item = boto3.client("dynamodb").get_item(
        TableName="ConversationsTable",
        Key={"pk": {"S": f"{stack.workspace}#ingest#gone"}, "sk": {"S": stack.mailbox}},
    )["Item"]
    assert (item["outcome"]["S"], item["reason"]["S"]) == ("rejected", "object_gone")


def test_a_mail_with_the_largest_header_there_may_be_is_stored(stack: Stack) -> None:
    noise = random.Random(1)
    people = ", ".join(f'"{noise.randbytes(40).hex()}" <{noise.randbytes(9).hex()}@x.example>' for _ in range(1_800))
    named = "".join(f'--b\r\nContent-Type: a/b; name="{noise.randbytes(24).hex()}"\r\n\r\nx\r\n' for _ in range(400))
    raw = f'To: {people}\r\nSubject: large\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n{named}--b--\r\n'
    assert stack.mail(raw.encode()) == {"batchItemFailures": []}
    _, listed, _ = stack.api("GET", "/v1/conversations")
    _, read, _ = stack.api("GET", f"/v1/conversations/{listed['conversations'][0]['id']}")
    assert len(read["messages"][0]["attachments"]) == 400


def test_a_raw_mail_leaves_the_inbound_bucket_without_a_version_behind(stack: Stack) -> None:
    stack.mail(MAIL)
    assert "Versions" not in boto3.client("s3").list_object_versions(Bucket="inbound")


def test_nothing_that_is_stored_shows_what_was_written(stack: Stack, queued: tuple[str, dict[str, object]]) -> None:
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    items = [dynamodb.scan(TableName=name)["Items"] for name in ("ConversationsTable", "AccountsTable", "KeysTable")]
    objects = [
        s3.get_object(Bucket="archive", Key=each["Key"])["Body"].read()
        for each in s3.list_objects_v2(Bucket="archive")["Contents"]
    ]
    assert objects
    stored = (str(items) + str(objects)).lower()
    for word in ("marker", "ana@customer", "support@acme", "Acme", stack.token):
        assert word.lower() not in stored


def test_facts_carry_ids_only(stack: Stack, queued: tuple[str, dict[str, object]]) -> None:
    _, fact = queued
    said = json.dumps(fact)
    assert "marker" not in said
    assert "@" not in said


def test_the_bus_refusing_a_fact_brings_its_record_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
    monkeypatch.setattr(wiring.client("events"), "put_events", lambda **_: refusing)
    record = {
        "eventName": "INSERT",
        "dynamodb": {
            "SequenceNumber": "7",
            "NewImage": {"pk": {"S": "w"}, "sk": {"S": "s"}, "outbox": {"S": _outbox()}},
        },
    }
    assert stack.call("outbox_relay", {"Records": [record]}) == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def _outbox() -> str:
    return json.dumps(
        {"shared": {"metadata": {}, "data": {}}, "facts": [{"name": "NoteAdded", "metadata": {}, "data": {}}]}
    )


def test_a_throttled_send_waits_longer_each_time_and_then_fails_for_all_to_see(
    stack: Stack, queued: tuple[str, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, fact = queued
    pauses: list[int] = []
    monkeypatch.setattr(
        wiring.client("sqs"), "change_message_visibility", lambda **asked: pauses.append(asked["VisibilityTimeout"])
    )
    mailer = mail_wiring.answer_by_mail().mailer
    monkeypatch.setattr(type(mailer), "send", _raises(SendDelayed("TooManyRequestsException")))
    for tries in (1, 2, 3):
        assert stack.deliver(fact, receive_count=tries)["batchItemFailures"]
    assert pauses == [30, 60, 120]
    assert sending(stack, conversation)["state"] == "queued"
    assert stack.deliver(fact, receive_count=8) == {"batchItemFailures": []}
    assert sending(stack, conversation) | {"attempts": 4} == {
        "state": "failed",
        "attempts": 4,
        "reason": "TooManyRequestsException",
        "message_id": None,
        "bounce": None,
        "recipients": [],
    }


def test_a_lost_answer_of_ses_is_unconfirmed_and_never_sent_twice(
    stack: Stack, queued: tuple[str, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, fact = queued
    client = mail_wiring.answer_by_mail().mailer._client  # type: ignore[attr-defined]  # the one call that gets lost
    monkeypatch.setattr(client, "send_email", _raises(ReadTimeoutError(endpoint_url="ses")))
    for _ in range(2):
        assert stack.deliver(fact) == {"batchItemFailures": []}
    assert sending(stack, conversation)["state"] == "unconfirmed"


def _raises(error: Exception) -> object:
    def call(*_args: object, **_kwargs: object) -> None:
        raise error

    return call


def test_a_seal_that_does_not_open_is_counted_where_an_alarm_watches(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.mail(MAIL)
    _, listed, _ = stack.api("GET", "/v1/conversations")
    conversation = listed["conversations"][0]["id"]
    dynamodb = boto3.client("dynamodb")
    at = {"pk": {"S": f"{stack.workspace}#{conversation}"}, "sk": {"S": "HEAD"}}
    head = dynamodb.get_item(TableName="ConversationsTable", Key=at)["Item"]
    card = bytearray(head["card"]["B"])
    card[-1] ^= 1
    dynamodb.put_item(TableName="ConversationsTable", Item={**head, "card": {"B": bytes(card)}})
    capsys.readouterr()
    status, problem, _ = stack.api("GET", f"/v1/conversations/{conversation}")
    assert (status, problem["type"]) == (500, "urn:letterlock:problem:internal")
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "SealsBroken" in line]
    assert metric["check"] == "seal"
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Letterlock"
