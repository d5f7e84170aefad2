"""Names that only we can make: an HMAC under the stack's key, in base32, in lower case as mail and DNS fold it."""

from __future__ import annotations

from base64 import b32encode
from typing import Final

from letterlock.adapters.blind_index import BlindIndex

_FORWARDING_BYTES: Final = 20
"""32 characters. With what stands before them a local part is longer than a mailbox's own may be."""
_MAIL_FROM_BYTES: Final = 10
"""16 characters: nobody meets another's by chance, and who could choose it would have to have the key."""


class KeyedNames:
    """`KeyedNames` of the services. `domain`: the stack's own."""

    def __init__(self, index: BlindIndex, domain: str) -> None:
        self._index, self._domain = index, domain

    def forwarding(self, workspace: str, mailbox: str) -> str:
        return f"fwd-{self._spelt('forwarding', f'{workspace}|{mailbox}', _FORWARDING_BYTES)}@{self._domain}"

    def mail_from(self, workspace: str, domain: str) -> str:
        return f"mail-{self._spelt('mail-from', f'{workspace}|{domain}', _MAIL_FROM_BYTES)}.{domain}"

    def _spelt(self, purpose: str, value: str, octets: int) -> str:
        return b32encode(bytes.fromhex(self._index.router(purpose, value))[:octets]).decode("ascii").lower()
