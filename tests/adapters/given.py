"""Conversations, mails and facts as the tests of the stores begin with them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.automatic import Automatic, Automation
from letterlock.domain.checks.bounce import Bounce, BouncedRecipient, ReportedAction
from letterlock.domain.checks.examination import Checks
from letterlock.domain.checks.identity import IdentityWarning
from letterlock.domain.checks.loop import Loop
from letterlock.domain.checks.mailing_list import MailingList
from letterlock.domain.conversations import (
    Conversation,
    Kind,
    Message,
    Sending,
    SendState,
    Status,
    StoredAttachment,
)
from letterlock.domain.facts import Told
from letterlock.domain.ledger import IngestRecord, Outcome
from letterlock.domain.mail import Address, Verdict, Verdicts
from letterlock.domain.participants import Participant
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.services.announce import announce
from letterlock.services.ports import Conversations, Inbox, Ingest
from tests.fakes import FakeClock, FakeIds

ANA = Address("ana@customer.test", "Ana")
BEN = Address("ben@customer.test", "Ben Ü.")
LEASE = timedelta(minutes=2)
WORKSPACE = "wsp_01JAB3C4D5E6F7G8H9J0KMNPQR"
MAILBOX = "mbx_01JZY3C4D5E6F7G8H9J0KMNPQR"
SES_ID = "o3vrnil0e2ic28tr0123456789abcdefghij01234567"
BOUNCED = BouncedRecipient("ana@inner.test", ReportedAction.FAILED, "5.1.1", "ana@customer.test")
CHECKS = Checks(
    Authenticity.DISOWNED,
    Automation(Automatic.REPLIED, "Auto-Submitted"),
    MailingList("List-Id", "users.it.test"),
    Bounce((BOUNCED, BouncedRecipient("ben@customer.test", ReportedAction.DELAYED, "")), "x@ses.test", "msg_1"),
    Loop.OWN_MAIL,
    tuple(IdentityWarning),
)
"""Everything that may be found out about a mail."""


@dataclass
class Desk:
    """A workspace of its own over some store, and the few things a test says about it."""

    store: Conversations
    clock: FakeClock
    ids: FakeIds
    workspace: str
    mailbox: str

    def mail(self, text: str = "Hello", *, message_id: str = "", subject: str = "", sender: Address = ANA) -> Message:
        """An inbound message, a second after the last."""
        self.clock.passes(seconds=1)
        return Message(
            id=self.ids.new("msg"),
            kind=Kind.INBOUND,
            at=self.clock(),
            text=text,
            subject=subject,
            sender=sender,
            to=(Address("support@acme.test", "Support"),),
            cc=(BEN,),
            attachments=(
                StoredAttachment(self.ids.new("att"), "r\u00e9sum\u00e9.pdf", "application/pdf", 12345, "ab" * 32),
                StoredAttachment(self.ids.new("att"), "logo.png", "image/png", 1, "cd" * 32, "logo@x", inline=True),
            ),
            message_id=message_id,
            references=("first@customer.test", "second@customer.test"),
            threading=Threading(Rule.NEW, "To", Trust.VERIFIED),
            verdicts=Verdicts(Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.GRAY, Verdict.DISABLED),
            checks=CHECKS,
            has_content=True,
            content_sha256="ef" * 32,
            has_raw=True,
        )

    def answer(self, text: str = "We are on it") -> Message:
        """A reply that waits to be sent."""
        self.clock.passes(seconds=1)
        return Message(
            id=self.ids.new("msg"),
            kind=Kind.REPLY,
            at=self.clock(),
            text=text,
            author="tok_ana",
            to=(ANA,),
            sending=Sending(SendState.QUEUED),
        )

    def conversation(self, *, mailbox: str = "", subject: str = "Broken lamp") -> Conversation:
        """Not stored, and without a message yet."""
        return Conversation(
            id=self.ids.new("cnv"),
            workspace=self.workspace,
            mailbox=mailbox or self.mailbox,
            number=7,
            subject=subject,
            opened_at=self.clock(),
        )

    def opened(
        self, message: Message | None = None, *, mailbox: str = "", subject: str = "Broken lamp", assignee: str = ""
    ) -> Conversation:
        """A stored conversation, opened by that mail."""
        conversation = self.conversation(mailbox=mailbox, subject=subject)
        conversation.open_with(message or self.mail(), [Participant(ANA, requester=True), Participant(BEN)])
        if assignee:
            conversation.assign(assignee)
        self.save(conversation)
        return conversation

    def received(self, conversation: Conversation, message: Message) -> None:
        conversation.receive(message)
        self.save(conversation)

    def save(self, conversation: Conversation, ingest: Ingest | None = None) -> None:
        self.store.save(conversation, self.told(conversation), ingest)

    def told(self, conversation: Conversation) -> list[Told]:
        return announce(conversation.facts, self.ids, self.clock, correlation="request-1")

    def ingest(
        self, conversation: Conversation, delivery: str = "ses-1", said: str = "", message_id: str = ""
    ) -> Ingest:
        """The ledger entry of the last message added to it. `said` stands for all that the mail says."""
        message = conversation.added[-1]
        entry = IngestRecord(
            workspace=self.workspace,
            mailbox=conversation.mailbox,
            ses_message_id=delivery,
            outcome=Outcome.STORED,
            at=self.clock(),
            conversation=conversation.id,
            message=message.id,
        )
        return Ingest(entry, message_id, hashlib.sha256((said or message.text).encode()).digest())

    def delivered(self, delivery: str, text: str = "Hello", message_id: str = "", mailbox: str = "") -> Conversation:
        """A stored conversation, opened by a mail that came with that delivery."""
        conversation = self.conversation(mailbox=mailbox)
        conversation.open_with(self.mail(text, message_id=message_id), [Participant(ANA, requester=True)])
        self.save(conversation, self.ingest(conversation, delivery, message_id=message_id))
        return conversation

    def cards(self, *mailboxes: str, status: Status = Status.OPEN) -> list[str]:
        """The conversations that the list shows, newest first."""
        wanted = mailboxes or (self.mailbox,)
        return [each.conversation for each in self.store.inbox(self.workspace, Inbox(wanted, status)).cards]
