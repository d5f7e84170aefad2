"""An old mailbox is imported into a workspace that is in use: through the real queue's messages and the real handler."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest

from bench.check_paths import bounce
from bench.letters import pdf
from letterlock.adapters.sqs_inbound_queue import SqsInboundQueue
from letterlock.domain.permissions import Scope
from tests.handlers.stack import MAILBOX, Stack, notification_of, sqs_event
from tools.import_mailbox import Import, Sums, listed
from tools.import_target import Inbound, NotImported, Target

ANA, EVE = "ana@customer.example", "eve@else.example"
CONVERSATIONS = "/v1/conversations"


def old(
    number: int, day: int, sender: str, to: str, *, answers: int | None = None, text: str = "As it was.", **more: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Order 3"
    mail["Date"] = f"{day:02} Mar 2019 10:00:00 +0000"
    mail["Message-ID"] = f"<old-{number}@archive.example>"
    if answers is not None:
        mail["In-Reply-To"] = f"<old-{answers}@archive.example>"
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@dataclass
class Workspace:
    """A stack whose inbound queue is worked off whenever the import waits; `broken`: nobody works it off."""

    stack: Stack
    folder: Path
    queue: str
    broken: bool = False
    brought: list[dict[str, Any]] = field(default_factory=list)
    clock: float = 0.0

    def keeps(self, **mails: EmailMessage) -> None:
        for name, mail in mails.items():
            (self.folder / f"{name}.eml").write_bytes(mail.as_bytes())

    def imports(self, mailbox: str = MAILBOX) -> Sums:
        sums, target = Sums(), Target("s", "eu-west-1", self.stack.workspace, self.stack.mailbox, mailbox)
        sqs = boto3.client("sqs")
        way = Inbound(
            self.stack.outside,
            self.stack.buckets[0],
            SqsInboundQueue(sqs, self.queue),
            boto3.client("dynamodb"),
            "ConversationsTable",
            target,
        )
        Import(way, mailbox, lambda _: None, clock=self, sums=sums).run(listed(self.folder, sums, lambda _: None))
        return sums

    def monotonic(self) -> float:
        return self.clock

    def sleep(self, seconds: float, /) -> None:
        self.clock += seconds
        if not self.broken:
            self.works()

    def works(self) -> None:
        sqs = boto3.client("sqs")
        for each in sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            self.brought.append(json.loads(each["Body"]))
            assert self.stack.call("inbound_email", sqs_event(each["Body"])) == {"batchItemFailures": []}
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])

    def all(self, **query: str) -> list[Any]:
        cards: list[Any] = self.stack.api("GET", CONVERSATIONS, query=query or None)[1]["conversations"]
        return cards

    def shown(self, conversation: str) -> Any:
        return self.stack.api("GET", f"{CONVERSATIONS}/{conversation}")[1]

    def answered(self, conversation: str) -> tuple[str, Any]:
        """The address of an answer of ours, and where it went."""
        self.stack.relay()
        assert self.stack.api("POST", f"{CONVERSATIONS}/{conversation}/replies", {"text": "Soon."})[0] == 202
        (fact,) = [each for each in self.stack.relay() if each["detail-type"] == "ReplyQueued"]
        assert self.stack.deliver(fact) == {"batchItemFailures": []}
        sent = self.stack.sent()[-1]
        (address,) = [line for line in sent.raw_data.splitlines() if line.startswith("Reply-To:")]
        return address.rpartition("<")[2].rstrip(">"), set(sent.destinations)


@pytest.fixture
def workspace(stack: Stack, tmp_path: Path) -> Workspace:
    return Workspace(stack, tmp_path, boto3.client("sqs").create_queue(QueueName="inbound")["QueueUrl"])


def test_an_old_thread_is_one_closed_conversation_with_its_own_dates(workspace: Workspace) -> None:
    workspace.keeps(
        # Names that sort the other way round.
        c=old(1, 1, f"Ana <{ANA}>", MAILBOX),
        b=old(2, 2, MAILBOX, ANA, answers=1),
        a=old(3, 3, ANA, MAILBOX, answers=2),
    )
    sums = workspace.imports()

    assert (sums.line(), sums.all_in) == ("3 mails = 3 stored + 0 duplicate + 0 quarantined + 0 rejected", True)
    assert workspace.all(status="open") == []
    (card,) = workspace.all(status="closed")
    shown = workspace.shown(card["id"])
    assert [each["threading"] for each in shown["messages"]] == [
        {"rule": "new", "evidence": "", "trust": "imported", "by": None},
        {"rule": "message_id", "evidence": "In-Reply-To", "trust": "imported", "by": None},
        {"rule": "message_id", "evidence": "In-Reply-To", "trust": "imported", "by": None},
    ]
    assert [each["at"][:10] for each in shown["messages"]] == ["2019-03-01", "2019-03-02", "2019-03-03"]
    assert shown["opened_at"].startswith("2019-03-01")
    assert [(each["address"], each["name"]) for each in shown["participants"]] == [(ANA, "Ana")]
    for each in shown["messages"]:
        assert each["checks"]["authentication"] == dict.fromkeys(("spf", "dkim", "dmarc"), "DISABLED") | {
            "sender": "unknown"
        }
        assert each["checks"]["warnings"] == []


def test_nobody_is_told_and_nothing_is_acknowledged(workspace: Workspace) -> None:
    stack = workspace.stack
    stack.api(
        "PATCH",
        f"/v1/mailboxes/{stack.mailbox}",
        {"settings": {"acknowledgement": {"enabled": True, "text": "We have it."}}},
        token=stack.token_with(frozenset(Scope)),
    )
    workspace.keeps(a=old(1, 1, ANA, MAILBOX), b=old(2, 2, ANA, MAILBOX, answers=1))
    stack.relay()
    workspace.imports()

    assert [each["detail-type"] for each in stack.relay()] == ["MailImported", "MailImported"]
    assert stack.sent() == []


def test_a_second_import_and_a_redelivery_change_nothing(workspace: Workspace) -> None:
    workspace.keeps(a=old(1, 1, ANA, MAILBOX), b=old(2, 2, ANA, MAILBOX, answers=1))
    workspace.imports()
    before = workspace.stack.fingerprint()
    again = workspace.imports()

    assert again.line().endswith("(2 by an earlier run)")
    assert again.all_in
    for notification in workspace.brought:
        assert workspace.stack.notify(notification) == {"batchItemFailures": []}
    assert workspace.stack.fingerprint() == before


def test_an_import_that_was_broken_off_goes_on_where_it_was(workspace: Workspace) -> None:
    workspace.keeps(a=old(1, 1, ANA, MAILBOX))
    workspace.imports()
    workspace.keeps(b=old(2, 2, ANA, MAILBOX, answers=1), c=old(3, 3, EVE, MAILBOX, answers=2))
    workspace.stack.store("import-of-which-nobody-was-told", b"Subject: lost\r\n\r\n")

    assert workspace.imports().line().startswith("3 mails = 3 stored")
    assert [each["message_count"] for each in workspace.all(status="closed")] == [3]


def test_what_the_mailbox_itself_sent_opens_a_conversation_with_whom_it_went_to(workspace: Workspace) -> None:
    workspace.keeps(a=old(1, 1, f"Support <{MAILBOX}>", ANA))
    workspace.imports()
    (card,) = workspace.all(status="closed")

    assert [(each["address"], each["requester"]) for each in workspace.shown(card["id"])["participants"]] == [
        (ANA, True)
    ]
    assert workspace.answered(card["id"])[1] == {ANA}


def test_a_customer_goes_on_with_an_old_thread_and_a_stranger_does_not(workspace: Workspace) -> None:
    workspace.keeps(a=old(1, 1, ANA, MAILBOX))
    workspace.imports()
    (card,) = workspace.all(status="closed")
    for name, sender in (("stranger", EVE), ("customer", ANA)):
        workspace.stack.mail(old(9, 9, sender, MAILBOX, answers=1, text=name).as_bytes(), ses_message_id=name)

    shown = workspace.shown(card["id"])
    assert shown["status"] == "open"
    assert [each["text"].strip() for each in shown["messages"]] == ["As it was.", "customer"]
    assert shown["messages"][-1]["threading"]["trust"] == "verified"


@pytest.mark.attack("an old mail that names a conversation of today")
def test_nothing_that_an_archive_holds_leads_into_a_conversation_that_came_by_mail(workspace: Workspace) -> None:
    stack = workspace.stack
    stack.mail(old(7, 7, ANA, MAILBOX).as_bytes(), ses_message_id="live")
    (live,) = workspace.all()
    address, _ = workspace.answered(live["id"])
    workspace.keeps(
        a=old(1, 1, ANA, MAILBOX, answers=7, text="by its Message-ID"),
        b=old(2, 2, ANA, address, text="by its address"),
        c=old(3, 3, ANA, MAILBOX, text="by its token", References=f"<{address.partition('+')[2]}>"),
    )
    workspace.imports()

    assert workspace.shown(live["id"])["message_count"] == 2
    others = [workspace.shown(each["id"]) for each in workspace.all(status="closed")]
    assert {each["messages"][0]["threading"]["rule"] for each in others} == {"new"}
    assert [each["linked"] for each in others if each["linked"]] == [[{"conversation": live["id"], "reason": "named"}]]


def test_an_old_bounce_says_nothing_of_what_we_sent(workspace: Workspace) -> None:
    stack = workspace.stack
    stack.mail(old(7, 7, ANA, MAILBOX).as_bytes(), ses_message_id="live")
    (live,) = workspace.all()
    address, _ = workspace.answered(live["id"])
    (workspace.folder / "bounce.eml").write_bytes(bounce("b1", f"References: <{address.partition('+')[2]}>"))
    before = workspace.shown(live["id"])
    workspace.imports()

    assert workspace.shown(live["id"]) == before
    (card,) = workspace.all(status="closed")
    assert workspace.shown(card["id"])["messages"][0]["bounce"]["action"] == "failed"


def test_files_of_old_mail_are_looked_into_before_anybody_fetches_them(workspace: Workspace) -> None:
    mail = old(1, 1, ANA, MAILBOX)
    mail.add_attachment(pdf(2_000), maintype="application", subtype="pdf", filename="old.pdf")
    workspace.keeps(a=mail)
    workspace.imports()
    (fact,) = workspace.stack.relay()
    assert workspace.stack.scan(fact) == {"batchItemFailures": []}

    (card,) = workspace.all(status="closed")
    (file,) = workspace.shown(card["id"])["messages"][0]["attachments"]
    assert file["state"] == "clean"


def test_a_mail_that_cannot_be_read_is_kept_in_the_quarantine(workspace: Workspace) -> None:
    (workspace.folder / "deep.eml").write_bytes(
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(300))
    )
    assert workspace.imports().line() == "1 mails = 0 stored + 0 duplicate + 1 quarantined + 0 rejected"


def test_an_address_that_is_no_mailbox_is_found_out_with_the_first_mail(workspace: Workspace) -> None:
    workspace.keeps(a=old(1, 1, ANA, MAILBOX), b=old(2, 2, ANA, MAILBOX))

    with pytest.raises(NotImported, match="no mailbox has the address"):
        workspace.imports("nobody@acme.example")
    assert len(workspace.brought) == 1


def test_an_import_that_lies_in_the_bucket_is_nobody_s_orphan(workspace: Workspace) -> None:
    workspace.stack.forgotten("import-" + "0" * 40, old(1, 1, ANA, MAILBOX).as_bytes())
    before = workspace.stack.items("ConversationsTable")
    workspace.stack.call("due_work", {})

    assert workspace.stack.items("ConversationsTable") == before
    assert len(workspace.stack.versions(workspace.stack.buckets[0])) == 1


def test_a_mail_does_not_become_an_import_by_what_it_says(workspace: Workspace) -> None:
    raw = old(1, 1, ANA, MAILBOX, Message_Id2="import-1", X_SES_Message_ID="import-1").as_bytes()
    workspace.stack.store("arrival", raw)
    workspace.stack.notify(notification_of("arrival", (MAILBOX,)))

    (card,) = workspace.all(status="open")
    assert workspace.shown(card["id"])["messages"][0]["threading"]["trust"] == "verified"
