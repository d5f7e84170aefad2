"""Lines of text put together from the pieces of a mail's HTML: white space, quotes, lists, links."""

from __future__ import annotations

import re
from typing import Final

from letterlock.adapters.html_tokens import names

QUOTE_DEPTH: Final = 9
"""Levels of quotes and of lists that are shown. Deeper ones look like the ninth: prefixes must not outgrow the text."""
DELIMITER: Final = "-- "
"""Above a signature: RFC 3676, section 4.3."""
URL_CHARACTERS: Final = 1_000
"""Of a link's address; a longer one is nothing to read, and stands in the HTML."""
CELL: Final = "  "
"""Between two cells of a row: one space stands within them."""

_PARAGRAPHS: Final = names("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre")
_BLANK: Final = re.compile(r"[ \t\r\n\f]+")
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.IGNORECASE)
_UNSAID: Final = re.compile(r"mailto:|(?:https?://)?(?:www\.)?", re.IGNORECASE)
"""What the text of a link leaves out of its address."""


class Lines:
    """White space is one space, but in `pre`; an empty line at most between paragraphs."""

    def __init__(self) -> None:
        self.characters = 0
        self.lists: list[int | None] = []
        """The lists that are open: the next number, or None where items have none."""
        self._lines: list[str] = []
        self._line: list[str] = []
        self._bullet = ""
        self._quoted = 0
        self._last_depth = 0
        self._preformatted = 0
        self._gap = False
        self._link: tuple[str, int, int] | None = None
        """Its address, and where its text begins: the line, and the piece of it."""

    def text(self, text: str) -> None:
        self.characters += len(text)
        if self._preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for each in rest:
                self.end(keep_empty=True)
                self._line.append(each)
            return
        text = _BLANK.sub(" ", text)
        if not self._line or self._line[-1].endswith(" "):
            text = text.removeprefix(" ")
        if text:
            self._line.append(text)

    def cell(self) -> None:
        """The next one of the same row."""
        if self._line and self._line[-1] != CELL:
            self._line.append(CELL)

    def block(self, name: str, *, opens: bool) -> None:
        """An element begins or ends that stands on lines of its own."""
        self.end()
        nested = name in ("ol", "ul") and len(self.lists) > (not opens)
        self._gap = self._gap or (name in _PARAGRAPHS and not nested and not self._bullet)
        step = 1 if opens else -1
        if name == "blockquote":
            self._quoted = max(0, self._quoted + step)
        elif name == "pre":
            self._preformatted = max(0, self._preformatted + step)
        elif name == "li":
            self._bullet = self._next_bullet() if opens else ""

    def alone(self, line: str) -> None:
        """On a line of its own, once."""
        self.end()
        last = next((each for each in reversed(self._lines[-2:]) if each.strip("> ")), "")
        if not last.endswith(line):
            self._line.append(line)
            self.end()

    def link(self, address: str) -> None:
        """A link begins: what follows is its text."""
        fits = len(address) <= URL_CHARACTERS and _ADDRESS.fullmatch(address)
        self._link = (address, len(self._lines), len(self._line)) if fits else None

    def end_link(self) -> None:
        """Its address stands behind its text, unless that says the same; nothing stands where it had none."""
        if self._link is None:
            return
        (address, line, piece), self._link = self._link, None
        written = f"<{address.removeprefix('mailto:')}>"
        if self._line and (said := "".join(self._line[piece:] if line == len(self._lines) else self._line).strip()):
            if _bare(said) != _bare(address):
                self.text(f"{written} " if self._line[-1].endswith(" ") else f" {written}")
        elif line < len(self._lines) and _bare(self._lines[-1].strip("> ")) != _bare(address):
            self._lines[-1] += f" {written}"
            self.characters += len(written)

    def end(self, *, keep_empty: bool = False) -> None:
        """The line, if there is one."""
        if not (self._line or keep_empty):
            return
        line = "".join(self._line).rstrip()
        line = DELIMITER if line == DELIMITER.rstrip() and self._line[-1].endswith(" ") else line
        self._line = []
        if not line and not keep_empty:
            return
        depth = min(self._quoted, QUOTE_DEPTH)
        if self._gap and self._lines and line and self._lines[-1].strip("> "):
            self._lines.append(">" * min(depth, self._last_depth))
        self._gap, self._last_depth = self._gap and not line, depth
        if line:
            line = self._indented(line)
        prefix = ">" * depth
        self._lines.append(f"{prefix} {line}" if prefix and line else prefix or line)

    def result(self) -> str:
        self.end()
        return "\n".join(self._lines).strip("\n")

    def _indented(self, line: str) -> str:
        level = min(len(self.lists), QUOTE_DEPTH)
        bullet, self._bullet = self._bullet, ""
        if bullet:
            return "  " * (level - 1) + bullet + line
        return "  " * level + line if level else line

    def _next_bullet(self) -> str:
        if not self.lists or (number := self.lists[-1]) is None:
            return "- "
        self.lists[-1] = number + 1
        return f"{number}. "


def _bare(address: str) -> str:
    said = _UNSAID.match(address)
    return address[said.end() if said else 0 :].rstrip("/").casefold()
