"""One-time passwords by time (RFC 6238: SHA-1, 6 digits, 30 seconds) and recovery codes.

What the authenticator apps agree on: SHA-1 is all that some of them know, and HMAC does not need more of it.
"""

from __future__ import annotations

import hmac
import os
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from letterlock.adapters.blind_index import BlindIndex

STEP_SECONDS: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""RFC 4226, section 4: 160 bits."""
DRIFT: Final = 1
"""Steps by which the other clock may be off (RFC 6238, section 5.2)."""
ISSUER: Final = "Letterlock"


class SecondFactors:
    """`SecondFactors`. Of recovery codes, keyed hashes are kept."""

    def __init__(self, index: BlindIndex, random: Callable[[int], bytes] = os.urandom) -> None:
        self._index, self._random = index, random

    def new_secret(self) -> bytes:
        return self._random(SECRET_BYTES)

    def spelt(self, secret: bytes) -> str:
        return b32encode(secret).decode("ascii")

    def uri(self, secret: bytes, account: str) -> str:
        """`otpauth://`, as authenticator apps read it (Google Authenticator wiki: "Key URI Format")."""
        asked = {"secret": self.spelt(secret), "issuer": ISSUER, "algorithm": "SHA1", "digits": DIGITS}
        label = quote(f"{ISSUER}:{account}", safe="@:")
        return f"otpauth://totp/{label}?{urlencode({**asked, 'period': STEP_SECONDS})}"

    def step(self, secret: bytes, code: str, now: datetime, after: int) -> int | None:
        """Every step that may be meant is compared, whatever the first ones say."""
        totp = TOTP(secret, DIGITS, SHA1(), STEP_SECONDS, enforce_key_length=False)  # noqa: S303 - see above
        present = int(now.timestamp()) // STEP_SECONDS
        steps = range(present - DRIFT, present + DRIFT + 1)
        typed = code.encode("utf-8", "replace")
        same = [each for each in steps if hmac.compare_digest(totp.generate(each * STEP_SECONDS), typed)]
        return next((each for each in same if each > after), None)

    def new_codes(self, count: int) -> list[str]:
        """`k3x7a-m2qpd`: 50 bits each."""
        found = [b32encode(self._random(7)).decode("ascii").lower()[:10] for _ in range(count)]
        return [f"{each[:5]}-{each[5:]}" for each in found]

    def kept(self, person: str, code: str) -> str:
        plain = "".join(each for each in code.lower() if each.isalnum())
        return self._index.router("recovery", f"{person}|{plain}")
