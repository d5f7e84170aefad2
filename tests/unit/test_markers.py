"""A word in the clear is found however it is wrapped, and a sealed one is not made up."""

import base64
import gzip
import io
import json
import os
import quopri
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable

import pytest

from local.markers import found_in

MARKER = "qxmarker7f3a91subject"
TEXT = f"Dear Ana, \u00e9\u00e9 {MARKER} \u2014 bye".encode()


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", data)
    return buffer.getvalue()


def in_json(data: bytes) -> bytes:
    return json.dumps({"a": [data.decode("utf-8", "surrogateescape") + "\n"]}).encode()


WRAPPINGS: list[Callable[[bytes], bytes]] = [
    bytes,
    base64.b64encode,
    base64.urlsafe_b64encode,
    base64.encodebytes,
    gzip.compress,
    zlib.compress,
    zipped,
    quopri.encodestring,
    lambda data: urllib.parse.quote_from_bytes(data).encode(),
    lambda data: b"prefix" + base64.b64encode(data),
    lambda data: in_json(base64.b64encode(data)),
    lambda data: base64.b64encode(gzip.compress(data)),
    lambda data: in_json(base64.b64encode(zlib.compress(base64.b64encode(data)))),
    lambda data: in_json(in_json(in_json(data))),
    lambda data: bytes(data).upper(),
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_a_marker_is_found_behind_every_wrapping(wrap: Callable[[bytes], bytes]) -> None:
    assert found_in(b"before " + wrap(TEXT) if wrap(TEXT)[:2] == b"De" else wrap(TEXT), [MARKER, "other"]) == {MARKER}


def test_the_middle_of_a_long_base64_text_is_found_wherever_it_starts() -> None:
    for lead in range(8):
        assert found_in(base64.b64encode(b"x" * lead + TEXT * 3), [MARKER]) == {MARKER}


def test_noise_shows_nothing() -> None:
    assert found_in(base64.b64encode(os.urandom(100_000)) + os.urandom(100_000), [MARKER]) == set()
