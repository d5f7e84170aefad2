"""Finds a word in bytes, however it is wrapped: base64, gzip, zlib, zip, quoted-printable, percent signs, JSON."""

import base64
import gzip
import hashlib
import io
import quopri
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

_GZIP, _ZLIB, _ZIP = b"\x1f\x8b", b"\x78", b"PK\x03\x04"
DEPTH = 4
"""Wrappings within wrappings that are undone."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{20,}={0,2}(?:\r?\n[A-Za-z0-9+/_-]{4,}={0,2})*")
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_NOT_BASE64 = b"\r\n="
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_INFLATED_BYTES = 256 * 1024 * 1024


def found_in(data: bytes, markers: Iterable[str], known: Collection[str] = ()) -> set[str]:
    """Which of the markers (ASCII words) these bytes show, in the clear or behind any of the wrappings, any case.

    `known`: SHA-256, in hex, of files that need no reading, wherever they turn up: the deployed code.
    """
    wanted = {marker.lower().encode("ascii"): marker for marker in markers}
    found: set[str] = set()
    for layer in _layers(data, DEPTH, known):
        folded = layer.lower()
        found |= {marker for octets, marker in wanted.items() if octets in folded}
    return found


def _layers(data: bytes, depth: int, known: Collection[str]) -> Iterator[bytes]:
    if data.startswith(_ZIP) and hashlib.sha256(data).hexdigest() in known:
        return
    yield data
    if depth:
        for inner in _unwrapped(data):
            yield from _layers(inner, depth - 1, known)


def _unwrapped(data: bytes) -> Iterator[bytes]:
    yield from _unzipped(data)
    yield from _unbased(_BASE64.findall(data))
    if b"=" in data and (decoded := quopri.decodestring(data)) != data:
        yield decoded
    if b"%" in data and (decoded := urllib.parse.unquote_to_bytes(data)) != data:
        yield decoded
    if b"\\" in data:
        yield _ESCAPE.sub(_unescaped, data)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    r"""One escape of a JSON string (RFC 8259, section 7). An escaped letter of a marker would be `\u0071`."""
    digits, letter = escape.groups()
    return chr(int(digits, 16)).encode("utf-8", "surrogatepass") if digits else _ESCAPED.get(letter, letter)


def _unbased(runs: list[bytes]) -> Iterator[bytes]:
    """Everything in base64, decoded. Runs that decode to something wrapped go on by themselves, the rest as one."""
    rest: list[bytes] = []
    for run in runs:
        letters = run.translate(_URL_SAFE, _NOT_BASE64)
        # A run may begin with letters that only stand before the base64, so each of the four alignments is read.
        for start in range(4):
            aligned = letters[start:]
            decoded = base64.b64decode(aligned[: len(aligned) // 4 * 4] + _padded(aligned))
            if decoded.startswith((_GZIP, _ZIP)):
                yield decoded
                break
            if decoded.startswith(_ZLIB):
                yield decoded
            rest.append(decoded)
    if rest:
        yield b"\n".join(rest)


def _padded(letters: bytes) -> bytes:
    """The last two or three letters of a base64 text, which stand for one or two octets."""
    left = len(letters) % 4
    return letters[-left:] + b"=" * (4 - left) if left > 1 else b""


def _unzipped(data: bytes) -> Iterator[bytes]:
    if data.startswith(_GZIP):
        with suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(data)
    elif data.startswith(_ZLIB):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data, _INFLATED_BYTES)
    elif data.startswith(_ZIP):
        # Noise that begins like a zip can fail in any of these ways (the module documents the first only).
        with (
            suppress(zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError, zlib.error),
            zipfile.ZipFile(io.BytesIO(data)) as archive,
        ):
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
