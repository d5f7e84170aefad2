"""The pre-scan: where each part of a mail begins and ends, found without decoding anything, within bounds.

One pass over the octets from the outside in, by the delimiter lines of RFC 2046, section 5.1, without recursion. The
parser then reads the very parts that were counted here, so that nothing can look small to one and large to the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from letterlock.adapters.mime_header_section import Fields, read_section
from letterlock.adapters.mime_headers import Value, media_type, structured
from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import MAIL_BYTES


@dataclass(frozen=True, slots=True)
class MailLimits:
    """What a mail may cost. Beyond any of these it is quarantined, raw, with the reason."""

    message_bytes: int = MAIL_BYTES
    header_bytes: int = 256 * 1024
    """All header sections together. Exchange Online takes no larger header either; a usual one has 5 to 20 kB."""
    parts: int = 1_000
    """Leaves and containers. Exchange Online takes 250 attachments; a usual mail has less than 30 parts."""
    depth: int = 50
    """Multiparts within multiparts. Signed, forwarded newsletters have 6; a forwarded mail counts as one part."""
    scanned_times: int = 6
    """How often an octet may be looked at on average, for each level of nesting reads its own content again."""
    false_delimiters: int = 10_000
    """Lines that begin like a delimiter and are none. Only a mail made for the purpose has more than a few."""


SCAN_ALLOWANCE_BYTES: Final = 1024 * 1024
"""Small mails may nest to the full depth whatever `scanned_times` says: looking at them again costs nothing."""
BOUNDARY_BYTES: Final = 250
"""RFC 2046 says 70; longer ones are met."""
GUESSED_BYTES: Final = 64 * 1024
"""Of a multipart, where its first delimiters are looked for if they are not those that it declares."""
_BEFORE_HEADER: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:>?From (?![ \t]*:)[^\n]*\n)?")
_DELIMITER_END: Final = re.compile(rb"(?:--)?[ \t]*\r?(?:\n|\Z)")
_DELIMITER_AND_HEADER: Final = re.compile(rb"\n--([^\r\n]{1,250}+)\r?\nContent-[A-Za-z-]{1,40}:", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    """One part: its header, and where its body lies. Containers have `children`; a leaf has none."""

    fields: Fields
    content_type: Value
    media_type: str
    """In lower case; `text/plain` (RFC 2045, section 5.2) where the mail says nothing usable."""
    start: int
    end: int
    place: int = 0
    """Which child of its container it is, from 0."""
    children: list[Part] = field(default_factory=list)
    epilogue: int = -1
    """Of a multipart: where what follows its last delimiter begins (RFC 2046, section 5.1.1)."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Octets that hold one part, header and body."""

    start: int
    end: int
    depth: int
    parent: Part | None


@dataclass(slots=True)
class _Found:
    """What is known of a multipart while its delimiters are looked for."""

    opened: int = -1
    """Where the part begins that has no end yet."""
    within: bytes | None = None
    """The boundary that this part declares, once somebody asked."""

    def open(self, at: int) -> None:
        self.opened, self.within = at, None


def scan(raw: bytes, limits: MailLimits) -> Part:
    """The mail's parts, as a tree. Raises Unparsable with over_size, header_too_large, too_many_parts,
    nested_too_deep.
    """
    if len(raw) > limits.message_bytes:
        raise Unparsable(Reason.OVER_SIZE)
    return _Scan(raw, limits).run()


class _Scan:
    def __init__(self, raw: bytes, limits: MailLimits) -> None:
        self.raw = raw
        self.limits = limits
        self.header_bytes = 0
        self.parts = 0
        self.delimiters = 0
        self.false_delimiters = 0
        self.scanned = 0

    def run(self) -> Part:
        root = self._part(_Range(_after_envelope(self.raw), len(self.raw), 0, None))
        waiting = self._children(root, 1)
        while waiting:
            each = waiting.pop()
            part = self._part(each)
            waiting += self._children(part, each.depth + 1)
        return root

    def _part(self, place: _Range) -> Part:
        self.parts += 1
        if self.parts > self.limits.parts:
            raise Unparsable(Reason.TOO_MANY_PARTS)
        fields, start = self._header(place.start, place.end)
        content_type = structured(fields.first("content-type"))
        in_digest = place.parent is not None and place.parent.media_type == "multipart/digest"
        kind = media_type(content_type) or ("message/rfc822" if in_digest else "text/plain")
        part = Part(fields, content_type, kind, start, place.end)
        if place.parent is not None:
            part.place = len(place.parent.children)
            place.parent.children.append(part)
        return part

    def _children(self, part: Part, depth: int) -> list[_Range]:
        """What a multipart holds, last first; nothing for a leaf, and for a multipart without a delimiter line."""
        if not part.media_type.startswith("multipart/"):
            return []
        boundary = part.content_type.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        ranges = self._ranges(boundary, part, depth)
        if not ranges and (guessed := self._guessed_boundary(part)) != boundary:
            ranges = self._ranges(guessed, part, depth)
        if ranges and depth > self.limits.depth:
            raise Unparsable(Reason.NESTED_TOO_DEEP)
        return ranges[::-1]

    def _guessed_boundary(self, part: Part) -> bytes:
        """Of a multipart whose boundary is cut off, or another one than it says: a header follows its delimiters."""
        found = _DELIMITER_AND_HEADER.search(
            self.raw, max(part.start - 1, 0), min(part.end, part.start + GUESSED_BYTES)
        )
        return found[1].rstrip() if found else b""

    def _ranges(self, boundary: bytes, part: Part, depth: int) -> list[_Range]:
        if not 0 < len(boundary) <= BOUNDARY_BYTES:
            return []
        self.scanned += part.end - part.start
        if self.scanned > self.limits.scanned_times * len(self.raw) + SCAN_ALLOWANCE_BYTES:
            raise Unparsable(Reason.NESTED_TOO_DEEP)
        needle = b"\n--" + boundary
        ranges: list[_Range] = []
        found = _Found()
        # A delimiter's line break belongs to it: the first may directly follow the header's end.
        position = self.raw.find(needle, max(part.start - 1, 0), part.end)
        while position >= 0:
            tail = _DELIMITER_END.match(self.raw, position + len(needle), part.end)
            if tail is None:
                self._count_false_delimiter()
            else:
                self._count_delimiter()
                closes = tail[0].startswith(b"--")
                if not (closes and self._is_of_the_part_within(found, boundary + b"--", position)):
                    if found.opened >= 0:
                        ranges.append(
                            _Range(found.opened, max(found.opened, self._before_break(position)), depth, part)
                        )
                    found.open(-1 if closes else tail.end())
                    part.epilogue = tail.end() if closes else part.end
            position = self.raw.find(needle, position + len(needle) if tail is None else tail.end() - 1, part.end)
        if found.opened >= 0:
            ranges.append(_Range(found.opened, part.end, depth, part))
        return ranges

    def _is_of_the_part_within(self, found: _Found, boundary: bytes, position: int) -> bool:
        """Whether `--x--` ends no multipart with the boundary `x`, for one within it has the boundary `x--`."""
        if found.opened < 0:
            return False
        if found.within is None:
            fields, _ = read_section(self.raw, found.opened, position, self.limits.header_bytes)
            found.within = structured(fields.first("content-type")).parameters.get("boundary", "").encode()
        return found.within == boundary

    def _before_break(self, position: int) -> int:
        return position - 1 if self.raw.endswith(b"\r", 0, position) else position

    def _count_delimiter(self) -> None:
        # A part has one before it, a container one more at its end.
        self.delimiters += 1
        if self.delimiters > 2 * self.limits.parts:
            raise Unparsable(Reason.TOO_MANY_PARTS)

    def _count_false_delimiter(self) -> None:
        self.false_delimiters += 1
        if self.false_delimiters > self.limits.false_delimiters:
            raise Unparsable(Reason.TOO_MANY_PARTS)

    def _header(self, start: int, end: int) -> tuple[Fields, int]:
        """The header section at `start`, and where the body begins."""
        fields, body = read_section(self.raw, start, end, self.limits.header_bytes - self.header_bytes)
        self.header_bytes += body - start
        return fields, body


def _after_envelope(raw: bytes) -> int:
    """Where the header begins: after a byte order mark, empty lines, and the line `From …` that mbox files put in."""
    match = _BEFORE_HEADER.match(raw)
    return match.end() if match else 0
