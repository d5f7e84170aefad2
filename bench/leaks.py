"""A secret scanner's key, and reports that are signed with it."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_NAME = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(0x5CA11E, ec.SECP256R1())


def public_keys() -> str:
    """As the setting has them."""
    pem = _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return json.dumps({KEY_NAME: pem.decode()})


def report(*tokens: str) -> str:
    """The body, as GitHub spells it."""
    found = [
        {"token": each, "type": "letterlock_token", "url": "https://github.example/blob/main/x", "source": "content"}
        for each in tokens
    ]
    return json.dumps(found)


def signed(body: str | bytes) -> dict[str, str]:
    """The headers that come with that body."""
    octets = body.encode() if isinstance(body, str) else body
    signature = _key().sign(octets, ec.ECDSA(SHA256()))
    return {
        "Github-Public-Key-Identifier": KEY_NAME,
        "Github-Public-Key-Signature": b64encode(signature).decode(),
    }
