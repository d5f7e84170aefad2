"""What the team reads: the inbox list, a conversation, one message whole."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Mailbox, Principal
from letterlock.domain.conversations import Card, Message, Status, Thread
from letterlock.domain.errors import Invalid
from letterlock.domain.mail import Content
from letterlock.domain.permissions import Action
from letterlock.services.changes import message_seen
from letterlock.services.contents import whole
from letterlock.services.ports import Archive, Conversations, Cursors, Inbox, Mailboxes, MessagePlace


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is empty on the last page; a page may be short although another one follows."""

    cards: tuple[Card, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ListConversations:
    """Newest activity first, one Query a mailbox and nothing beside it; one for what is assigned to somebody.

    Raises Forbidden, NotFound (mailbox), Invalid (cursor, status).
    """

    conversations: Conversations
    cursors: Cursors

    def __call__(
        self, principal: Principal, *, mailbox: str, status: Status, assignee: str, limit: int, cursor: str
    ) -> Page:
        principal.may(Action.LIST_CONVERSATIONS)
        if status is Status.DISCARDED:
            raise Invalid("discarded conversations are in no list: read one under its id")
        asked = f"inbox|{mailbox}|{status}|{assignee}"
        before = self.cursors.open(principal.workspace, asked, cursor) if cursor else ""
        if mailbox:
            principal.must_see(mailbox, "mailbox")
        everywhere = bool(assignee) and not principal.limited
        wanted = (mailbox,) if mailbox else () if everywhere else principal.mailboxes
        if not wanted and not everywhere:
            return Page((), "")
        page = self.conversations.inbox(
            principal.workspace, Inbox(wanted, status, assignee=assignee, before=before, limit=limit)
        )
        return Page(page.cards, self.cursors.seal(principal.workspace, asked, page.before) if page.before else "")


@dataclass(frozen=True, slots=True)
class ReadConversation:
    """One Query. Raises Forbidden, NotFound, Invalid (cursor)."""

    conversations: Conversations
    cursors: Cursors

    def __call__(self, principal: Principal, conversation: str, *, limit: int, cursor: str) -> tuple[Thread, str]:
        """The thread, and the cursor of the messages before it (empty when there are none)."""
        principal.may(Action.READ_CONVERSATION)
        asked = f"messages|{conversation}"
        before = self.cursors.open(principal.workspace, asked, cursor) if cursor else ""
        thread = self.conversations.thread(principal.workspace, conversation, before=before, limit=limit)
        head = thread.conversation
        principal.must_see(head.mailbox, "conversation")
        head.copies = tuple(each for each in head.copies if principal.sees(each.mailbox))
        earlier = thread.earlier and thread.messages
        return thread, self.cursors.seal(principal.workspace, asked, thread.messages[0].id) if earlier else ""


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """One message with its whole bodies. Raises Forbidden, NotFound, IntegrityBroken."""

    conversations: Conversations
    archive: Archive

    def __call__(self, principal: Principal, conversation: str, message: str) -> tuple[Message, Content]:
        principal.may(Action.READ_CONVERSATION)
        found = message_seen(principal, self.conversations, conversation, message)
        if not found.has_content:
            return found, Content(found.text)
        return found, whole(self.archive, MessagePlace(principal.workspace, conversation, message), found)


@dataclass(frozen=True, slots=True)
class ListMailboxes:
    """Raises Forbidden."""

    mailboxes: Mailboxes

    def __call__(self, principal: Principal) -> list[Mailbox]:
        principal.may(Action.LIST_MAILBOXES)
        return [each for each in self.mailboxes.all(principal.workspace) if principal.sees(each.id)]
