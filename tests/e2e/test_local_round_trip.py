"""What a user of the local cloud sees: mail in through the SMTP door, out of the outbox, all of it over HTTP."""

import re
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from local.correspondent import answer_to
from local.demo import account, bounce, round_trip
from local.files import each_way
from local.inbox import conversation, conversations, wait_for
from local.ledger import Ledger
from local.newcomers import come_in
from local.post import send
from local.progress import Progress
from local.subscriber import subscribe
from local.verify_audit import differing as audit_differing
from local.verify_digests import differing
from tests.e2e.conftest import Running
from tools.verify_digests import verify

pytestmark = pytest.mark.e2e

SECONDS = 40


def mail(subject: str, sender: str = "ana@client.example", **headers: str) -> bytes:
    lines = {"From": sender, "To": "support@demo.test", "Subject": subject, **headers}
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\nHello there.\r\n"


def arrived(cloud: Running, subject: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        return next((each for each in conversations(cloud.api, cloud.mailbox) if each["subject"] == subject), None)

    return wait_for(subject, look, SECONDS)


def sent_reply(cloud: Running, conversation_id: str, text: str) -> Any:
    """Answer, wait until SES took it, and give the mail as its recipient got it."""
    assert cloud.api.post(f"/v1/conversations/{conversation_id}/replies", {"text": text})[0] == 202

    def delivered() -> Any:
        for path in Path(cloud.connection.outbox).glob("*.eml"):
            found = message_from_bytes(path.read_bytes(), policy=policy.default)
            if text in found.get_body(("plain",)).get_content():  # type: ignore[union-attr]  # our mails have one
                return found
        return None

    return wait_for("the reply", delivered, SECONDS)


def test_mail_in_reply_out_answer_in_is_one_conversation(local_cloud: Running) -> None:
    deliveries: list[str] = []
    round_trip(local_cloud.connection, Progress(sys.stderr), deliveries)
    account(local_cloud.cloud, local_cloud.connection, Progress(sys.stderr), deliveries)


def test_files_go_each_way_whole(local_cloud: Running) -> None:
    each_way(local_cloud.connection, Progress(sys.stderr), [])


def test_people_come_in_and_pay(local_cloud: Running) -> None:
    owner = come_in(local_cloud.connection, Progress(sys.stderr))
    subscribe(owner, local_cloud.cloud.settings, Progress(sys.stderr))


def test_a_reply_that_comes_back_shows_it_and_marks_the_contact(local_cloud: Running) -> None:
    conversation_id = bounce(local_cloud.connection, Progress(sys.stderr), [])
    read = conversation(local_cloud.api, conversation_id)
    reply = next(each for each in read["messages"] if each["kind"] == "reply")
    assert (reply["sending"]["state"], reply["sending"]["bounce"]) == ("bounced", "hard")
    contact = read["participants"][0]["contact"]
    status, known = local_cloud.api.get(f"/v1/contacts/{contact}")
    assert (status, known["undeliverable"]["reason"]) == (200, "hard_bounce")
    # What will not arrive is not sent again; what is written anew goes out, and shows its own end.
    assert local_cloud.api.post(f"/v1/conversations/{conversation_id}/messages/{reply['id']}/retry", {})[0] == 409


@pytest.mark.parametrize(
    ("name", "state"),
    [("softbounce", "bounced"), ("complaint", "complained"), ("slow", "delivered"), ("reject", "rejected")],
)
def test_what_ses_says_of_a_reply_is_on_its_message(local_cloud: Running, name: str, state: str) -> None:
    subject = f"To {name}"
    send(local_cloud.connection, mail(subject, sender=f"{name}@client.example"))
    card = arrived(local_cloud, subject)
    assert local_cloud.api.post(f"/v1/conversations/{card['id']}/replies", {"text": "Our answer."})[0] == 202

    def settled() -> bool | None:
        messages = conversation(local_cloud.api, card["id"])["messages"]
        return any(each["sending"] and each["sending"]["state"] == state for each in messages) or None

    wait_for(state, settled, SECONDS)


def test_a_stranger_who_forwards_the_reply_address_is_appended_unverified(local_cloud: Running) -> None:
    send(local_cloud.connection, mail("Forwarded address", **{"Message-ID": "<fwd1@client.example>"}))
    card = arrived(local_cloud, "Forwarded address")
    reply = sent_reply(local_cloud, card["id"], "Our answer to the forwarder.")
    reply_to = reply["Reply-To"].addresses[0].addr_spec
    send(local_cloud.connection, mail("Re: Forwarded address", sender="eve@else.example"), recipient=reply_to)
    read = wait_for("the stranger's mail", lambda: _with_messages(local_cloud, card["id"], 3), SECONDS)
    assert read["messages"][2]["threading"]["trust"] == "unverified"
    assert "eve@else.example" not in [each["address"] for each in read["participants"]]


def test_a_stranger_who_knows_the_message_id_only_gets_a_linked_conversation(local_cloud: Running) -> None:
    send(local_cloud.connection, mail("Bare id", **{"Message-ID": "<bare1@client.example>"}))
    card = arrived(local_cloud, "Bare id")
    stranger = mail("Re: Bare id", sender="eve@else.example", **{"In-Reply-To": "<bare1@client.example>"})
    send(local_cloud.connection, stranger)
    other = conversation(local_cloud.api, arrived(local_cloud, "Re: Bare id")["id"])
    assert other["linked"] == [{"conversation": card["id"], "reason": "named"}]
    assert len(conversation(local_cloud.api, card["id"])["messages"]) == 1


def test_the_customers_own_answer_threads_by_references_alone(local_cloud: Running) -> None:
    send(local_cloud.connection, mail("By references", sender="mira.castellan@client.example"))
    card = arrived(local_cloud, "By references")
    answer = answer_to(sent_reply(local_cloud, card["id"], "Please answer without the address."))
    answer.replace_header("To", local_cloud.connection.mailbox)
    send(local_cloud.connection, answer.as_bytes(), recipient=local_cloud.connection.mailbox)
    read = wait_for("the answer", lambda: _with_messages(local_cloud, card["id"], 3), SECONDS)
    assert read["messages"][2]["threading"] == {
        "rule": "keyed_reference",
        "evidence": "References",
        "trust": "verified",
        "by": None,
    }


def test_every_delivery_ends_in_the_ledger(local_cloud: Running) -> None:
    twice = mail("Sent twice", **{"Message-ID": "<twice@client.example>"})
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(300))
    expected = {
        send(local_cloud.connection, twice).message_id: "stored",
        send(local_cloud.connection, nested, sender="x@client.example").message_id: "quarantined",
        send(local_cloud.connection, mail("To nobody"), recipient="nobody@demo.test").message_id: "rejected",
    }
    _settled(local_cloud, expected)
    again = {send(local_cloud.connection, twice).message_id: "duplicate"}
    _settled(local_cloud, again)


def test_notes_assignment_and_status_are_shown(local_cloud: Running) -> None:
    send(local_cloud.connection, mail("Triage"))
    path = f"/v1/conversations/{arrived(local_cloud, 'Triage')['id']}"
    assert local_cloud.api.post(f"{path}/notes", {"text": "Between us."})[0] == 201
    assert local_cloud.api.put(f"{path}/assignee", {"assignee": "me"})[0] == 200
    assert local_cloud.api.put(f"{path}/status", {"status": "closed"})[0] == 200
    read = local_cloud.api.get(path)[1]
    assert read["status"] == "closed"
    assert read["assignee"].startswith("tok_")
    assert [each["kind"] for each in read["messages"]] == ["inbound", "note"]
    mine = local_cloud.api.get("/v1/conversations?assignee=me&status=closed")[1]
    assert [each["subject"] for each in mine["conversations"]] == ["Triage"]


def test_the_docs_page_is_served(local_cloud: Running) -> None:
    with urlopen(f"{local_cloud.connection.api}/docs", timeout=SECONDS) as answer:  # noqa: S310 - our own http address
        assert b"/v1/conversations" in answer.read()
        assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


def test_after_all_of_this_every_digest_is_true(local_cloud: Running) -> None:
    send(local_cloud.connection, mail("To be verified"))
    arrived(local_cloud, "To be verified")
    progress = Progress(sys.stderr)
    assert differing(local_cloud.cloud.aws, local_cloud.connection.workspace, progress.say) == 0


def test_after_all_of_this_the_audit_log_is_true_and_a_tampered_entry_is_named(local_cloud: Running) -> None:
    aws, workspace = local_cloud.cloud.aws, local_cloud.connection.workspace
    assert audit_differing(aws, workspace, Progress(sys.stderr).say) == 0
    name = local_cloud.cloud.resources["AuditTable"]
    recorded = aws.dynamodb.query(
        TableName=name,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :entries)",
        ExpressionAttributeValues={":pk": {"S": workspace}, ":entries": {"S": "ENT#"}},
    )["Items"]
    assert {"workspace_created", "mailbox_added", "token_issued"} <= {each["act"]["S"] for each in recorded}
    entry = recorded[1]
    aws.dynamodb.put_item(TableName=name, Item={**entry, "actor": {"S": "operatos"}})
    said: list[str] = []
    assert audit_differing(aws, workspace, said.append) == 1
    assert said[0] == f"differs: {entry['sk']['S']}: it is not the entry that was linked"
    aws.dynamodb.put_item(TableName=name, Item=entry)
    assert audit_differing(aws, workspace, said.append) == 0
    assert re.search(r" links, [1-9][0-9]* anchors met, 0 differ$", said[-1])


def test_an_anchor_cannot_be_deleted(local_cloud: Running) -> None:
    aws, bucket = local_cloud.cloud.aws, local_cloud.cloud.resources["AuditAnchorsBucket"]
    assert audit_differing(aws, local_cloud.connection.workspace, Progress(sys.stderr).say) == 0
    kept = aws.s3.list_object_versions(Bucket=bucket)["Versions"][0]
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.s3.delete_object(Bucket=bucket, Key=kept["Key"], VersionId=kept["VersionId"])


def test_a_conversation_that_was_changed_behind_its_back_is_named(local_cloud: Running) -> None:
    send(local_cloud.connection, mail("To be changed"))
    card = arrived(local_cloud, "To be changed")
    dynamodb, name = local_cloud.cloud.aws.dynamodb, local_cloud.cloud.resources["ConversationsTable"]
    pk = {"S": f"{local_cloud.connection.workspace}#{card['id']}"}
    head = dynamodb.get_item(TableName=name, Key={"pk": pk, "sk": {"S": "HEAD"}})["Item"]
    dynamodb.put_item(TableName=name, Item={**head, "digest": {"B": bytes(32)}})
    said: list[str] = []
    verify(
        local_cloud.cloud.aws.functions,
        local_cloud.cloud.resources["DigestVerificationFunction"],
        local_cloud.connection.workspace,
        said.append,
    )
    assert [line for line in said if line.startswith("differs")] == [
        f"differs: {card['id']}: its messages are not those that its head was told of"
    ]
    dynamodb.put_item(TableName=name, Item=head)


def _with_messages(cloud: Running, conversation_id: str, count: int) -> dict[str, Any] | None:
    read = conversation(cloud.api, conversation_id)
    return read if len(read["messages"]) >= count else None


def _settled(cloud: Running, expected: dict[str, str]) -> None:
    ledger = Ledger(
        cloud.cloud.aws.dynamodb,
        table=cloud.cloud.resources["ConversationsTable"],
        workspace=cloud.connection.workspace,
        mailbox=cloud.mailbox,
    )

    def look() -> bool | None:
        found = ledger.outcomes(list(expected))
        of_the_stack = {each: ledger.outcome_of_the_stack(each) for each in expected if each not in found}
        return found | of_the_stack == expected or None

    wait_for("the ledger", look, SECONDS)
