"""Archives, looked into without unpacking them: what they list, and whether that is believable.

A zip's central directory is read, never an entry; of gzip as much is unpacked, and thrown away, as shows whether it is
one that grows without end; of tar the headers are read. All of it in bounded time and memory.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from io import BytesIO, RawIOBase
from typing import Final

from letterlock.adapters.file_kinds import GZIP, TAR, Kind, extension_of, kind_called, kind_of, type_of
from letterlock.domain.files import Finding, Octets

ENTRIES: Final = 10_000
UNPACKED_BYTES: Final = 1_000_000_000
RATIO: Final = 100
"""How much larger than packed: text packs 10 times, logs perhaps 50; deflate could 1,032 times (RFC 1951)."""
SMALL_BYTES: Final = 10_000_000
"""What unpacks to less is no bomb, whatever its ratio is: an empty spreadsheet packs well."""
DIRECTORY_BYTES: Final = 2 * 1024 * 1024
"""Of the central directory: `ENTRIES` entries of 200 octets. Python's reader takes it in one read."""
GUNZIPPED_BYTES: Final = 32 * 1024 * 1024
"""So much is unpacked to see whether it goes on growing."""
_STEP: Final = 64 * 1024
_ENCRYPTED: Final = 0x1
"""General purpose bit 0 (APPNOTE.TXT, section 4.4.4)."""
_LOCAL: Final = b"PK\x03\x04"


class _TooMuchAtOnce(Exception):
    """More is asked for in one read than an archive that we look into needs."""


class _Window(RawIOBase):
    """A file in memory that hands out no more than the size of a directory at once."""

    def __init__(self, content: Octets) -> None:
        self._file, self._size = BytesIO(content), len(content)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, at: int, whence: int = 0) -> int:
        return self._file.seek(at, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._file.tell()
        if min(left, size if size >= 0 else left) > DIRECTORY_BYTES:
            raise _TooMuchAtOnce
        return self._file.read(size)


def examine_zip(content: Octets) -> Finding | None:
    try:
        with zipfile.ZipFile(_Window(content)) as archive:
            entries = archive.infolist()
    except _TooMuchAtOnce:
        return Finding.ARCHIVE_ENTRIES
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, OverflowError):
        return Finding.MALFORMED
    # Names as they were written: the reader cuts one at a NUL, and turns backslashes where its own system does.
    return _listed(entries, len(content)) or _names(each.orig_filename for each in entries)


def _listed(entries: Sequence[zipfile.ZipInfo], size: int) -> Finding | None:
    """What a zip of that size says of its entries."""
    if len(entries) > ENTRIES:
        return Finding.ARCHIVE_ENTRIES
    if any(each.flag_bits & _ENCRYPTED for each in entries):
        return Finding.ENCRYPTED
    unpacked = sum(each.file_size for each in entries)
    if unpacked > UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > RATIO * size):
        return Finding.ARCHIVE_SIZE
    # Entries that lie over each other would be unpacked each.
    return Finding.MALFORMED if sum(each.compress_size for each in entries) > size else None


def _names(names: Iterable[str]) -> Finding | None:
    found: Finding | None = None
    for name in names:
        if _leads_out(name):
            return Finding.ARCHIVE_NAMES
        kind = kind_called(name.rstrip("/"), "")
        if kind is Kind.PROGRAM:
            found = Finding.PROGRAM
        if found is None and (kind is Kind.ARCHIVE or extension_of(name) in ("zip", "iso")):
            found = Finding.ARCHIVE_NESTED
    return found


def _leads_out(name: str) -> bool:
    """Absolute, with a drive, upwards, or cut short by a NUL: "zip slip"."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or "\0" in name or parts[0][1:2] == ":"


def examine_archive(content: Octets, media_type: str) -> Finding | None:
    """One that is no zip: of the kinds that the standard library reads bounded; any other is opaque."""
    if media_type == TAR:
        return _tar(content)
    if media_type == GZIP:
        return _gzip(content)
    return Finding.OPAQUE


def _gzip(content: Octets) -> Finding | None:
    unpacked = bytearray()
    stream = zlib.decompressobj(wbits=31)
    view = memoryview(content)
    for at in range(0, len(content), _STEP):
        packed: Octets | memoryview = view[at : at + _STEP]
        while packed and len(unpacked) <= GUNZIPPED_BYTES:
            try:
                unpacked += stream.decompress(packed, GUNZIPPED_BYTES + 1 - len(unpacked))
            except zlib.error:
                return Finding.MALFORMED
            if stream.eof:
                packed, stream = stream.unused_data.lstrip(b"\0"), zlib.decompressobj(wbits=31)
            else:
                packed = stream.unconsumed_tail
        if len(unpacked) > SMALL_BYTES and len(unpacked) > RATIO * (at + _STEP):
            return Finding.ARCHIVE_SIZE
        if len(unpacked) > GUNZIPPED_BYTES:
            break
    return _inside_gzip(unpacked)


def _inside_gzip(unpacked: bytearray) -> Finding | None:
    media_type = type_of(unpacked)
    if media_type == TAR:
        return _tar(unpacked)
    kind = kind_of(media_type, unpacked)
    if kind in (Kind.ARCHIVE, Kind.ZIP):
        return Finding.ARCHIVE_NESTED
    return Finding.PROGRAM if kind is Kind.PROGRAM else None


def _tar(content: Octets) -> Finding | None:
    """The headers, as far as there are any: one may be cut where the look into gzip ended."""
    names: list[str] = []
    unpacked = 0
    try:
        with tarfile.open(fileobj=_Window(content), mode="r:") as archive:
            for entry in archive:
                names += [entry.name, *([entry.linkname] if entry.islnk() or entry.issym() else [])]
                unpacked += entry.size
                if len(names) > ENTRIES:
                    return Finding.ARCHIVE_ENTRIES
                if entry.sparse is not None or unpacked > UNPACKED_BYTES:
                    return Finding.ARCHIVE_SIZE
    except _TooMuchAtOnce:
        return Finding.ARCHIVE_ENTRIES
    except (tarfile.TarError, ValueError, EOFError, OSError, OverflowError, RecursionError):
        return _names(names) if names else Finding.MALFORMED
    return _names(names)


def holds_zip(content: Octets) -> bool:
    """Whether a file that begins as something else ends as a zip: readers of zip begin at the end."""
    return zipfile.is_zipfile(BytesIO(content)) and _LOCAL in content
