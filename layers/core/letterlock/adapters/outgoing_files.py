"""The files of an outgoing mail as parts of multipart/mixed (RFC 2046, section 5.1.3), written into one buffer.

The mail is as large as SES takes, so nothing is held twice: a file is encoded piece by piece, and what SES is sent is
encoded once more while it is sent (see `streamed_json`).
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from letterlock.adapters.attachment_names import safe_name
from letterlock.domain.files import OCTETS
from letterlock.domain.replies import OutgoingFile

LINE_OCTETS: Final = 57
"""Of a file in one line of base64, which has 76 characters (RFC 2045, section 6.8)."""
LINE_WRITTEN: Final = 78
"""With its end."""
_LINES_AT_ONCE: Final = 1024
SEGMENT: Final = 60
"""Characters of a name in one line (RFC 2231, section 3): the line stays below 78."""
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")
_ATTRIBUTE: Final = "!#$&+-.^_`|~"
"""attr-char of RFC 8187, section 3.2.1, beside letters and digits: of RFC 2231's what needs no quotes anywhere."""
_ESCAPED: Final = re.compile(r"%[0-9A-F]{2}|.")


def with_files(header: bytes, body: bytes, files: Sequence[OutgoingFile]) -> bytearray:
    """The mail: `header` without its last empty line, `body` a whole part with a header of its own."""
    boundary = uuid4().hex
    pieces: list[bytes | OutgoingFile] = [
        header,
        f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode(),
        f"--{boundary}\r\n".encode(),
        body,
    ]
    for file in files:
        part = "".join(f"{line}\r\n" for line in _part_header(file))
        pieces += [f"\r\n--{boundary}\r\n{part}\r\n".encode("ascii"), file]
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    return _joined(pieces)


def _joined(pieces: Sequence[bytes | OutgoingFile]) -> bytearray:
    """In a buffer of just the size: one that grows would be copied, and held twice, as often as it does."""
    mail = bytearray(sum(_size(each) for each in pieces))
    at = 0
    for each in pieces:
        for written in _base64(each) if isinstance(each, OutgoingFile) else (each,):
            mail[at : at + len(written)] = written
            at += len(written)
    return mail


def _size(piece: bytes | OutgoingFile) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    lines, rest = divmod(len(piece.content), LINE_OCTETS)
    return lines * LINE_WRITTEN + (-(-rest // 3) * 4 + len(b"\r\n") if rest else 0)


def _part_header(file: OutgoingFile) -> Iterator[str]:
    name = safe_name(file.name) or "file"
    yield f"Content-Type: {file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else OCTETS}"
    yield "Content-Transfer-Encoding: base64"
    yield "Content-Disposition: attachment;"
    written = list(_parameter(name))
    yield from (f" {each};" for each in written[:-1])
    yield f" {written[-1]}"


def _parameter(name: str) -> Iterator[str]:
    """`filename`, in RFC 2231's way: in pieces where it is long, none of which ends within an escape."""
    pieces, piece = [], ""
    for each in _ESCAPED.findall(quote(name.encode("utf-8", "replace"), safe=_ATTRIBUTE)):
        if len(piece) + len(each) > SEGMENT:
            pieces.append(piece)
            piece = ""
        piece += each
    pieces.append(piece)
    if len(pieces) == 1:
        yield f"filename*=utf-8''{pieces[0]}"
        return
    for number, each in enumerate(pieces):
        charset = "" if number else "utf-8''"
        yield f"filename*{number}*={charset}{each}"


def _base64(file: OutgoingFile) -> Iterator[bytes]:
    view = memoryview(file.content)
    step = LINE_OCTETS * _LINES_AT_ONCE
    for start in range(0, len(view), step):
        block = view[start : start + step]
        yield b"".join(
            b2a_base64(block[at : at + LINE_OCTETS], newline=False) + b"\r\n"
            for at in range(0, len(block), LINE_OCTETS)
        )
