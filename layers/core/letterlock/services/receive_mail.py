"""A mail came in: to whom, is it readable, and how did it end for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from letterlock.domain.accounts import Mailbox
from letterlock.domain.answers import Refused, answer_seen
from letterlock.domain.errors import OriginalGone
from letterlock.domain.forwarding import Confirmation, confirmation_in
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.domain.mail import Delivery
from letterlock.services.ports import Clock, Conversations, Mailboxes, Originals, Parser, StackLedger
from letterlock.services.received_message import read
from letterlock.services.store_mail import Arrival, StoreMail

if TYPE_CHECKING:
    from letterlock.services.take_answer import Answers


@dataclass(frozen=True, slots=True)
class ReceiveMail:
    """Each recipient's mailbox gets the mail once; the raw mail leaves the inbound bucket after the last of them.

    Returns how many ended as what by this call; what an earlier try had committed is not counted again. Raises when a
    mailbox could not be served: the delivery is tried again, and those that were served find their ledger entry.
    """

    originals: Originals
    parser: Parser
    mailboxes: Mailboxes
    conversations: Conversations
    stack_ledger: StackLedger
    store_mail: StoreMail
    answers: Callable[[], Answers]
    """Made when the first one comes."""
    now: Clock

    def __call__(self, delivery: Delivery) -> Counter[Outcome]:
        routes = self.mailboxes.route(delivery.recipients)
        mailboxes = {mailbox.id: mailbox for mailbox in routes.values()}
        strangers = [each for each in delivery.recipients if each not in routes]
        try:
            original = self.originals.open(delivery.object_key)
        except OriginalGone:
            return self._gone(delivery, list(mailboxes.values()), strangers)
        outcomes: Counter[Outcome] = Counter()
        if mailboxes:
            mail, unreadable = read(self.parser, delivery.verdicts, original.size, original.read)
            ours = {each.address for each in mailboxes.values()} | {each.forwarding for each in mailboxes.values()}
            arrival = Arrival(delivery, original, mail, unreadable, frozenset(ours - {""}))
            for mailbox in mailboxes.values():
                if entry := self._taken(arrival, mailbox):
                    outcomes[entry.outcome] += 1
        if strangers and not mailboxes:
            # Kept for a while under the stack's own key: an address may have been forgotten, or misspelt, by us.
            self.stack_ledger.keep_raw(delivery.ses_message_id, original.chunks())
        for recipient in strangers:
            if self.stack_ledger.record(delivery.ses_message_id, recipient, Reason.UNKNOWN_RECIPIENT, self.now()):
                outcomes[Outcome.REJECTED] += 1
        original.discard()
        return outcomes

    def _taken(self, arrival: Arrival, mailbox: Mailbox) -> IngestRecord | None:
        """The ledger's new entry; None when an earlier try had made it.

        What is neither a provider's question nor the team's answer costs nothing more by this: the addresses on the
        mail tell.
        """
        if arrival.delivery.imported:
            return self.store_mail(arrival, mailbox)
        if confirmation := confirmation_in(arrival.mail, arrival.delivery, mailbox.forwarding):
            return self._confirmation(arrival, mailbox, confirmation)
        seen = answer_seen(arrival.mail, arrival.delivery.recipients, mailbox.address)
        if seen is None:
            return self.store_mail(arrival, mailbox)
        try:
            return self.answers().take(arrival, mailbox, seen)
        except Refused as refused:
            return self.answers().refuse(arrival, mailbox, refused) if seen.alone else self.store_mail(arrival, mailbox)

    def _confirmation(self, arrival: Arrival, mailbox: Mailbox, found: Confirmation) -> IngestRecord | None:
        workspace, ses_message_id = mailbox.workspace, arrival.delivery.ses_message_id
        if self.conversations.recorded(workspace, mailbox.id, ses_message_id):
            return None
        self.mailboxes.note_confirmation(mailbox, found)
        entry = IngestRecord(workspace, mailbox.id, ses_message_id, Outcome.STORED, self.now())
        self.conversations.record(entry)
        return entry

    def _gone(self, delivery: Delivery, mailboxes: list[Mailbox], strangers: list[str]) -> Counter[Outcome]:
        """Gone because an earlier try ended well, or lost: the ledger knows which, for each recipient."""
        outcomes: Counter[Outcome] = Counter()
        for mailbox in mailboxes:
            workspace, ses_message_id, at = mailbox.workspace, delivery.ses_message_id, self.now()
            if self.conversations.recorded(workspace, mailbox.id, ses_message_id) is None:
                self.conversations.record(
                    IngestRecord(workspace, mailbox.id, ses_message_id, Outcome.REJECTED, at, Reason.OBJECT_GONE)
                )
                outcomes[Outcome.REJECTED] += 1
        for recipient in strangers:
            if not self.stack_ledger.recorded(delivery.ses_message_id, recipient):
                self.stack_ledger.record(delivery.ses_message_id, recipient, Reason.OBJECT_GONE, self.now())
                outcomes[Outcome.REJECTED] += 1
        return outcomes
