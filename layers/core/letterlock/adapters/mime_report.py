"""Delivery reports as servers write them: RFC 3464, and two forms that are older and still met.

What is read of one is bounded, and what is broken gives what can be read of it: nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from letterlock.adapters.mime_addresses import addresses
from letterlock.adapters.mime_header_section import Fields, read_section
from letterlock.adapters.mime_headers import message_ids, raw_text
from letterlock.adapters.mime_prescan import Part
from letterlock.domain.errors import Unparsable
from letterlock.domain.mail import Attachment, RecipientReport, Returned

REPORT_BYTES: Final = 64 * 1024
STATUS_PARTS_READ: Final = 5
"""There is one; some servers put their own words into another before it."""
GROUPS_READ: Final = 100
"""Of recipients in one report."""
VALUE_CHARACTERS: Final = 1_000
TEXT_CHARACTERS: Final = 64 * 1024

_STATUS_PARTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_PARTS: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_STATUS: Final = re.compile(r"(?<![\d.])([45]\.[0-7]\.\d{1,3})(?![\d.])")
_QMAIL: Final = re.compile(r"\s*Hi\. This is the ")
"""QSBMF, D. J. Bernstein: how qmail's own bounces begin; a paragraph `<address>:` for each recipient follows."""
_QMAIL_RECIPIENT: Final = re.compile(r"^<([^<>\s@]{1,256}@[^<>\s@]{1,255})>:", re.MULTILINE)
_COPIED_ID: Final = re.compile(r"^(?:> ?)?Message-ID:", re.IGNORECASE | re.MULTILINE)
_QUOTE: Final = re.compile(r"^> ?", re.MULTILINE)


def returned(root: Part, attachments: Sequence[Attachment], text: str) -> Returned | None:
    """None where the mail reports nothing."""
    recipients = tuple(_reported(root, attachments)) or tuple(_failed(root.fields, text))
    if not recipients:
        return None
    fields = _returned_header(attachments, text)
    ids = message_ids(fields.all("message-id"))
    references = (*message_ids(fields.all("references")), *message_ids(fields.all("in-reply-to")))
    return Returned(recipients, ids[0] if ids else "", tuple(dict.fromkeys(references)))


def _reported(root: Part, attachments: Sequence[Attachment]) -> Iterator[RecipientReport]:
    """RFC 3464, section 2.1: groups of fields; the first is of the mail, each other one of a recipient."""
    if root.media_type != "multipart/report":
        return
    statuses = [each.content[:REPORT_BYTES] for each in attachments if each.media_type in _STATUS_PARTS]
    for group in islice(chain.from_iterable(map(_groups, statuses[:STATUS_PARTS_READ])), GROUPS_READ):
        final, original = (_address(group.first(f"{which}-recipient")) for which in ("final", "original"))
        if final or original:
            said = raw_text(group.first("status")) or _status_in(raw_text(group.first("diagnostic-code")))
            action = raw_text(group.first("action"))
            yield RecipientReport(final or original, action, said[:VALUE_CHARACTERS], original)


def _groups(octets: bytes) -> Iterator[Fields]:
    position = 0
    while position < len(octets):
        try:
            fields, after = read_section(octets, position, len(octets), REPORT_BYTES)
        except Unparsable:
            return
        if after <= position:
            return
        position = after
        yield fields


def _address(value: bytes) -> str:
    """`rfc822; ana@customer.example`: the address behind its type (RFC 3464, section 2.3.1)."""
    kind, semicolon, address = raw_text(value[:VALUE_CHARACTERS]).partition(";")
    return (address if semicolon else kind).strip().strip("<>")


def _failed(fields: Fields, text: str) -> Iterator[RecipientReport]:
    """Exim's and Gmail's field, or qmail's words. What they send means that nobody tries any more."""
    head = text[:TEXT_CHARACTERS]
    found = [each.address for each in addresses(fields.all("x-failed-recipients"))]
    if not found and _QMAIL.match(head):
        found = [match[1] for match in islice(_QMAIL_RECIPIENT.finditer(head), GROUPS_READ)]
    for each in found:
        yield RecipientReport(each, "failed", _status_in(head))


def _status_in(text: str) -> str:
    match = _STATUS.search(text[:TEXT_CHARACTERS])
    return match[1] if match else ""


def _returned_header(attachments: Sequence[Attachment], text: str) -> Fields:
    """Of the mail that came back: a part of its own, or copied into the text."""
    part = next((each.content for each in attachments if each.media_type in _RETURNED_PARTS), b"")
    octets = part[:REPORT_BYTES] or _copied_header(text[:TEXT_CHARACTERS])
    try:
        # One octet more than there is: what is cut off in the midst of a header is read as far as it goes.
        return read_section(octets, 0, len(octets), len(octets) + 1)[0]
    except Unparsable:
        return Fields()


def _copied_header(text: str) -> bytes:
    """The lines around the first Message-ID, up to an empty line on either side."""
    match = _COPIED_ID.search(text)
    if match is None:
        return b""
    start, end = text.rfind("\n\n", 0, match.start()) + 1, text.find("\n\n", match.end())
    lines = text[start : end if end >= 0 else len(text)].strip("\n")
    return _QUOTE.sub("", lines).encode("utf-8", "surrogatepass")
