"""How tokens are spelt: a typed prefix, the workspace's and the holder's ULID, 256 bits of secret, and a checksum.

The prefix and the checksum let a secret scanner, and our own edge, tell a token from noise without a look-up (GitHub's
blog: "Behind GitHub's new authentication token formats"). The two ids are no secret; with them one read tells all that
a request is admitted by.
"""

from __future__ import annotations

import re
import string
import zlib
from dataclasses import dataclass

from letterlock.domain.accounts import CredentialKind
from letterlock.domain.errors import Unauthenticated

PREFIXES = {
    CredentialKind.SERVICE: "llw_",
    CredentialKind.PERSONAL: "llp_",
    CredentialKind.SESSION: "lls_",
}
SECRET_BYTES = 32
_HOLDERS = {CredentialKind.SERVICE: "tok_", CredentialKind.PERSONAL: "per_", CredentialKind.SESSION: "per_"}
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_CHARACTERS = 43
_CHECKSUM_CHARACTERS = 6
_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
TOKEN = re.compile(rf"({'|'.join(_KINDS)})({_ULID})({_ULID})[0-9A-Za-z]{{{_SECRET_CHARACTERS + _CHECKSUM_CHARACTERS}}}")
"""What a secret scanner looks for; `read` checks the checksum as well."""


@dataclass(frozen=True, slots=True)
class Presented:
    """What a token says of itself: nothing of it is proven yet."""

    kind: CredentialKind
    workspace: str
    holder: str
    """`per_…`, or `tok_…` of a workspace's own token."""
    secret: str
    """The whole token."""


def spell(kind: CredentialKind, workspace: str, holder: str, secret: bytes) -> str:
    """The token for 32 fresh random bytes."""
    ids = workspace.removeprefix("wsp_") + holder.removeprefix(_HOLDERS[kind])
    body = PREFIXES[kind] + ids + base62(secret)
    return body + checksum(body)


def read(token: str) -> Presented:
    """Raises Unauthenticated for anything that is no token of ours."""
    match = TOKEN.fullmatch(token)
    if match is None or checksum(token[:-_CHECKSUM_CHARACTERS]) != token[-_CHECKSUM_CHARACTERS:]:
        raise Unauthenticated("this is no token of Letterlock: copy it again, whole")
    kind = _KINDS[match[1]]
    return Presented(kind, f"wsp_{match[2]}", _HOLDERS[kind] + match[3], token)


def base62(octets: bytes) -> str:
    """43 characters for 32 octets."""
    return _base62(int.from_bytes(octets), _SECRET_CHARACTERS)


def checksum(body: str) -> str:
    """6 characters: CRC-32 of it, in base62."""
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_CHARACTERS)


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits.rjust(width, _ALPHABET[0])
