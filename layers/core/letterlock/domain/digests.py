"""A conversation's set digest: the keyed digests of its messages, added up.

A sum has no order and takes subtraction: an edit takes the old digest off and adds the new one, an erasure takes one
off. Without the key nobody can choose messages whose digests add up to a given sum, so a table that was changed behind
the program's back, or restored half, gives itself away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from enum import StrEnum

MODULUS = 2**256
DIGEST_BYTES = 32

Keyed = Callable[[bytes], bytes]
"""HMAC-SHA256 under the workspace's integrity key."""


class Difference(StrEnum):
    """How a conversation's items are not what its head says."""

    DIGEST = "digest"
    """As many messages as it says, but not those."""
    COUNT = "count"
    SEAL = "seal"
    """A message does not open."""
    ITEM = "item"
    """An item lacks what every item of its kind has."""
    HEAD = "head"
    """There is no head."""


def message_digest(keyed: Keyed, message: str, revision: int, said: bytes) -> int:
    """The digest of one message as stored: its id, its revision, and the bytes that were sealed."""
    return int.from_bytes(keyed(f"{message}|{revision}|{hashlib.sha256(said).hexdigest()}".encode()))


def with_replaced(digest: int, before: int, after: int) -> int:
    """After one message was revised."""
    return (digest - before + after) % MODULUS


def with_added(digest: int, added: Iterable[int]) -> int:
    return (digest + sum(added)) % MODULUS
