"""What the people of a workspace are told of by mail, and what such a mail says.

A mail to somebody of the team leaves the sealed store and lies in a mailbox that we do not keep. So it names a
conversation by its number and its id, and says what a customer wrote only to people who asked for that.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from letterlock.domain.answers import NOTE, SEPARATOR
from letterlock.domain.conversations import Conversation, Message, Status
from letterlock.domain.mail import Address

SENDER: Final = "notifications"
"""The local part, at the stack's mail domain, that these mails come from. Nobody reads there."""
MENTIONS_AT_MOST: Final = 10
LISTED: Final = (Status.OPEN, Status.PENDING, Status.CLOSED)
"""What somebody is told of: neither spam nor what was not let in."""


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """What somebody wants to be told of by mail."""

    assignment: bool = True
    """A conversation is given to them."""
    new_mail: bool = True
    """A mail comes in a conversation of theirs."""
    unassigned: bool = False
    """A mail comes in a conversation that is nobody's, in a mailbox that they see."""
    mentions: bool = True
    """A note names them."""
    include_content: bool = False
    """These mails say what the mail or the note says."""

    @classmethod
    def of(cls, wanted: frozenset[str]) -> NotificationSettings:
        """From the names of those that are on."""
        return cls(**{each.name: each.name in wanted for each in fields(cls)})

    @property
    def wanted(self) -> frozenset[str]:
        """The names of those that are on."""
        return frozenset(each.name for each in fields(self) if getattr(self, each.name))


class Happened(StrEnum):
    """What a person is told."""

    ASSIGNED = "This conversation was given to you."
    NEW_MAIL = "A mail came in a conversation that is yours."
    UNASSIGNED = "A mail came in a conversation that is nobody's yet."
    MENTIONED = "A note in this conversation names you."
    REFUSED = "A mail that answered this conversation in your name was not taken in."


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail to somebody of the team. `thread` is one msg-id, without brackets, that all of a conversation share."""

    to: Address
    called: str
    """Whom it seems to come from: the mailbox."""
    subject: str
    text: str
    thread: str = ""
    reply_to: str = ""
    """Empty: it takes no answer."""


def subject(head: Conversation, *, content: bool) -> str:
    """The same for all mails about a conversation: mail programs thread by it."""
    return f"Conversation #{head.number}" + (f": {head.subject}" if content and head.subject else "")


def text(happened: Happened, head: Conversation, message: Message | None, app: str) -> str:
    """`message`: what is shown, to who asked for it."""
    shown = f"\n{_said(message)}\n" if message else ""
    return (
        f"{SEPARATOR}\n\n"
        f"What you write above that line goes to the customer. Where its first line is {NOTE}, it becomes a note, "
        "which only the team sees.\n\n"
        f"{happened}\n{shown}\n{where(head.id, app)}\n\n"
        "What you are told of by mail: PATCH /v1/me/notifications\n"
    )


def where(conversation: str, app: str) -> str:
    """A page of the app, where there is one; and what to ask the API for."""
    page = f"{app.rstrip('/')}/conversations/{conversation}\n" if app else ""
    return f"{page}GET /v1/conversations/{conversation}"


def _said(message: Message) -> str:
    who = f"{message.sender.name} <{message.sender.address}>\n\n".lstrip() if message.sender else ""
    return f"{who}{message.text.rstrip()}" + ("\n[…]" if message.has_content else "")


WHY: Final = {
    "not_authenticated": "Its sender could not be told for sure: it has no DMARC pass of the domain that it came from.",
    "another_sender": "It did not come from the address with which you sign in.",
    "unknown_address": "The address that it was sent to is not valid, or no longer.",
    "not_allowed": "Your role does not allow it.",
    "not_seen": "There is no such conversation, or you do not see its mailbox.",
    "not_now": "The conversation takes no reply as it stands.",
    "read_only": "A payment of the workspace is overdue, so nothing can be changed until it is made.",
    "empty": f"Nothing stands above the line that says {SEPARATOR}.",
    "quoted": "What you wrote could not be told from what it quotes: write above everything else.",
    "files": "It has files, which cannot be sent by mail yet.",
    "too_long": "It is too long.",
}
"""What the reasons of `answers.Refusal` are told as."""


def refusal_text(reason: str, conversation: str, app: str) -> str:
    why = WHY.get(reason, "It could not be read.")
    place = f"{where(conversation, app)}\n\n" if conversation else ""
    return (
        f"{Happened.REFUSED}\n\n{why}\n\n{place}"
        "If you did not send such a mail, somebody else did, who knows the address that it was sent to: tell an owner "
        "of the workspace. You are told of this once an hour at most.\n"
    )
