"""A request's body that is made while it is sent, for a blob too large to be held in all its spellings at once.

botocore spells a blob as base64, in a text, in JSON, in octets: of a mail of 40 MB that is 200 MB at a time. Here the
request is built around a placeholder, and the octets are put in its place, a piece at a time, when they are signed and
again when they are sent. `MadeWhileSent` is what botocore takes for a file: it reads, seeks and tells.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from typing import Any, Final, Protocol

from letterlock.domain.files import Octets

CHUNK: Final = 3 * 64 * 1024
"""Octets that are encoded at once: a multiple of three, so that the pieces join (RFC 4648, section 4)."""
_CONTEXT: Final = "letterlock_streamed"


class Streamed(bytes):
    """Stands in a request for `whole`: its own octets are a placeholder that occurs nowhere else in it."""

    whole: Octets

    @classmethod
    def of(cls, whole: Octets, placeholder: bytes) -> Streamed:
        made = cls(placeholder)
        made.whole = whole
        return made


class Hooks(Protocol):
    def register(self, event_name: str, handler: Callable[..., Any]) -> None: ...


def stream_blobs(hooks: Hooks, operation: str, blob_of: Callable[[Any], bytes]) -> None:
    """From now on, the `Streamed` in an operation's parameters is put in while it is sent. `operation` as botocore's
    events name it: `sesv2.SendEmail`.
    """

    def keep(params: Any, context: dict[str, Any], **_: Any) -> None:
        blob = blob_of(params)
        if isinstance(blob, Streamed):
            context[_CONTEXT] = blob

    def put_in(params: Any, context: dict[str, Any], **_: Any) -> None:
        blob: Streamed | None = context.pop(_CONTEXT, None)
        if blob is not None:
            params["body"] = MadeWhileSent(params["body"], blob)

    hooks.register(f"before-parameter-build.{operation}", keep)
    hooks.register(f"before-call.{operation}", put_in)


class MadeWhileSent(RawIOBase):
    """The body around the placeholder, and the blob's base64 in its place. Seekable, so that it can be signed first."""

    def __init__(self, body: bytes, blob: Streamed) -> None:
        self._before, self._after = body.split(b64encode(blob))
        self._whole = memoryview(blob.whole)
        self._encoded = -(-len(self._whole) // 3) * 4
        self._size = len(self._before) + self._encoded + len(self._after)
        self._at = 0

    def __len__(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._at = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence] + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """As much as was asked for, or what is left; all of it where no size is given."""
        end = self._size if size is None or size < 0 else min(self._at + size, self._size)
        read = b"".join(self._pieces(self._at, end))
        self._at = max(self._at, end)
        return read

    def readinto(self, into: Any) -> int:
        read = self.read(len(into))
        into[: len(read)] = read
        return len(read)

    def _pieces(self, start: int, end: int) -> list[bytes]:
        blob_starts = len(self._before)
        blob_ends = blob_starts + self._encoded
        return [
            self._before[start:end],
            self._base64(max(start - blob_starts, 0), min(end, blob_ends) - blob_starts),
            self._after[max(start - blob_ends, 0) : max(end - blob_ends, 0)],
        ]

    def _base64(self, start: int, end: int) -> bytes:
        """Characters `start` to `end` of the blob's base64: four of them for three octets."""
        first, last = start // 4 * 3, min(-(-end // 4) * 3, len(self._whole))
        encoded = b"".join(b64encode(self._whole[at : min(at + CHUNK, last)]) for at in range(first, last, CHUNK))
        return encoded[start % 4 : start % 4 + max(end - start, 0)]
