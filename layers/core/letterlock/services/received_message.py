"""A mail as the message that is kept of it. Reads nothing and writes nothing: the same mail makes the same message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.checks.examination import Checks
from letterlock.domain.checks.unwanted import Unwanted, unwanted
from letterlock.domain.conversations import SUBJECT_CHARACTERS, Kind, Message, StoredAttachment, inline_text
from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import MAIL_BYTES, Attachment, Content, Delivery, Mail, Verdicts
from letterlock.domain.spans import visible
from letterlock.domain.threading import Threading
from letterlock.domain.visible import hidden_spans
from letterlock.services.ports import Parser

REFERENCES_KEPT = 50
IN_REPLY_TO_KEPT = 10
REPLY_TO_KEPT = 10
RECIPIENTS_KEPT = 200
"""Of From, of To and of Cc. The raw mail keeps them all; an item of DynamoDB ends at 400 kB."""


@dataclass(frozen=True, slots=True)
class Received:
    """`unreadable` says why `mail` is empty."""

    mail: Mail
    delivery: Delivery
    unreadable: Reason | None
    has_raw: bool = True
    """It came as a mail."""


def read(parser: Parser, verdicts: Verdicts, size: int, raw: Callable[[], bytes]) -> tuple[Mail, Reason | None]:
    """The mail, or an empty one and why. `raw` is asked for only where it is to be parsed."""
    nothing = Mail(subject="", sender=None)
    if unwanted(verdicts) is Unwanted.VIRUS:
        return nothing, Reason.VIRUS
    if size > MAIL_BYTES:
        return nothing, Reason.OVER_SIZE
    try:
        return parser.parse(raw()), None
    except Unparsable as unparsable:
        return nothing, Reason(unparsable.reason)


def received_message(
    received: Received,
    subject: str,
    threading: Threading | None,
    checks: Checks | None,
    *,
    id: str,  # noqa: A002 - the field's own name
    file_id: Callable[[int], str],
) -> Message:
    """`subject`: its conversation's, which is not kept twice. `file_id`: of each file by its position."""
    mail, delivery = received.mail, received.delivery
    hidden = hidden_spans(mail.text, mail.subject)
    text, cut = inline_text(mail.text)
    excerpt = cut and bool(hidden)
    if excerpt:
        text, _ = inline_text(visible(mail.text, hidden))
    return Message(
        id=id,
        kind=Kind.INBOUND,
        at=delivery.received_at,
        text=text,
        hidden=hidden,
        excerpt=excerpt,
        subject=mail.subject[:SUBJECT_CHARACTERS] if mail.subject != subject else "",
        sender=mail.sender,
        co_authors=mail.co_authors[:RECIPIENTS_KEPT],
        date=mail.date,
        protection=mail.protection,
        to=mail.to[:RECIPIENTS_KEPT],
        cc=mail.cc[:RECIPIENTS_KEPT],
        reply_to=mail.reply_to[:REPLY_TO_KEPT],
        attachments=tuple(_file(file_id(position), each) for position, each in enumerate(mail.attachments)),
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to[:IN_REPLY_TO_KEPT],
        references=mail.references[-REFERENCES_KEPT:],
        threading=threading,
        verdicts=delivery.verdicts,
        checks=checks,
        quarantine=received.unreadable,
        has_content=cut or bool(mail.html),
        content_sha256=Content(mail.text, mail.html).sha256 if cut or mail.html else "",
        has_raw=received.has_raw,
    )


def _file(id: str, file: Attachment) -> StoredAttachment:  # noqa: A002 - the field's own name
    return StoredAttachment(
        id=id,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=file.sha256,
        content_id=file.content_id,
        inline=file.inline,
    )
