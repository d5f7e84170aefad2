"""Of what kind a file is, by its content and by what it is called, in one table each.

The library knows binary formats by their signatures. What it does not know by any is text or nothing: pages and
drawings are looked for here, as browsers do (WHATWG, "MIME Sniffing", section 7.1).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import filetype

from letterlock.domain.files import Octets

LOOKED_AT: Final = 8192
"""Octets at the beginning that say what a file is."""


class Kind(StrEnum):
    """Kinds that are not to be taken for each other."""

    IMAGE = "image"
    PDF = "pdf"
    ZIP = "zip"
    """Office documents among them."""
    ARCHIVE = "archive"
    MEDIA = "media"
    OFFICE = "office"
    """The older office formats (Compound File Binary): also what an encrypted office document lies in."""
    PROGRAM = "program"
    MARKUP = "markup"
    DRAWING = "drawing"
    OTHER = "other"


GZIP: Final = "application/gzip"
TAR: Final = "application/x-tar"
SVG: Final = "image/svg+xml"
HTML: Final = "text/html"

_BY_TYPE: Final = {
    "application/pdf": Kind.PDF,
    "application/zip": Kind.ZIP,
    "application/epub+zip": Kind.ZIP,
    "application/msword": Kind.OFFICE,
    "application/vnd.ms-excel": Kind.OFFICE,
    "application/vnd.ms-powerpoint": Kind.OFFICE,
    GZIP: Kind.ARCHIVE,
    TAR: Kind.ARCHIVE,
    "application/x-7z-compressed": Kind.ARCHIVE,
    "application/x-rar-compressed": Kind.ARCHIVE,
    "application/x-bzip2": Kind.ARCHIVE,
    "application/x-xz": Kind.ARCHIVE,
    "application/zstd": Kind.ARCHIVE,
    "application/x-lzip": Kind.ARCHIVE,
    "application/x-lz4": Kind.ARCHIVE,
    "application/x-compress": Kind.ARCHIVE,
    "application/x-unix-archive": Kind.ARCHIVE,
    "application/vnd.ms-cab-compressed": Kind.ARCHIVE,
    "application/x-msdownload": Kind.PROGRAM,
    "application/x-executable": Kind.PROGRAM,
    "application/wasm": Kind.PROGRAM,
    "application/vnd.android.dex": Kind.PROGRAM,
    "application/vnd.android.dey": Kind.PROGRAM,
    "application/x-shockwave-flash": Kind.PROGRAM,
    "application/x-google-chrome-extension": Kind.PROGRAM,
    "application/x-deb": Kind.PROGRAM,
    "application/x-rpm": Kind.PROGRAM,
}
_BY_BEGINNING: Final = (
    (Kind.IMAGE, "image/"),
    (Kind.MEDIA, "audio/"),
    (Kind.MEDIA, "video/"),
    (Kind.ZIP, "application/vnd.openxmlformats-"),
    (Kind.ZIP, "application/vnd.oasis.opendocument."),
)
_PROGRAMS: Final = (
    b"\xfe\xed\xfa\xce",  # Mach-O
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",  # Mach-O for several processors, and Java
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a shortcut of Windows (MS-SHLLINK, section 2.1)
    b"#!",
)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""MS-CFB, section 2.2."""

_CALLED: Final = {
    Kind.IMAGE: "png jpg jpeg jpe jfif gif webp bmp tif tiff heic heif avif ico",
    Kind.PDF: "pdf",
    Kind.ZIP: "zip docx xlsx pptx odt ods odp epub",
    Kind.ARCHIVE: "gz tgz tar 7z rar bz2 xz zst cab",
    Kind.MEDIA: "mp3 mp4 m4a m4v mov wav ogg oga ogv avi mkv webm flac",
    Kind.DRAWING: "svg svgz",
    Kind.OTHER: "txt csv tsv log md json ics vcf yaml yml",
    Kind.PROGRAM: (
        "exe com scr pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta msi msp msix appx cpl dll sys lnk jar "
        "reg scf inf chm gadget application apk deb rpm sh command scpt dmg"
    ),
}
_KIND_OF_EXTENSION: Final = {each: kind for kind, names in _CALLED.items() for each in names.split()}
OFFICE_ZIPS: Final = frozenset({"docx", "xlsx", "pptx"})

_PAGE: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p)\b", re.IGNORECASE
)
_DRAWING: Final = re.compile(rb"<(?:!doctype\s+svg|(?:\w{1,20}:)?svg)\b", re.IGNORECASE)
_SPACE: Final = re.compile(rb"\s*")
_BEFORE: Final = ((b"<!--", b"-->"), (b"<?", b"?>"))
"""What may stand before the first tag: how it begins and ends."""
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Byte order marks."""


def type_of(content: Octets) -> str:
    """The media type that the content has, or empty."""
    head = bytes(content[:LOOKED_AT])
    known = filetype.guess(head)
    if known is not None and not _is_text_after_all(known.mime, head):
        return str(known.mime)
    if head.startswith(_COMPOUND):
        return "application/x-ole-storage"
    return _markup_type(head)


def _is_text_after_all(media_type: str, head: bytes) -> bool:
    """Two letters are the whole signature of a program for Windows; a list of countries begins with them too."""
    return media_type == "application/x-msdownload" and b"\0" not in head[:64]


def _markup_type(head: bytes) -> str:
    if head.startswith(_MARKS[1:]):
        head = head.replace(b"\0", b"")
    for mark in _MARKS:
        head = head.removeprefix(mark)
    at = _first_tag(head)
    if _DRAWING.match(head, at):
        return SVG
    return HTML if _PAGE.match(head, at) else ""


def _first_tag(head: bytes) -> int:
    """Past comments and declarations; each octet is looked at once."""
    at = 0
    while True:
        at = _SPACE.match(head, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        for begins, ends in _BEFORE:
            if head.startswith(begins, at):
                end = head.find(ends, at)
                if end < 0:
                    return len(head)
                at = end + len(ends)
                break
        else:
            return at


def kind_of(media_type: str, content: Octets) -> Kind:
    """What kind a file of that type, with that content, is."""
    if content[:8].startswith(_PROGRAMS):
        return Kind.PROGRAM
    if media_type == SVG:
        return Kind.DRAWING
    if media_type == HTML:
        return Kind.MARKUP
    if media_type == "application/x-ole-storage":
        return Kind.OFFICE
    if media_type in _BY_TYPE:
        return _BY_TYPE[media_type]
    return next((kind for kind, begins in _BY_BEGINNING if media_type.startswith(begins)), Kind.OTHER)


def extension_of(name: str) -> str:
    """In lower case, without the dot; as Windows reads it, which drops dots and spaces at the end."""
    return name.rstrip(". ").rpartition(".")[2].casefold() if "." in name.rstrip(". ") else ""


def kind_called(name: str, media_type: str) -> Kind | None:
    """What kind a file of that name, and of that declared type, claims to be; None where it claims nothing."""
    kind = _KIND_OF_EXTENSION.get(extension_of(name))
    if kind is not None or not media_type:
        return kind
    if media_type == SVG:
        return Kind.DRAWING
    declared = _BY_TYPE.get(media_type)
    if declared is None and media_type.startswith("image/"):
        declared = Kind.IMAGE
    return declared if declared in (Kind.IMAGE, Kind.PDF, Kind.ZIP, Kind.ARCHIVE) else None
