"""What the team writes: replies, which go out, and notes, which stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.conversations import Conversation, Kind, Message, Sending, SendState, inline_text
from letterlock.domain.errors import Invalid, NotFound
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail import Content
from letterlock.domain.permissions import Action
from letterlock.domain.replies import recipients
from letterlock.services.attach_files import attach_files
from letterlock.services.changes import Change, commit, message_seen, refuse_what_is_done
from letterlock.services.file_ports import Uploads
from letterlock.services.ports import Archive, Clock, Conversations, Ids, Ingest, Members, MessagePlace

NOBODY = "a person who is mentioned is nobody who sees this mailbox"


@dataclass(frozen=True, slots=True)
class SendReply:
    """Queue an answer; the outbox carries it on.

    Raises Forbidden, NotFound, RuleBroken, Moved, Stale, AlreadyDone, KeyReused; of its files NotScanned,
    FileQuarantined, TooLarge.
    """

    conversations: Conversations
    archive: Archive
    uploads: Uploads
    ids: Ids
    now: Clock

    def __call__(
        self,
        principal: Principal,
        conversation: str,
        text: str,
        *,
        request: str,
        attachments: Sequence[str] = (),
        versions: frozenset[int] | None = None,
        once: Once | None = None,
        ingest: Ingest | None = None,
    ) -> Message:
        """`attachments`: uploads of the principal's own, by id; they are used up. `ingest`: the mail that asks for it,
        whose entry names the message; done once a delivery.
        """
        principal.may(Action.REPLY)
        change = Change(principal, conversation, request, versions, once, ingest)
        shown, cut = inline_text(text)
        id, at = ingest.entry.message if ingest else self.ids.new("msg"), self.now()  # noqa: A001 - the field's own name

        def reply(head: Conversation) -> Message:
            to, cc = recipients(head)
            files, scans = attach_files(self.uploads, principal, attachments, text)
            message = Message(
                id=id,
                kind=Kind.REPLY,
                at=at,
                text=shown,
                author=principal.id,
                to=to,
                cc=cc,
                attachments=files,
                scans=scans,
                has_content=cut,
                content_sha256=Content(text).sha256 if cut else "",
                sending=Sending(SendState.QUEUED),
            )
            head.reply(message)
            return message

        return _write(self, change, reply, text)

    def again(self, principal: Principal, done: Done) -> Message:
        """The reply of an earlier request, as it stands now. Raises Forbidden, NotFound."""
        principal.may(Action.REPLY)
        return message_seen(principal, self.conversations, done.conversation, done.message)


@dataclass(frozen=True, slots=True)
class AddNote:
    """A word among the team.

    Raises Forbidden, NotFound, Invalid, Moved, Stale, AlreadyDone, KeyReused; of its files what a reply raises.
    """

    conversations: Conversations
    archive: Archive
    uploads: Uploads
    members: Members
    ids: Ids
    now: Clock

    def __call__(
        self,
        principal: Principal,
        conversation: str,
        text: str,
        *,
        request: str,
        attachments: Sequence[str] = (),
        mentions: Sequence[str] = (),
        versions: frozenset[int] | None = None,
        once: Once | None = None,
        ingest: Ingest | None = None,
    ) -> Message:
        """`mentions`: people who are told of it. `attachments`, `ingest`: as of a reply."""
        principal.may(Action.NOTE)
        change = Change(principal, conversation, request, versions, once, ingest)
        shown, cut = inline_text(text)
        id, at = ingest.entry.message if ingest else self.ids.new("msg"), self.now()  # noqa: A001 - the field's own name
        mentioned = [self._member(principal.workspace, each) for each in dict.fromkeys(mentions)]

        def note(head: Conversation) -> Message:
            if not all(each.sees(head.mailbox) for each in mentioned):
                raise Invalid(NOBODY)
            files, scans = attach_files(self.uploads, principal, attachments, text)
            message = Message(
                id=id,
                kind=Kind.NOTE,
                at=at,
                text=shown,
                author=principal.id,
                mentions=tuple(each.id for each in mentioned),
                attachments=files,
                scans=scans,
                has_content=cut,
                content_sha256=Content(text).sha256 if cut else "",
            )
            head.note(message)
            return message

        return _write(self, change, note, text)

    def _member(self, workspace: str, person: str) -> Member:
        """Whoever is not there is told of like who does not see the mailbox."""
        if not person.startswith("per_"):
            raise Invalid(NOBODY)
        try:
            return self.members.get(workspace, person)
        except NotFound:
            raise Invalid(NOBODY) from None

    def again(self, principal: Principal, done: Done) -> Message:
        """The note of an earlier request. Raises Forbidden, NotFound."""
        principal.may(Action.NOTE)
        return message_seen(principal, self.conversations, done.conversation, done.message)


def _write(verb: SendReply | AddNote, change: Change, write: Callable[[Conversation], Message], text: str) -> Message:
    """The sealed object first, then the transaction that makes it part of the conversation."""
    written: list[Message] = []

    def decide(head: Conversation) -> bool:
        written[:] = [write(head)]
        return True

    def keep() -> None:
        if written[0].has_content:
            refuse_what_is_done(verb, change)  # an object that nothing will refer to is worth a read
            place = MessagePlace(change.workspace, change.conversation, written[0].id)
            verb.archive.keep_content(place, Content(text))

    commit(verb, change, decide, keep)
    return written[0]
