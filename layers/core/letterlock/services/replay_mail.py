"""What would be made of each archived mail today, held against what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from letterlock.domain.accounts import Mailbox
from letterlock.domain.conversations import Conversation, Kind, Message, Thread
from letterlock.domain.errors import IntegrityBroken, NotFound
from letterlock.domain.mail import Delivery, Envelope, Verdict, Verdicts
from letterlock.domain.mailbox_settings import MailboxSettings
from letterlock.domain.replay import Change, changes
from letterlock.domain.threading import Rule
from letterlock.services.every_conversation import EveryConversation
from letterlock.services.judge_mail import JudgeMail
from letterlock.services.ports import Archive, Conversations, Mailboxes, MessagePlace, Parser
from letterlock.services.read_forward import handed_on
from letterlock.services.received_message import Received, read, received_message

UNCHECKED = Verdicts(*[Verdict.PROCESSING_FAILED] * 5)
NAMED_AT_MOST = 500
"""Differing messages of one run; a run ends with the conversation in which there are more."""


@dataclass(frozen=True, slots=True)
class Differing:
    conversation: str
    message: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """`in_part`: mails whose envelope is not known, so that checks and threading were not asked again. `cursor` leads
    to the conversations that are still to be replayed, and is empty when there are none.
    """

    mails: int
    in_part: int
    differing: tuple[Differing, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ReplayMail:
    """Parses, examines and threads each raw mail of the archive again, and changes nothing.

    The envelope is what SES wrote at the top of the stored mail, its verdicts are the message's. Threading is asked of
    the mailbox as it stands today, so a mail that answers one which came later finds it now: that is a difference. What
    was decided by the subject, or by who handed a mail on, is not asked again: it depended on what was live, and on who
    worked there, at that moment. What was imported from an archive came with no envelope: it is parsed again.
    Raises NotFound, Invalid (cursor).
    """

    every_conversation: EveryConversation
    mailboxes: Mailboxes
    conversations: Conversations
    archive: Archive
    parser: Parser
    judge_mail: JudgeMail
    envelope_of: Callable[[bytes], Envelope | None]

    def __call__(self, workspace: str, *, cursor: str, time_left: Callable[[], bool]) -> Replayed:
        mails, in_part, differing, place = 0, 0, list[Differing](), ""
        mailboxes = {each.id: each for each in self.mailboxes.all(workspace)}
        for each in self.every_conversation(workspace, cursor):
            if place and (len(differing) >= NAMED_AT_MOST or not time_left()):
                return Replayed(mails, in_part, tuple(differing), place)
            for conversation, message, first in self._received(workspace, each.conversation):
                known, found = self._changes(mailboxes[conversation.mailbox], conversation, message, first=first)
                mails, in_part = mails + 1, in_part + (not known)
                if found:
                    differing.append(Differing(conversation.id, message.id, tuple(found)))
            place = each.cursor
        return Replayed(mails, in_part, tuple(differing), "")

    def _received(self, workspace: str, conversation: str) -> Iterator[tuple[Conversation, Message, bool]]:
        """The newest page first; each mail of which there is a raw form, and whether it opened the conversation."""
        before = ""
        while True:
            thread: Thread = self.conversations.thread(workspace, conversation, before=before)
            for position, message in enumerate(thread.messages):
                if message.kind is Kind.INBOUND and message.has_raw:
                    yield thread.conversation, message, position == 0 and not thread.earlier
            if not thread.earlier or not thread.messages:
                return
            before = thread.messages[0].id

    def _changes(
        self, mailbox: Mailbox, conversation: Conversation, kept: Message, *, first: bool
    ) -> tuple[bool, list[Change]]:
        """Whether the envelope is known, and what differs."""
        try:
            raw = self.archive.raw_mail(MessagePlace(conversation.workspace, conversation.id, kept.id))
        except (NotFound, IntegrityBroken):
            return True, [Change.RAW]
        envelope = None if kept.imported else self.envelope_of(raw)
        delivery = _delivery(kept, mailbox, envelope)
        mail, unreadable = read(self.parser, delivery.verdicts, len(raw), lambda: raw)
        decided = kept.threading.rule if kept.threading else None
        then = decided in (Rule.SUBJECT, Rule.FORWARDED)
        judged = (
            None
            if envelope is None or unreadable or decided is Rule.FORWARDED
            else self.judge_mail(mail, delivery, replace(mailbox, settings=MailboxSettings()))
        )
        forwarded = handed_on(mail, self.parser) if decided is Rule.FORWARDED else None
        received = Received(forwarded.original if forwarded else mail, delivery, unreadable)
        checks = judged.checks if judged else None
        today = received_message(received, conversation.subject, kept.threading, checks, id=kept.id, file_id=str)
        found = changes(kept, today, received=envelope is not None)
        if judged is None or then:
            return envelope is not None, found
        match = judged.match
        there = first if match.conversation is None else match.conversation.id == conversation.id
        if not there or kept.threading is None or kept.threading.rule is not match.threading.rule:
            found.append(Change.THREADING)
        return True, found


def _delivery(kept: Message, mailbox: Mailbox, envelope: Envelope | None) -> Delivery:
    """As it was received, as far as that is still known."""
    recipient, mail_from = (envelope.recipient, envelope.mail_from) if envelope else (mailbox.address, "")
    return Delivery("", "", (recipient,), kept.verdicts or UNCHECKED, kept.at, mail_from)
