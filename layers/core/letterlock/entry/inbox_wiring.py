"""Which adapter stands behind which port, for what a team sees and does in its inbox: see `entry.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import wiring

if TYPE_CHECKING:
    from letterlock.domain.mail import ShownHtml
    from letterlock.services.quarantine import DiscardMail, ReleaseMail
    from letterlock.services.read_contacts import ListContactConversations, ReadContact
    from letterlock.services.read_inbox import ListConversations, ListMailboxes, ReadConversation, ReadMessage
    from letterlock.services.retry_reply import RetryReply
    from letterlock.services.summarise_ingest import SummariseIngest
    from letterlock.services.triage import AssignConversation, ChangeStatus
    from letterlock.services.write_message import AddNote, SendReply


@cache
def sanitise() -> Callable[..., ShownHtml]:
    from letterlock.adapters.html_sanitiser import sanitise

    return sanitise


@cache
def list_conversations() -> ListConversations:
    from letterlock.services.read_inbox import ListConversations

    return ListConversations(wiring.conversations(), wiring.cursors())


@cache
def read_conversation() -> ReadConversation:
    from letterlock.services.read_inbox import ReadConversation

    return ReadConversation(wiring.conversations(), wiring.cursors())


@cache
def read_message() -> ReadMessage:
    from letterlock.services.read_inbox import ReadMessage

    return ReadMessage(wiring.conversations(), wiring.archive())


@cache
def read_contact() -> ReadContact:
    from letterlock.services.read_contacts import ReadContact

    return ReadContact(wiring.contacts())


@cache
def list_contact_conversations() -> ListContactConversations:
    from letterlock.services.read_contacts import ListContactConversations

    return ListContactConversations(wiring.contacts(), wiring.cursors())


@cache
def list_mailboxes() -> ListMailboxes:
    from letterlock.services.read_inbox import ListMailboxes

    return ListMailboxes(wiring.mailboxes())


@cache
def send_reply() -> SendReply:
    from letterlock.entry import file_wiring
    from letterlock.services.write_message import SendReply

    return SendReply(wiring.conversations(), wiring.archive(), file_wiring.uploads(), wiring.ids(), wiring.now)


@cache
def retry_reply() -> RetryReply:
    from letterlock.services.retry_reply import RetryReply

    return RetryReply(wiring.conversations(), wiring.ids(), wiring.now)


@cache
def add_note() -> AddNote:
    from letterlock.entry import file_wiring
    from letterlock.services.write_message import AddNote

    return AddNote(
        wiring.conversations(), wiring.archive(), file_wiring.uploads(), wiring.members(), wiring.ids(), wiring.now
    )


@cache
def assign_conversation() -> AssignConversation:
    from letterlock.services.triage import AssignConversation

    return AssignConversation(wiring.conversations(), wiring.members(), wiring.ids(), wiring.now)


@cache
def change_status() -> ChangeStatus:
    from letterlock.services.triage import ChangeStatus

    return ChangeStatus(wiring.conversations(), wiring.ids(), wiring.now)


@cache
def release_mail() -> ReleaseMail:
    from letterlock.services.quarantine import ReleaseMail

    return ReleaseMail(wiring.conversations(), wiring.ids(), wiring.now)


@cache
def discard_mail() -> DiscardMail:
    from letterlock.services.quarantine import DiscardMail

    return DiscardMail(wiring.conversations(), wiring.ids(), wiring.now)


@cache
def summarise_ingest() -> SummariseIngest:
    from letterlock.services.summarise_ingest import SummariseIngest

    return SummariseIngest(wiring.conversations(), wiring.now)
