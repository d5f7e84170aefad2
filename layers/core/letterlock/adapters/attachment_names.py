"""Names of files, as they may be shown and saved: never a path, never a name that shows itself as another."""

from __future__ import annotations

import re
from typing import Final

from letterlock.adapters.mime_headers import one_line

NAME_CHARACTERS: Final = 255
"""What common file systems take."""
EXTENSION_CHARACTERS: Final = 16

_DIRECTION: Final = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Invisible marks and changes of direction: with them `exe.pdf` can be shown for a name that ends in `fdp.exe`."""
_EXTENSIONS: Final = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/ms-tnef": "dat",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-pkcs7-signature": "p7s",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/global": "eml",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/enriched": "txt",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
}
"""Ours, since Python's `mimetypes` answers by what is installed on the machine."""


def name_of(declared: str, media_type: str, number: int) -> str:
    """The name a part gives its file; one made from its type, `attachment-2.pdf`, where it gives none."""
    name = safe_name(declared)
    return name or f"attachment-{number}.{_EXTENSIONS.get(media_type, 'bin')}"


def safe_name(declared: str) -> str:
    """On one line, without folders, at most 255 characters with its extension kept; empty if nothing is left."""
    name = _DIRECTION.sub("", one_line(declared)).replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip()
    if not name.strip("."):
        return ""
    if len(name) > NAME_CHARACTERS:
        stem, dot, extension = name.rpartition(".")
        end = f"{dot}{extension}" if stem and len(extension) <= EXTENSION_CHARACTERS else ""
        name = name[: NAME_CHARACTERS - len(end)] + end
    return name
