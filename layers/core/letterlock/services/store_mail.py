"""One mail into one mailbox: sealed objects first, then everything else in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Mailbox
from letterlock.domain.acknowledgement import is_owed
from letterlock.domain.checks.examination import Checks
from letterlock.domain.checks.unwanted import Unwanted, unwanted
from letterlock.domain.conversations import (
    SUBJECT_CHARACTERS,
    Conversation,
    Kind,
    Message,
    Status,
    inline_text,
)
from letterlock.domain.errors import AlreadyIngested, SameMail, Stale
from letterlock.domain.fingerprints import fingerprint
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.domain.mail import Address, Content, Delivery, Mail
from letterlock.domain.threading import Rule, Threading, Trust, without_subaddress
from letterlock.services.announce import announce
from letterlock.services.changes import FRESH_READS
from letterlock.services.judge_mail import JudgeMail
from letterlock.services.let_in import LetIn
from letterlock.services.ports import Archive, Clock, Conversations, Ids, Ingest, MessagePlace, Original
from letterlock.services.read_forward import Forward
from letterlock.services.received_message import Received, received_message
from letterlock.services.record_delivery import RecordDelivery
from letterlock.services.thread_mail import Match


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that came, as each of its mailboxes gets it.

    `unreadable` says why `mail` is empty: it is kept raw, in a conversation of its own, out of the inbox. `ours` are
    the addresses of all mailboxes it came to. What another channel brings has no `original`: its text and HTML are all.
    """

    delivery: Delivery
    original: Original | None
    mail: Mail
    unreadable: Reason | None
    ours: frozenset[str]


@dataclass(frozen=True, slots=True)
class StoreMail:
    """Commit one delivery to one mailbox, exactly once. Raises Stale when the conversation would not hold still."""

    conversations: Conversations
    archive: Archive
    judge_mail: JudgeMail
    let_in: LetIn
    record_delivery: RecordDelivery
    ids: Ids
    now: Clock

    def __call__(self, arrival: Arrival, mailbox: Mailbox) -> IngestRecord | None:
        """The ledger's new entry; None when an earlier try had committed this delivery.

        What links it to copies of it in other mailboxes comes last, and again with each try: a try may die before that.
        """
        entry, may_be_elsewhere = self._committed(arrival, mailbox)
        if may_be_elsewhere and arrival.unreadable is None and arrival.mail.message_id:
            of = entry or self._entry(arrival.delivery, mailbox, Outcome.STORED, None)
            self.conversations.link_copies(Ingest(of, arrival.mail.message_id, fingerprint(arrival.mail)))
        return entry

    def _committed(self, arrival: Arrival, mailbox: Mailbox) -> tuple[IngestRecord | None, bool]:
        """And whether another mailbox of the workspace may have it."""
        for attempt in range(1 + FRESH_READS):
            try:
                entry, elsewhere = self._store(arrival, mailbox)
            except Stale:
                if attempt == FRESH_READS:
                    raise
            except AlreadyIngested:
                return None, True
            except SameMail as same:
                entry = self._entry(
                    arrival.delivery, mailbox, Outcome.DUPLICATE, Reason.SAME_MAIL, same.conversation, same.message
                )
                self.conversations.record(entry)
                return entry, True
            else:
                return entry, elsewhere
        raise AssertionError("unreachable")

    def _store(self, arrival: Arrival, mailbox: Mailbox) -> tuple[IngestRecord, bool]:
        delivery, mail, unreadable = arrival.delivery, arrival.mail, arrival.unreadable
        trust = Trust.IMPORTED if delivery.imported else Trust.UNVERIFIED
        match, checks = Match(None, Threading(Rule.NEW, "", trust)), None
        if unreadable is None:
            match, checks = self._judged(mail, delivery, mailbox)
        said = match.forward.original if match.forward else mail
        conversation = match.conversation or self._new(delivery, mailbox, said, match.linked)
        message = self._message(arrival, mailbox, conversation, match, checks)
        self._keep(MessagePlace(mailbox.workspace, conversation.id, message.id), arrival.original, said, message)
        if match.conversation:
            conversation.receive(
                message, self.let_in.copied(mail, delivery, conversation, match.threading.trust, arrival.ours)
            )
        else:
            opening = match.forward.opening if match.forward else mail
            people = self.let_in.opening(opening, mailbox.workspace, arrival.ours, imported=delivery.imported)
            conversation.open_with(message, people)
            if checks and is_owed(mail, checks, mailbox, conversation, message):
                conversation.acknowledge(message)
        if match.forward and match.forward.comment:
            conversation.note(self._comment(delivery, mailbox, match.forward))
        outcome = Outcome.QUARANTINED if unreadable else Outcome.STORED
        entry = self._entry(delivery, mailbox, outcome, unreadable, conversation.id, message.id)
        told = announce(conversation.facts, self.ids, self.now, correlation=delivery.ses_message_id)
        self.conversations.save(conversation, told, Ingest(entry, mail.message_id, fingerprint(mail)))
        return entry, match.conversation is None or self._went_elsewhere(arrival, mailbox, conversation)

    def _went_elsewhere(self, arrival: Arrival, mailbox: Mailbox, conversation: Conversation) -> bool:
        """An answer in a known thread goes to its mailbox and to who takes part, as a rule: nothing is read then."""
        mail = arrival.mail
        named = (*arrival.delivery.recipients, *(each.address for each in (*mail.to, *mail.cc)))
        known = {mailbox.address, mailbox.forwarding} | {each.address.key for each in conversation.participants}
        return any(known.isdisjoint((Address(each).key, Address(without_subaddress(each)).key)) for each in named)

    def _judged(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> tuple[Match, Checks | None]:
        """No checks of a mail that the team hands on: what was found out is about theirs, and nothing answers it by
        itself.

        A reply of ours that came back is marked before the bounce is stored: were it the other way round, a death in
        between would leave it unmarked.
        """
        judged = self.judge_mail(mail, delivery, mailbox)
        if judged.bounced and judged.checks.bounce:
            event = judged.bounced.event(judged.checks.bounce, delivery)
            if event:
                self.record_delivery(event)
        return judged.match, None if judged.match.forward else judged.checks

    def _new(self, delivery: Delivery, mailbox: Mailbox, mail: Mail, linked: str) -> Conversation:
        return Conversation(
            id=self.ids.derived("cnv", delivery.received_at, delivery.ses_message_id, mailbox.id),
            workspace=mailbox.workspace,
            mailbox=mailbox.id,
            number=self.conversations.next_number(mailbox.workspace),
            subject=mail.subject[:SUBJECT_CHARACTERS],
            opened_at=delivery.received_at if delivery.imported else self.now(),
            status=_status(delivery),
            linked=linked,
        )

    def _comment(self, delivery: Delivery, mailbox: Mailbox, forward: Forward) -> Message:
        """What somebody of the team wrote above a mail that they handed on is for the team."""
        return Message(
            id=self.ids.derived("msg", delivery.received_at, delivery.ses_message_id, mailbox.id, "comment"),
            kind=Kind.NOTE,
            at=delivery.received_at,
            text=inline_text(forward.comment)[0],
            author=forward.by,
        )

    def _message(
        self, arrival: Arrival, mailbox: Mailbox, conversation: Conversation, match: Match, checks: Checks | None
    ) -> Message:
        delivery, forward = arrival.delivery, match.forward
        at, of = delivery.received_at, (delivery.ses_message_id, mailbox.id)
        return received_message(
            Received(
                forward.original if forward else arrival.mail,
                delivery,
                arrival.unreadable,
                has_raw=arrival.original is not None,
            ),
            conversation.subject,
            match.threading,
            checks,
            id=self.ids.derived("msg", at, *of),
            file_id=lambda position: self.ids.derived("att", at, *of, str(position)),
        )

    def _keep(self, place: MessagePlace, original: Original | None, mail: Mail, message: Message) -> None:
        """Objects before items: after a crash in between, the next try writes them again under the same ids."""
        if original:
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


def _status(delivery: Delivery) -> Status:
    """Of a conversation that it opens. What an archive brings was seen to long ago."""
    if delivery.imported:
        return Status.CLOSED
    return Status.SPAM if unwanted(delivery.verdicts) is Unwanted.SPAM else Status.OPEN
