"""The look into a file: what it is, whether it is what it is called, and what speaks against it. Nothing is unpacked
or drawn.
"""

from __future__ import annotations

import re
from hashlib import sha256
from io import BytesIO
from typing import Final

import imagesize

from letterlock.adapters.archive_examiner import examine_archive, examine_zip, holds_zip
from letterlock.adapters.file_kinds import OFFICE_ZIPS, Kind, extension_of, kind_called, kind_of, type_of
from letterlock.domain.files import Examined, Finding, Octets

PIXELS: Final = 250_000_000
"""The largest cameras make 200 million; at four octets each, this is a gigabyte to whoever draws it."""
IMAGE_HEADER_BYTES: Final = 2 * 1024 * 1024
"""Before these an image says how large it is."""
_MEASURED: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"})

_EICAR_BYTES: Final = 68
_EICAR: Final = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
"""SHA-256 of the test file that every scanner knows (eicar.org): the file itself would trip yours over this one."""

_OF_PAGES: Final = (b"<script", b"<iframe", b"<object", b"<!doctype html", b"<html", b"<body")
"""Long enough that no photograph has one of them by chance, but for the last two."""
_SURELY: Final = re.compile(rb"<(?:script|iframe|object|!doctype html)|<(?:html|body)[\s>/]")
_ACTIVE: Final = re.compile(
    rb"<(?:\w+:)?(?:script|foreignobject|iframe|object|embed|handler)\b|\son\w{2,30}\s*=|javascript:|data:text/html|<!entity",
    re.IGNORECASE,
)


class FileExaminer:
    """`Examiner`, with what is built in."""

    def examine(self, content: Octets, name: str, media_type: str) -> Examined:
        found = type_of(content)
        return Examined(found, _finding(content, name, media_type, found))


def _finding(content: Octets, name: str, declared: str, found: str) -> Finding | None:
    if sha256(content[:_EICAR_BYTES]).hexdigest() == _EICAR:
        return Finding.MALWARE
    kind, claimed = kind_of(found, content), kind_called(name, declared)
    if Kind.PROGRAM in (kind, claimed):
        return Finding.PROGRAM
    if kind is Kind.OFFICE and extension_of(name) in OFFICE_ZIPS:
        return Finding.ENCRYPTED
    if claimed and not _agree(claimed, kind):
        return Finding.TYPE
    return _within(content, found, kind)


def _agree(claimed: Kind, kind: Kind) -> bool:
    """Whether a file of that kind may be called so. Text may be of any language, media of any container."""
    if claimed is Kind.OTHER:
        return kind in (Kind.OTHER, Kind.MARKUP, Kind.DRAWING)
    if claimed is Kind.MEDIA:
        return kind in (Kind.MEDIA, Kind.OTHER)
    if claimed is Kind.DRAWING:
        return kind in (Kind.DRAWING, Kind.MARKUP, Kind.OTHER, Kind.ARCHIVE)
    return claimed is kind


def _within(content: Octets, found: str, kind: Kind) -> Finding | None:
    match kind:
        case Kind.IMAGE:
            return _image(content, found)
        case Kind.ZIP:
            return examine_zip(content)
        case Kind.ARCHIVE:
            return examine_archive(content, found)
        case Kind.DRAWING:
            return _drawing(content)
    return None


def _image(content: Octets, found: str) -> Finding | None:
    """What is handed out as an image is nothing else as well."""
    lowered = bytes(content).lower()
    if (any(each in lowered for each in _OF_PAGES) and _SURELY.search(lowered)) or holds_zip(content):
        return Finding.POLYGLOT
    if found not in _MEASURED:
        return None
    width, height = imagesize.get(BytesIO(content[:IMAGE_HEADER_BYTES]), exif_rotation=False)
    if width <= 0 or height <= 0:
        return Finding.MALFORMED
    return Finding.IMAGE_SIZE if width * height > PIXELS else None


def _drawing(content: Octets) -> Finding | None:
    """Also where it is written with two octets a character."""
    return Finding.ACTIVE_CONTENT if _ACTIVE.search(bytes(content).replace(b"\0", b"")) else None
