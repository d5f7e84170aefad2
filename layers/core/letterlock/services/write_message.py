"""What the team writes: replies, which go out, and notes, which stay."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.conversations import Conversation, Kind, Message, Sending, SendState, inline_text
from letterlock.domain.mail import Content
from letterlock.domain.replies import recipients
from letterlock.services.announce import announce
from letterlock.services.ports import Archive, Clock, Conversations, Ids, MessagePlace


@dataclass(frozen=True, slots=True)
class SendReply:
    """Queue an answer; the outbox carries it on. Raises Forbidden, NotFound, RuleBroken, Stale."""

    conversations: Conversations
    archive: Archive
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, text: str, *, request: str) -> Message:
        principal.may(Action.REPLY)
        head = self.conversations.get(principal.workspace, conversation)
        to, cc = recipients(head)
        shown, cut = inline_text(text)
        message = Message(
            id=self.ids.new("msg"),
            kind=Kind.REPLY,
            at=self.now(),
            text=shown,
            author=principal.id,
            to=to,
            cc=cc,
            has_content=cut,
            sending=Sending(SendState.QUEUED),
        )
        head.reply(message)
        _commit(self, head, message, text, request)
        return message


@dataclass(frozen=True, slots=True)
class AddNote:
    """A word among the team. Raises Forbidden, NotFound, Stale."""

    conversations: Conversations
    archive: Archive
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, text: str, *, request: str) -> Message:
        principal.may(Action.NOTE)
        head = self.conversations.get(principal.workspace, conversation)
        shown, cut = inline_text(text)
        message = Message(
            id=self.ids.new("msg"), kind=Kind.NOTE, at=self.now(), text=shown, author=principal.id, has_content=cut
        )
        head.note(message)
        _commit(self, head, message, text, request)
        return message


def _commit(verb: SendReply | AddNote, head: Conversation, message: Message, text: str, request: str) -> None:
    """The sealed object first, then the transaction that makes it part of the conversation."""
    if message.has_content:
        verb.archive.keep_content(MessagePlace(head.workspace, head.id, message.id), Content(text))
    verb.conversations.save(head, announce(head.facts, verb.ids, verb.now, correlation=request))
