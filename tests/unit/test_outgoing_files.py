"""Files in an outgoing mail, and the request that carries it."""

import json
import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letterlock.adapters.attachment_names import safe_name
from letterlock.adapters.mime_parser import MimeParser
from letterlock.adapters.outgoing_mime import compose
from letterlock.adapters.streamed_json import CHUNK, MadeWhileSent, Streamed
from letterlock.domain.files import FILE_BYTES
from letterlock.domain.mail import MAIL_BYTES, Address
from letterlock.domain.replies import OutgoingFile, OutgoingMail

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SUPPORT = Address("support@acme.example", "Acme")


def mail(*files: OutgoingFile, html: str = "<p>Here.</p>") -> OutgoingMail:
    return OutgoingMail(
        SUPPORT, SUPPORT, (Address("ana@customer.example"),), (), "Lamp", "Here.", html, "", (), files=files
    )


def attached(raw: bytes | bytearray) -> list[tuple[str | None, str, bytes]]:
    """As Python's parser reads them."""
    read = message_from_bytes(bytes(raw), policy=policy.default)
    return [(each.get_filename(), each.get_content_type(), each.get_content()) for each in read.iter_attachments()]


names = (
    st.text(min_size=1, max_size=300)
    .map(safe_name)
    .filter(bool)
    .filter(lambda name: name.encode("utf-8", "ignore") != b"")
)


@settings(deadline=None)
@given(st.lists(st.tuples(names, st.binary(max_size=200)), min_size=1, max_size=4))
def test_whatever_files_are_called_and_hold_they_arrive_as_they_were(files: list[tuple[str, bytes]]) -> None:
    raw = compose(mail(*[OutgoingFile(name, "application/zip", content) for name, content in files]), NOON)
    assert raw.isascii()
    assert max(map(len, bytes(raw).split(b"\r\n"))) <= 998
    assert b"\n" not in bytes(raw).replace(b"\r\n", b"")
    expected = [(name.encode("utf-8", "replace").decode(), "application/zip", content) for name, content in files]
    assert attached(raw) == expected
    parsed = MimeParser().parse(bytes(raw))
    assert [each.content for each in parsed.attachments] == [content for _, content in files]


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57 * 1024 - 1, 57 * 1024, 57 * 1024 + 1, 200_000])
def test_a_file_of_any_size_around_the_lines_ends_arrives_whole(size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    raw = compose(mail(OutgoingFile("a.bin", "application/octet-stream", bytearray(content[:size]))), NOON)
    ((_, _, got),) = attached(raw)
    assert got == content[:size]
    assert max(len(line) for line in bytes(raw).split(b"\r\n")) <= 78


def test_text_and_html_are_still_read_beside_a_file() -> None:
    raw = compose(mail(OutgoingFile("a.pdf", "application/pdf", b"%PDF")), NOON)
    read = message_from_bytes(bytes(raw), policy=policy.default)
    body, html = read.get_body(("plain",)), read.get_body(("html",))
    assert body is not None
    assert html is not None
    assert (body.get_content().strip(), html.get_content().strip()) == ("Here.", "<p>Here.</p>")
    assert bytes(raw).count(b"MIME-Version") == compose(mail(), NOON).count(b"MIME-Version")


def test_what_is_no_media_type_goes_out_as_octets() -> None:
    raw = compose(mail(OutgoingFile("a", 'text/html"\r\nX-Evil: 1', b"x")), NOON)
    assert b"X-Evil" not in raw
    ((_, media_type, _),) = attached(raw)
    assert media_type == "application/octet-stream"


def test_the_largest_file_fits_into_a_mail() -> None:
    size = len(compose(mail(OutgoingFile("a.mp4", "video/mp4", bytes(FILE_BYTES))), NOON))
    assert MAIL_BYTES - 3_000_000 < size < MAIL_BYTES


# ---- the request that carries it -------------------------------------------------------------------------------------


def request(whole: bytes) -> MadeWhileSent:
    body = json.dumps({"Content": {"Raw": {"Data": b64encode(b"here").decode()}}, "After": 1}).encode()
    return MadeWhileSent(body, Streamed.of(whole, b"here"))


@settings(deadline=None)
@given(st.binary(max_size=1_000), st.integers(1, 300))
def test_a_request_made_while_it_is_sent_is_what_it_would_have_been(whole: bytes, step: int) -> None:
    made = request(whole)
    read = b"".join(iter(lambda: made.read(step), b""))
    assert json.loads(read) == {"Content": {"Raw": {"Data": b64encode(whole).decode()}}, "After": 1}
    assert len(read) == len(made)


@settings(deadline=None)
@given(st.integers(0, 3 * CHUNK), st.data())
def test_any_part_of_it_can_be_read_from_anywhere(size: int, data: st.DataObject) -> None:
    whole = bytes(range(256)) * (size // 256 + 1)
    made = request(whole[:size])
    expected = made.read()
    assert b64decode(json.loads(expected)["Content"]["Raw"]["Data"]) == whole[:size]
    for _ in range(3):
        start = data.draw(st.integers(0, len(expected)))
        length = data.draw(st.integers(0, len(expected)))
        made.seek(start)
        assert made.read(length) == expected[start : start + length]
        assert made.tell() == min(start + length, len(expected))
    into = bytearray(10)
    made.seek(-5, 2)
    assert made.readinto(into) == 5
    assert bytes(into[:5]) == expected[-5:]


def test_a_streamed_blob_is_a_placeholder_to_whoever_spells_it() -> None:
    blob = Streamed.of(b"x" * 100, b"here")
    assert re.fullmatch(b"here", blob)
    assert blob.whole == b"x" * 100
