"""A queued reply goes out, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from letterlock.domain.conversations import Conversation, Message, Sending, SendState, Thread
from letterlock.domain.errors import NotFound, SendDelayed, SendRefused, SendUncertain
from letterlock.domain.facts import Fact, MessageSendFailed, MessageSent, MessageUnconfirmed
from letterlock.domain.replies import OutgoingMail, compose, last_trusted
from letterlock.services.announce import announce
from letterlock.services.ports import (
    Archive,
    Clock,
    Conversations,
    Ids,
    Mailboxes,
    Mailer,
    MessagePlace,
    ReplyTokens,
)

LEASE = timedelta(minutes=2)
"""Longer than the function may run, so that a lease that ran out means a sender that died."""
HISTORY = 25
"""How many of the newest messages are looked through for the one that is answered."""


@dataclass(frozen=True, slots=True)
class DeliverReply:
    """Compose, claim, send, mark.

    Raises SendDelayed when another try is wanted, NotFound for a message that is no more.
    """

    conversations: Conversations
    archive: Archive
    mailboxes: Mailboxes
    reply_tokens: ReplyTokens
    mailer: Mailer
    ids: Ids
    now: Clock

    def __call__(
        self, workspace: str, conversation: str, message: str, *, last_try: bool, correlation: str, causation: str
    ) -> SendState:
        """`last_try`: the queue will not bring it again, so a delay becomes a failure that the team sees."""
        thread = self.conversations.thread(workspace, conversation, limit=HISTORY)
        mail = self._mail(thread, message)
        # Everything that can fail by itself lies behind us: from the claim on, a death means that SES may have it.
        before = self.conversations.claim(workspace, conversation, message, LEASE)
        if before.state in (SendState.SENT, SendState.FAILED, SendState.UNCONFIRMED):
            return before.state
        if before.state is SendState.QUEUED:
            after = self._send(mail, message, Sending(SendState.SENDING, before.attempts + 1), last_try=last_try)
        elif before.lease_until and before.lease_until > self.now():
            raise SendDelayed("another sender holds the lease")
        else:
            after = Sending(SendState.UNCONFIRMED, before.attempts, "the sender stopped before it was confirmed")
        told = announce(
            _facts(thread.conversation, message, after),
            self.ids,
            self.now,
            correlation=correlation,
            causation=causation,
        )
        self.conversations.settle(thread.conversation, message, after, told)
        if after.state is SendState.QUEUED:
            raise SendDelayed(after.reason)
        return after.state

    def _send(self, mail: OutgoingMail, message: str, claimed: Sending, *, last_try: bool) -> Sending:
        try:
            message_id = self.mailer.send(mail, message=message)
        except SendRefused as refused:
            return replace(claimed, state=SendState.FAILED, reason=refused.reason)
        except SendUncertain as uncertain:
            return replace(claimed, state=SendState.UNCONFIRMED, reason=uncertain.reason)
        except SendDelayed as delayed:
            return replace(claimed, state=SendState.FAILED if last_try else SendState.QUEUED, reason=delayed.reason)
        return replace(claimed, state=SendState.SENT, message_id=message_id)

    def _mail(self, thread: Thread, message: str) -> OutgoingMail:
        head = thread.conversation
        reply = self._message(thread, message)
        answered = last_trusted(thread, before=reply)
        return compose(
            thread,
            reply,
            self._text(head, reply),
            self._text(head, answered) if answered else "",
            self.mailboxes.get(head.workspace, head.mailbox),
            self.reply_tokens.mint(head.workspace, head.mailbox, head.id),
        )

    def _message(self, thread: Thread, message: str) -> Message:
        head = thread.conversation
        for each in thread.messages:
            if each.id == message:
                return each
        return self.conversations.message(head.workspace, head.id, message)

    def _text(self, head: Conversation, message: Message) -> str:
        if not message.has_content:
            return message.text
        try:
            return self.archive.content(MessagePlace(head.workspace, head.id, message.id)).text
        except NotFound:
            if message.sending:  # what the agent wrote must go out whole, or not at all
                raise
            return message.text


def _facts(head: Conversation, message: str, after: Sending) -> list[Fact]:
    match after.state:
        case SendState.SENT:
            return [MessageSent(head.workspace, head.id, message)]
        case SendState.FAILED:
            return [MessageSendFailed(head.workspace, head.id, message, after.reason)]
        case SendState.UNCONFIRMED:
            return [MessageUnconfirmed(head.workspace, head.id, message, after.reason)]
        case _:
            return []
