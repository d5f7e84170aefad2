"""Passwords as they are kept: Argon2id (RFC 9106) of the password's HMAC under the stack's key, in the PHC format.

The HMAC is a pepper: a stolen table alone is no use to whoever guesses. It is of one length whatever the password's.
`make argon2` prints what other parameters would cost.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from letterlock.adapters.blind_index import BlindIndex

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Parameters:
    kibibytes: int
    iterations: int
    lanes: int = 1

    @property
    def phc(self) -> str:
        """How a hash made with these begins."""
        return f"$argon2id$v=19$m={self.kibibytes},t={self.iterations},p={self.lanes}$"


PARAMETERS: Final = Parameters(kibibytes=47_104, iterations=2)
"""46 MiB twice over, one lane: more than twice of what OWASP asks for ("Password Storage Cheat Sheet": 46 MiB once, or
19 MiB twice), and well below a second in a function of one gigabyte, which has little more than half a processor.
"""


class Argon2Passwords:
    """`Passwords`. Each check is one Argon2id, of a hash that fits nothing where there is none."""

    def __init__(
        self, index: BlindIndex, parameters: Parameters = PARAMETERS, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._index, self._parameters, self._random = index, parameters, random

    def hash(self, password: str) -> str:
        kept = self._parameters
        made = Argon2id(
            salt=self._random(SALT_BYTES),
            length=HASH_BYTES,
            iterations=kept.iterations,
            lanes=kept.lanes,
            memory_cost=kept.kibibytes,
        )
        return made.derive_phc_encoded(self._peppered(password))

    def matches(self, password: str, kept: str) -> bool:
        try:
            Argon2id.verify_phc_encoded(self._peppered(password), kept or self._fits_nothing())
        except InvalidKey:
            return False
        return bool(kept)

    def outdated(self, kept: str) -> bool:
        return not kept.startswith(self._parameters.phc)

    def _fits_nothing(self) -> str:
        return f"{self._parameters.phc}{'A' * 22}${'A' * 43}"

    def _peppered(self, password: str) -> bytes:
        return bytes.fromhex(self._index.router("password", password))
