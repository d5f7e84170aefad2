"""How an API token is spelt: `llw_`, the workspace's ULID, 256 bits of secret, and a checksum.

The typed prefix and the checksum let a secret scanner, and our own edge, tell a token from noise without a look-up
(GitHub's blog: "Behind GitHub's new authentication token formats"). The workspace's id is no secret; it lets one
request read credential and workspace together.
"""

from __future__ import annotations

import re
import string
import zlib

from letterlock.domain.errors import Unauthenticated

PREFIX = "llw_"
SECRET_BYTES = 32
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_CHARACTERS = 43
_CHECKSUM_CHARACTERS = 6
_TOKEN = re.compile(rf"{PREFIX}([0-9A-HJKMNP-TV-Z]{{26}})[0-9A-Za-z]{{{_SECRET_CHARACTERS + _CHECKSUM_CHARACTERS}}}")


def spell(workspace: str, secret: bytes) -> str:
    """The token of a workspace (`wsp_…`) for 32 fresh random bytes."""
    body = PREFIX + workspace.removeprefix("wsp_") + _base62(int.from_bytes(secret), _SECRET_CHARACTERS)
    return body + _checksum(body)


def workspace_of(token: str) -> str:
    """The workspace a token says it is for. Raises Unauthenticated for anything that is no token of ours."""
    match = _TOKEN.fullmatch(token)
    if match is None or _checksum(token[:-_CHECKSUM_CHARACTERS]) != token[-_CHECKSUM_CHARACTERS:]:
        raise Unauthenticated("this is no API token of Letterlock: copy it again, whole")
    return f"wsp_{match[1]}"


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_CHARACTERS)


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits.rjust(width, _ALPHABET[0])
