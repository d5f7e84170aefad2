"""Blind indexes: equal values meet within a workspace and a purpose, and nowhere else."""

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.sealing import KeyMissing
from tests.fakes.keys import MemoryKeys

VECTORS = json.loads((Path(__file__).parent / "sealing_vectors.json").read_text())
INDEX = BlindIndex(MemoryKeys("wsp_1", "wsp_2", "stack"))


def by_the_book(key: bytes, label: str, value: str) -> str:
    """HMAC under RFC 5869's HKDF with no salt and one block, by hand."""
    secret = hmac.digest(bytes(32), key, "sha256")
    purpose_key = hmac.digest(secret, f"letterlock/{label}/v1".encode() + b"\x01", "sha256")
    return hmac.digest(purpose_key, value.encode(), "sha256").hex()


@pytest.mark.parametrize("vector", VECTORS["hashes"], ids=lambda vector: vector["method"])
def test_what_was_indexed_yesterday_is_found_today(vector: dict[str, Any]) -> None:
    keys, made = MemoryKeys(), {name: VECTORS["keys"][name] for name in ("index", "integrity", "router")}
    for purpose, key in made.items():
        keys.put("stack" if purpose == "router" else vector["workspace"], purpose, 1, bytes.fromhex(key))
    index, workspace, purpose, value = BlindIndex(keys), vector["workspace"], vector["purpose"], vector["value"]
    index_key, router_key = bytes.fromhex(made["index"]), bytes.fromhex(made["router"])
    today, book = {
        "index": lambda: (
            index.index(workspace, purpose, value),
            by_the_book(index_key, f"index/{purpose}", value)[:32],
        ),
        "router": lambda: (index.router(purpose, value), by_the_book(router_key, f"router/{purpose}", value)),
        "mac": lambda: (
            index.mac(workspace, purpose, value.encode()).hex(),
            by_the_book(index_key, f"mac/{purpose}", value),
        ),
        "integrity": lambda: (
            index.integrity(workspace, value.encode()).hex(),
            hmac.digest(bytes.fromhex(made["integrity"]), value.encode(), "sha256").hex(),
        ),
    }[vector["method"]]()
    assert today == book == vector["result"]


@given(st.text(), st.text())
def test_two_values_meet_only_if_they_are_equal(one: str, other: str) -> None:
    assert (INDEX.index("wsp_1", "sender", one) == INDEX.index("wsp_1", "sender", other)) is (one == other)


def test_a_value_is_found_by_another_process() -> None:
    again = BlindIndex(MemoryKeys("wsp_1", "stack"))
    assert again.index("wsp_1", "sender", "ana@example.com") == INDEX.index("wsp_1", "sender", "ana@example.com")
    assert again.router("mailbox", "support@example.com") == INDEX.router("mailbox", "support@example.com")


def test_workspaces_and_purposes_share_no_hash() -> None:
    value = "ana@example.com"
    hashes = [
        INDEX.index("wsp_1", "sender", value),
        INDEX.index("wsp_2", "sender", value),
        INDEX.index("wsp_1", "message-id", value),
        INDEX.mac("wsp_1", "sender", value.encode()).hex()[:32],
        INDEX.integrity("wsp_1", value.encode()).hex()[:32],
        INDEX.router("sender", value)[:32],
        INDEX.router("mailbox", value)[:32],
    ]
    assert len(set(hashes)) == len(hashes)


def test_hashes_have_the_length_their_keys_and_tokens_count_on() -> None:
    assert len(INDEX.index("wsp_1", "sender", "a")) == 32
    assert len(INDEX.router("mailbox", "a")) == 64
    assert len(INDEX.mac("wsp_1", "reply", b"a")) == len(INDEX.integrity("wsp_1", b"a")) == 32


def test_a_hostile_message_id_with_lone_surrogates_is_indexed_like_any_other() -> None:
    assert INDEX.index("wsp_1", "message-id", "\udce4@x") != INDEX.index("wsp_1", "message-id", "\udce5@x")


def test_without_the_workspaces_key_there_is_no_index() -> None:
    with pytest.raises(KeyMissing):
        INDEX.index("wsp_3", "sender", "ana@example.com")
