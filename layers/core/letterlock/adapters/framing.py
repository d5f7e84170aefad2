"""Sealed files: a file in frames, sealed and unsealed in bounded memory, whose order and end are bound.

Format 2, in bytes: the header of a sealed record (see sealing) with format version 0x02, then the frames. Each
frame is 1 MiB of plaintext, the last one what is left (possibly nothing), and its 16-byte GCM tag. This is the STREAM
construction ("Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", Hoang, Reyhanitabar, Rogaway,
Vizár 2015), laid out as Tink's "AES-GCM-HKDF Streaming AEAD": a frame's nonce is a 7-byte prefix from HKDF, the frame's
number in 4 bytes, big-endian, and 1 for the last frame, else 0. A frame that was dropped, doubled, moved or taken from
another file does not open, nor does a file that was cut or made longer, even at a frame's border.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from cryptography.exceptions import InvalidTag

from letterlock.adapters.sealing import (
    HEADER,
    SALT_BYTES,
    TAG_BYTES,
    Format,
    KeySource,
    Opened,
    Place,
    RandomBytes,
    SealBroken,
    resume,
    start,
)

FRAME_BYTES: Final = 1024 * 1024
"""Plaintext of a frame. Part of the format: a file opens only with the size it was sealed with."""

FILE: Final = Format(version=2, info=b"letterlock/frames/v2", nonce_bytes=7)

Chunk = bytes | memoryview


class FileSealer:
    """Seals and unseals files. Memory is a few frames, whatever the size of the file or of the chunks it comes in."""

    def __init__(
        self, keys: KeySource, *, random_bytes: RandomBytes = os.urandom, frame_bytes: int = FRAME_BYTES
    ) -> None:
        self._keys = keys
        self._random_bytes = random_bytes
        self._frame_bytes = frame_bytes

    def seal_stream(self, place: Place, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The sealed file, piece by piece. Raises KeyMissing, at the first piece."""
        header, opened = start(self._keys, place, FILE, self._random_bytes(SALT_BYTES))
        yield header
        for number, (frame, last) in enumerate(_cut(chunks, self._frame_bytes)):
            yield opened.cipher.encrypt(_nonce(opened.nonce, number, last=last), frame, opened.associated)

    def unseal_stream(self, place: Place, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The file's plaintext, frame by frame. Raises SealBroken at the first frame that does not open; KeyMissing.

        Every frame that comes out is authentic and at its right place, but the file is whole only once the iterator
        has ended by itself: a missing end shows at the end. Write to where nobody reads yet, and publish then.
        """
        header, rest = _take(chunks, HEADER.size)
        opened = resume(self._keys, place, FILE, header)
        for number, (frame, last) in enumerate(_cut(rest, self._frame_bytes + TAG_BYTES)):
            yield _open(place, opened, _nonce(opened.nonce, number, last=last), frame)

    def seal_file(self, place: Place, data: bytes) -> bytes:
        """A file that is in memory anyway, sealed. Raises KeyMissing."""
        return b"".join(self.seal_stream(place, [data]))

    def unseal_file(self, place: Place, data: bytes) -> bytes:
        """The whole file or an error: SealBroken, KeyMissing."""
        return b"".join(self.unseal_stream(place, [data]))


def _open(place: Place, opened: Opened, nonce: bytes, frame: bytearray) -> bytes:
    try:
        return opened.cipher.decrypt(nonce, frame, opened.associated)
    except InvalidTag:
        raise SealBroken(place, "tag") from None


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    # to_bytes refuses a number over 4 bytes (4 PiB of frames): the counter never wraps.
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _take(chunks: Iterable[Chunk], size: int) -> tuple[bytes, Iterator[Chunk]]:
    """The first `size` bytes (fewer if there are no more), and the rest."""
    taken = bytearray()
    source = iter(chunks)
    for chunk in source:
        view = memoryview(chunk)
        missing = size - len(taken)
        taken += view[:missing]
        if len(taken) == size:
            return bytes(taken), chain([view[missing:]], source)
    return bytes(taken), source


def _cut(chunks: Iterable[Chunk], size: int) -> Iterator[tuple[bytearray, bool]]:
    """Pieces of exactly `size` bytes, then a last one, marked True, of up to `size` bytes, empty only for no input.

    A full piece is held back until a further byte comes, for only then is it known not to be the last.
    """
    held = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            if len(held) == size:
                yield held, False
                held = bytearray()
            missing = size - len(held)
            held += view[:missing]
            view = view[missing:]
    yield held, True
