"""The ways by which files come and go, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

from datetime import datetime

import boto3
from moto.s3.models import s3_backends

from bench.letters import pdf
from bench.scenarios import CONVERSATIONS, Desk
from bench.stack import ACCOUNT, MAILBOX
from letterlock.domain.permissions import Role, Scope

SMALL = 2_000
WITH_PROGRAM = (
    f"From: Eve <eve@customer.example>\r\nTo: {MAILBOX}\r\nSubject: Your invoice\r\n"
    'Content-Type: application/pdf; name="invoice.pdf"\r\nContent-Disposition: attachment\r\n\r\nMZ and so on'
).encode()
"""A mail that is nothing but a file that lies about itself."""
LONG_AGO = datetime(2020, 2, 2)  # noqa: DTZ001 - moto's own, in UTC without saying so


def a_form_is_asked_for_again(desk: Desk) -> None:
    """Under its key, before the file came and after; and it is asked how it stands."""
    upload = desk.announced(pdf(SMALL), Idempotency_Key="k")
    desk.announced(pdf(SMALL), Idempotency_Key="k")
    desk.asked("GET", f"/v1/attachments/{upload['id']}")


def a_form_is_used_twice(desk: Desk) -> None:
    """What comes second is deleted unread; and what nobody asked for is."""
    upload, first = desk.uploaded(pdf(SMALL))
    second = desk.stack.upload(upload["form"], pdf(SMALL, 2))
    for stored in (first, second, first):
        desk.accepted(desk.stack.scan(stored))
    desk.asked("GET", f"/v1/attachments/{upload['id']}")


def a_file_lies_about_itself(desk: Desk) -> None:
    _, stored = desk.uploaded(b"MZ" + bytes(SMALL))
    desk.accepted(desk.stack.scan(stored))


def a_file_is_gone_before_it_is_looked_into(desk: Desk) -> None:
    upload, stored = desk.uploaded(pdf(SMALL))
    version = stored["Records"][0]["s3"]["object"]["versionId"]
    boto3.client("s3").delete_object(Bucket="uploads", Key=upload["form"]["fields"]["key"], VersionId=version)
    desk.accepted(desk.stack.scan(stored))


def a_note_with_a_file(desk: Desk) -> None:
    """Which is fetched; then it is gone from the archive."""
    desk.opened(attachment_bytes=SMALL)
    file = desk.attachable(pdf(SMALL))
    note = desk.api("POST", "/notes", {"text": "See this.", "attachments": [file]})
    place = f"/messages/{note['id']}/attachments/{file}"
    desk.api("GET", place)
    boto3.client("s3").delete_object(Bucket="archive", Key=f"{desk.stack.workspace}/uploads/{file}")
    desk.stack.api("GET", f"/v1/conversations/{desk.conversation}{place}")


def the_file_of_a_mail(desk: Desk) -> None:
    """Looked into twice, fetched; and that of another mail is gone before anybody looks."""
    for gone in (False, True):
        desk.opened(attachment_bytes=SMALL)
        (message,) = desk.api("GET")["messages"]
        (file,) = message["attachments"]
        key = f"{desk.stack.workspace}/{desk.conversation}/{message['id']}/{file['id']}"
        if gone:
            boto3.client("s3").delete_object(Bucket="archive", Key=key)
        (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"][-1:]
        for _ in range(2):
            desk.accepted(desk.stack.scan(fact))
        if not gone:
            desk.api("GET", f"/messages/{message['id']}/attachments/{file['id']}")


def a_quarantined_file_is_released(desk: Desk) -> None:
    """Twice: the second time it is done already."""
    desk.accepted(desk.stack.mail(WITH_PROGRAM, ses_message_id="program"))
    desk.conversation = desk.listed()[0]["id"]
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"][-1:]
    desk.accepted(desk.stack.scan(fact))
    (message,) = desk.api("GET")["messages"]
    (file,) = message["attachments"]
    admin = desk.stack.person(Role.ADMIN)
    place = f"{CONVERSATIONS}/{desk.conversation}/messages/{message['id']}/attachments/{file['id']}"
    for _ in range(2):
        desk.asked("PUT", f"{place}/state", {"state": "released"}, token="", headers=admin.headers)


def the_last_try_to_look_into_a_file(desk: Desk) -> None:
    desk.opened(attachment_bytes=SMALL)
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"][-1:]
    desk.accepted(desk.stack.scan(fact, receive_count=5))


def somebody_who_sees_one_mailbox_only_fetches(desk: Desk) -> None:
    """With a token that nobody has used today."""
    desk.opened(attachment_bytes=SMALL)
    (message,) = desk.api("GET")["messages"]
    (file,) = message["attachments"]
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"][-1:]
    desk.accepted(desk.stack.scan(fact))
    token = desk.stack.token_with(frozenset({Scope.READ}), Role.VIEWER, frozenset({desk.stack.mailbox}))
    place = f"{CONVERSATIONS}/{desk.conversation}/messages/{message['id']}/attachments/{file['id']}"
    desk.asked("GET", place, token=token, headers={"Accept": "application/json"})


def what_nobody_attached_is_dropped(desk: Desk) -> None:
    """After a day, as what was fetched is after a quarter of an hour."""
    desk.opened()
    file = desk.attachable(pdf(SMALL))
    boto3.client("dynamodb").update_item(
        TableName="ConversationsTable",
        Key={"pk": {"S": f"{desk.stack.workspace}#upload#{file}"}, "sk": {"S": "UPLOAD"}},
        UpdateExpression="SET due_at = :long_ago",
        ExpressionAttributeValues={":long_ago": {"S": "2020-02-02T02:20Z"}},
    )
    a_note_with_a_file(desk)
    for _, stored in s3_backends[ACCOUNT]["aws"].buckets["downloads"].keys.iterlists():
        stored[-1].last_modified = LONG_AGO
    desk.stack.call("due_work", {})


FILES = (
    a_form_is_asked_for_again,
    a_form_is_used_twice,
    a_file_lies_about_itself,
    a_file_is_gone_before_it_is_looked_into,
    a_note_with_a_file,
    the_file_of_a_mail,
    a_quarantined_file_is_released,
    the_last_try_to_look_into_a_file,
    somebody_who_sees_one_mailbox_only_fetches,
    what_nobody_attached_is_dropped,
)
