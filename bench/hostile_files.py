"""Files that are not what they say, or that would hurt who opens them, and some that are what they say: made here, so
that none lies in the repository.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.files import Finding


@dataclass(frozen=True, slots=True)
class HostileFile:
    what: str
    name: str
    media_type: str
    make: Callable[[], bytes]
    finding: Finding | None


def eicar() -> bytes:
    """The test file that every scanner knows (eicar.org), put together from two halves so that none finds it here."""
    return b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def png(width: int = 1, height: int = 1) -> bytes:
    """One pixel, whatever it says."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixel = zlib.compress(bytes(4))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def gif() -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def jpeg(width: int = 3, height: int = 2) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
    return (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0"
        + struct.pack(">H", len(frame) + 2)
        + frame
        + b"\xff\xd9"
    )


def archive(*names: str, content: bytes = b"x", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name in names:
            made.writestr(name, content)
    return file.getvalue()


def bomb() -> bytes:
    return archive("zeros", content=bytes(100_000_000))


def many_entries() -> bytes:
    return bare_zip(100_000, said=65_535)


def lying_count() -> bytes:
    """20,000 entries; its end says one."""
    return bare_zip(20_000, said=1)


def bare_zip(entries: int, said: int) -> bytes:
    """Empty entries, all in one place; the end says that there are so many (APPNOTE.TXT, sections 4.3.7 to 4.3.16)."""
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 10, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"00000"
    listed = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 10, 10, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"%05d" % number
        for number in range(entries)
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, said, said, len(listed), len(local), 0)
    return local + listed + end


def encrypted() -> bytes:
    """As far as its list says."""
    made = bytearray(archive("statement.pdf"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = made.index(mark) + at
        made[where] |= 1
    return bytes(made)


def overlapping() -> bytes:
    """Every entry of the list is the same one in the file (David Fifield, "A better zip bomb", 2019)."""
    made = archive("a", content=bytes(range(256)) * 40, method=zipfile.ZIP_STORED)
    start, end = made.index(b"PK\x01\x02"), made.rindex(b"PK\x05\x06")
    entries = made[start:end] * 500
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 500, 500, len(entries), start, 0)
    return made[:start] + entries + tail


def tar_of(*names: str, packed: bool = True, link: str = "") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz" if packed else "w") as made:
        for name in names:
            entry = tarfile.TarInfo(name)
            if link:
                entry.type, entry.linkname = tarfile.SYMTYPE, link
            made.addfile(entry)
    return file.getvalue()


def slow_jpeg() -> bytes:
    """Seven million segments, none of which says how large it is."""
    return b"\xff\xd8" + b"\xff\xe0\0\2" * 7_000_000


def slow_svg() -> bytes:
    return b"<svg " + b" on" * 9_000_000


def slow_markup() -> bytes:
    return b"<!-- -->" * 3_000_000


def program() -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(100)


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg">'
_GIF_PAGE = b"<html><body><script>alert(document.domain)</script></body></html>"
_PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
_DOCX = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")
_ZIP, _GZ, _SVG_TYPE = "application/zip", "application/gzip", "image/svg+xml"
_TEXT, _OCTETS = "text/plain", "application/octet-stream"

HOSTILE: tuple[HostileFile, ...] = (
    HostileFile("EICAR", "note.txt", _TEXT, eicar, Finding.MALWARE),
    HostileFile("zip bomb, 100 MB of zeros", "a.zip", _ZIP, bomb, Finding.ARCHIVE_SIZE),
    HostileFile("zip whose entries overlap", "a.zip", _ZIP, overlapping, Finding.MALFORMED),
    HostileFile("zip with 100,000 entries", "a.zip", _ZIP, many_entries, Finding.ARCHIVE_ENTRIES),
    HostileFile("zip whose end says 1 of 20,000", "a.zip", _ZIP, lying_count, Finding.ARCHIVE_ENTRIES),
    HostileFile("zip that leads upwards", "a.zip", _ZIP, lambda: archive("../../etc/passwd"), Finding.ARCHIVE_NAMES),
    HostileFile("zip with an absolute name", "a.zip", _ZIP, lambda: archive("/etc/passwd"), Finding.ARCHIVE_NAMES),
    HostileFile("zip with a drive", "a.zip", _ZIP, lambda: archive("C:\\windows\\a.txt"), Finding.ARCHIVE_NAMES),
    HostileFile("zip with backslashes upwards", "a.zip", _ZIP, lambda: archive("..\\..\\a"), Finding.ARCHIVE_NAMES),
    HostileFile("encrypted zip", "a.zip", _ZIP, encrypted, Finding.ENCRYPTED),
    HostileFile("zip in a zip", "a.zip", _ZIP, lambda: archive("inner.zip"), Finding.ARCHIVE_NESTED),
    HostileFile("program in a zip", "a.zip", _ZIP, lambda: archive("invoice.pdf.exe"), Finding.PROGRAM),
    HostileFile("zip that is cut", "a.zip", _ZIP, lambda: archive("a.txt")[:-10], Finding.MALFORMED),
    HostileFile(
        "gzip bomb, 100 MB of zeros", "a.gz", _GZ, lambda: gzip.compress(bytes(100_000_000)), Finding.ARCHIVE_SIZE
    ),
    HostileFile("tar that leads upwards", "a.tgz", _GZ, lambda: tar_of("../../x"), Finding.ARCHIVE_NAMES),
    HostileFile("tar with a link out", "a.tgz", _GZ, lambda: tar_of("a", link="/etc"), Finding.ARCHIVE_NAMES),
    HostileFile("gzip in a gzip", "a.gz", _GZ, lambda: gzip.compress(gzip.compress(b"x")), Finding.ARCHIVE_NESTED),
    HostileFile(
        "7z, which nobody looks into", "a.7z", _OCTETS, lambda: b"7z\xbc\xaf'\x1c\0\4" + bytes(40), Finding.OPAQUE
    ),
    HostileFile("GIF that is a page", "a.gif", "image/gif", lambda: gif() + _GIF_PAGE, Finding.POLYGLOT),
    HostileFile("PNG that is a zip", "a.png", "image/png", lambda: png() + archive("a.txt"), Finding.POLYGLOT),
    HostileFile("1 pixel says 30,000 x 30,000", "a.png", "image/png", lambda: png(30_000, 30_000), Finding.IMAGE_SIZE),
    HostileFile("JPEG of 7 million segments", "a.jpg", "image/jpeg", slow_jpeg, Finding.MALFORMED),
    HostileFile(
        "SVG with script", "a.svg", _SVG_TYPE, lambda: _SVG + b"<script>1</script></svg>", Finding.ACTIVE_CONTENT
    ),
    HostileFile(
        "SVG with a handler, in UTF-16",
        "a.svg",
        _SVG_TYPE,
        lambda: (_SVG.decode() + "<g onload='alert(1)'/></svg>").encode("utf-16"),
        Finding.ACTIVE_CONTENT,
    ),
    HostileFile("page called an image", "a.png", "image/png", lambda: _GIF_PAGE, Finding.TYPE),
    HostileFile("PDF called a text", "a.txt", _TEXT, lambda: _PDF, Finding.TYPE),
    HostileFile("image declared a PDF", "scan", "application/pdf", png, Finding.TYPE),
    HostileFile("program called a PDF", "a.pdf", "application/pdf", program, Finding.PROGRAM),
    HostileFile("script by its name", "a.pdf.js", _TEXT, lambda: b"alert(1)", Finding.PROGRAM),
    HostileFile("program behind dots and spaces", "a.exe. .", _OCTETS, lambda: b"hello", Finding.PROGRAM),
    HostileFile(
        "encrypted office document",
        "a.docx",
        _OCTETS,
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        Finding.ENCRYPTED,
    ),
    HostileFile("27 MB of SVG's beginnings", "a.svg", _SVG_TYPE, slow_svg, None),
    HostileFile("3 million comments", "a.html", "text/html", slow_markup, None),
    HostileFile("PDF", "Übersicht.pdf", "application/pdf", lambda: _PDF, None),
    HostileFile("text", "a.txt", _TEXT, "Grüße\n".encode, None),
    HostileFile("list that begins with MZ", "a.csv", "text/csv", lambda: b"MZ;Mozambique\n", None),
    HostileFile("PNG", "a.png", "image/png", png, None),
    HostileFile("JPEG", "a.jpg", "image/jpeg", jpeg, None),
    HostileFile("PNG called a JPEG", "a.jpg", "image/jpeg", png, None),
    HostileFile("drawing", "a.svg", _SVG_TYPE, lambda: _SVG + b"<path d='M0 0'/></svg>", None),
    HostileFile("page", "a.html", "text/html", lambda: _GIF_PAGE, None),
    HostileFile("zip", "a.zip", _ZIP, lambda: archive("a.txt", "b/c.docx"), None),
    HostileFile("office document", "a.docx", _OCTETS, lambda: archive(*_DOCX), None),
    HostileFile("packed tar", "a.tgz", _GZ, lambda: tar_of("a/b.txt"), None),
)
"""`finding` None: it is what it says."""
