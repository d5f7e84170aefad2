"""What lies in the quarantine is let into the inbox, or put out of everybody's way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.conversations import Conversation
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Conversations, Ids


@dataclass(frozen=True, slots=True)
class ReleaseMail:
    """Raises Forbidden, NotFound, RuleBroken, and Stale when somebody else decided at the same moment."""

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, *, request: str) -> Conversation:
        return _decide(self, principal, conversation, Conversation.release, request)


@dataclass(frozen=True, slots=True)
class DiscardMail:
    """Raises as `ReleaseMail` does."""

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, *, request: str) -> Conversation:
        return _decide(self, principal, conversation, Conversation.discard, request)


def _decide(
    verb: ReleaseMail | DiscardMail,
    principal: Principal,
    conversation: str,
    decision: Callable[[Conversation], None],
    request: str,
) -> Conversation:
    """Not tried again on a head that moved: whoever decides about a quarantined mail has seen it as it stands."""
    principal.may(Action.SORT_QUARANTINE)
    head = verb.conversations.get(principal.workspace, conversation)
    decision(head)
    verb.conversations.save(head, announce(head.facts, verb.ids, verb.now, correlation=request))
    return head
