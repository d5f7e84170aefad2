"""The mails of a folder, whatever they are kept in: a file each, a maildir, an mbox. One at a time, for there may be
thousands, and one may be larger than memory.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Final

from letterlock.domain.mail import MAIL_BYTES

READ_BYTES: Final = MAIL_BYTES + 1
"""Of a mail: SES takes none that is larger, and by one octet more it is known to be."""
MAIL_SUFFIXES: Final = frozenset({".eml", ".msg", ".box", ".mbox", ".mail", ".email", ".rfc822", ".mime"})
ONE_MAIL_SUFFIXES: Final = MAIL_SUFFIXES - {".mbox", ".box"}
MAILDIR: Final = frozenset({"cur", "new"})
LINE_BYTES: Final = 1024 * 1024
LOOKED_AT_BYTES: Final = 2048
HEADER_BYTES: Final = 64 * 1024
SOMEBODY: Final = "somebody@sender.example"
"""MAIL FROM of a mail that does not tell it: an empty one would make it a machine's."""

_RETURN_PATH: Final = re.compile(rb"^Return-Path:[ \t]*<?([^<>\s]{0,320})>?", re.IGNORECASE | re.MULTILINE)
_FROM: Final = re.compile(
    rb"^From:[^\n]{0,998}?([^\s<>\"(),;:]{1,64}@[^\s<>\"(),;:]{1,255})", re.IGNORECASE | re.MULTILINE
)

_FIRST_FIELD: Final = re.compile(
    rb"\A(?:From [^\n]*\n)?(?:Return-Path|Received|Delivered-To|From|To|Cc|Subject|Date|Message-ID|MIME-Version|"
    rb"Content-Type|Reply-To|Sender|DKIM-Signature|Authentication-Results|(?:X|ARC|List|Resent)-[!-9;-~]+)[ \t]*:",
    re.IGNORECASE,
)
"""The fields that mails begin with in practice; "note: ..." begins a text as well."""
_ENVELOPE: Final = re.compile(rb"From [^\n]{0,300}?\d\d?:\d\d(?::\d\d)?\b[^\n]{0,100}\r?\n?\Z")
"""RFC 4155, appendix A: `From `, the sender, and a time in C's asctime() form. A sentence has no time of day in it."""
_QUOTED: Final = re.compile(rb">+From ")


@dataclass(frozen=True, slots=True)
class FoundMail:
    """`name`: its file, relative to the folder, and `#n` for the nth mail of an mbox."""

    name: str
    raw: bytes = b""
    unread: str = ""
    """Why the file could not be read: the error's class."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies: a file, or the octets from `start` to `end` of an mbox."""

    path: Path
    start: int = 0
    end: int | None = None

    def read(self) -> bytes:
        """The mail, as it was found. Raises OSError."""
        with self.path.open("rb") as file:
            if self.end is None:
                return file.read(READ_BYTES)
            file.seek(self.start)
            return next(split_mbox(io.BytesIO(file.read(self.end - self.start))), b"")


def mail_files(folder: Path) -> Iterator[Path]:
    """What is called a mail, lies in a maildir, or begins as a mail does; in the order of their names."""
    for place, folders, files in os.walk(folder):
        if set(folders) >= MAILDIR and "tmp" in folders:
            folders.remove("tmp")  # what a maildir has not finished taking in
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if _is_file(path) and (_named_a_mail(path) or begins_as_mail(path)):
                yield path


def mails(folder: Path) -> Iterator[FoundMail]:
    for path in mail_files(folder):
        name = _spelt(path.relative_to(folder))
        try:
            with path.open("rb") as file:
                yield from _mails_of(file, name, path)
        except OSError as error:
            yield FoundMail(name, unread=type(error).__name__)


def _mails_of(file: IO[bytes], name: str, path: Path) -> Iterator[FoundMail]:
    suffix = path.suffix.lower()
    one_mail = suffix in ONE_MAIL_SUFFIXES or path.parent.name in MAILDIR
    is_mbox = not one_mail and _ENVELOPE.match(file.readline(LINE_BYTES))
    file.seek(0)
    if not is_mbox:
        yield FoundMail(name, file.read(READ_BYTES), place=Place(path))
        return
    found = _pieces(file)
    first, second = next(found), next(found, None)
    alone = second is None and suffix != ".mbox"
    for number, (raw, start, end) in enumerate(chain([first], [] if second is None else [second], found), 1):
        yield FoundMail(name if alone else f"{name}#{number}", raw, place=Place(path, start, end))


def split_mbox(lines: IO[bytes]) -> Iterator[bytes]:
    """Each mail between two lines `From …`, without that line and the empty one before the next; `>From ` unquoted.

    A line of a mail's own may begin so too: one is an envelope only after an empty line, and with a time of day in it.
    """
    return (raw for raw, _, _ in _pieces(lines))


def _pieces(lines: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """And where its octets begin, with the line `From …`, and end."""
    mail, start, end = _Gathered(), 0, 0
    for line in iter(lambda: lines.readline(LINE_BYTES), b""):
        if mail.may_end and line.startswith(b"From ") and _ENVELOPE.match(line):
            if mail.begun:
                yield mail.whole(), start, end
            mail, start = _Gathered(begun=True), end
        else:
            mail.add(line)
        end += len(line)
    if mail.begun or mail.size:
        yield mail.whole(), start, end


class _Gathered:
    """One mail of an mbox as its lines come, no more of it than can ever be taken in."""

    def __init__(self, *, begun: bool = False) -> None:
        self.begun = begun
        self.lines: list[bytes] = []
        self.size = 0
        self.may_end = True
        self._at_start = True

    def add(self, line: bytes) -> None:
        self.may_end = self._at_start and line in (b"\n", b"\r\n")
        if self._at_start and _QUOTED.match(line):
            line = line[1:]
        self._at_start = line.endswith(b"\n")
        if self.size < READ_BYTES:
            self.lines.append(line)
            self.size += len(line)

    def whole(self) -> bytes:
        if len(self.lines) > 1 and self.lines[-1] in (b"\n", b"\r\n"):
            self.lines.pop()
        return b"".join(self.lines)[:READ_BYTES]


def header_of(raw: bytes) -> bytes:
    """As much of it as anybody looks at, without the empty line below."""
    return raw[:HEADER_BYTES].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]


def envelope_sender(raw: bytes) -> str:
    """MAIL FROM as the mail's own header still tells it, for here is no SMTP: empty for a bounce that says so."""
    header = header_of(raw)
    found = _RETURN_PATH.search(header) or _FROM.search(header)
    return found[1].decode("ascii", "replace") if found else SOMEBODY


def _named_a_mail(path: Path) -> bool:
    return path.suffix.lower() in MAIL_SUFFIXES or path.parent.name in MAILDIR


def begins_as_mail(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _FIRST_FIELD.match(file.read(LOOKED_AT_BYTES)) is not None
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    """No pipe, no socket, no link that leads nowhere: opening one may never end."""
    try:
        return path.is_file()
    except OSError:
        return False


def _spelt(path: Path) -> str:
    """A name that is no UTF-8 as Python would escape it."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
