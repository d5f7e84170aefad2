"""Mail that somebody made to hurt: it is read or quarantined for a reason, in little time, and never raises."""

import resource
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from letterlock.adapters.mime_parser import BODY_BYTES, COMPOUND_FILE, MimeParser
from letterlock.adapters.mime_prescan import MailLimits
from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Address, Mail

MEGABYTE = 1024 * 1024
SECONDS = 4.0
"""Each of these takes under 0.6 s of CPU on a quiet machine; the rest is for a busy one."""


def outcome(raw: bytes, limits: MailLimits | None = None) -> Mail | str:
    started = time.process_time()
    try:
        return MimeParser(limits).parse(raw)
    except Unparsable as refused:
        return refused.reason
    finally:
        assert time.process_time() - started < SECONDS


def read(raw: bytes) -> Mail:
    mail = outcome(raw)
    assert isinstance(mail, Mail), mail
    return mail


def nested(depth: int) -> bytes:
    levels = (b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (each, each) for each in range(depth))
    return b"".join(levels) + b"Content-Type: text/plain\n\ndeep inside\n"


def parts(count: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * count + b"--b--\n"


# ---- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (nested(2_000), Reason.NESTED_TOO_DEEP),
        (nested(51), Reason.NESTED_TOO_DEEP),
        (parts(5_000), Reason.TOO_MANY_PARTS),
        (parts(1_000), Reason.TOO_MANY_PARTS),  # and the container
        (b"Subject: " + b"a" * MEGABYTE + b"\n\nx", Reason.HEADER_TOO_LARGE),
        (b"X-Field: a\n" * 100_000 + b"\nx", Reason.HEADER_TOO_LARGE),
        (b"Subject: x\n\n" + b"x" * (40 * MEGABYTE), Reason.OVER_SIZE),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b--\n" * 500_000, Reason.TOO_MANY_PARTS),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bb\n" * 500_000, Reason.TOO_MANY_PARTS),
    ],
    ids=lambda each: each if isinstance(each, str) else f"{len(each)} octets",
)
def test_a_mail_beyond_a_bound_is_quarantined_with_the_reason(raw: bytes, reason: str) -> None:
    assert outcome(raw) == reason


def test_mail_just_within_the_bounds_is_read() -> None:
    assert read(nested(50)).text == "deep inside"
    assert read(parts(999)).text == "\n".join("x" * 999)


def test_headers_of_parts_count_towards_the_bound_too() -> None:
    part = b"--b\nContent-Type: text/plain\nX-Filler: " + b"a" * 1_000 + b"\n\nx\n"

    assert outcome(b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 300) == Reason.HEADER_TOO_LARGE


def test_a_large_mail_that_makes_every_level_be_searched_again_is_quarantined() -> None:
    limits = replace(MailLimits(), scanned_times=2)

    assert outcome(nested(10) + b"x" * (3 * MEGABYTE), limits) == Reason.NESTED_TOO_DEEP
    assert isinstance(outcome(nested(10), limits), Mail)


def test_the_reason_never_carries_anything_of_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("secret words of the mail")

    monkeypatch.setattr("letterlock.adapters.mime_parser.scan", fault)
    with pytest.raises(Unparsable) as refused:
        MimeParser().parse(b"Subject: secret words of the mail\n\n")

    assert refused.value.reason == Reason.UNREADABLE
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "secret" not in str(refused.value)


# ---- headers made to hurt --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        b"From: " + b"(" * 250_000,
        b"From: " + b"<" * 250_000,
        b"From: " + b'"' * 250_000,
        b"From: " + b'\\"' * 120_000,
        b"From: " + b"a," * 120_000,
        b"From: " + b"a@" * 120_000,
        b"From: " + b"a @ " * 60_000,
        b"Subject: " + b"=?utf-8?q?" * 25_000 + b"?=",
        b"Subject: " + b"=?a?q?x?= " * 25_000,
        b"Content-Type: text/plain; " + b" name*0*=x;" * 7_000,
        b"Content-Type: text/plain" + b";" * 250_000,
        b"Content-Type: text/plain; a" + b" " * 250_000,
        b'Content-Type: text/plain; a="' + b'\\"' * 120_000,
        b"Content-Type: text/plain" + b"".join(b"; n*%d*=%%41" % each for each in range(15_000)),
        b"References: " + b"<" * 250_000,
        b"References: " + b"<a" * 120_000,
        b"Content-Type: text/plain " + b"a = " * 60_000,
        b"Date: " + b"1 " * 120_000,
        b"Date: " + b"(" * 120_000,
        b"Date: x\n" * 30_000,
    ],
    ids=lambda header: header[:24].decode(),
)
def test_a_header_made_to_hurt_is_read_in_little_time(header: bytes) -> None:
    mail = read(header.rstrip() + b"\n\nThe body.")

    assert mail.text == "The body."


def test_a_71_kilobyte_content_type_is_read() -> None:
    header = b"Content-Type: text/plain; charset=utf-8;" + b" x=" + b"y" * 71_000

    assert read(header + b"\n\n\xc3\xa4").text == "ä"


def test_a_message_id_of_nothing_but_brackets_is_none() -> None:
    assert read(b"Message-ID: <<<\n\nx").message_id == ""


def test_a_message_id_beyond_a_lines_length_is_none() -> None:
    assert read(b"Message-ID: <" + b"a" * 999 + b">\n\nx").message_id == ""


def test_of_a_thousand_references_the_first_and_the_newest_are_kept() -> None:
    mail = read(b"References: " + b" ".join(b"<%d@x>" % each for each in range(1_000)) + b"\n\nx")

    assert len(mail.references) == 100
    assert mail.references[0] == "0@x"
    assert mail.references[-1] == "999@x"


def test_of_eight_thousand_recipients_a_thousand_are_kept() -> None:
    mail = read(b"To: " + b", ".join(b"u%d@other.example" % each for each in range(8_000)) + b"\n\nx")

    assert len(mail.to) == 1_000
    assert mail.to[0] == Address("u0@other.example")


# ---- bodies made to hurt ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    [b"<", b"<!--", b"<!>", b'<a "', b"<a>", b"<script>", b"<p>x", b"<blockquote>a<br>", b"&#1", b"<pre>\n", b"<td>"],
    ids=lambda piece: piece.decode(),
)
def test_html_made_to_hurt_is_read_in_little_time(piece: bytes) -> None:
    read(b"Content-Type: text/html\n\n" + piece * (BODY_BYTES // len(piece)))


@pytest.mark.parametrize(
    ("encoding", "piece"),
    [("base64", b"QQ=="), ("base64", b"!"), ("base64", b"A="), ("quoted-printable", b"="), ("x-uuencode", b"!0\n")],
)
def test_an_encoding_made_to_hurt_is_undone_in_little_time(encoding: str, piece: bytes) -> None:
    header = f"Content-Type: application/x-any\nContent-Transfer-Encoding: {encoding}\n\n".encode()

    read(header + b"begin 644 a\n" + piece * (8 * MEGABYTE // len(piece)))


def test_a_body_too_large_to_show_is_kept_as_a_file() -> None:
    mail = read(b"Subject: log\n\n" + b"x" * (BODY_BYTES + 1))

    assert mail.text == ""
    assert [(each.name, len(each.content)) for each in mail.attachments] == [("attachment-1.txt", BODY_BYTES + 1)]


def test_a_mail_of_nothing_but_line_breaks_is_empty() -> None:
    assert read(b"\n" * (20 * MEGABYTE)).text == ""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_a_40_megabyte_mail_takes_less_than_256_megabytes_beside_itself() -> None:
    header = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf\n"
    raw = (
        header
        + b"Content-Transfer-Encoding: base64\n\n"
        + (b"QUJD" * 19 + b"\r\n") * (39 * MEGABYTE // 78)
        + b"\n--b--\n"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    mail = read(raw)

    assert len(mail.attachments[0].content) > 28 * MEGABYTE
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 256 * MEGABYTE


# ---- anything at all -------------------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        *(b"From: ", b"To: ", b"Subject: ", b"Message-ID: ", b"References: ", b"Date: ", b"Delivered-To: "),
        *(b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/alternative; boundary=c"),
        *(b"Content-Type: text/html; charset=", b"Content-Type: message/rfc822", b"Content-Type: text/plain; charset="),
        *(
            b"Content-Transfer-Encoding: base64",
            b"Content-Transfer-Encoding: quoted-printable",
            b"\r\n",
            b"\n",
            b"\n\n",
        ),
        *(b"Content-Transfer-Encoding: x-uuencode", b"begin 644 x\n", b"Content-Disposition: attachment; filename*0*="),
        *(
            b"--b\n",
            b"--c\n",
            b"--b--\n",
            b"=?utf-8?q?",
            b"=?utf-7?b?",
            b"?=",
            b"<",
            b">",
            b"@",
            b'"',
            b"(",
            b",",
            b";",
        ),
        *(
            b"utf-7",
            b"utf-16",
            b"iso-2022-jp",
            b"+2AA-",
            b"%D8%00",
            b"=ED=A0=80",
            b"\xed\xa0\x80",
            b"\x00",
            b"&#xD800;",
        ),
    ]
)
MAILS = st.lists(st.one_of(LINES, st.binary(max_size=12)), max_size=40).map(b"".join)


@given(MAILS)
@settings(max_examples=600, deadline=None)
@example(b"Content-Type: text/plain; charset=utf-7\n\n+2AA-")
@example(b"Content-Type: text/html\n\n&#xD800;")
@example(b"Subject: =?utf-7?q?+2AA-?=\n\n")
@example(b"Content-Type: a/b; name*=utf-16''%D8%00\n\n")
@example(b"Content-Type: multipart/mixed; boundary=b\n\n--b")
@example(b"Date: Mon, 2 Nov 99999 10:29:58 +9999\n\n")
@example(COMPOUND_FILE)
def test_whatever_arrives_is_read_or_quarantined_and_what_comes_out_is_clean_text(raw: bytes) -> None:
    mail = outcome(raw)
    if isinstance(mail, str):
        # Only a bound may refuse, and what is no mail at all: the rest would be a fault of ours.
        assert mail != Reason.UNREADABLE or raw.startswith(COMPOUND_FILE)
        return
    for text in texts_of(mail):
        assert "\x00" not in text
        text.encode()  # raises on surrogates
    for text in single_lines_of(mail):
        assert text == " ".join(text.splitlines())


def texts_of(mail: Mail) -> list[str]:
    return [mail.text, mail.html, *single_lines_of(mail)]


def single_lines_of(mail: Mail) -> list[str]:
    people = [*([mail.sender] if mail.sender else []), *mail.reply_to, *mail.to, *mail.cc]
    return [
        *(mail.subject, mail.message_id, *mail.in_reply_to, *mail.references, *mail.delivered_to),
        *(text for each in people for text in (each.address, each.name)),
        *(text for each in mail.attachments for text in (each.name, each.media_type, each.content_id)),
    ]
