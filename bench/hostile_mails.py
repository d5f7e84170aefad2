"""What reading a mail costs where somebody means it to cost: `make bench-hostile`.

Mails of up to 40 MB, each made to be dear in one way. Every one is read, or quarantined for a reason, in less than a
second of CPU, and in less than 256 MB above its own size. How much is looked at is no matter of time: the limits of
`MailLimits` and their like bound it, and `tests/mail/test_hostile_mail.py` holds them.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator
from time import process_time
from typing import Final

from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import MAIL_BYTES

LONGEST_SECONDS: Final = 1.0
MOST_BYTES: Final = 256 * 1024 * 1024
ROOM: Final = 1024
"""Left for a header, so that the whole stays within what SES takes."""
CHARSETS: Final = (
    *("utf-8", "utf-7", "utf-16", "gb18030", "iso-2022-jp", "iso-2022-jp-2004", "iso-2022-kr", "hz", "big5", "euc-kr"),
    *("johab", "shift_jis", "euc-jp", "windows-1252", "koi8-t"),
)
OCTETS: Final = (b"\xff\xfe", b"+AGE-", b"\x1b$B!!\x1b(B", b"~{!!~}", b"+", b"\x80")
SHOWN_BYTES: Final = 4 * 1024 * 1024
"""A larger text is a file."""


def filled(header: bytes, piece: bytes, size: int = MAIL_BYTES) -> bytes:
    """A mail with this header whose body is this piece, over and over."""
    return header + b"\n\n" + piece * ((size - ROOM - len(header)) // len(piece))


def headers() -> Iterator[tuple[str, bytes]]:
    many = 500_000
    yield "8,000 addresses", b"To: " + b", ".join(b"u%d@other.example" % each for each in range(8_000)) + b"\n\nx"
    yield "500,000 addresses", b"To: " + b", ".join(b"u%d@other.example" % each for each in range(many)) + b"\n\nx"
    yield "11,000 fields To", b"".join(b"To: u%d@o.example\n" % each for each in range(11_000)) + b"\nx"
    yield "1 MB of encoded words", b"Subject: " + b"=?utf-8?q?=C3=A4?= " * 55_000 + b"\n\nx"
    yield "encoded words, two charsets", b"Subject: " + b"=?utf-8?q?a?= =?koi8-r?q?a?= " * 7_000 + b"\n\nx"
    yield "encoded words in From", b"From: " + b"=?utf-8?q?a?= " * 18_000 + b"<a@b.example>\n\nx"
    yield "10,000 parameters", b"Content-Type: a/b" + b"".join(b"; p%d=x" % each for each in range(10_000)) + b"\n\nx"
    pieces = b"".join(b"; n*%d*=%%41" % each for each in range(15_000))
    yield "15,000 pieces of a name (RFC 2231)", b"Content-Type: text/plain" + pieces + b"\n\nx"
    yield "200,000 fields Received", filled(b"Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0000\n" * 200_000, b"x")
    yield "40,000 references", b"References: " + b"<a@b> " * 40_000 + b"\n\nx"
    yield "comments in a date", b"Date: " + b"(" * 200_000 + b"\n\nx"
    yield "lines that are no fields", b"Subject: x\nstray\nstray\n" * 9_000
    yield "a header of 40 MB", b"a:b\n" * (MAIL_BYTES // 4)
    yield "envelope lines", b"From x\n" * (MAIL_BYTES // 7)


def bodies() -> Iterator[tuple[str, bytes]]:
    for name, piece in (
        ("x", b"x"),
        ("lines", b"hello world\n"),
        ("line feeds", b"\n"),
        ("CRs", b"\r"),
        ("NULs", b"\0"),
    ):
        yield f"40 MB of {name}", filled(b"Subject: x", piece)
    pdf = b"Content-Type: application/pdf\nContent-Transfer-Encoding: "
    for encoding, pieces in {
        b"base64": (b"QUJD" * 19 + b"\r\n", b"QUJD" * 18 + b"QUI=\r\n", b"!=A", b"="),
        b"quoted-printable": (b"=41" * 25 + b"=\r\n", b"="),
        b"x-uuencode": (b"begin 644 a\nM" + b"!" * 60 + b"\n", b"!!!!!\n", b"begin \n"),
    }.items():
        for piece in pieces:
            yield f"{encoding.decode()}: {piece[:12]!r}", filled(pdf + encoding, piece)
    for piece in (b"<p>x</p>", b"<a>", b"&amp;", b"<p " + b"a=b " * 99, b"<div>", b"<td>"):
        yield f"HTML: {piece[:8]!r}", filled(b"Content-Type: text/html", piece, SHOWN_BYTES)
    for piece in (b"> a \n", b"a \n", b">"):
        yield f"flowed: {piece!r}", filled(b"Content-Type: text/plain; format=flowed", piece, SHOWN_BYTES)
    for charset in CHARSETS:
        for piece in OCTETS:
            header = b"Content-Type: text/plain; charset=" + charset.encode()
            yield f"{charset}: {piece!r}", filled(header, piece, SHOWN_BYTES)


def structures() -> Iterator[tuple[str, bytes]]:
    mixed = b"Content-Type: multipart/mixed; boundary=b"
    for piece in (b"--bb\n", b"--b\n", b"--b--\n", b"--\n", b"\n--" + b"c" * 250 + b" \n"):
        yield f"delimiters: {piece[:12]!r}", filled(mixed, piece)
    yield "a line of dashes", filled(b'Content-Type: multipart/mixed; boundary="' + b"-" * 70 + b'"', b"-")
    yield "990 texts", filled(mixed, b"--b\n\n" + b"x y\n" * 10_000)
    yield "990 HTML parts", filled(mixed, b"--b\nContent-Type: text/html\n\n" + b"<b>x</b>" * 5_000)
    yield (
        "990 multiparts without a boundary",
        filled(mixed, b"--b\nContent-Type: multipart/mixed\n\n" + (b"\n--" + b"c" * 240) * 160),
    )
    for depth, size in ((49, 6), (5, 39)):
        levels = (b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (each, each) for each in range(depth))
        yield f"{depth} deep, {size} MB", filled(b"".join(levels), b"x\n", size * 1024 * 1024)
    ambiguous = (
        b'Content-Type: multipart/mixed; boundary="a--"\n\n--a--\nContent-Type: multipart/mixed; boundary="a----"'
    )
    yield "delimiters that are two multiparts'", filled(ambiguous, b"--a----\n")
    yield "a mail within", filled(b"Content-Type: message/rfc822", b"Subject: x\n")
    report = b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status"
    yield "a report of many", filled(report, b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n")


def cost(raw: bytes) -> tuple[str, float, int]:
    """How it ended, seconds of CPU, octets that the process grew by at most."""
    before, start = _peak(), process_time()
    try:
        MimeParser().parse(raw)
        ended = "read"
    except Unparsable as unparsable:
        ended = unparsable.reason
    return ended, process_time() - start, _peak() - before


def _peak() -> int:
    """Linux has it in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> int:
    slowest, largest, faults = 0.0, 0, 0
    sources: tuple[Callable[[], Iterator[tuple[str, bytes]]], ...] = (bodies, headers, structures)
    count = 0
    for name, raw in (each for source in sources for each in source()):
        ended, seconds, grew = cost(raw)
        slowest, largest, count = max(slowest, seconds), max(largest, grew), count + 1
        faults += ended == Reason.UNREADABLE
        print(f"{name:40} {len(raw) / 1e6:7.1f} MB {seconds * 1000:7.0f} ms {grew / 1e6:6.0f} MB more  {ended}")
    print(
        f"{count} mails: the slowest {slowest * 1000:.0f} ms of CPU, at most {LONGEST_SECONDS * 1000:.0f}; the largest"
        f" {largest / 1e6:.0f} MB above its size, at most {MOST_BYTES / 1e6:.0f}; {faults} unreadable by a fault"
    )
    return 0 if slowest < LONGEST_SECONDS and largest < MOST_BYTES and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
