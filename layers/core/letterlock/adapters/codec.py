"""A conversation's content as the bytes that are sealed, and back: compact JSON, a field that is empty left out.

Text of hostile mail may hold lone surrogates, which plain UTF-8 refuses; `surrogatepass` keeps them as they came.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from letterlock.adapters.checks_codec import checks_of, checks_row
from letterlock.domain.conversations import Conversation, Message, StoredAttachment
from letterlock.domain.files import Finding, Scan, Scans, ScanState
from letterlock.domain.mail import Address, Protection, Verdict, Verdicts
from letterlock.domain.outcomes import Outcomes, RecipientOutcome, RecipientState
from letterlock.domain.participants import Participant
from letterlock.domain.threading import Rule, Threading, Trust

SUBJECT_BYTES: Final = 200
SENDER_BYTES: Final = 56
"""What a card gives its subject and its sender at most; the preview has the rest, which is a hundred bytes or more."""
ASSIGNEE_BYTES: Final = 30
"""Kept free in a card without an assignee, so that assigning it later cuts nothing off."""


def encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def decode(octets: bytes) -> Any:
    return json.loads(octets.decode("utf-8", "surrogatepass"))


def instant(at: datetime) -> str:
    """ISO 8601, UTC, milliseconds: `2026-11-02T09:30:00.000Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def day_of(at: datetime) -> str:
    """The day in UTC: `2026-11-02`."""
    return at.astimezone(UTC).date().isoformat()


# ---- messages ---------------------------------------------------------------------------------------------------


def message_bytes(message: Message) -> bytes:
    """Every field of a message that is content, or that nobody needs without the content."""
    fields = {
        "text": message.text,
        "hidden": message.hidden,
        "excerpt": message.excerpt,
        "subject": message.subject,
        "sender": _pair(message.sender) if message.sender else None,
        "co_authors": [_pair(each) for each in message.co_authors],
        "date": instant(message.date) if message.date else "",
        "protection": message.protection or "",
        "author": message.author,
        "mentions": message.mentions,
        "to": [_pair(each) for each in message.to],
        "cc": [_pair(each) for each in message.cc],
        "reply_to": [_pair(each) for each in message.reply_to],
        "attachments": [_attachment_row(each) for each in message.attachments],
        "message_id": message.message_id,
        "in_reply_to": _in_reply_to(message),
        "references": message.references,
        "threading": _threading_row(message.threading) if message.threading else None,
        "verdicts": _verdicts_row(message.verdicts) if message.verdicts else None,
        "checks": checks_row(message.checks) if message.checks else None,
        "content_sha256": message.content_sha256,
    }
    return encode({name: value for name, value in fields.items() if value})


def message_fields(octets: bytes) -> dict[str, Any]:
    """What `message_bytes` kept, as arguments for `Message`."""
    said = decode(octets)
    in_reply_to = said.get("in_reply_to", ())
    return {
        "text": said.get("text", ""),
        "hidden": tuple((start, end) for start, end in said.get("hidden", ())),
        "excerpt": said.get("excerpt", False),
        "subject": said.get("subject", ""),
        "sender": Address(*said["sender"]) if "sender" in said else None,
        "co_authors": _addresses(said.get("co_authors", ())),
        "date": datetime.fromisoformat(said["date"]) if "date" in said else None,
        "protection": Protection(said["protection"]) if "protection" in said else None,
        "author": said.get("author", ""),
        "mentions": tuple(said.get("mentions", ())),
        "to": _addresses(said.get("to", ())),
        "cc": _addresses(said.get("cc", ())),
        "reply_to": _addresses(said.get("reply_to", ())),
        "attachments": tuple(StoredAttachment(*row) for row in said.get("attachments", ())),
        "message_id": said.get("message_id", ""),
        "in_reply_to": tuple(said.get("references", ())[-1:] if in_reply_to is True else in_reply_to),
        "references": tuple(said.get("references", ())),
        "threading": _threading(said["threading"]) if "threading" in said else None,
        "verdicts": Verdicts(*map(Verdict, said["verdicts"])) if "verdicts" in said else None,
        "checks": checks_of(said["checks"]) if "checks" in said else None,
        "content_sha256": said.get("content_sha256", ""),
    }


def _in_reply_to(message: Message) -> tuple[str, ...] | bool:
    """True where it is the newest reference, as it is in most answers: a Message-ID is long."""
    return bool(message.in_reply_to) if message.in_reply_to == message.references[-1:] else message.in_reply_to


def _pair(address: Address) -> tuple[str, str]:
    return address.address, address.name


def _addresses(rows: Iterable[list[str]]) -> tuple[Address, ...]:
    return tuple(Address(*row) for row in rows)


def _attachment_row(file: StoredAttachment) -> tuple[str | int | bool, ...]:
    return file.id, file.name, file.media_type, file.size, file.sha256, file.content_id, file.inline


def _threading_row(threading: Threading) -> tuple[str, ...]:
    row = (threading.rule, threading.evidence, threading.trust)
    return (*row, threading.by) if threading.by else row


def _threading(row: list[str]) -> Threading:
    rule, evidence, trust, *by = row
    return Threading(Rule(rule), evidence, Trust(trust), *by)


def _verdicts_row(verdicts: Verdicts) -> tuple[str, ...]:
    return verdicts.spf, verdicts.dkim, verdicts.dmarc, verdicts.spam, verdicts.virus


# ---- what became of a message --------------------------------------------------------------------------------------


def outcomes_bytes(outcomes: Outcomes) -> bytes:
    return encode([[each.address, each.state, each.reason] for each in outcomes])


def outcomes(octets: bytes) -> Outcomes:
    return tuple(RecipientOutcome(address, RecipientState(state), reason) for address, state, reason in decode(octets))


# ---- files -------------------------------------------------------------------------------------------------------


def scans_bytes(scans: Scans) -> bytes:
    return encode([_scan_row(each) for each in scans])


def scans(octets: bytes) -> Scans:
    return tuple(map(_scan, decode(octets)))


def found_bytes(scan: Scan, sha256: str) -> bytes:
    """What was found in an upload, and the hash of its octets."""
    return encode([*_scan_row(scan), sha256])


def found(octets: bytes) -> tuple[Scan, str]:
    *row, sha256 = decode(octets)
    return _scan(row), sha256


def _scan_row(scan: Scan) -> tuple[str, ...]:
    return scan.attachment, scan.state, scan.finding or "", scan.media_type


def _scan(row: list[str]) -> Scan:
    attachment, state, finding, media_type = row
    return Scan(attachment, ScanState(state), Finding(finding) if finding else None, media_type)


# ---- participants -----------------------------------------------------------------------------------------------


def people_bytes(taking_part: Iterable[Participant], removed: Iterable[Address]) -> bytes:
    """A row each: address, name, whether they are the requester (null: they were removed), who let them in."""
    rows: list[list[object]] = [
        [*_pair(each.address), each.requester, *([each.added_by] if each.added_by else [])] for each in taking_part
    ]
    return encode(rows + [[*_pair(each), None] for each in removed])


def people(octets: bytes) -> tuple[tuple[Participant, ...], tuple[Address, ...]]:
    """Who takes part, and who was removed."""
    taking_part, removed = [], []
    for address, name, requester, *added_by in decode(octets):
        who = Address(address, name)
        if requester is None:
            removed.append(who)
        else:
            taking_part.append(Participant(who, requester, *added_by))
    return tuple(taking_part), tuple(removed)


def address_bytes(address: Address) -> bytes:
    return encode(_pair(address))


def address(octets: bytes) -> Address:
    return Address(*decode(octets))


# ---- cards ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardText:
    """What a card holds. Status and activity stand in the index's own keys."""

    mailbox: str
    assignee: str
    number: int
    count: int
    subject: str
    sender: str
    preview: str


def card_bytes(conversation: Conversation, limit: int) -> bytes:
    """A card of `limit` bytes at most, whatever the script: texts that are too long are cut between characters."""
    fixed = [conversation.mailbox, conversation.assignee, conversation.number, conversation.count]
    spare = limit - len(encode([*fixed, "", "", ""])) - max(0, ASSIGNEE_BYTES - len(conversation.assignee))
    subject = cut(conversation.subject, min(SUBJECT_BYTES, spare))
    sender = cut(conversation.last_sender, min(SENDER_BYTES, spare - json_size(subject)))
    preview = cut(conversation.preview, spare - json_size(subject) - json_size(sender))
    return encode([*fixed, subject, sender, preview])


def card(octets: bytes) -> CardText:
    mailbox, assignee, number, count, subject, sender, preview = decode(octets)
    return CardText(mailbox, assignee, number, count, subject, sender, preview)


def json_size(text: str) -> int:
    """Bytes of a text inside JSON, without its quotes: a control character takes six, an emoji four."""
    return len(encode(text)) - len('""')


def cut(text: str, limit: int) -> str:
    """As many whole characters of `text` as fit into `limit` bytes of JSON."""
    text = text[: max(limit, 0)]
    if json_size(text) <= limit:
        return text
    return text[: bisect_right(range(len(text) + 1), limit, key=lambda end: json_size(text[:end])) - 1]
