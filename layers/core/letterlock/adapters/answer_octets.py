"""How much room a text takes in an answer: a function on Lambda may answer 6 MB, and an answer that is larger is none.

(AWS Lambda, "Lambda quotas": 6 MB each for request and response of a synchronous invocation.)
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii
from typing import Final

HTML_OCTETS: Final = 2_500_000
TEXT_OCTETS: Final = 1_000_000
"""Of a message's text, and as much again of its visible text. What else a message has takes under 1 MB."""
_PIECE: Final = 4_096


def octets(text: str) -> int:
    """As a string in JSON, which stands in a string in JSON itself: a function answers its body in that way."""
    once = encode_basestring_ascii(text)
    return len(once) + once.count("\\") + once.count('"')


def within(text: str, room: int) -> str:
    """As much of the beginning as takes no more than `room` octets, to a few characters."""
    if len(text) * 2 < room and text.isascii() and octets(text) <= room:
        return text
    end = 0
    while end < len(text):
        room -= octets(text[end : end + _PIECE])
        if room < 0:
            return text[:end]
        end += _PIECE
    return text
