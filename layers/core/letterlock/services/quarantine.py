"""What lies in the quarantine is let into the inbox, or put out of everybody's way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.conversations import Conversation
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.permissions import Action
from letterlock.services.changes import Change, Verb, commit, seen
from letterlock.services.ports import Clock, Conversations, Ids


@dataclass(frozen=True, slots=True)
class ReleaseMail:
    """Raises Forbidden, NotFound, RuleBroken, Moved, Stale when somebody else decided at the same moment, AlreadyDone,
    KeyReused.
    """

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(
        self,
        principal: Principal,
        conversation: str,
        *,
        request: str,
        versions: frozenset[int] | None = None,
        once: Once | None = None,
    ) -> Conversation:
        principal.may(Action.SORT_QUARANTINE)
        change = Change(principal, conversation, request, versions, once)
        return _decide(self, change, Conversation.release)

    def again(self, principal: Principal, done: Done) -> Conversation:
        """What an earlier request released, as it stands now. Raises Forbidden, NotFound."""
        principal.may(Action.SORT_QUARANTINE)
        return seen(principal, self.conversations, done.conversation)


@dataclass(frozen=True, slots=True)
class DiscardMail:
    """Raises as `ReleaseMail` does."""

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(
        self,
        principal: Principal,
        conversation: str,
        *,
        request: str,
        versions: frozenset[int] | None = None,
        once: Once | None = None,
    ) -> Conversation:
        principal.may(Action.SORT_QUARANTINE)
        change = Change(principal, conversation, request, versions, once)
        return _decide(self, change, Conversation.discard)

    def again(self, principal: Principal, done: Done) -> Conversation:
        """What an earlier request discarded, as it stands now. Raises Forbidden, NotFound."""
        principal.may(Action.SORT_QUARANTINE)
        return seen(principal, self.conversations, done.conversation)


def _decide(verb: Verb, change: Change, decision: Callable[[Conversation], None]) -> Conversation:
    """Not tried again on a head that moved: whoever decides about a quarantined mail has seen it as it stands."""

    def decide(head: Conversation) -> bool:
        decision(head)
        return True

    return commit(verb, change, decide, fresh_reads=0)
