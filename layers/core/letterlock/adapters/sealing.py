"""Sealed records: AES-256-GCM under a key of their own, bound to the place where they live.

Format 1, in bytes:

    0      format version, 0x01
    1-2    version of the workspace's data key, big-endian
    3-18   random salt
    19-50  key commitment
    51-    ciphertext, then the 16-byte GCM tag

The record key, the nonce and the commitment come from HKDF-SHA256 (RFC 5869) of the workspace's data key under the
salt: every value has a key of its own, so no nonce is used twice under one key. GCM alone lets a blob be made that
opens under two keys ("Fast Message Franking", Dodis et al. 2018); the commitment, compared before anything is
decrypted, rules that out. The associated data is the value's place, so a blob that was moved does not open.

What this cannot see is an older blob put back at its own place. The conversation's digest sees that.
"""

import hmac
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from letterlock.domain.errors import IntegrityBroken

KEY_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
SALT_BYTES: Final = 16
TAG_BYTES: Final = 16
MAX_PLAINTEXT_BYTES: Final = 64 * 1024 * 1024
"""More than SES lets in (40 MB a mail), less than a function's memory. Anything larger is a file: see framing."""

HEADER: Final = struct.Struct(f">BH{SALT_BYTES}s{COMMITMENT_BYTES}s")
"""Format version, key version, salt, commitment."""

RAW: Final = 0
ZLIB: Final = 1

Reason = Literal["format", "commitment", "tag", "codec"]
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lives: the workspace, kind ("message"), id ("msg_…") and field ("subject") of its record.

    Ids and fixed words only, never content: errors print them. `schema` is the version of what the plaintext means.
    """

    workspace: str
    kind: str
    record: str
    field: str
    schema: int = 1


class SealBroken(IntegrityBroken):
    """A sealed value does not open: damaged, moved, cut, or under another key. Says where and why, never what."""

    def __init__(self, place: Place, reason: Reason) -> None:
        super().__init__(f"{place.workspace} {place.kind} {place.record} {place.field}: {reason}")
        self.workspace, self.kind, self.record, self.field = place.workspace, place.kind, place.record, place.field
        self.reason: Reason = reason


class KeyMissing(Exception):
    """A key is not there: never made, or destroyed by an erasure. `version` is None when any version would do."""

    def __init__(self, workspace: str, purpose: str, version: int | None = None) -> None:
        super().__init__(f"{workspace} {purpose}" + ("" if version is None else f" version {version}"))
        self.workspace, self.purpose, self.version = workspace, purpose, version


class KeySource(Protocol):
    """The unwrapped keys, 32 bytes each. Every method raises KeyMissing."""

    def data_key(self, workspace: str) -> tuple[int, bytes]:
        """The version that seals today, and its key."""

    def data_key_at(self, workspace: str, version: int) -> bytes:
        """An older version's key, to unseal what it sealed."""

    def index_key(self, workspace: str) -> bytes:
        """The key of the workspace's blind indexes and tokens."""

    def integrity_key(self, workspace: str) -> bytes:
        """The key of the digests by which a restored table proves itself."""

    def router_key(self) -> bytes:
        """The stack's own key, for what must be found before its workspace is known."""


@dataclass(frozen=True, slots=True)
class Format:
    """What tells one sealed format from another. `info` keeps the keys of two formats apart."""

    version: int
    info: bytes
    nonce_bytes: int


RECORD: Final = Format(version=1, info=b"letterlock/seal/v1", nonce_bytes=12)


@dataclass(frozen=True, slots=True)
class Opened:
    """A cipher ready for one blob: its key, the (start of the) nonce, and the associated data of its place."""

    cipher: AESGCM
    nonce: bytes
    associated: bytes


def start(keys: KeySource, place: Place, layout: Format, salt: bytes) -> tuple[bytes, Opened]:
    """A new blob's header under the workspace's current data key, and the cipher for what follows it."""
    version, data_key = keys.data_key(place.workspace)
    opened, commitment = _derive(data_key, place, layout, version, salt)
    return HEADER.pack(layout.version, version, salt, commitment), opened


def resume(keys: KeySource, place: Place, layout: Format, header: bytes) -> Opened:
    """The cipher for the blob behind this header. Raises SealBroken (format, commitment), KeyMissing."""
    if len(header) != HEADER.size:
        raise SealBroken(place, "format")
    format_version, version, salt, claimed = HEADER.unpack(header)
    if format_version != layout.version:
        raise SealBroken(place, "format")
    opened, commitment = _derive(keys.data_key_at(place.workspace, version), place, layout, version, salt)
    if not hmac.compare_digest(commitment, claimed):
        raise SealBroken(place, "commitment")
    return opened


def _derive(data_key: bytes, place: Place, layout: Format, version: int, salt: bytes) -> tuple[Opened, bytes]:
    length = KEY_BYTES + layout.nonce_bytes + COMMITMENT_BYTES
    derived = HKDF(algorithm=SHA256(), length=length, salt=salt, info=layout.info).derive(data_key)
    key, nonce, commitment = derived[:KEY_BYTES], derived[KEY_BYTES:-COMMITMENT_BYTES], derived[-COMMITMENT_BYTES:]
    return Opened(AESGCM(key), nonce, _associated_data(place, version)), commitment


def _associated_data(place: Place, version: int) -> bytes:
    """Workspace, kind, record, field, schema and key version, each behind its length (4 bytes, big-endian).

    The lengths keep ("ab", "c") apart from ("a", "bc").
    """
    words = (place.workspace, place.kind, place.record, place.field, str(place.schema), str(version))
    parts = [word.encode() for word in words]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class Sealer:
    """Seals and unseals single values. Holds no key: each call asks the key source."""

    def __init__(
        self, keys: KeySource, *, random_bytes: RandomBytes = os.urandom, max_plaintext: int = MAX_PLAINTEXT_BYTES
    ) -> None:
        self._keys = keys
        self._random_bytes = random_bytes
        self._max_plaintext = max_plaintext

    def seal(self, place: Place, plaintext: bytes) -> bytes:
        """The blob to store at `place`: 68 bytes longer than the plaintext at most.

        Raises KeyMissing; ValueError for a plaintext so large that it could not be unsealed again.
        """
        if len(plaintext) > self._max_plaintext:
            raise ValueError(f"a plaintext of {len(plaintext)} bytes is over the limit of {self._max_plaintext}")
        header, opened = start(self._keys, place, RECORD, self._random_bytes(SALT_BYTES))
        return header + opened.cipher.encrypt(opened.nonce, _encode(plaintext), opened.associated)

    def unseal(self, place: Place, blob: bytes) -> bytes:
        """The plaintext. Raises SealBroken; KeyMissing when the blob's key version is not there (any more)."""
        opened = resume(self._keys, place, RECORD, blob[: HEADER.size])
        try:
            coded = opened.cipher.decrypt(opened.nonce, blob[HEADER.size :], opened.associated)
        except InvalidTag:
            raise SealBroken(place, "tag") from None
        return self._decode(place, coded)

    def _decode(self, place: Place, coded: bytes) -> bytes:
        if coded[:1] == bytes([RAW]):
            return coded[1:]
        if coded[:1] != bytes([ZLIB]):
            raise SealBroken(place, "codec")
        stream = zlib.decompressobj()
        try:
            # One byte over the limit is asked for, so that a stream of just the limit still reaches its end.
            plaintext = stream.decompress(memoryview(coded)[1:], self._max_plaintext + 1)
        except zlib.error:
            raise SealBroken(place, "codec") from None
        if len(plaintext) > self._max_plaintext or not stream.eof or stream.unused_data:
            raise SealBroken(place, "codec")
        return plaintext


LARGE_BYTES: Final = 8 * 1024
"""What is longer is no item of the table, where each kilobyte is paid for, but an object, where the processor is."""
_LEVEL: Final = 6
_LARGE_LEVEL: Final = 1
"""Of 30 kB of prose 7 % longer than level 6, in less than a third of the time."""


def _encode(plaintext: bytes) -> bytes:
    """The codec byte, then the plaintext as it is or compressed, whichever is shorter."""
    compressed = zlib.compress(plaintext, _LARGE_LEVEL if len(plaintext) > LARGE_BYTES else _LEVEL)
    if len(compressed) < len(plaintext):
        return bytes([ZLIB]) + compressed
    return bytes([RAW]) + plaintext
