"""A queued reply goes out, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from letterlock.domain.channels import ChannelName, channel_of
from letterlock.domain.conversations import Conversation, Message, Sending, SendState, Thread
from letterlock.domain.delivery import SENDER_STOPPED, still_to_reach, told_by_us, unconfirmed
from letterlock.domain.errors import NotFound, SendDelayed, SendRefused, SendUncertain, Stale
from letterlock.domain.facts import Told, code
from letterlock.services.announce import announce
from letterlock.services.channel_ports import Channel, Prepared
from letterlock.services.ports import Clock, Conversations, Ids, MailTags, Members

LEASE = timedelta(minutes=2)
"""Longer than the function may run, so that a lease that ran out means a sender that died."""
SETTLING_TRIES = 3
"""How often the end of a sending is written anew when an event of the same message is written at the same moment."""
AUTHOR_REVOKED = "author_revoked"
"""Why a reply failed whose author was removed, or was a token that was revoked, before it went out."""
AUTHOR_UNREAD = "author_unread"
HISTORY = 25
"""How many of the newest messages are looked through for the one that is answered."""


@dataclass(frozen=True, slots=True)
class DeliverReply:
    """Prepare, claim, send, mark. Which channel it takes, the address says that it goes to.

    Raises SendDelayed when another try is wanted, NotFound for a message that is no more.
    """

    conversations: Conversations
    channels: Callable[[ChannelName], Channel]
    """Each made when the first answer takes it."""
    members: Members
    ids: Ids
    now: Clock

    def __call__(
        self, workspace: str, conversation: str, message: str, *, last_try: bool, correlation: str, causation: str
    ) -> SendState:
        """`last_try`: the queue will not bring it again, so a delay becomes a failure that the team sees."""
        thread = self.conversations.thread(workspace, conversation, limit=HISTORY)
        prepared, author, broken = self._prepared(thread, message, last_try=last_try)
        # Everything that can fail by itself lies behind us: from the claim on, a death means that it may be out.
        before = self.conversations.claim(workspace, conversation, message, LEASE)
        if before.state not in (SendState.QUEUED, SendState.SENDING):
            return before.state
        if before.state is SendState.QUEUED and prepared is None:
            after = Sending(SendState.FAILED, before.attempts + 1, broken)
        elif before.state is SendState.QUEUED and prepared:
            tags = MailTags(workspace, conversation, message, before.attempts + 1)
            claimed = Sending(SendState.SENDING, tags.attempt)
            after = self._send(prepared, before.by or author, tags, claimed, last_try=last_try)
        elif before.lease_until and before.lease_until > self.now():
            raise SendDelayed("another sender holds the lease")
        elif prepared and prepared.again and not last_try:
            after = Sending(SendState.QUEUED, before.attempts, SENDER_STOPPED)
        else:
            after = unconfirmed(before, SENDER_STOPPED, self.now())
        told = announce(
            told_by_us(workspace, conversation, message, after),
            self.ids,
            self.now,
            correlation=correlation,
            causation=causation,
        )
        settled = self._settle(thread.conversation, message, after, told)
        if settled is SendState.QUEUED:
            raise SendDelayed(after.reason)
        return settled

    def _prepared(self, thread: Thread, message: str, *, last_try: bool) -> tuple[Prepared | None, str, str]:
        """The answer and its author; on the last try, what kept it from being prepared, for then nothing else would
        ever say so.
        """
        try:
            reply = self._message(thread, message)
            left = still_to_reach(reply.to, reply.sending), still_to_reach(reply.cc, reply.sending)
            channel = self._channel(thread.conversation, reply)
            return channel.prepared(thread, replace(reply, to=left[0], cc=left[1])), reply.author, ""
        except Exception as error:
            if not last_try:
                raise
            return None, "", code(type(error).__name__)

    def _channel(self, head: Conversation, reply: Message) -> Channel:
        goes_to = next(iter(reply.to), head.requester)
        return self.channels(channel_of(goes_to) if goes_to else ChannelName.MAIL)

    def _settle(self, head: Conversation, message: str, after: Sending, told: Sequence[Told]) -> SendState:
        """How the message stands then. SES's own event may have been faster, and is the better witness."""
        for _ in range(SETTLING_TRIES):
            try:
                self.conversations.settle(head, message, after, told)
            except Stale:
                standing = self.conversations.message(head.workspace, head.id, message).sending
                if standing and standing.state is not SendState.SENDING:
                    return standing.state
            else:
                return after.state
        raise Stale("the message is being written at this moment")

    def _send(self, prepared: Prepared, author: str, tags: MailTags, claimed: Sending, *, last_try: bool) -> Sending:
        try:
            self._refuse_revoked(tags.workspace, author)
            message_id = prepared.send(author, tags)
        except SendRefused as refused:
            return replace(claimed, state=SendState.FAILED, reason=refused.reason)
        except SendUncertain as uncertain:
            return unconfirmed(claimed, uncertain.reason, self.now())
        except SendDelayed as delayed:
            return replace(claimed, state=SendState.FAILED if last_try else SendState.QUEUED, reason=delayed.reason)
        return replace(claimed, state=SendState.SENT, message_id=message_id)

    def _refuse_revoked(self, workspace: str, author: str) -> None:
        """Read while the claim is held: who was revoked before it speaks no more. A person whose session or personal
        token has ended is still one of the team. Raises SendRefused, and SendDelayed when that could not be read.
        """
        try:
            active = self.members.get(workspace, author).active
        except NotFound:
            active = False
        except Exception as error:
            raise SendDelayed(AUTHOR_UNREAD) from error
        if not active:
            raise SendRefused(AUTHOR_REVOKED)

    def _message(self, thread: Thread, message: str) -> Message:
        head = thread.conversation
        for each in thread.messages:
            if each.id == message:
                return each
        return self.conversations.message(head.workspace, head.id, message)
