"""Which passwords we take: long ones that are not the first that anybody would guess (NIST SP 800-63B, 3.1.1.2)."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

from letterlock.domain.errors import Invalid

SHORTEST: Final = 12
LONGEST: Final = 256
_DIFFERENT: Final = 5
"""A password of fewer different characters is a pattern."""
_TOO_COMMON: Final = (
    "password passwort letmein welcome iloveyou qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm abcdef abcdefgh "
    "abcdefghijkl administrator admin changeme secret sunshine princess football baseball monkey dragon superman "
    "trustno correcthorsebatterystaple letterlock"
)
_COMMON: Final = frozenset(_TOO_COMMON.split())
_DECORATION: Final = re.compile(r"[\W\d_]+")


def password_to_keep(password: str, address: str = "") -> str:
    """The password as it is hashed: NFKC, the same from every keyboard. Raises Invalid, never quoting it."""
    password = entered(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters")
    plain = password.casefold()
    words = {_DECORATION.sub("", plain), _repeated(_DECORATION.sub("", plain))}
    if len(set(plain)) < _DIFFERENT or words & _COMMON or _is_sequence(plain):
        raise Invalid("this password is among the first that anybody would guess")
    if address and _own(plain, address.casefold()):
        raise Invalid("a password is not one's own address")
    return password


def entered(password: str) -> str:
    """What somebody typed, to be compared with what is kept."""
    return unicodedata.normalize("NFKC", password)


def _repeated(text: str) -> str:
    """`abcabcabc` -> `abc`."""
    found = re.fullmatch(r"(.+?)\1+", text)
    return found[1] if found else text


def _is_sequence(text: str) -> bool:
    return len({ord(after) - ord(before) for before, after in pairwise(text)}) == 1


def _own(password: str, address: str) -> bool:
    local = address.partition("@")[0]
    return password in (address, local) or _DECORATION.sub("", password) == _DECORATION.sub("", address)
