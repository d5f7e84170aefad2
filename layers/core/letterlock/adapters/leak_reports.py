"""Who says that a token leaked: a secret scanner's signature over the report, checked against the keys we were given.

GitHub docs, "Secret scanning partner program", section "Implement signature verification in your secret alert service":
ECDSA over NIST P-256 with SHA-256, DER in base64, over the body as it came.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from letterlock.domain.errors import Unauthenticated

UNSIGNED = "this report is not signed by a scanner whose key we know"


class ScannerKeys:
    """`keys`: JSON of each key's identifier and its public key in PEM. Raises ValueError for one of another kind."""

    def __init__(self, keys: str) -> None:
        self._keys = {name: _p256(pem) for name, pem in json.loads(keys).items()}

    def has(self, key: str) -> bool:
        return key in self._keys

    def verify(self, key: str, signature: str, body: bytes) -> None:
        """Raises Unauthenticated, alike for an unknown key and for a signature that is not its own."""
        known = self._keys.get(key)
        if known is None:
            raise Unauthenticated(UNSIGNED)
        try:
            known.verify(b64decode(signature, validate=True), body, ECDSA(SHA256()))
        except (InvalidSignature, Base64Error, ValueError):
            raise Unauthenticated(UNSIGNED) from None


def _p256(pem: str) -> EllipticCurvePublicKey:
    key = load_pem_public_key(pem.encode("ascii"))
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError("a scanner's key is an ECDSA key over NIST P-256")
