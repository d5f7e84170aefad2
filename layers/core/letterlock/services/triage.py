"""Whose a conversation is, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import Invalid, Stale
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Conversations, Credentials, Ids

FRESH_READS = 3
"""An assignment does not depend on what else happened meanwhile: it is decided again on the newest head."""


@dataclass(frozen=True, slots=True)
class AssignConversation:
    """Give a conversation to one of the workspace, or to nobody (empty). Raises Forbidden, NotFound, Invalid, Stale."""

    conversations: Conversations
    credentials: Credentials
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, assignee: str, *, request: str) -> Conversation:
        principal.may(Action.ASSIGN)
        if assignee and assignee != principal.id and not self.credentials.exists(principal.workspace, assignee):
            raise Invalid("the assignee is nobody of this workspace")
        return _change(self, principal, conversation, lambda head: head.assign(assignee), request)


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """Raises Forbidden, NotFound, RuleBroken, Stale."""

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, status: Status, *, request: str) -> Conversation:
        principal.may(Action.CHANGE_STATUS)
        return _change(self, principal, conversation, lambda head: head.change_status(status), request)


def _change(
    verb: AssignConversation | ChangeStatus,
    principal: Principal,
    conversation: str,
    change: Callable[[Conversation], bool],
    request: str,
) -> Conversation:
    """Asking for what is so already writes nothing."""
    for attempt in range(1 + FRESH_READS):
        head = verb.conversations.get(principal.workspace, conversation)
        if not change(head):
            return head
        try:
            verb.conversations.save(head, announce(head.facts, verb.ids, verb.now, correlation=request))
        except Stale:
            if attempt == FRESH_READS:
                raise
        else:
            return head
    raise AssertionError("unreachable")
