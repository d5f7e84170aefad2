"""Text of HTML-only mail, as a person would read it."""

from __future__ import annotations

import re
from typing import Final

from letterlock.adapters.html_tokens import CUT, TAGS_READ, TEXT, characters, names, tokens

TEXT_CHARACTERS: Final = 500_000
"""Of a rendition: a book of 250 pages. The HTML itself is kept whole."""
QUOTE_DEPTH: Final = 9
"""Levels of blockquote that are shown as `>`. Deeper ones look like the ninth: prefixes must not outgrow the text."""

_BLOCKS: Final = names(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " header hr html li main nav ol p pre section table tbody tfoot thead title tr ul"
)
_PARAGRAPHS: Final = names("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre")
_QUOTE_MARKS: Final = re.compile(r"""["'\s](?:divRplyFwdMsg|yahoo_quoted)\b""")
_SIGNATURE_MARKS: Final = re.compile(r"""["'\s](?:gmail_signature|ms-outlook-mobile-signature)["'\s]""")
"""Ids and classes by which mail programs mark what they quote without `blockquote`, and signatures."""
MARKED_CHARACTERS: Final = 300
"""Of a tag: its id and its class stand first."""
RULE: Final = "_" * 32
"""What Outlook draws above a quoted mail where there is no HTML."""
DELIMITER: Final = "-- "
"""Above a signature: RFC 3676, section 4.3."""
_ALT: Final = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_BLANK: Final = re.compile(r"[ \t\r\n\f]+")


def to_text(html: str, tags: int = TAGS_READ) -> str:
    """Blocks on lines of their own, list items with `-`, quotes behind `>`, images as their descriptions.

    Where a mail program marks a quoted mail or a signature otherwise, the line that plain text would have there.

    Linear; it ends, with `CUT`, after `TEXT_CHARACTERS`, or `tags` tags and comments.
    """
    writer = _Writer()
    for kind, content in tokens(html, tags):
        room = TEXT_CHARACTERS - writer.characters
        if kind == CUT:
            writer.text(CUT)
        elif kind != TEXT:
            writer.tag(kind, content)
        elif len(content) <= room:
            writer.text(characters(content))
        else:
            writer.text(characters(content[:room]) + CUT)
            break
    return writer.result()


class _Writer:
    """Puts lines together. White space is one space, but in `pre`; an empty line at most between paragraphs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.characters = 0
        self.quoted = 0
        self.last_depth = 0
        self.preformatted = 0
        self.gap = False

    def text(self, text: str) -> None:
        self.characters += len(text)
        if self.preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for each in rest:
                self._break(keep_empty=True)
                self.line.append(each)
            return
        text = _BLANK.sub(" ", text)
        if not self.line or self.line[-1].endswith(" "):
            text = text.removeprefix(" ")
        if text:
            self.line.append(text)

    def tag(self, kind: str, inside: str) -> None:
        name = kind.removeprefix("/")
        if name == "br":
            self._break(keep_empty=True)
        elif name in _BLOCKS:
            self._block(name, opens=kind == name)
            if kind == "div" and inside:
                self._mark(inside)
        elif name in ("td", "th") and kind == name and self.line:
            self.text(" ")
        elif kind == "img" and (alt := _ALT.search(inside)):
            self.text(characters(alt[1] or alt[2] or alt[3] or ""))

    def _block(self, name: str, *, opens: bool) -> None:
        self._break()
        self.gap = self.gap or name in _PARAGRAPHS
        step = 1 if opens else -1
        if name == "blockquote":
            self.quoted = max(0, self.quoted + step)
        elif name == "pre":
            self.preformatted = max(0, self.preformatted + step)
        elif name == "li" and opens:
            self.line.append("- ")

    def _mark(self, inside: str) -> None:
        if _QUOTE_MARKS.search(inside, 0, MARKED_CHARACTERS):
            self._alone(RULE)
        elif _SIGNATURE_MARKS.search(inside, 0, MARKED_CHARACTERS):
            self._alone(DELIMITER)

    def _alone(self, line: str) -> None:
        """On a line of its own, once."""
        last = next((each for each in reversed(self.lines[-2:]) if each.strip("> ")), "")
        if not last.endswith(line):
            self.line.append(line)
            self._break()

    def _break(self, *, keep_empty: bool = False) -> None:
        if not (self.line or keep_empty):
            return
        line = "".join(self.line).rstrip()
        line = DELIMITER if line == DELIMITER.rstrip() and self.line[-1].endswith(" ") else line
        self.line = []
        if not line and not keep_empty:
            return
        depth = min(self.quoted, QUOTE_DEPTH)
        prefix = ">" * depth
        if self.gap and self.lines and line and self.lines[-1].strip("> "):
            self.lines.append(">" * min(depth, self.last_depth))
        self.gap, self.last_depth = self.gap and not line, depth
        self.lines.append(f"{prefix} {line}" if prefix and line else prefix or line)

    def result(self) -> str:
        self._break()
        return "\n".join(self.lines).strip("\n")
