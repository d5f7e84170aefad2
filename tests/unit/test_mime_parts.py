"""The small readers that the mail parser is made of, each at its edges."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.adapters.mime_addresses import addresses, usable
from letterlock.adapters.mime_headers import date_of, decode_words, media_type, message_ids, structured
from letterlock.adapters.mime_transfer import (
    WORTH_A_CALL_BYTES,
    decode_base64,
    decode_quoted_printable,
    decode_uuencode,
)
from letterlock.domain.mail import Address


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("a@b.example", [Address("a@b.example")]),
        ("Ana <a@b.example>", [Address("a@b.example", "Ana")]),
        (
            '"Ana, the first" <a@b.example>, c@d.example',
            [Address("a@b.example", "Ana, the first"), Address("c@d.example")],
        ),
        ("Pérez, Ana <a@b.example>", [Address("a@b.example", "Pérez, Ana")]),
        ("a@b.example (Ana)", [Address("a@b.example", "Ana")]),
        ("Ana a@b.example", [Address("a@b.example", "Ana")]),
        ("'a@b.example'", [Address("a@b.example")]),
        ("a@b   . example", [Address("a@b.example")]),
        ("a@b . example . org, c@d.example", [Address("a@b.example.org"), Address("c@d.example")]),
        ('"Ana \\"the cup\\" P." <a@b.example>', [Address("a@b.example", 'Ana "the cup" P.')]),
        ("=?utf-8?q?P=C3=A9rez=2C_Ana?= <a@b.example>", [Address("a@b.example", "Pérez, Ana")]),
        ("=?utf-8?q?Smith,_Ana?= <a@b.example>", [Address("a@b.example", "Smith, Ana")]),
        ('"=?utf-8?b?w4TDlg==?=" <a@b.example>', [Address("a@b.example", "ÄÖ")]),
        ("<@relay.example,@other.example:a@b.example>", [Address("a@b.example")]),
        ("John <jdoe@machine(comment).  example>", [Address("jdoe@machine.example", "John")]),
        ("pete(his account)@silly.example(his host)", [Address("pete@silly.example", "his accounthis host")]),
        ("<a@b.example, c@d.example", [Address("a@b.example"), Address("c@d.example")]),
        ('"never closed <a@b.example>', [Address("a@b.example")]),
        ("team: a@b.example, c@d.example;, e@f.example", [Address(f"{x}.example") for x in ("a@b", "c@d", "e@f")]),
        ('"with space"@b.example', [Address('"with space"@b.example')]),
        ("undisclosed-recipients:;", []),
        ("<>", []),
        ("@", []),
        ("a@", []),
        ("@b.example", []),
        ("a@b@c", []),
        ("", []),
    ],
)
def test_an_address_list_gives_its_mailboxes(field: str, found: list[Address]) -> None:
    assert list(addresses([field.encode()])) == found


@pytest.mark.parametrize(
    "text", ["a@b\r\nBcc: c@d", "a b@c", "a@b c", "a@b,c", "a@<b>", "a" * 320 + "@b", "a@b\x00", "a\u202e@b"]
)
def test_what_could_forge_something_is_no_address(text: str) -> None:
    assert usable(text) == ""


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?UTF-8?B?Y2Fmw6k=?=", "café"),
        ("=?utf-8?b?Y2Fmw6k?=", "café"),
        ("=?koi8-r*ru?q?=F0=D2=C9=D7=C5=D4?=", "Привет"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\t =?iso-8859-1?q?=FC?=", "aü"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b"),
        ("=?utf-8?q?with spaces and =3F?=", "with spaces and ?"),
        ("Re:=?utf-8?q?a?=b", "Re:ab"),
        ("=?utf-8?q?never ends", "=?utf-8?q?never ends"),
        ("Re: =?utf-8?b?w4TDlg", "Re: ÄÖ"),
        ("Re: =?utf-8?q?=C3=A4?", "Re: ä"),
        ("=?utf-8?q?a?= =?utf-8?q?=C3=A4", "aä"),
        ("=?utf-8?q?one =?utf-8?q?two?=", "=?utf-8?q?one two"),
        ("=?unknown?q?a=E9?=", "aé"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("2+2=?", "2+2=?"),
    ],
)
def test_encoded_words_are_read_also_in_their_broken_forms(text: str, decoded: str) -> None:
    assert decode_words(text) == decoded


@pytest.mark.parametrize(
    ("field", "kind", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ("Text/HTML; Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('text/plain; charset="utf-8"; format=flowed', "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('a/b; name="semi;colon \\"quoted\\".txt"', "a/b", {"name": 'semi;colon "quoted".txt'}),
        ("a/b; name=with spaces.txt; x=1", "a/b", {"name": "with spaces.txt", "x": "1"}),
        ("a/b; name*=utf-8'en'%E2%82%AC.txt; name=plain.txt", "a/b", {"name": "€.txt"}),
        ("a/b; name*1=b; name*0=a", "a/b", {"name": "ab"}),
        ("a/b; name*=no-charset%41", "a/b", {"name": "no-charsetA"}),
        ("a/b; name*=''%C3%A4", "a/b", {"name": "ä"}),
        ("a/b; name*0*=utf-8''%C3; name*1*=%A4; name*2=%41", "a/b", {"name": "ä%41"}),
        ("a/b; name*0=a; name*2=c", "a/b", {"name": "ac"}),
        ('a/b; name*0="=?utf-8?q?=C3=A4"; name*1="b?="', "a/b", {"name": "äb"}),
        ("a/b; name='with spaces.txt'", "a/b", {"name": "with spaces.txt"}),
        ("a/b name=x; y=1", "a/b", {"name": "x", "y": "1"}),
        ("a/b (a comment); name=x", "a/b", {"name": "x"}),
        ("a/b; name=one; name=two", "a/b", {"name": "one"}),
        ("a/b;;; ; x = 1 ;", "a/b", {"x": "1"}),
        ("a/b; x", "a/b", {}),
        ("text", "", {}),
        ("/", "", {}),
        ("", "", {}),
    ],
)
def test_a_structured_field_gives_its_value_and_parameters(field: str, kind: str, parameters: dict[str, str]) -> None:
    value = structured(field.encode())

    assert media_type(value) == kind
    assert value.parameters == parameters


@pytest.mark.parametrize(
    ("field", "ids"),
    [
        ("<a@b>", ("a@b",)),
        ("<a@b> <c@d>\t<a@b>", ("a@b", "c@d")),
        ("<a@b><c@d>", ("a@b", "c@d")),
        ("a@b c@d", ("a@b", "c@d")),
        ("message-7", ("message-7",)),
        ("<no-at-sign>", ("no-at-sign",)),
        ("<folded\t @b>", ("folded@b",)),
        ('Your message of "Monday" <a@b>', ("a@b",)),
        ("=?utf-8?q?=3Ca=40b=3E?=", ("a@b",)),
        ("<>", ()),
        ("words without an id", ()),
        ("", ()),
    ],
)
def test_message_ids_are_found_with_and_without_brackets(field: str, ids: tuple[str, ...]) -> None:
    assert message_ids([field.encode()]) == ids


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("Mon, 2 Nov 2026 10:29:58 +0100", "2026-11-02T09:29:58+00:00"),
        ("2 Nov 2026 10:29 GMT", "2026-11-02T10:29:00+00:00"),
        ("Mon, 2 Nov 2026 10:29:58 -0000", "2026-11-02T10:29:58+00:00"),
        ("Mon, 2 Nov 2026 10:29:58 +0100 (CET)", "2026-11-02T09:29:58+00:00"),
        ("Mon, 2 Nov 2026 10(h) : 29 : 58 +0100", "2026-11-02T09:29:58+00:00"),
        ("Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        ("2026-11-02T10:29:58+01:00", "2026-11-02T09:29:58+00:00"),
        ("2026-11-02 10:29:58 ", "2026-11-02T10:29:58+00:00"),
    ],
)
def test_dates_are_read_into_utc(field: str, said: str) -> None:
    date = date_of([field.encode()])

    assert date is not None
    assert date.isoformat() == said


@pytest.mark.parametrize(
    "field", ["", "noon", "31 Feb 2026 10:00 +0000", "31 Dec 9999 23:00 -1400", "1 Jan 99999 0:0 +99999999"]
)
def test_what_is_no_date_is_none(field: str) -> None:
    assert date_of([field.encode()]) is None


@given(st.binary(max_size=3 * WORTH_A_CALL_BYTES), st.integers(1, 100))
def test_base64_comes_back_as_it_was_whatever_its_lines(data: bytes, width: int) -> None:
    encoded = base64.b64encode(data)
    lines = b"\r\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))

    assert decode_base64(lines) == data
    assert decode_base64(lines.rstrip(b"=")) == data
    assert decode_base64(lines.replace(b"\r\n", b" !\n")) == data


def test_pieces_of_base64_that_are_padded_one_by_one_are_put_together() -> None:
    pieces = [b"first piece", b"second", b"third one!"]

    assert decode_base64(b"\r\n".join(map(base64.b64encode, pieces))) == b"".join(pieces)


def test_base64_in_more_pieces_than_any_client_sends_is_read_up_to_there() -> None:
    assert decode_base64(b"QQ==!" * 200_000) == b"A" * 50_000
    assert decode_base64(b"A=" * 200_000) == b""


def test_large_base64_with_faults_in_it_keeps_all_that_is_none() -> None:
    data = bytes(range(256)) * 40
    encoded = base64.encodebytes(data)

    assert decode_base64(encoded.replace(b"\n", b"!\r\n")) == data
    assert decode_base64(encoded.rstrip()[:-5]) == data[:-2]


def test_quoted_printable_keeps_what_is_no_escape() -> None:
    assert decode_quoted_printable(b"a=3Db=\r\nc=zz=C3=A4") == b"a=bc=zz\xc3\xa4"


def test_uuencode_is_undone_and_what_is_none_kept() -> None:
    data = bytes(range(90))
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, 90, 45))

    assert decode_uuencode(b"words\r\nbegin 644 a.bin\n" + lines + b"`\nend\n") == data
    assert decode_uuencode(b"no such thing") == b"no such thing"
