"""Whose a conversation is, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import Invalid, NotFound
from letterlock.domain.permissions import Action
from letterlock.services.changes import Change, commit
from letterlock.services.ports import Clock, Conversations, Ids, Members


@dataclass(frozen=True, slots=True)
class AssignConversation:
    """Give a conversation to one of the workspace, or to nobody (empty).

    Raises Forbidden, NotFound, Invalid, Moved, Stale.
    """

    conversations: Conversations
    members: Members
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
        change = Change(principal, conversation, request, versions)
        member = self._member(principal.workspace, assignee) if assignee not in ("", principal.id) else None

        def assign(head: Conversation) -> bool:
            if member and not member.works_in(head.mailbox):
                raise Invalid("the assignee does not work in this conversation's mailbox")
            return head.assign(assignee, by=principal.id)

        return commit(self, change, assign)

    def _member(self, workspace: str, assignee: str) -> Member:
        try:
            return self.members.get(workspace, assignee)
        except NotFound:
            raise Invalid("the assignee is nobody of this workspace") from None


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
        change = Change(principal, conversation, request, versions)
        return commit(self, change, lambda head: head.change_status(status))
