"""Mails that were damaged in a way that a seed decides: the same seed, the same octets, on every machine."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.letters import letter

SAMPLES: Final = Path(__file__).resolve().parent.parent / "tests" / "mail" / "samples"
OURS: Final = "support@acme.example"
BLOWN_UP_BYTES: Final = 256 * 1024
"""How far a piece is repeated at most, mostly; one mutant in a thousand grows to `LARGE_BYTES`."""
LARGE_BYTES: Final = 8 * 1024 * 1024
ROUNDS: Final = 6
"""How many damages a mutant has at most."""

_DRAWN: Final = re.compile(rb"={15}\d+==")
_WORDS: Final = tuple(
    each.encode("latin-1")
    for each in (
        *(
            "\0",
            "\r",
            "\n",
            "\r\n",
            "\r\n\r\n",
            "\xff",
            "\xfe\xff",
            "\xc3\x28",
            "\xed\xa0\x80",
            "\xef\xbb\xbf",
            "\x1b$B",
            "\x1b(B",
        ),
        *(
            "+AGEAYg-",
            "+",
            "~{",
            "=?utf-8?q?",
            "=?utf-8?b?",
            "?=",
            "=?x?y?z?=",
            "=?gb18030?b?gTCBMA==?=",
            "=?utf-8*en?q?a?=",
        ),
        *(
            "From: ",
            "From: <",
            "To: ",
            "Cc: (((",
            "Subject: ",
            "Message-ID: <<<",
            "In-Reply-To: ",
            "References: <",
            "Date: ",
        ),
        *(
            "Content-Type: ",
            "multipart/mixed; boundary=b",
            "multipart/related; boundary=",
            "message/rfc822",
            "text/html",
        ),
        *("multipart/report; report-type=delivery-status; boundary=b", "message/delivery-status", "text/calendar"),
        *(
            "Content-Transfer-Encoding: ",
            "base64",
            "quoted-printable",
            "x-uuencode",
            "begin 644 a\n",
            "charset=",
            "utf-7",
        ),
        *(
            "utf-16",
            "iso-2022-jp",
            "gb18030",
            "windows-1252",
            "x-unknown",
            "filename*0*=utf-8''",
            "filename*1=",
            'name="',
        ),
        *(
            "../../etc/passwd",
            "\\",
            '"',
            "'",
            ";",
            ",",
            ":",
            "<",
            ">",
            "(",
            ")",
            "@",
            "[",
            "]",
            "--b",
            "--b--",
            "--",
            "-- \n",
        ),
        *("On Mon, 2 Nov 2026 at 10:30, Tom <tom@a.example> wrote:\n", "> ", ">", "-----Original Message-----\n"),
        *(
            "<script>",
            "<style>",
            "</style",
            "<svg/onload=",
            "<!--",
            "-->",
            "<![CDATA[",
            "<table><td>",
            "<template>",
            "&#x",
        ),
        *(
            "&amp",
            "href=javascript:",
            "src=cid:",
            "srcset=",
            "style=",
            "<plaintext>",
            "<noscript>",
            "<math><mi>",
            "<a ",
        ),
        *(
            "Auto-Submitted: ",
            "auto-replied",
            "Precedence: bulk",
            "List-Id: ",
            "Return-Path: <>",
            "Final-Recipient: rfc822;",
        ),
        *("Action: failed\n", "Status: 5.1.1\n", "Original-Recipient: ", "Diagnostic-Code: smtp; 550", "X-Loop: "),
    )
)
_CHARSETS: Final = (
    b"utf-8",
    b"us-ascii",
    b"utf-7",
    b"utf-16",
    b"utf-32",
    b"gb2312",
    b"big5",
    b"iso-2022-kr",
    b"idna",
    b"rot13",
    b"",
)


def seeds() -> list[bytes]:
    """What is damaged: mails as they are met, and some that are odd already."""
    written = [file.read_bytes() for file in sorted(SAMPLES.glob("*.eml"))]
    made = [
        letter(1, to=OURS),
        letter(2, to=OURS, bytes_of_mail=30_000, references=("a@b.example", "c@d.example")),
        letter(3, to=OURS, attachment_bytes=4_000),
    ]
    return [*written, *map(_steady, made), _BOUNCE, _HTML, b"", b"\n", b"x"]


def _steady(raw: bytes) -> bytes:
    """With delimiters that the standard library has not drawn by lot."""
    drawn = list(dict.fromkeys(_DRAWN.findall(raw)))
    return _DRAWN.sub(lambda found: b"b%02d" % drawn.index(found[0]), raw)


def mutant(seed: int, kept: Sequence[bytes]) -> bytes:
    """`kept`: what `seeds` made."""
    chance = random.Random(seed)  # noqa: S311 - damage, no secret
    raw = chance.choice(kept)
    most = LARGE_BYTES if chance.randrange(1_000) == 0 else BLOWN_UP_BYTES
    for _ in range(chance.randint(1, ROUNDS)):
        raw = chance.choice(_DAMAGES)(raw, chance, kept, most)
    return raw


Damage = Callable[[bytes, random.Random, Sequence[bytes], int], bytes]


def _flipped(raw: bytes, chance: random.Random, _kept: Sequence[bytes], _most: int) -> bytes:
    octets = bytearray(raw)
    for _ in range(min(len(octets), chance.choice((1, 3, 20)))):
        octets[chance.randrange(len(octets))] = chance.randrange(256)
    return bytes(octets)


def _said(raw: bytes, chance: random.Random, _kept: Sequence[bytes], _most: int) -> bytes:
    """One of the words that parsers look for, where it does not belong."""
    at = _place(raw, chance)
    return raw[:at] + chance.choice(_WORDS) + raw[at:]


def _blown_up(raw: bytes, chance: random.Random, _kept: Sequence[bytes], most: int) -> bytes:
    """A word, or a piece of the mail, over and over."""
    start, end = sorted((_place(raw, chance), _place(raw, chance)))
    piece = chance.choice((chance.choice(_WORDS), raw[start : min(end, start + 200)])) or b"\n"
    times = min(int(10 ** chance.uniform(0.5, 6)), most // len(piece))
    return raw[:start] + piece * times + raw[start:]


def _cut(raw: bytes, chance: random.Random, _kept: Sequence[bytes], _most: int) -> bytes:
    start, end = sorted((_place(raw, chance), _place(raw, chance)))
    return raw[:start] + raw[min(end, start + chance.choice((1, 10, 1_000, len(raw) or 1))) :]


def _ended(raw: bytes, chance: random.Random, _kept: Sequence[bytes], _most: int) -> bytes:
    return raw[: _place(raw, chance)]


def _shuffled(raw: bytes, chance: random.Random, _kept: Sequence[bytes], _most: int) -> bytes:
    lines = raw.split(b"\n")
    for _ in range(chance.choice((1, 5))):
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _spliced(raw: bytes, chance: random.Random, kept: Sequence[bytes], _most: int) -> bytes:
    """The beginning of one mail, and the end of another."""
    other = chance.choice(kept)
    return raw[: _place(raw, chance)] + other[_place(other, chance) :]


def _nested(raw: bytes, chance: random.Random, _kept: Sequence[bytes], most: int) -> bytes:
    """Within a multipart within a multipart, or as a mail within a mail."""
    kinds = (b"multipart/mixed", b"multipart/alternative", b"multipart/related", b"multipart/digest")
    for level in range(min(chance.choice((1, 2, 40, 60, 1_000)), most // 80)):
        head = b'Content-Type: %s; boundary="n%d"\n\n--n%d\n' % (chance.choice(kinds), level, level)
        if chance.randrange(4) == 0:
            head = b"Content-Type: message/rfc822\n\n"
        raw = head + raw
    return raw


def _misspelt(raw: bytes, chance: random.Random, _kept: Sequence[bytes], _most: int) -> bytes:
    """Another charset than the text has; line ends of another machine."""
    change = chance.randrange(3)
    if change == 0:
        return raw.replace(b"utf-8", chance.choice(_CHARSETS))
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n" if change == 1 else b"\r")


def _place(raw: bytes, chance: random.Random) -> int:
    """Anywhere, and every second time near the beginning, where the header is."""
    return chance.randint(0, min(len(raw), chance.choice((800, len(raw)))))


_DAMAGES: Final[tuple[Damage, ...]] = (
    _flipped, _said, _said, _said, _blown_up, _cut, _ended, _shuffled, _spliced, _nested, _misspelt
)  # fmt: skip

_BOUNCE: Final = b"""\
From: MAILER-DAEMON@mail.customer.example
To: support@acme.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to tell you that your mail did not get through.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.customer.example

Final-Recipient: rfc822; ana@customer.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: <0102018f@eu-west-1.amazonses.com>
Subject: Re: Order 7

--b--
"""
_HTML: Final = b"""\
From: Ana <ana@customer.example>
To: support@acme.example
Subject: Where is it?
Content-Type: text/html; charset=utf-8

<html><head><style>p{color:red}</style></head><body background="https://t.example/b.png" onload="x()">
<p style="margin:0">Where <b>is</b> my parcel? <a href="https://shop.example/a?b=c&amp;d">here</a></p>
<img src="cid:logo@mail"><img src="https://t.example/pixel.gif" width=1 height=1>
<table><tr><td>1<td>2<tr><td>3</table><div class="gmail_quote">On Mon, Tom wrote:<blockquote>old</blockquote></div>
</body></html>
"""
