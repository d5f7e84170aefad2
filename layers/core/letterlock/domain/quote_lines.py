"""A text as lines that are looked at, each a bounded number of times and as far as a bounded length."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

LINES_READ: Final = 5_000
"""A mail of 100 printed pages. One with more is shown whole."""
LINE_CHARACTERS: Final = 400
"""What mail programs write around a quote is shorter: 78 a line (RFC 5322, section 2.1.1), on three lines at most."""
BLANK_LINES: Final = 5
"""At most, between what belongs together."""

LABEL_CHARACTERS: Final = 30

EMPHASIS: Final = "*_ "
"""What is left of bold and italic letters in plain text."""
_CUT: Final = "\N{HORIZONTAL ELLIPSIS}"
_INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_EDGES: Final = _INVISIBLE + " \t\n\r\x0b\x0c\xa0\u202f\u3000"
_RULE: Final = re.compile(r"[_\-=*\u2500\u2014]{5,}")


def normal(line: str) -> str:
    """Case folded, blanks of every kind one space, none before a colon, apostrophes straight."""
    return " ".join(line.split()).casefold().replace("\uff1a", ":").replace(" :", ":").replace("\u2019", "'")


class Kind(Enum):
    BLANK = auto()
    TEXT = auto()
    QUOTED = auto()
    """It begins with `>`."""
    ATTRIBUTION = auto()
    """It says whom the quoted lines after it are from."""


class Page:
    """The lines of a text: what each of them is, and, for the tests, how often one was looked at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.looks = 0
        self.starts: list[int] = []
        self.kinds: list[Kind] = []
        self._lines: list[str] = []
        self._labels: dict[int, tuple[str, str]] = {}
        position, length = 0, len(text)
        while position < length and len(self.starts) < LINES_READ:
            end = text.find("\n", position)
            end = length if end < 0 else end
            self._read(position, end)
            position = end + 1
        self.unread = position < length
        self.starts.append(min(position, length))
        self.count = len(self.kinds)

    def _read(self, start: int, end: int) -> None:
        line = self.text[start : min(end, start + LINE_CHARACTERS)].strip()
        if line and (line[0] in _INVISIBLE or line[-1] in _INVISIBLE):
            line = line.strip(_EDGES)
        if end - start > LINE_CHARACTERS:
            line += _CUT
        self.looks += 1
        self.starts.append(start)
        self._lines.append(line)
        self.kinds.append(Kind.TEXT if line and line[0] != ">" else Kind.QUOTED if line else Kind.BLANK)

    def line(self, n: int) -> str:
        """Without the blanks around it; one that was cut ends with an ellipsis."""
        self.looks += 1
        return self._lines[n]

    def label(self, n: int) -> tuple[str, str]:
        """What stands before and after the line's first colon (`*From:* Ana`); empty where it is no label."""
        self.looks += 1
        if n not in self._labels:
            before, colon, value = self._lines[n].replace("\uff1a", ":", 1).partition(":")
            is_label = colon and len(before) <= LABEL_CHARACTERS
            self._labels[n] = (normal(before.strip(EMPHASIS)), value.strip(EMPHASIS)) if is_label else ("", "")
        return self._labels[n]

    def as_written(self, n: int) -> str:
        self.looks += 1
        return self.text[self.starts[n] : min(self.starts[n + 1], self.starts[n] + LINE_CHARACTERS)].rstrip("\n")

    def is_rule(self, n: int) -> bool:
        """A line that was drawn with characters."""
        return self.kinds[n] is Kind.TEXT and _RULE.fullmatch(self.line(n)) is not None

    def begins_paragraph(self, n: int) -> bool:
        return n == 0 or self.kinds[n - 1] in (Kind.BLANK, Kind.QUOTED) or self.is_rule(n - 1)

    def next_line(self, n: int, stop: int) -> int:
        """The first line from `n` on that says something; `stop` where the next few, or all up to there, are blank."""
        for m in range(n, min(n + BLANK_LINES + 1, stop)):
            self.looks += 1
            if self.kinds[m] is not Kind.BLANK:
                return m
        return stop

    def over_blanks(self, n: int, stop: int) -> int:
        """The first line from `n` on that says something, or `stop`."""
        while n < stop and self.kinds[n] is Kind.BLANK:
            self.looks += 1
            n += 1
        return n

    def back_over_blanks(self, n: int, floor: int) -> int:
        """The first line of the blank ones right before `n`."""
        while n > floor and self.kinds[n - 1] is Kind.BLANK:
            self.looks += 1
            n -= 1
        return n

    def says_something(self, start: int, stop: int) -> bool:
        """There is text of the author's own among these lines."""
        self.looks += stop - start
        return any(self.kinds[n] is Kind.TEXT and not self.is_rule(n) for n in range(start, stop))
