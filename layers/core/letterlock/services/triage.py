"""Whose a conversation is, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import Invalid
from letterlock.services.changes import Change, commit
from letterlock.services.ports import Clock, Conversations, Credentials, Ids


@dataclass(frozen=True, slots=True)
class AssignConversation:
    """Give a conversation to one of the workspace, or to nobody (empty).

    Raises Forbidden, NotFound, Invalid, Moved, Stale.
    """

    conversations: Conversations
    credentials: Credentials
    ids: Ids
    now: Clock

    def __call__(
        self,
        principal: Principal,
        conversation: str,
        assignee: str,
        *,
        request: str,
        versions: frozenset[int] | None = None,
    ) -> Conversation:
        principal.may(Action.ASSIGN)
        if assignee and assignee != principal.id and not self.credentials.exists(principal.workspace, assignee):
            raise Invalid("the assignee is nobody of this workspace")
        change = Change(principal.workspace, conversation, request, versions)
        return commit(self, change, lambda head: head.assign(assignee))


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """Raises Forbidden, NotFound, RuleBroken, Moved, Stale."""

    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(
        self,
        principal: Principal,
        conversation: str,
        status: Status,
        *,
        request: str,
        versions: frozenset[int] | None = None,
    ) -> Conversation:
        principal.may(Action.CHANGE_STATUS)
        change = Change(principal.workspace, conversation, request, versions)
        return commit(self, change, lambda head: head.change_status(status))
