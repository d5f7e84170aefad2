"""What differs between a message as it is kept and as today's rules would make it of the same raw mail."""

from __future__ import annotations

from enum import StrEnum

from letterlock.domain.conversations import Message


class Change(StrEnum):
    SUBJECT = "subject"
    SENDER = "sender"
    DATE = "date"
    RECIPIENTS = "recipients"
    IDENTIFIERS = "identifiers"
    """Message-ID, In-Reply-To or References."""
    TEXT = "text"
    """The bodies."""
    VISIBLE_TEXT = "visible_text"
    """The same text, of which something else is history or signature."""
    FILES = "files"
    QUARANTINE = "quarantine"
    """It can be read now, or no more; or for another reason."""
    CHECKS = "checks"
    THREADING = "threading"
    """Another rule, or another conversation."""
    RAW = "raw"
    """The raw mail is gone, or does not open."""


def changes(kept: Message, today: Message, *, received: bool) -> list[Change]:
    """`received`: what the envelope said is known, so that the checks can be told anew. Threading is not looked at."""
    if kept.quarantine is not today.quarantine:
        return [Change.QUARANTINE]
    same_text = (kept.content_sha256, kept.excerpt or kept.text) == (today.content_sha256, today.excerpt or today.text)
    differs = {
        Change.SUBJECT: kept.subject != today.subject,
        Change.SENDER: (kept.sender, kept.co_authors) != (today.sender, today.co_authors),
        Change.DATE: kept.date != today.date,
        Change.RECIPIENTS: (kept.to, kept.cc, kept.reply_to) != (today.to, today.cc, today.reply_to),
        Change.IDENTIFIERS: _identifiers(kept) != _identifiers(today),
        Change.TEXT: not same_text,
        Change.VISIBLE_TEXT: same_text and kept.hidden != today.hidden,
        Change.FILES: _files(kept) != _files(today),
        Change.CHECKS: received and kept.checks != today.checks,
    }
    return [change for change, it_does in differs.items() if it_does]


def _files(message: Message) -> list[tuple[str, str, str, str, bool]]:
    return [(each.name, each.media_type, each.sha256, each.content_id, each.inline) for each in message.attachments]


def _identifiers(message: Message) -> tuple[object, ...]:
    return message.message_id, message.in_reply_to, message.references
