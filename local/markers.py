"""Finds a word in bytes, however it is wrapped: base64, gzip, zlib, zip, quoted-printable, percent signs, JSON."""

import base64
import binascii
import gzip
import io
import json
import quopri
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

DEPTH = 5
"""Wrappings within wrappings that are undone."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}(?:\r?\n[A-Za-z0-9+/_-]{4,}={0,2})*")
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*\\(?:[^"\\]|\\.)*"')
_INFLATED_BYTES = 256 * 1024 * 1024


def found_in(data: bytes, markers: Iterable[str]) -> set[str]:
    """Which of the markers (ASCII words) these bytes show, in the clear or behind any of the wrappings, any case."""
    wanted = {marker.lower().encode("ascii"): marker for marker in markers}
    found: set[str] = set()
    for layer in _layers(data, DEPTH):
        folded = layer.lower()
        found |= {marker for octets, marker in wanted.items() if octets in folded}
    return found


def _layers(data: bytes, depth: int) -> Iterator[bytes]:
    yield data
    if depth:
        for inner in _unwrapped(data):
            yield from _layers(inner, depth - 1)


def _unwrapped(data: bytes) -> Iterator[bytes]:
    yield from _unzipped(data)
    for run in _BASE64.findall(data):
        yield from _unbased(run)
    if b"=" in data:
        decoded = quopri.decodestring(data)
        if decoded != data:
            yield decoded
    if b"%" in data:
        decoded = urllib.parse.unquote_to_bytes(data)
        if decoded != data:
            yield decoded
    for string in _JSON_STRING.findall(data):
        try:
            yield str(json.loads(string)).encode("utf-8", "surrogatepass")
        except ValueError:
            continue


def _unbased(run: bytes) -> Iterator[bytes]:
    """A run may begin with letters that only stand before the base64, so each of the four alignments is tried."""
    letters = re.sub(rb"[\r\n=]", b"", run).translate(bytes.maketrans(b"-_", b"+/"))
    for start in range(4):
        aligned = letters[start:]
        try:
            decoded = base64.b64decode(aligned + b"=" * (-len(aligned) % 4))
        except (binascii.Error, ValueError):
            try:
                decoded = base64.b64decode(aligned[: len(aligned) // 4 * 4])
            except (binascii.Error, ValueError):
                continue
        # What is sealed decodes to noise; looking for base64 inside of noise would only find more of it.
        yield decoded if _looks_wrapped(decoded) else decoded.translate(None, b"=%")


def _looks_wrapped(decoded: bytes) -> bool:
    printable = sum(32 <= octet < 127 or octet in b"\r\n\t" for octet in decoded[:512])
    return printable > 0.8 * len(decoded[:512]) or decoded.startswith((b"\x1f\x8b", b"PK", b"\x78"))


def _unzipped(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(data)
    elif data[:1] == b"\x78":
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data, _INFLATED_BYTES)
    elif data[:2] == b"PK":
        with suppress(zipfile.BadZipFile, RuntimeError, zlib.error), zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
