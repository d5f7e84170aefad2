"""Sealed files: whole and in order, or an error."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.adapters.framing import FRAME_BYTES, FileSealer
from letterlock.adapters.sealing import KeyMissing, Place, SealBroken, Sealer
from tests.fakes.keys import MemoryKeys

VECTORS = json.loads((Path(__file__).parent / "sealing_vectors.json").read_text())
HOME = Place("wsp_1", "attachment", "att_1", "content")
KEYS = MemoryKeys("wsp_1", "wsp_2")
HEADER_BYTES, FRAME, TAG = 51, 16, 16
SEALER = FileSealer(KEYS, frame_bytes=FRAME)
BORDERS = [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME - 1, 2 * FRAME, 2 * FRAME + 1, 5 * FRAME]


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The data in chunks of these sizes (0 gives an empty chunk), then the rest."""
    for size in sizes:
        yield data[:size]
        data = data[size:]
    yield data


def frames_of(blob: bytes) -> tuple[bytes, list[bytes]]:
    body = blob[HEADER_BYTES:]
    return blob[:HEADER_BYTES], [body[at : at + FRAME + TAG] for at in range(0, len(body), FRAME + TAG)]


def refused(blob: bytes, place: Place = HOME) -> bool:
    with pytest.raises(SealBroken):
        SEALER.unseal_file(place, blob)
    return True


@pytest.mark.parametrize("vector", VECTORS["files"], ids=lambda vector: vector["name"])
def test_a_file_sealed_yesterday_opens_today_and_is_sealed_the_same_way(vector: dict[str, Any]) -> None:
    keys, place, version = MemoryKeys(), Place(**vector["place"]), vector["key_version"]
    keys.put(place.workspace, "data", version, bytes.fromhex(VECTORS["keys"]["data"][str(version)]))
    sealer = FileSealer(
        keys,
        random_bytes=lambda count: bytes.fromhex(vector["salt"])[:count],
        frame_bytes=vector["frame_bytes"],
    )
    plaintext, blob = bytes.fromhex(vector["plaintext"]), bytes.fromhex(vector["blob"])
    assert sealer.unseal_file(place, blob) == plaintext
    assert sealer.seal_file(place, plaintext) == blob


@pytest.mark.parametrize("size", BORDERS)
def test_a_file_of_any_size_around_the_frames_borders_comes_back(size: int) -> None:
    data = bytes(range(256))[:size]
    blob = SEALER.seal_file(HOME, data)
    frames = max(1, -(-size // FRAME))
    assert len(blob) == HEADER_BYTES + size + frames * TAG
    assert SEALER.unseal_file(HOME, blob) == data


@pytest.mark.parametrize("size", [FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1])
def test_a_frame_holds_one_mebibyte(size: int) -> None:
    sealer, data = FileSealer(KEYS), bytes(size)
    blob = sealer.seal_file(HOME, data)
    assert len(blob) == HEADER_BYTES + size + (2 if size > 1024 * 1024 else 1) * TAG
    assert sealer.unseal_file(HOME, blob) == data


sizes = st.lists(st.integers(0, 3 * FRAME), max_size=8)


@given(st.binary(max_size=6 * FRAME), sizes, sizes)
def test_the_chunks_it_comes_in_make_no_difference(data: bytes, in_plain: list[int], in_sealed: list[int]) -> None:
    blob = b"".join(SEALER.seal_stream(HOME, cut(data, in_plain)))
    assert len(blob) == len(SEALER.seal_file(HOME, data))
    assert b"".join(SEALER.unseal_stream(HOME, cut(blob, in_sealed))) == data


@given(st.binary(max_size=4 * FRAME), st.data())
def test_one_flipped_bit_anywhere_and_the_file_does_not_open(data: bytes, draw: st.DataObject) -> None:
    blob = bytearray(SEALER.seal_file(HOME, data))
    bit = draw.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(KeyMissing if bit // 8 in (1, 2) else SealBroken):
        SEALER.unseal_file(HOME, bytes(blob))


@pytest.mark.parametrize("size", BORDERS)
def test_a_file_cut_anywhere_does_not_open(size: int) -> None:
    blob = SEALER.seal_file(HOME, bytes(size))
    assert all(refused(blob[:end]) for end in range(len(blob)))


@pytest.mark.parametrize("size", BORDERS)
@pytest.mark.parametrize("more", [1, TAG, FRAME + TAG, 3 * FRAME])
def test_a_file_made_longer_does_not_open(size: int, more: int) -> None:
    assert refused(SEALER.seal_file(HOME, bytes(size)) + bytes(more))


@given(st.integers(2, 5), st.data())
def test_frames_out_of_order_dropped_or_doubled_do_not_open(count: int, draw: st.DataObject) -> None:
    header, frames = frames_of(SEALER.seal_file(HOME, bytes(count * FRAME)))
    picked = draw.draw(st.lists(st.sampled_from(range(count)), max_size=count + 1))
    if picked != list(range(count)):
        assert refused(header + b"".join(frames[number] for number in picked))


def test_the_last_frame_cannot_be_dropped_nor_be_followed() -> None:
    header, frames = frames_of(SEALER.seal_file(HOME, bytes(3 * FRAME)))
    assert refused(header + frames[0] + frames[1])
    assert refused(header)
    assert refused(header + b"".join(frames) + frames[2])


def test_frames_and_headers_of_two_files_do_not_mix_even_at_one_place() -> None:
    header, frames = frames_of(SEALER.seal_file(HOME, b"a" * 3 * FRAME))
    other_header, other = frames_of(SEALER.seal_file(HOME, b"b" * 3 * FRAME))
    assert refused(header + frames[0] + other[1] + frames[2])
    assert refused(header + frames[0] + frames[1] + other[2])
    assert refused(other_header + b"".join(frames))


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HOME, workspace="wsp_2"),
        replace(HOME, kind="mail"),
        replace(HOME, record="att_2"),
        replace(HOME, field="name"),
        replace(HOME, schema=2),
    ],
    ids=["workspace", "kind", "record", "field", "schema"],
)
def test_a_file_moved_to_another_place_does_not_open(elsewhere: Place) -> None:
    assert refused(SEALER.seal_file(HOME, b"%PDF"), elsewhere)


def test_a_file_is_no_record_and_a_record_is_no_file() -> None:
    with pytest.raises(SealBroken) as broken:
        Sealer(KEYS).unseal(HOME, SEALER.seal_file(HOME, b"%PDF"))
    assert broken.value.reason == "format"
    with pytest.raises(SealBroken) as broken:
        SEALER.unseal_file(HOME, Sealer(KEYS).seal(HOME, b"%PDF"))
    assert broken.value.reason == "format"


def test_relabelling_a_record_does_not_make_it_a_file() -> None:
    record = Sealer(KEYS).seal(HOME, b"%PDF")
    with pytest.raises(SealBroken) as broken:
        SEALER.unseal_file(HOME, b"\x02" + record[1:])
    assert broken.value.reason == "commitment"


def test_the_frames_of_a_cut_file_come_out_true_and_then_the_error_does() -> None:
    data = bytes(range(3 * FRAME))
    blob = SEALER.seal_file(HOME, data)
    stream = SEALER.unseal_stream(HOME, [blob[:-1]])
    out = [next(stream), next(stream)]
    with pytest.raises(SealBroken) as broken:
        next(stream)
    assert b"".join(out) == data[: 2 * FRAME]
    assert str(broken.value) == "wsp_1 attachment att_1 content: tag"


def peak_of(stream: Iterator[bytes]) -> tuple[int, int]:
    """Bytes that came out, and the most memory that was held beyond what there was before."""
    tracemalloc.start()
    length = sum(len(piece) for piece in stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return length, peak


@pytest.mark.parametrize("chunk", [4096, FRAME_BYTES, 24 * FRAME_BYTES])
def test_memory_is_a_few_frames_whatever_the_size_of_the_chunks(chunk: int) -> None:
    sealer, size = FileSealer(KEYS), 24 * FRAME_BYTES
    data = bytes(size)
    blob = sealer.seal_file(HOME, data)
    # The chunks exist beforehand, so that only what the sealer itself holds is counted.
    plain_chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    sealed_chunks = [blob[at : at + chunk] for at in range(0, len(blob), chunk)]
    sealed, sealing_peak = peak_of(sealer.seal_stream(HOME, plain_chunks))
    opened, unsealing_peak = peak_of(sealer.unseal_stream(HOME, sealed_chunks))
    assert (sealed, opened) == (len(blob), size)
    assert max(sealing_peak, unsealing_peak) < 5 * FRAME_BYTES
