"""What the conversations API takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from letterlock.adapters.answer_octets import TEXT_OCTETS, within
from letterlock.domain.contacts import Contact
from letterlock.domain.conversations import (
    Card,
    Conversation,
    Kind,
    Message,
    Sending,
    SendState,
    Status,
    StoredAttachment,
    Thread,
)
from letterlock.domain.delivery import shown
from letterlock.domain.files import FILES_AT_MOST, Finding, Scan, ScanState, scan_of
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Address, Content, Protection, ShownHtml
from letterlock.domain.notifications import MENTIONS_AT_MOST
from letterlock.domain.outcomes import RecipientOutcome
from letterlock.domain.participants import Participant
from letterlock.domain.spans import visible
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.entry.check_shapes import BounceOut, ChecksOut
from letterlock.entry.settings import REPLY_CHARACTERS

PLAIN_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""Something to read, and no control character but tab and line ends: it goes into a mail as it is."""


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


Attachments = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(max_length=FILES_AT_MOST, description="Uploads of one's own that are clean, by id; each is used up by it"),
]


class TextIn(_In):
    """A reply or a note, as plain text."""

    text: Annotated[str, Field(min_length=1, max_length=REPLY_CHARACTERS, pattern=PLAIN_TEXT, examples=["Thank you!"])]


class ReplyIn(TextIn):
    """With files, or without."""

    attachments: Attachments = []


class NoteIn(TextIn):
    """What stands in the text after an `@` tells nobody: `mentions` does."""

    mentions: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(max_length=MENTIONS_AT_MOST, description="People who are told of it, by id; each sees the mailbox"),
    ] = []
    attachments: Attachments = []


class AssigneeIn(_In):
    """A principal's id, `me`, or null for nobody."""

    assignee: Annotated[str | None, Field(max_length=64, examples=["me"])]


class StatusIn(_In):
    status: Status


class AddressOut(BaseModel):
    address: str
    name: str

    @classmethod
    def of(cls, address: Address) -> AddressOut:
        return cls(address=address.address, name=address.name)


class ParticipantOut(AddressOut):
    """Somebody who takes part. `contact` has a route of its own."""

    contact: str
    requester: Annotated[bool, Field(description="answers go to them, and to the others as a copy")]
    added_by: Annotated[str | None, Field(description="who of the team let them in, by id; null: a mail did")]

    @classmethod
    def taking_part(cls, participant: Participant) -> ParticipantOut:
        address = participant.address
        return cls(
            address=address.address,
            name=address.name,
            contact=participant.contact,
            requester=participant.requester,
            added_by=participant.added_by or None,
        )


class CardOut(BaseModel):
    """One line of the inbox list."""

    id: str
    mailbox: str
    number: int
    subject: str
    sender: str
    preview: str
    status: Status
    assignee: str | None
    message_count: int
    last_activity_at: datetime

    @classmethod
    def of(cls, card: Card) -> CardOut:
        return cls(
            id=card.conversation,
            mailbox=card.mailbox,
            number=card.number,
            subject=card.subject,
            sender=card.sender,
            preview=card.preview,
            status=card.status,
            assignee=card.assignee or None,
            message_count=card.count,
            last_activity_at=datetime.fromisoformat(card.activity.partition("#")[0]),
        )


class ConversationsOut(BaseModel):
    """A page of the list. `cursor` leads to the next one, and is null on the last; a page may be short before that."""

    conversations: list[CardOut]
    cursor: str | None


class AttachmentOut(BaseModel):
    id: str
    name: str
    media_type: str
    size: Annotated[int, Field(description="in octets")]
    sha256: str
    inline: bool
    content_id: Annotated[str | None, Field(description="by which the HTML names it (RFC 2392)")]
    state: Annotated[ScanState, Field(description="only what is clean, or was released, can be fetched")]
    finding: Annotated[Finding | None, Field(description="why it is, or was, quarantined")]

    @classmethod
    def of(cls, attachment: StoredAttachment, scan: Scan) -> AttachmentOut:
        return cls(
            id=attachment.id,
            name=attachment.name,
            media_type=attachment.media_type,
            size=attachment.size,
            sha256=attachment.sha256,
            inline=attachment.inline,
            content_id=attachment.content_id or None,
            state=scan.state,
            finding=scan.finding,
        )


class ThreadingOut(BaseModel):
    """Why the message stands in this conversation, and how far its sender is trusted."""

    rule: Rule
    evidence: str
    trust: Trust
    by: Annotated[str | None, Field(description="who of the team vouches for the sender, by id")]

    @classmethod
    def of(cls, threading: Threading) -> ThreadingOut:
        return cls(rule=threading.rule, evidence=threading.evidence, trust=threading.trust, by=threading.by or None)


Bounce = Annotated[
    Literal["hard", "soft"] | None, Field(description="hard: it came back for good; soft: for a reason that may pass")
]


class RecipientOut(BaseModel):
    """What became of an outgoing message at one of its recipients."""

    address: str
    state: SendState
    bounce: Bounce
    reason: str | None

    @classmethod
    def of(cls, outcome: RecipientOutcome) -> RecipientOut:
        alone = Sending(SendState.SENT, outcomes=(outcome,))
        return cls(
            address=outcome.address,
            state=shown(outcome.state),
            bounce=alone.bounce or None,
            reason=outcome.reason or None,
        )


class SendingOut(BaseModel):
    """Where an outgoing message stands, and the last that the mail service said of it."""

    state: SendState
    bounce: Bounce
    attempts: int
    reason: Annotated[str | None, Field(description="a word of the mail service, or ours")]
    message_id: str | None
    recipients: Annotated[
        list[RecipientOut], Field(description="those of whom the mail service spoke, where there is more than one")
    ]

    @classmethod
    def of(cls, sending: Sending, recipients: int) -> SendingOut:
        return cls(
            state=sending.state,
            bounce=(sending.bounce or None) if sending.state is SendState.BOUNCED else None,
            attempts=sending.attempts,
            reason=sending.reason or None,
            message_id=sending.message_id or None,
            recipients=[RecipientOut.of(each) for each in sending.outcomes] if recipients > 1 else [],
        )


class MessageOut(BaseModel):
    id: str
    kind: Kind
    at: datetime
    text: Annotated[str, Field(description="the whole text; where that is long, the beginning, of its visible part")]
    visible_text: Annotated[str, Field(description="without quoted history and signature; of the text that is here")]
    truncated: Annotated[
        bool, Field(description="there is more: the whole body, and HTML where there is some, has a route of its own")
    ]
    subject: Annotated[str | None, Field(description="where it differs from the conversation's")]
    sender: AddressOut | None
    co_authors: Annotated[list[AddressOut], Field(description="further addresses of the mail's From")]
    date: Annotated[datetime | None, Field(description="when it was written, by the mail's own word")]
    protection: Annotated[
        Protection | None,
        Field(description="signed or encrypted by its sender: kept as it came, not verified, not opened"),
    ]
    author: Annotated[str | None, Field(description="the principal who wrote a reply or a note")]
    mentions: Annotated[list[str], Field(description="of a note: people who are told of it, by id")]
    to: list[AddressOut]
    cc: list[AddressOut]
    reply_to: Annotated[list[AddressOut], Field(description="where its author wants answers to go, where they said so")]
    attachments: list[AttachmentOut]
    threading: ThreadingOut | None
    checks: Annotated[ChecksOut | None, Field(description="what was found out about a mail that came in")]
    bounce: Annotated[BounceOut | None, Field(description="what a mail that came in says became of another one")]
    quarantine: Annotated[Reason | None, Field(description="why the mail was not read")]
    raw_only: Annotated[
        bool,
        Field(description="it was never parsed: its raw form is kept, and there is no text, sender or file to show"),
    ]
    sending: SendingOut | None

    @classmethod
    def of(cls, message: Message) -> MessageOut:
        threading, sending = message.threading, message.sending
        return cls(
            id=message.id,
            kind=message.kind,
            at=message.at,
            text=message.text,
            visible_text=message.visible_text,
            truncated=message.has_content,
            subject=message.subject or None,
            sender=AddressOut.of(message.sender) if message.sender else None,
            co_authors=[AddressOut.of(each) for each in message.co_authors],
            date=message.date,
            protection=message.protection,
            author=message.author or None,
            mentions=list(message.mentions),
            to=[AddressOut.of(each) for each in message.to],
            cc=[AddressOut.of(each) for each in message.cc],
            reply_to=[AddressOut.of(each) for each in message.reply_to],
            attachments=[AttachmentOut.of(each, scan_of(message.scans, each.id)) for each in message.attachments],
            threading=threading and ThreadingOut.of(threading),
            checks=ChecksOut.of(message),
            bounce=message.checks and message.checks.bounce and BounceOut.of_report(message.checks.bounce),
            quarantine=message.quarantine,
            raw_only=message.quarantine is not None,
            sending=sending and SendingOut.of(sending, len(message.to) + len(message.cc)),
        )


class WholeMessageOut(MessageOut):
    """A message with its whole bodies, as far as an answer holds them: `truncated` where they are longer.

    `html` is sanitised. Show it in a sandboxed frame all the same, or open the message's page.
    """

    html: Annotated[str | None, Field(description="no script, form, frame, or image from elsewhere")]
    remote_images: Annotated[
        int, Field(description="images from elsewhere that were left out: `remote_images=true` shows those by https")
    ]

    @classmethod
    def whole(cls, message: Message, content: Content, html: ShownHtml) -> WholeMessageOut:
        text = within(content.text, TEXT_OCTETS)
        visible_text = within(visible(content.text, message.hidden), TEXT_OCTETS)
        cut = len(text) < len(content.text) or not html.whole
        whole = {"text": text, "visible_text": visible_text, "truncated": cut}
        shown = MessageOut.of(message).model_dump() | whole
        return cls(**shown, html=html.html or None, remote_images=html.remote_images)


def own_images(conversation: str, message: Message) -> dict[str, str]:
    """Where the files that a message's HTML may refer to are served, by content id; of two alike the first counts."""
    return {
        each.content_id: f"/v1/conversations/{conversation}/messages/{message.id}/attachments/{each.id}"
        for each in reversed(message.attachments)
        if each.content_id
    }


class LinkOut(BaseModel):
    """Another conversation of the workspace that has to do with this one. Nothing of either stands in the other."""

    conversation: str
    reason: Annotated[
        Literal["named", "same_mail"],
        Field(
            description="named: this one's first mail names a Message-ID of it, without proof; same_mail: a mail of "
            "this one came to that one's mailbox as well"
        ),
    ]


class ConversationOut(BaseModel):
    id: str
    mailbox: str
    number: int
    subject: str
    status: Status
    assignee: str | None
    opened_at: datetime
    last_activity_at: datetime
    message_count: int
    version: int
    participants: list[ParticipantOut]
    linked: list[LinkOut]

    @classmethod
    def of(cls, head: Conversation) -> ConversationOut:
        return cls(
            id=head.id,
            mailbox=head.mailbox,
            number=head.number,
            subject=head.subject,
            status=head.status,
            assignee=head.assignee or None,
            opened_at=head.opened_at,
            last_activity_at=head.last_at or head.opened_at,
            message_count=head.count,
            version=head.version,
            participants=[ParticipantOut.taking_part(each) for each in head.participants],
            linked=[
                *([LinkOut(conversation=head.linked, reason="named")] if head.linked else []),
                *(LinkOut(conversation=each.conversation, reason="same_mail") for each in head.copies),
            ],
        )


class ThreadOut(ConversationOut):
    """A conversation and its newest messages, oldest of them first; `cursor` leads to the earlier ones."""

    messages: list[MessageOut]
    cursor: str | None

    @classmethod
    def of_thread(cls, thread: Thread, cursor: str) -> ThreadOut:
        head = ConversationOut.of(thread.conversation).model_dump()
        return cls(**head, messages=[MessageOut.of(each) for each in thread.messages], cursor=cursor or None)


class UndeliverableOut(BaseModel):
    """Mail to this contact comes back, and since when."""

    reason: str
    at: datetime


class ContactOut(BaseModel):
    """Somebody outside the team. One address of the workspace is one contact."""

    id: str
    address: str
    name: str
    first_seen_at: datetime
    undeliverable: UndeliverableOut | None

    @classmethod
    def of(cls, contact: Contact) -> ContactOut:
        mark = contact.undeliverable
        return cls(
            id=contact.id,
            address=contact.address.address,
            name=contact.address.name,
            first_seen_at=contact.first_seen,
            undeliverable=mark and UndeliverableOut(reason=mark.reason, at=mark.at),
        )
