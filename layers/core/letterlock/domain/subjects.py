"""Subjects apart from what mail programs put around them (RFC 5256, section 2.1, "base subject"; in many languages)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from letterlock.domain.subject_words import GENERIC, PREFIXES, REPLIES

CHARACTERS_READ: Final = 998
PREFIXES_READ: Final = 30
LETTERS_AT_LEAST: Final = 3
"""What is shorter is no name of a matter."""

_PREFIX: Final = re.compile(
    r"([^\W\d_]{1,12}(?: [^\W\d_]{1,12})?) ?(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3}|\d{1,3})? ?: ?"
)
"""`Re:`, `RE :`, `Re[2]:`, `Re^2:`, `Re2:`."""
_TAG: Final = re.compile(r"\[[^\[\]\d]{1,60}\] ?")
"""A mailing list's, or a gateway's (`[EXTERNAL]`). One with a digit may be what tells two matters apart."""
_FORWARDED: Final = re.compile(r" ?\(fwd\)$")


def bare(subject: str) -> str:
    """Case folded, blanks as one space, without what was put before it, however often; empty when nothing is left."""
    text = " ".join(unicodedata.normalize("NFKC", subject[:CHARACTERS_READ]).casefold().split())
    for _ in range(PREFIXES_READ):
        shorter = _FORWARDED.sub("", _shorter(text))
        if shorter == text:
            break
        text = shorter
    return text


def _shorter(text: str) -> str:
    found = _PREFIX.match(text)
    if found and found[1] in PREFIXES:
        return text[found.end() :]
    tag = _TAG.match(text)
    return text[tag.end() :] if tag else text


def is_telling(bare_subject: str) -> bool:
    """Two mails of one person under it are about one matter, as a rule."""
    words = " ".join("".join(each if each.isalnum() else " " for each in bare_subject).split())
    return sum(map(str.isalnum, words)) >= LETTERS_AT_LEAST and words not in GENERIC


def answers(subject: str) -> bool:
    """Its program has put before it that it is an answer."""
    found = _PREFIX.match(subject[:CHARACTERS_READ].casefold().lstrip().replace("\uff1a", ":"))
    return found is not None and found[1] in REPLIES
