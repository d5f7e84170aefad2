"""Sealed records: they open at their own place, unchanged, and nowhere else."""

import hashlib
import hmac
import json
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from letterlock.adapters.sealing import (
    HEADER,
    MAX_PLAINTEXT_BYTES,
    RECORD,
    SALT_BYTES,
    KeyMissing,
    Place,
    SealBroken,
    Sealer,
    start,
)
from tests.fakes.keys import MemoryKeys

VECTORS = json.loads((Path(__file__).parent / "sealing_vectors.json").read_text())
HOME = Place("wsp_1", "message", "msg_1", "subject")
KEYS = MemoryKeys("wsp_1", "wsp_2")
SEALER = Sealer(KEYS)
OVERHEAD = 68


def keys_of(vector: dict[str, Any]) -> MemoryKeys:
    keys = MemoryKeys()
    version = vector["key_version"]
    keys.put(vector["place"]["workspace"], "data", version, bytes.fromhex(VECTORS["keys"]["data"][str(version)]))
    return keys


def by_the_book(vector: dict[str, Any]) -> bytes:
    """The vector's coded plaintext, opened from the format's description alone: RFC 5869 by hand, then AES-GCM."""
    blob, place = bytes.fromhex(vector["blob"]), vector["place"]
    version, salt, commitment = blob[1:3], blob[3:19], blob[19:51]
    secret = hmac.digest(salt, bytes.fromhex(VECTORS["keys"]["data"][str(vector["key_version"])]), "sha256")
    okm, block = b"", b""
    for counter in (1, 2, 3):
        block = hmac.digest(secret, block + b"letterlock/seal/v1" + bytes([counter]), "sha256")
        okm += block
    assert blob[0] == 1
    assert int.from_bytes(version, "big") == vector["key_version"]
    assert okm[44:76] == commitment
    words = [*(place[name] for name in ("workspace", "kind", "record", "field", "schema")), vector["key_version"]]
    associated = b"".join(len(str(word)).to_bytes(4, "big") + str(word).encode() for word in words)
    return AESGCM(okm[:32]).decrypt(okm[32:44], blob[51:], associated)


@pytest.mark.parametrize("vector", VECTORS["records"], ids=lambda vector: vector["name"])
class TestWhatWasSealedYesterday:
    def test_opens_today(self, vector: dict[str, Any]) -> None:
        plaintext = Sealer(keys_of(vector)).unseal(Place(**vector["place"]), bytes.fromhex(vector["blob"]))
        assert plaintext == bytes.fromhex(vector["plaintext"])

    def test_is_what_the_format_says(self, vector: dict[str, Any]) -> None:
        coded = by_the_book(vector)
        plaintext = zlib.decompress(coded[1:]) if vector["compressed"] else coded[1:]
        assert coded[0] == (1 if vector["compressed"] else 0)
        assert plaintext == bytes.fromhex(vector["plaintext"])

    def test_is_sealed_the_same_way_today(self, vector: dict[str, Any]) -> None:
        sealer = Sealer(keys_of(vector), random_bytes=lambda count: bytes.fromhex(vector["salt"])[:count])
        blob = sealer.seal(Place(**vector["place"]), bytes.fromhex(vector["plaintext"]))
        # Two builds of zlib may compress differently; what comes before the ciphertext is always the same.
        end = HEADER.size if vector["compressed"] else None
        assert blob[:end] == bytes.fromhex(vector["blob"])[:end]


@given(st.binary(max_size=4096))
def test_whatever_is_sealed_opens_unchanged(plaintext: bytes) -> None:
    assert SEALER.unseal(HOME, SEALER.seal(HOME, plaintext)) == plaintext


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda part: part * 20), st.data())
def test_one_flipped_bit_anywhere_and_it_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    blob = bytearray(SEALER.seal(HOME, plaintext))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    # A changed key version names a key that is not there; everything else is a broken seal.
    with pytest.raises(KeyMissing if bit // 8 in (1, 2) else SealBroken):
        SEALER.unseal(HOME, bytes(blob))


@given(st.binary(max_size=200), st.data())
def test_a_blob_cut_anywhere_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    blob = SEALER.seal(HOME, plaintext)
    with pytest.raises(SealBroken):
        SEALER.unseal(HOME, blob[: data.draw(st.integers(0, len(blob) - 1))])


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=50))
def test_a_blob_made_longer_does_not_open(plaintext: bytes, more: bytes) -> None:
    with pytest.raises(SealBroken):
        SEALER.unseal(HOME, SEALER.seal(HOME, plaintext) + more)


@given(st.binary(max_size=300))
def test_bytes_that_nobody_sealed_do_not_open(blob: bytes) -> None:
    with pytest.raises((SealBroken, KeyMissing)):
        SEALER.unseal(HOME, blob)


@pytest.mark.parametrize(
    ("elsewhere", "reason"),
    [
        (replace(HOME, workspace="wsp_2"), "commitment"),
        (replace(HOME, kind="note"), "tag"),
        (replace(HOME, record="msg_2"), "tag"),
        (replace(HOME, field="text"), "tag"),
        (replace(HOME, schema=2), "tag"),
        (Place("wsp_1", "messagem", "sg_1", "subject"), "tag"),
    ],
    ids=["workspace", "kind", "record", "field", "schema", "the same letters cut differently"],
)
def test_a_blob_moved_to_another_place_does_not_open(elsewhere: Place, reason: str) -> None:
    blob = SEALER.seal(HOME, b"Invoice 12")
    with pytest.raises(SealBroken) as broken:
        SEALER.unseal(elsewhere, blob)
    assert broken.value.reason == reason


def test_two_workspaces_that_shared_a_key_could_still_not_read_each_other() -> None:
    keys = MemoryKeys()
    keys.put("wsp_1", "data", 1, bytes(32))
    keys.put("wsp_2", "data", 1, bytes(32))
    with pytest.raises(SealBroken):
        Sealer(keys).unseal(replace(HOME, workspace="wsp_2"), Sealer(keys).seal(HOME, b"Invoice 12"))


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    keys = MemoryKeys("wsp_1")
    sealer = Sealer(keys)
    before = sealer.seal(HOME, b"before")
    keys.create("wsp_1", ["data"], version=2)
    after = sealer.seal(HOME, b"after")
    assert (before[1:3], after[1:3]) == (b"\x00\x01", b"\x00\x02")
    assert (sealer.unseal(HOME, before), sealer.unseal(HOME, after)) == (b"before", b"after")


def test_a_blob_that_claims_another_key_version_does_not_open() -> None:
    keys = MemoryKeys("wsp_1")
    blob = Sealer(keys).seal(HOME, b"Invoice 12")
    keys.create("wsp_1", ["data"], version=2)
    with pytest.raises(SealBroken) as broken:
        Sealer(keys).unseal(HOME, blob[:1] + b"\x00\x02" + blob[3:])
    assert broken.value.reason == "commitment"


def test_without_its_key_a_blob_is_unreadable_and_the_error_says_which_key() -> None:
    blob = SEALER.seal(HOME, b"Invoice 12")
    with pytest.raises(KeyMissing) as missing:
        Sealer(MemoryKeys()).unseal(HOME, blob)
    assert (missing.value.workspace, missing.value.purpose, missing.value.version) == ("wsp_1", "data", 1)
    assert str(missing.value) == "wsp_1 data version 1"


def test_sealing_the_same_value_twice_shows_nothing_of_it() -> None:
    first, second = SEALER.seal(HOME, b"Invoice 12"), SEALER.seal(HOME, b"Invoice 12")
    assert first[3 : 3 + SALT_BYTES] != second[3 : 3 + SALT_BYTES]
    assert first[HEADER.size :] != second[HEADER.size :]


@pytest.mark.parametrize("size", [0, 1, 12, 300])
def test_a_value_that_does_not_compress_grows_by_68_bytes(size: int) -> None:
    noise = b"".join(hashlib.sha256(bytes([block])).digest() for block in range(10))[:size]
    assert len(SEALER.seal(HOME, noise)) == size + OVERHEAD


def test_a_text_is_compressed() -> None:
    text = b"The printer on the third floor is on fire. " * 100
    assert len(SEALER.seal(HOME, text)) < len(text) / 10


def test_a_broken_seal_names_the_place_and_nothing_of_the_content() -> None:
    blob = SEALER.seal(HOME, b"Invoice 12")
    with pytest.raises(SealBroken) as broken:
        SEALER.unseal(HOME, blob[:-1])
    error = broken.value
    assert str(error) == "wsp_1 message msg_1 subject: tag"
    assert (error.workspace, error.kind, error.record, error.field) == ("wsp_1", "message", "msg_1", "subject")
    assert (error.__cause__, error.__suppress_context__) == (None, True)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x02" + bytes(90), b"\x00" + bytes(90)])
def test_a_blob_of_no_format_we_know_is_said_to_be_that(blob: bytes) -> None:
    with pytest.raises(SealBroken) as broken:
        SEALER.unseal(HOME, blob)
    assert broken.value.reason == "format"


def sealed_as_is(coded: bytes) -> bytes:
    """A blob whose seal is right, whatever its codec byte and body are."""
    header, opened = start(KEYS, HOME, RECORD, bytes(SALT_BYTES))
    return header + opened.cipher.encrypt(opened.nonce, coded, opened.associated)


@pytest.mark.parametrize(
    "coded",
    [
        b"",
        b"\x02" + zlib.compress(b"text" * 100),
        b"\x01",
        b"\x01not zlib",
        b"\x01" + zlib.compress(b"text" * 100)[:-1],
        b"\x01" + zlib.compress(b"text" * 100) + b"more",
    ],
    ids=["nothing", "unknown codec", "no stream", "not a stream", "a cut stream", "a stream and more"],
)
def test_a_body_that_its_codec_cannot_read_is_refused(coded: bytes) -> None:
    with pytest.raises(SealBroken) as broken:
        SEALER.unseal(HOME, sealed_as_is(coded))
    assert broken.value.reason == "codec"


def test_a_decompression_bomb_is_refused_before_it_grows() -> None:
    sealer = Sealer(KEYS, max_plaintext=10_000)
    bomb = sealed_as_is(b"\x01" + zlib.compress(bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(SealBroken) as broken:
        sealer.unseal(HOME, bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert broken.value.reason == "codec"
    assert peak < 500_000


def test_a_value_of_just_the_limit_opens_and_one_byte_more_is_not_sealed() -> None:
    sealer = Sealer(KEYS, max_plaintext=10_000)
    assert sealer.unseal(HOME, sealer.seal(HOME, b"a" * 10_000)) == b"a" * 10_000
    with pytest.raises(ValueError, match="10001 bytes is over the limit of 10000"):
        sealer.seal(HOME, b"a" * 10_001)
    with pytest.raises(SealBroken):
        sealer.unseal(HOME, SEALER.seal(HOME, b"a" * 10_001))


def test_the_largest_mail_that_ses_accepts_can_be_sealed() -> None:
    assert MAX_PLAINTEXT_BYTES > 40 * 1024 * 1024
