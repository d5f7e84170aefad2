"""Ids: a typed prefix and a ULID, shown to users as they are."""

from __future__ import annotations

import hashlib
from datetime import datetime

from ulid import ULID

_RANDOM_BYTES = 10


class Ulids:
    """`Ids` by python-ulid: 48 bits of time, 80 of chance, 26 characters of Crockford's base32."""

    def new(self, prefix: str) -> str:
        return f"{prefix}_{ULID()}"

    def derived(self, prefix: str, at: datetime, *parts: str) -> str:
        """The chance is taken from SHA-256 of the parts: no secret, and none is needed where the parts are ids."""
        said = "\x1f".join((prefix, *parts)).encode()
        milliseconds = int(at.timestamp() * 1000).to_bytes(6)
        return f"{prefix}_{ULID(milliseconds + hashlib.sha256(said).digest()[:_RANDOM_BYTES])}"
