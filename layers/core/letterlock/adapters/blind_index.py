"""Keyed hashes: what must be found or verified without being readable.

HMAC-SHA256 (RFC 2104), each purpose under a key of its own by HKDF-SHA256 (RFC 5869) from the workspace's index key.
A purpose is a fixed word of ours ("message-id"). Equal values give equal hashes, which is what makes them an index:
whoever can read the table sees that two records share a sender, never who it is.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from letterlock.adapters.sealing import KEY_BYTES, KeySource

INDEX_DIGITS: Final = 32
"""Hex digits of an index: 128 bits, enough that two values of a workspace never meet by chance."""


class BlindIndex:
    """Indexes, router hashes and MACs. Each raises KeyMissing. Values are hashed as given: the caller folds case."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys

    def index(self, workspace: str, purpose: str, value: str) -> str:
        """32 hex digits that stand for `value` in this workspace's look-ups of this purpose."""
        return _mac(self._keys.index_key(workspace), f"index/{purpose}", _octets(value)).hex()[:INDEX_DIGITS]

    def router(self, purpose: str, value: str) -> str:
        """64 hex digits under the stack's key, for a look-up that comes before the workspace is known."""
        return _mac(self._keys.router_key(), f"router/{purpose}", _octets(value)).hex()

    def mac(self, workspace: str, purpose: str, data: bytes) -> bytes:
        """32 bytes that prove `data` is ours: reply tokens, cursors. Compare with hmac.compare_digest."""
        return _mac(self._keys.index_key(workspace), f"mac/{purpose}", data)

    def integrity(self, workspace: str, data: bytes) -> bytes:
        """32 bytes under the workspace's integrity key, of which a conversation's digest is made."""
        return hmac.digest(self._keys.integrity_key(workspace), data, hashlib.sha256)


def _mac(key: bytes, label: str, data: bytes) -> bytes:
    info = f"letterlock/{label}/v1".encode()
    purpose_key = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
    return hmac.digest(purpose_key, data, hashlib.sha256)


def _octets(value: str) -> bytes:
    # Header values of hostile mail may hold lone surrogates, which plain UTF-8 refuses with an error that quotes them.
    return value.encode("utf-8", "surrogatepass")
