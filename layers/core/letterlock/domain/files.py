"""Files: uploads on their way to a message, what a look into a file has found, and the limits of both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from letterlock.domain.errors import FileQuarantined, NotScanned, RuleBroken, TooLarge
from letterlock.domain.mail import MAIL_BYTES

FILE_BYTES: Final = 29_000_000
"""The largest file: it just fits into a mail of 40 MB, whose base64 takes 78 octets for 57 (RFC 2045, section 6.8)."""
FILES_AT_MOST: Final = 20
"""Of one reply or note."""
FORM_LIVES: Final = timedelta(minutes=10)
"""How long a form for an upload is taken by S3."""
UPLOAD_LIVES: Final = timedelta(hours=24)
"""What no message has attached by then is dropped."""
UPLOADS_AN_HOUR: Final = 300
"""Of one workspace: with `UPLOAD_LIVES` it bounds what can wait."""
DOWNLOAD_LIVES: Final = timedelta(seconds=60)
"""How long the address of a download is taken by S3: so much longer than a revocation it may live."""
DOWNLOADS_SWEPT_AFTER: Final = timedelta(minutes=15)

_BASE64_LINE: Final = 57
_BASE64_LINE_WRITTEN: Final = 78
_BESIDE_FILES: Final = 256 * 1024
"""Octets of a mail that are neither text nor file: header, parts' headers, the history that is quoted."""
_TEXT_WRITTEN: Final = 4
"""Octets of a mail for one of the text: it goes out plain and as HTML, each in base64."""
MEGABYTE: Final = 1_000_000

OCTETS: Final = "application/octet-stream"
_SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

Octets = bytes | bytearray
"""A file in memory; a bytearray is built up frame by frame, and read only from then on."""


class ScanState(StrEnum):
    WAITING = "waiting"
    """Nobody has looked into it: it can be neither sent nor fetched."""
    CLEAN = "clean"
    QUARANTINED = "quarantined"
    """It is not what it says, or may do harm. It cannot be sent or fetched."""
    RELEASED = "released"
    """Of a mail: it was quarantined, and an admin has it fetched all the same. Of no type, so that nothing shows it."""


class Finding(StrEnum):
    """Why a file is quarantined."""

    SIZE = "size"
    """It has not the size that was declared."""
    TYPE = "type"
    """Its content is of another type than its name or its declared type."""
    POLYGLOT = "polyglot"
    """It is of two types at once: an image that is a page, or an archive."""
    PROGRAM = "program"
    """Something to be run, by its content or its name."""
    ACTIVE_CONTENT = "active_content"
    """A drawing (SVG) with script in it."""
    IMAGE_SIZE = "image_size"
    """An image that says to have more pixels than a program should be asked to draw."""
    ARCHIVE_ENTRIES = "archive_entries"
    ARCHIVE_SIZE = "archive_size"
    """It would unpack to too much, or to too much for what it is."""
    ARCHIVE_NAMES = "archive_names"
    """Names in it lead out of the folder that it is unpacked to."""
    ARCHIVE_NESTED = "archive_nested"
    """An archive in an archive, into which nobody looks."""
    ENCRYPTED = "encrypted"
    """Nobody can look into it."""
    OPAQUE = "opaque"
    """An archive of a kind that is not looked into."""
    MALFORMED = "malformed"
    """It says to be something that it cannot be read as."""
    MALWARE = "malware"
    """A scanner knows it."""
    LOST = "lost"
    """It was gone before anybody could look into it, or is not what was kept."""
    UNEXAMINED = "unexamined"
    """Each try to look into it broke off. It is looked into when the queue's dead letters are given another try."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a look into a file's octets found. `media_type` is what its content is; empty where that cannot be told."""

    media_type: str = ""
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What is known of one file of a message."""

    attachment: str
    state: ScanState
    finding: Finding | None = None
    media_type: str = ""

    @classmethod
    def of(cls, attachment: str, examined: Examined) -> Scan:
        state = ScanState.QUARANTINED if examined.finding else ScanState.CLEAN
        return cls(attachment, state, examined.finding, examined.media_type)

    @property
    def served_as(self) -> str:
        """The type under which it is handed out: of images that only draw, their own; else one that nothing runs."""
        return self.media_type if self.state is ScanState.CLEAN and self.media_type in _SHOWN else OCTETS


Scans = tuple[Scan, ...]


def scan_of(scans: Scans, attachment: str) -> Scan:
    """Of a file that nobody has looked into yet, that it waits."""
    return next((each for each in scans if each.attachment == attachment), Scan(attachment, ScanState.WAITING))


def unexamined(attachments: Iterable[str]) -> Scans:
    return tuple(Scan.of(each, Examined(finding=Finding.UNEXAMINED)) for each in attachments)


def must_be_cleared(scan: Scan) -> None:
    """Clean, or released. Raises NotScanned, FileQuarantined."""
    if scan.state is ScanState.WAITING:
        raise NotScanned("this file has not been looked into yet: ask again in a few seconds")
    if scan.state is ScanState.QUARANTINED:
        raise FileQuarantined(f"this file is quarantined ({scan.finding}): it can be neither sent nor fetched")


NEVER_RELEASED: Final = frozenset({Finding.MALWARE, Finding.LOST})
"""What a scanner knows for what it is; and what is not there."""


def released(scans: Scans, attachment: str) -> Scans:
    """With that file for everybody to fetch who may read the message. Raises NotScanned, RuleBroken."""
    scan = scan_of(scans, attachment)
    if scan.state is ScanState.WAITING:
        raise NotScanned("this file has not been looked into yet: ask again in a few seconds")
    if scan.state is not ScanState.QUARANTINED:
        raise RuleBroken("only a quarantined file is released")
    if scan.finding in NEVER_RELEASED:
        raise RuleBroken(f"a file that is quarantined as {scan.finding} is never released")
    return tuple(replace(each, state=ScanState.RELEASED) if each is scan else each for each in scans)


# ---- uploads --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that one of the team is to send to us, or has sent."""

    id: str
    workspace: str
    owner: str
    """The principal who may attach it."""
    name: str
    media_type: str
    """As declared."""
    size: int
    at: datetime
    version: str = ""
    """Of the object that was the first to be looked at. Any other is deleted unread: a form can be used again."""
    scan: Scan | None = None
    sha256: str = ""
    kept_version: str = ""
    """Of the sealed object."""
    attached: bool = False
    """A message has it: it is used up."""

    @property
    def state(self) -> ScanState:
        return self.scan.state if self.scan else ScanState.WAITING

    @property
    def true_type(self) -> str:
        """What it is sent as: what its content is; where that cannot be told, text that was called so; else octets."""
        found = self.scan.media_type if self.scan else ""
        if found:
            return found
        return self.media_type if self.media_type in _TEXTS else OCTETS

    def must_be_free(self) -> None:
        """Raises NotScanned, FileQuarantined, RuleBroken."""
        must_be_cleared(self.scan or Scan(self.id, ScanState.WAITING))
        if self.attached:
            raise RuleBroken("this file is attached to a message already: upload it again for another one")


_TEXTS: Final = frozenset({"text/plain", "text/csv", "text/calendar", "text/vcard", "application/json"})


def refuse_too_large(size: int) -> None:
    """Raises TooLarge."""
    if size > FILE_BYTES:
        raise TooLarge(f"a file may have {FILE_BYTES // MEGABYTE} MB at most: a mail takes no more")


def refuse_too_much(sizes: Iterable[int], text: str) -> None:
    """Raises TooLarge for files that do not fit into one mail together with the text."""
    files = sum(-(-size // _BASE64_LINE) * _BASE64_LINE_WRITTEN for size in sizes)
    if files and files + _TEXT_WRITTEN * len(text.encode("utf-8", "replace")) + _BESIDE_FILES > MAIL_BYTES:
        raise TooLarge(
            f"the files of one message may have {FILE_BYTES // MEGABYTE} MB together, less what its text takes"
        )


def in_order(wanted: Sequence[str], found: Collection[Upload]) -> list[Upload] | None:
    """The uploads in the order in which they were asked for; None where one is missing."""
    by_id = {each.id: each for each in found}
    return [by_id[each] for each in wanted] if by_id.keys() >= set(wanted) else None
