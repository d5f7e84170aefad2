"""A reply that did not get through goes out once more, because somebody of the team says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.conversations import Message
from letterlock.domain.delivery import retried
from letterlock.domain.errors import RuleBroken
from letterlock.domain.facts import ReplyQueued
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Conversations, Ids, MessagePlace


@dataclass(frozen=True, slots=True)
class RetryReply:
    """Queue it again; whom it has reached does not get it twice. Raises Forbidden, NotFound, RuleBroken, Stale."""

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, message: str, *, request: str) -> Message:
        principal.may(Action.REPLY)
        self.conversations.get(principal.workspace, conversation).refuse_sending()
        found = self.conversations.message(principal.workspace, conversation, message)
        if found.sending is None:
            raise RuleBroken("only a reply is sent, and can be sent again")
        after = retried(found.sending, self.now())
        fact = ReplyQueued(principal.workspace, conversation, message)
        told = announce([fact], self.ids, self.now, correlation=request)
        place = MessagePlace(principal.workspace, conversation, message)
        self.conversations.advance(place, found.sending, after, told)
        return replace(found, sending=after)
