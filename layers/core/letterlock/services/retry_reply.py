"""A reply that did not get through goes out once more, because somebody of the team says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.accounts import Principal
from letterlock.domain.conversations import Conversation, Message
from letterlock.domain.delivery import retried
from letterlock.domain.errors import RuleBroken, Stale
from letterlock.domain.facts import ReplyQueued
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.permissions import Action
from letterlock.services.announce import announce
from letterlock.services.changes import Change, message_seen, told_if_done
from letterlock.services.ports import Clock, Conversations, Ids, MessagePlace


@dataclass(frozen=True, slots=True)
class RetryReply:
    """Queue it again; whom it has reached does not get it twice.

    Raises Forbidden, NotFound, RuleBroken, Stale, AlreadyDone, KeyReused.
    """

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(
        self, principal: Principal, conversation: str, message: str, *, request: str, once: Once | None = None
    ) -> Message:
        principal.may(Action.REPLY)
        change = Change(principal, conversation, request, once=once)
        with told_if_done(self, change):
            return self._retry(change, message)

    def _retry(self, change: Change, message: str) -> Message:
        head = change.read(self.conversations)
        try:
            return self._queued_again(change, head, message)
        except (RuleBroken, Stale) as refused:
            refused.current = head
            raise

    def _queued_again(self, change: Change, head: Conversation, message: str) -> Message:
        workspace, conversation = change.workspace, change.conversation
        head.refuse_sending()
        found = self.conversations.message(workspace, conversation, message)
        if found.sending is None:
            raise RuleBroken("only a reply is sent, and can be sent again")
        after = replace(retried(found.sending, self.now()), by=change.principal.id)
        fact = ReplyQueued(workspace, conversation, message)
        told = announce([fact], self.ids, self.now, correlation=change.request)
        place = MessagePlace(workspace, conversation, message)
        self.conversations.advance(place, found.sending, after, told, once=change.once)
        return replace(found, sending=after)

    def again(self, principal: Principal, done: Done) -> Message:
        """What an earlier request queued, as it stands now. Raises Forbidden, NotFound."""
        principal.may(Action.REPLY)
        return message_seen(principal, self.conversations, done.conversation, done.message)
