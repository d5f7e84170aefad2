"""Address lists (RFC 5322, section 3.4), in one linear pass that takes what real mail writes and never raises.

`email.utils.getaddresses` answers nothing at all for a list with one fault in it, and nests as deep as the comments do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from letterlock.adapters.mime_headers import decode_words, one_line, raw_text
from letterlock.domain.mail import Address

ADDRESSES_KEPT: Final = 1_000
"""Of one field. Mail services take 50 to 1,000 recipients a mail (SES: 50); what comes after is in the raw mail."""
ADDRESS_CHARACTERS: Final = 320
"""RFC 5321, section 4.5.3.1: 64 octets of local part, an @, 255 of domain."""
NAME_CHARACTERS: Final = 256
LEXEMES_READ: Final = 50_000
"""Of one field: 50 for each address that is kept, more than the longest names and comments have."""

_LEXEME: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|\\.?|[()<>,;:]|[^"()<>,;:\\]+', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SPACE: Final = re.compile(r"\s+")
_DELIMITERS: Final = re.compile(r'[\s<>()",;:\[\]]+')
_REST_OF_DOMAIN: Final = re.compile(r"(?:\s*\.\s*[A-Za-z0-9-]{1,63}){1,20}\s*")
"""White space may stand around a domain's dots (RFC 5322, section 4.4)."""
_NO_ADDRESS: Final = re.compile(r'[\s<>()",;:\x00-\x20\x7f\ufffd]')


def addresses(values: Iterable[bytes], charset: str = "") -> tuple[Address, ...]:
    """The mailboxes of all these fields; groups give their members, and what is no address is left out.

    `charset`: of octets beyond ASCII that are no UTF-8.
    """
    found: list[Address] = []
    for value in values:
        text = raw_text(value, charset)
        found += _Reader(ADDRESSES_KEPT - len(found)).read(text) or _rescued(text, ADDRESSES_KEPT - len(found))
    return tuple(found)


class _Reader:
    """Reads one field. A mailbox is built up from its words, its angle brackets and its comments."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.found: list[Address] = []
        self.held: list[str] = []
        """Words before a comma that made no address: the first half of an unquoted `Last, First <…>`."""
        self._start()

    def _start(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angle: list[str] | None = None
        self.route: str | None = None
        """What stood between the angle brackets, once they are closed."""
        self.depth = 0

    def read(self, text: str) -> list[Address]:
        for match in islice(_LEXEME.finditer(text), LEXEMES_READ):
            if len(self.found) >= self.most:
                return self.found
            self._take(match[0])
        self._finish()
        return self.found

    def _take(self, lexeme: str) -> None:
        if lexeme == "(":
            self.depth += 1
        elif self.depth:
            self._in_comment(lexeme)
        elif self.angle is not None:
            self._in_angle(lexeme)
        elif lexeme == "<":
            self.angle = []
        elif lexeme in ",;":
            self._finish()
        elif lexeme == ":":
            self._start()  # what stood before was a group's name (section 3.4), or "mailto"
        elif lexeme not in {">", ")"}:
            self.words.append(lexeme)

    def _in_comment(self, lexeme: str) -> None:
        if lexeme == ")":
            self.depth -= 1
        else:
            self.comments.append(lexeme)

    def _in_angle(self, lexeme: str) -> None:
        if self.angle is None or lexeme == ")":
            return
        if lexeme == ">":
            self.route, self.angle = self.route or "".join(self.angle), None
        elif lexeme in ",;" and not "".join(self.angle[:1]).startswith("@"):
            self._finish()  # the bracket was never closed; only an old route (`<@a,@b:c@d>`) has commas within
        elif lexeme != "<":
            self.angle.append(lexeme)

    def _finish(self) -> None:
        route = self.route if self.route is not None else "".join(self.angle) if self.angle is not None else None
        if route is None:
            self._finish_bare("".join(self.words))
        else:
            name = "".join(self.held) + "".join(self.words)
            # White space and comments may stand between its atoms (section 4.4), unless they are quoted.
            spec = route.rpartition(":")[2]
            address = usable(spec if '"' in spec else _SPACE.sub("", spec))
            if address:
                self.found.append(Address(address, _name(name or "".join(self.comments))))
            self.held = []
        self._start()

    def _finish_bare(self, words: str) -> None:
        """`a@b`, `a@b (Name)`, or the broken `Name a@b`."""
        candidates = words.split() if "@" in words else []
        address = usable(words) if '"' in words else ""
        address = address or next((each for word in candidates if (each := usable(word))), "")
        if address:
            rest = words.partition(address)[2]
            if _REST_OF_DOMAIN.fullmatch(rest):
                address, words = usable(address + _SPACE.sub("", rest)) or address, ""
            name = "".join(self.comments) or words.replace(address, "", 1)
            self.found.append(Address(address, _name(name)))
            self.held = []
        elif words.strip():
            self.held = [*self.held[-3:], words.strip(), ", "]


def _name(raw: str) -> str:
    """A display name: unquoted, its encoded words decoded, on one line."""
    parts = []
    for match in _LEXEME.finditer(raw[: NAME_CHARACTERS * 12]):
        lexeme = match[0]
        if lexeme.startswith('"'):
            lexeme = lexeme[1:-1] if lexeme.endswith('"') and len(lexeme) > 1 else lexeme[1:]
        parts.append(_ESCAPED.sub(r"\1", lexeme))
    name = _SPACE.sub(" ", one_line(decode_words("".join(parts)))).strip("' ")
    return name[:NAME_CHARACTERS]


def usable(text: str) -> str:
    """`text` as an addr-spec, or empty: something@something, nothing in it that could forge a header field."""
    address = text.strip().strip("'")
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or len(address) > ADDRESS_CHARACTERS:
        return ""
    quoted = len(local) > 1 and local[0] == local[-1] == '"' and '"' not in local[1:-1] and "\\" not in local
    if _NO_ADDRESS.search(domain) or (not quoted and ("@" in local or _NO_ADDRESS.search(local))):
        return ""
    return address if address.isprintable() else ""


def _rescued(text: str, most: int) -> list[Address]:
    """A field whose quotes or brackets never close: the words in it that are addresses, without names."""
    if "@" not in text:
        return []
    words = (usable(word) for word in _DELIMITERS.split(text))
    return [Address(word) for word in words if word][:most]
