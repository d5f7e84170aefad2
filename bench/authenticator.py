"""What an authenticator app shows: RFC 6238 with SHA-1, six digits, steps of 30 seconds."""

from __future__ import annotations

from base64 import b32decode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP


def code_of(secret: str, at: float) -> str:
    """`secret` in base32, as the app is given it; `at` in seconds of Unix time."""
    totp = TOTP(b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)  # noqa: S303 - RFC 6238
    return totp.generate(int(at)).decode()
