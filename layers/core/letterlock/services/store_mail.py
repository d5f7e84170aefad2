"""One mail into one mailbox: sealed objects first, then everything else in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from letterlock.domain.accounts import Mailbox
from letterlock.domain.conversations import (
    SUBJECT_CHARACTERS,
    Conversation,
    Kind,
    Message,
    Status,
    StoredAttachment,
    inline_text,
    participants_of,
)
from letterlock.domain.errors import AlreadyIngested, SameMail, Stale
from letterlock.domain.fingerprints import fingerprint
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.domain.mail import Content, Delivery, Mail, Verdict
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.services.announce import announce
from letterlock.services.ports import Archive, Clock, Conversations, Ids, Ingest, MessagePlace, Original
from letterlock.services.thread_mail import Match, ThreadMail

FRESH_READS = 3
"""How often a head that moved under us is read again before the delivery goes back to the queue."""
REFERENCES_KEPT = 50
RECIPIENTS_KEPT = 200
"""Of To and of Cc. The raw mail keeps them all; an item of DynamoDB ends at 400 kB."""


@dataclass(frozen=True, slots=True)
class StoreMail:
    """Commit one delivery to one mailbox, exactly once. Raises Stale when the conversation would not hold still."""

    conversations: Conversations
    archive: Archive
    thread_mail: ThreadMail
    ids: Ids
    now: Clock

    def __call__(
        self, delivery: Delivery, mailbox: Mailbox, original: Original, mail: Mail, unreadable: Reason | None
    ) -> IngestRecord:
        """`unreadable` says why `mail` is empty: it is kept raw, in a conversation of its own, out of the inbox."""
        for attempt in range(1 + FRESH_READS):
            try:
                return self._store(delivery, mailbox, original, mail, unreadable)
            except Stale:
                if attempt == FRESH_READS:
                    raise
            except AlreadyIngested:
                recorded = self.conversations.recorded(mailbox.workspace, mailbox.id, delivery.ses_message_id)
                if recorded is None:  # the ledger had it a moment ago; its entries are never deleted
                    raise
                return recorded
            except SameMail as same:
                entry = self._entry(delivery, mailbox, Outcome.DUPLICATE, Reason.SAME_MAIL, same.conversation)
                self.conversations.record(entry)
                return entry
        raise AssertionError("unreachable")

    def _store(
        self, delivery: Delivery, mailbox: Mailbox, original: Original, mail: Mail, unreadable: Reason | None
    ) -> IngestRecord:
        match = Match(None, Threading(Rule.NEW, "", Trust.UNVERIFIED))
        if unreadable is None:
            match = self.thread_mail(mail, delivery, mailbox)
        conversation = match.conversation or self._new(delivery, mailbox, mail, match.linked)
        message = self._message(delivery, mailbox, conversation, mail, match.threading, unreadable)
        self._keep(MessagePlace(mailbox.workspace, conversation.id, message.id), original, mail, message)
        if match.conversation:
            conversation.receive(message)
        else:
            conversation.open_with(message, participants_of(mail, mailbox.address))
        entry = self._entry(
            delivery,
            mailbox,
            Outcome.QUARANTINED if unreadable else Outcome.STORED,
            unreadable,
            conversation.id,
            message.id,
        )
        told = announce(conversation.facts, self.ids, self.now, correlation=delivery.ses_message_id)
        # A mail nobody could read is only ever equal to itself.
        said = hashlib.sha256(delivery.ses_message_id.encode()).digest() if unreadable else fingerprint(mail)
        self.conversations.save(conversation, told, Ingest(entry, mail.message_id, said))
        return entry

    def _new(self, delivery: Delivery, mailbox: Mailbox, mail: Mail, linked: str) -> Conversation:
        return Conversation(
            id=self.ids.derived("cnv", delivery.received_at, delivery.ses_message_id, mailbox.id),
            workspace=mailbox.workspace,
            mailbox=mailbox.id,
            number=self.conversations.next_number(mailbox.workspace),
            subject=mail.subject[:SUBJECT_CHARACTERS],
            opened_at=self.now(),
            status=Status.SPAM if delivery.verdicts.spam is Verdict.FAIL else Status.OPEN,
            linked=linked,
        )

    def _message(
        self,
        delivery: Delivery,
        mailbox: Mailbox,
        conversation: Conversation,
        mail: Mail,
        threading: Threading,
        unreadable: Reason | None,
    ) -> Message:
        text, cut = inline_text(mail.text)
        attachments = tuple(
            StoredAttachment(
                id=self.ids.derived("att", delivery.received_at, delivery.ses_message_id, mailbox.id, str(position)),
                name=each.name,
                media_type=each.media_type,
                size=len(each.content),
                sha256=hashlib.sha256(each.content).hexdigest(),
                content_id=each.content_id,
                inline=each.inline,
            )
            for position, each in enumerate(mail.attachments)
        )
        return Message(
            id=self.ids.derived("msg", delivery.received_at, delivery.ses_message_id, mailbox.id),
            kind=Kind.INBOUND,
            at=delivery.received_at,
            text=text,
            subject=mail.subject[:SUBJECT_CHARACTERS] if mail.subject != conversation.subject else "",
            sender=mail.sender,
            to=mail.to[:RECIPIENTS_KEPT],
            cc=mail.cc[:RECIPIENTS_KEPT],
            attachments=attachments,
            message_id=mail.message_id,
            references=mail.references[-REFERENCES_KEPT:],
            threading=threading,
            verdicts=delivery.verdicts,
            quarantine=unreadable,
            has_content=cut or bool(mail.html),
            has_raw=True,
        )

    def _keep(self, place: MessagePlace, original: Original, mail: Mail, message: Message) -> None:
        """Objects before items: after a crash in between, the next try writes them again under the same ids."""
        self.archive.keep_raw(place, original.chunks())
        if message.has_content:
            self.archive.keep_content(place, Content(mail.text, mail.html))
        for stored, each in zip(message.attachments, mail.attachments, strict=True):
            self.archive.keep_attachment(place, stored.id, each.content)

    def _entry(
        self,
        delivery: Delivery,
        mailbox: Mailbox,
        outcome: Outcome,
        reason: Reason | None,
        conversation: str = "",
        message: str = "",
    ) -> IngestRecord:
        return IngestRecord(
            workspace=mailbox.workspace,
            mailbox=mailbox.id,
            ses_message_id=delivery.ses_message_id,
            outcome=outcome,
            at=self.now(),
            reason=reason,
            conversation=conversation,
            message=message,
        )
