"""A header section (RFC 5322, section 2.2): its fields, and where the body begins. Nothing is decoded here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason

LOOK_AHEAD_LINES: Final = 3
"""A line that is no field ends the section, unless a field of mail's own follows within this many lines."""

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FIELD_OF_MAIL: Final = re.compile(
    rb"(?:from|to|cc|bcc|sender|reply-to|subject|date|message-id|in-reply-to|references|received|return-path"
    rb"|delivered-to|mime-version|dkim-signature|list-[a-z-]+|content-[a-z-]+|x-[a-z0-9-]+)[ \t]*:",
    re.IGNORECASE,
)
_LINE_BREAK: Final = re.compile(rb"\r?\n(?=[ \t])")
_BREAK_WITHOUT_SPACE: Final = re.compile(rb"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Fields:
    """(lower-case name, value as octets, unfolded), in the order of the mail, doubles included."""

    items: tuple[tuple[str, bytes], ...] = ()

    def all(self, name: str) -> Iterator[bytes]:
        return (value for each, value in self.items if each == name)

    def first(self, name: str) -> bytes:
        return next(self.all(name), b"")


def read_section(raw: bytes, start: int, end: int, most: int) -> tuple[Fields, int]:
    """The fields of the section that begins at `start`, and the start of the body, both before `end`.

    The section ends at an empty line (which belongs to neither), or where a line is neither field nor folded: many
    senders forget the empty line. Raises Unparsable with header_too_large beyond `most` octets.
    """
    found: list[tuple[int, int]] = []  # where each field's name begins, and its value
    position = start
    while position < end:
        line_end = raw.find(b"\n", position, end) + 1 or end
        if raw.startswith((b"\n", b"\r\n"), position):
            return Fields(tuple(_fields(raw, found, position))), line_end
        match = _FIELD.match(raw, position, line_end)
        if match and not raw.startswith(b"--", position):
            found.append((position, match.end()))
        elif not (found and raw[position] in b" \t") and not _goes_on(raw, line_end, end, position):
            return Fields(tuple(_fields(raw, found, position))), position
        if line_end - start > most:
            raise Unparsable(Reason.HEADER_TOO_LARGE)
        position = line_end
    return Fields(tuple(_fields(raw, found, end))), end


def _goes_on(raw: bytes, position: int, end: int, line: int) -> bool:
    """Whether a stray line stands in the midst of a header: a fold that lost its space, a gateway's remark."""
    if raw.startswith(b"--", line):
        return False  # a delimiter line: the body begins without an empty line
    for _ in range(LOOK_AHEAD_LINES):
        if position >= end or raw.startswith((b"\n", b"\r\n", b"--"), position):
            return False
        if _FIELD_OF_MAIL.match(raw, position, end):
            return True
        position = raw.find(b"\n", position, end) + 1 or end
    return False


def _fields(raw: bytes, found: list[tuple[int, int]], end: int) -> Iterator[tuple[str, bytes]]:
    begins = [begin for begin, _ in found]
    for (begin, value), until in zip(found, [*begins[1:], end], strict=False):
        name = raw[begin : value - 1].rstrip().decode("ascii").lower()
        yield name, _unfolded(raw[value:until])


def _unfolded(value: bytes) -> bytes:
    """RFC 5322, section 2.2.3: line breaks go, the white space after them stays; a lost one is supplied."""
    value = value.strip()
    if b"\n" in value or b"\r" in value:
        value = _BREAK_WITHOUT_SPACE.sub(b" ", _LINE_BREAK.sub(b"", value))
    return value
