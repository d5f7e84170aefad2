"""Text of HTML-only mail, as a person would read it."""

from __future__ import annotations

import re
from typing import Final

from letterlock.adapters.html_lines import DELIMITER, Lines
from letterlock.adapters.html_tokens import CUT, TAGS_READ, TEXT, attributes, characters, names, tokens

TEXT_CHARACTERS: Final = 500_000
"""Of a rendition: a book of 250 pages. The HTML itself is kept whole."""
MARKED_CHARACTERS: Final = 300
"""Of a tag: its id and its class stand first."""
RULE: Final = "_" * 32
"""What Outlook draws above a quoted mail where there is no HTML."""
FIRST_NUMBER: Final = re.compile(r"-?[0-9]{1,6}")

_BLOCKS: Final = names(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " header hr html li main nav ol p pre section table tbody tfoot thead title tr ul"
)
_VOID: Final = names("area base br col embed hr img input link meta source track wbr")
_QUOTE_MARKS: Final = re.compile(r"""["'\s](?:divRplyFwdMsg|yahoo_quoted)\b""")
_SIGNATURE_MARKS: Final = re.compile(r"""["'\s](?:gmail_signature|ms-outlook-mobile-signature)["'\s]""")
"""Ids and classes by which mail programs mark what they quote without `blockquote`, and signatures."""
_HIDES: Final = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0(?![.\d]))")
_MAY_HIDE: Final = ("none", "hidden", "max-height")
_SIBLINGS: Final = {
    "td": names("td th /tr tr"),
    "th": names("td th /tr tr"),
    "tr": names("tr"),
    "li": names("li /ul /ol"),
    "p": names("p /div /td"),
}
"""Elements whose closing tag may be left out, and what ends them then (HTML standard, section 13.1.2.4)."""


def to_text(html: str, tags: int = TAGS_READ) -> str:
    """Blocks on lines of their own, lists with `-` or numbers, quotes behind `>`, images as their descriptions, the
    address of a link behind its text where that says something else. What is not to be seen is not there, unless
    nothing else is.

    Where a mail program marks a quoted mail or a signature otherwise, the line that plain text would have there.

    Linear; it ends, with `CUT`, after `TEXT_CHARACTERS`, or `tags` tags and comments.
    """
    return _rendered(html, tags, hiding=True) or _rendered(html, tags, hiding=False)


def _rendered(html: str, tags: int, *, hiding: bool) -> str:
    lines = Lines()
    writer = _Writer(lines)
    hidden = _Hidden()
    for kind, content in tokens(html, tags):
        room = TEXT_CHARACTERS - lines.characters
        if hiding and hidden.takes(kind, content):
            continue
        if kind == CUT:
            lines.text(CUT)
        elif kind != TEXT:
            writer.tag(kind, content)
        elif len(content) <= room:
            lines.text(characters(content))
        else:
            lines.text(characters(content[:room]) + CUT)
            break
    return lines.result()


class _Hidden:
    """Follows the tokens, and takes those of elements that a style hides: mostly what lists of mails are to preview."""

    def __init__(self) -> None:
        self._name = ""
        self._depth = 0
        self._tables = 0

    def takes(self, kind: str, inside: str) -> bool:
        if self._name:
            if not self._ended_by(kind):
                return True
            # A closing tag of its own goes with it; a sibling may be hidden itself.
            closed, self._name = kind == f"/{self._name}", ""
            if closed:
                return True
        if kind in (TEXT, CUT) or not inside or kind.startswith("/") or not _hides(inside):
            return False
        if kind not in _VOID:
            self._name, self._depth, self._tables = kind, 1, 0
        return True

    def _ended_by(self, kind: str) -> bool:
        name = self._name
        if not self._tables and kind in _SIBLINGS.get(name, ()):
            return True
        if name != "table" and kind.endswith("table"):
            self._tables += -1 if kind == "/table" else kind == "table"
            return self._tables < 0
        if not self._tables or name not in _SIBLINGS:
            self._depth += (kind == name) - (kind == f"/{name}")
        return self._depth == 0


def _hides(inside: str) -> bool:
    return any(each in inside for each in _MAY_HIDE) and bool(
        _HIDES.search(attributes(inside).get("style", "").lower())
    )


class _Writer:
    """What each tag means for the lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def tag(self, kind: str, inside: str) -> None:
        name = kind.removeprefix("/")
        opens = kind == name
        if name == "br":
            self._lines.end(keep_empty=True)
        elif name in _BLOCKS:
            self._block(name, inside, opens=opens)
        elif name in ("td", "th") and opens:
            self._lines.cell()
        elif kind == "img" and (alt := attributes(inside).get("alt", "")):
            self._lines.text(alt)
        elif name == "a":
            self._lines.end_link()
            if opens and inside:
                self._lines.link(attributes(inside).get("href", "").strip())

    def _block(self, name: str, inside: str, *, opens: bool) -> None:
        self._lines.block(name, opens=opens)
        if name in ("ol", "ul"):
            self._list(name, inside, opens=opens)
        if name == "div" and opens and inside:
            self._mark(inside)

    def _list(self, name: str, inside: str, *, opens: bool) -> None:
        if not opens:
            self._lines.lists[-1:] = []
            return
        start = attributes(inside).get("start", "") if inside else ""
        first = int(start) if FIRST_NUMBER.fullmatch(start) else 1
        self._lines.lists.append(first if name == "ol" else None)

    def _mark(self, inside: str) -> None:
        if _QUOTE_MARKS.search(inside, 0, MARKED_CHARACTERS):
            self._lines.alone(RULE)
        elif _SIGNATURE_MARKS.search(inside, 0, MARKED_CHARACTERS):
            self._lines.alone(DELIMITER)
