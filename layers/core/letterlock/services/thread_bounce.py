"""A mail that says what became of one of ours belongs to that one, whoever sent it, and opens no conversation.

A server signs nothing that we could hold it to. So what is believed is what only somebody who had our mail can know
(its Message-ID, or the keyed reference in it), it marks that message alone, and the mail itself stays a stranger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from letterlock.domain.accounts import Mailbox
from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.checks.bounce import Bounce
from letterlock.domain.conversations import Message
from letterlock.domain.delivery import DeliveryEvent, ascii_key, outcomes_of
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Delivery, Mail
from letterlock.domain.threading import Rule, Threading, Trust, tokens_seen
from letterlock.services.ports import Conversations, MessagePlace, ReplyTokens
from letterlock.services.thread_mail import EVIDENCE_TRIED, Match

HISTORY = 25
"""How many of the newest messages are looked through for the one that came back."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """Where a bounce belongs, and the message that it is about: None where that cannot be told."""

    match: Match
    place: MessagePlace
    about: Message | None

    def event(self, bounce: Bounce, delivery: Delivery) -> DeliveryEvent | None:
        """What that message is marked with; None where it says nothing new."""
        if self.about is None or self.about.sending is None:
            return None
        sending, recipients = self.about.sending, (*self.about.to, *self.about.cc)
        outcomes = outcomes_of(bounce, recipients)
        if not outcomes or bounce.message_id not in ("", sending.message_id):
            return None  # it tells of an earlier try, of which nothing is news any more
        return DeliveryEvent(
            id=delivery.ses_message_id,
            at=delivery.received_at,
            workspace=self.place.workspace,
            conversation=self.place.conversation,
            message=self.about.id,
            attempt=sending.attempts,
            message_id=sending.message_id,
            destination=tuple(each.key for each in recipients),
            outcomes=outcomes,
            hearsay=True,
        )


@dataclass(frozen=True, slots=True)
class ThreadBounce:
    """None for what is no bounce of ours: it is a mail like any other. Reads, and changes nothing."""

    conversations: Conversations
    reply_tokens: ReplyTokens

    def __call__(self, mail: Mail, delivery: Delivery, mailbox: Mailbox, bounce: Bounce) -> Bounced | None:
        if authenticity(mail.sender, delivery) is Authenticity.DISOWNED:
            return None
        return self._by_message_id(mailbox, bounce) or self._by_reference(mail, mailbox, bounce)

    def _by_message_id(self, mailbox: Mailbox, bounce: Bounce) -> Bounced | None:
        workspace = mailbox.workspace
        located = self.conversations.locate(workspace, mailbox.id, [bounce.message_id]) if bounce.message_id else None
        if located is None:
            return None
        place = MessagePlace(workspace, located.conversation, located.message)
        try:
            about = self.conversations.message(workspace, place.conversation, place.message)
        except NotFound:
            return None
        if about.sending is None:  # a mail that somebody sent to us came back to them
            return None
        return self._bounced(place, about, "Message-ID")

    def _by_reference(self, mail: Mail, mailbox: Mailbox, bounce: Bounce) -> Bounced | None:
        """Which message it was, the references do not say: it is told where only one went to that address."""
        references = mail.returned.references if mail.returned else ()
        returned = Mail(subject="", sender=None, references=references)
        for seen in islice(tokens_seen(returned, (), mailbox.address), EVIDENCE_TRIED):
            conversation = self.reply_tokens.verify(mailbox.workspace, mailbox.id, seen.token)
            if not conversation:
                continue
            try:
                thread = self.conversations.thread(mailbox.workspace, conversation, limit=HISTORY)
            except NotFound:
                continue
            went = [each for each in thread.messages if _went_to(each, bounce)]
            about = went[0] if len(went) == 1 else None
            place = MessagePlace(mailbox.workspace, conversation, about.id if about else "")
            return self._bounced(place, about, "References")
        return None

    def _bounced(self, place: MessagePlace, about: Message | None, evidence: str) -> Bounced | None:
        try:
            head = self.conversations.get(place.workspace, place.conversation)
        except NotFound:
            return None
        return Bounced(Match(head, Threading(Rule.BOUNCE, evidence, Trust.UNVERIFIED)), place, about)


def _went_to(message: Message, bounce: Bounce) -> bool:
    """It went out, and to somebody of whom the report speaks."""
    spoken_of = {ascii_key(said) for each in bounce.recipients for said in (each.address, each.original)}
    went = message.sending is not None and message.sending.message_id != ""
    return went and any(ascii_key(each.address) in spoken_of for each in (*message.to, *message.cc))
