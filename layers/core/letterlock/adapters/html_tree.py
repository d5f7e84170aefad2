"""Writes elements so that an HTML parser builds the very tree that was written.

A parser of the HTML standard (section 13.2.6) repairs what does not nest: it closes paragraphs, moves what stands
between cells in front of the table, and opens formatting again wherever it was left open. Its repairs are where
sanitisers are fooled (what is written is not what is read), and where 20 kB of tags become 25 MB. So nothing is left to
repair here.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from html import escape
from typing import Final

from letterlock.adapters.html_tokens import names

DEEPEST: Final = 256
"""Elements within elements; what is nested deeper keeps its text. Newsletters nest up to 60 tables and cells deep."""
FORMATTING_KEPT: Final = 8
"""Elements like `b` that go on after what they stood in ended: the innermost of them."""
TAG_KEPT: Final = 512
"""Characters of such an element's tag; one that is longer ends with what it stood in."""
ESCAPED_IN_TEXT: Final = 5_000
"""Ampersands and no-break spaces in one text: for each of them html5ever looks through the text to its end."""
VOID: Final = names("br col hr img wbr")

_FORMATTING: Final = names("a b big code em font i s small strike strong tt u")
_CELLS: Final = names("td th caption")
_ROW_GROUPS: Final = names("tbody thead tfoot")
_BETWEEN_CELLS: Final = _ROW_GROUPS | names("table colgroup tr")
_TABLE: Final = _BETWEEN_CELLS | _CELLS
_TABLE_PARTS: Final = (_TABLE | names("col")) - names("table")
_CELL_DEPTH: Final = 3
"""Below its table: tbody, tr, td."""
_PARENTS: Final = {
    "td": _ROW_GROUPS | names("tr table"),
    "th": _ROW_GROUPS | names("tr table"),
    "tr": _ROW_GROUPS | names("table"),
    "col": names("colgroup table"),
}
"""What a part of a table may open in, where that is not the table alone; what it lacks in between is put there."""
_HEADINGS: Final = names("h1 h2 h3 h4 h5 h6")
_BLOCKS: Final = _HEADINGS | names("address blockquote center dd div dl dt figcaption figure li ol p pre ul")
_ENDS_PARAGRAPH: Final = _BLOCKS | names("hr table")
_ITEMS: Final = {"li": names("li"), "dd": names("dd dt"), "dt": names("dd dt")}
_NO_ITEM_BEYOND: Final = (_TABLE | _BLOCKS) - names("address div p")
_NO_LIST_ITEM_BEYOND: Final = _TABLE | names("ol ul")
_NO_PHRASE_BEYOND: Final = _TABLE | _BLOCKS
_NOTHING: Final = names("")
_LOOKED_FOR: Final = (
    *(_TABLE, _CELLS, _HEADINGS, _NO_ITEM_BEYOND, _NO_LIST_ITEM_BEYOND, _NO_PHRASE_BEYOND),
    _ITEMS["dd"],
)
_NBSP: Final = "\N{NO-BREAK SPACE}"
_WHITE: Final = " \t\n\f\r"


class Tree:
    """Takes tags and text in any order; `pieces` is HTML in which every element is closed, in order.

    A tag writes no more closing tags than were opened before it, and `FORMATTING_KEPT` opening ones beside its own.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._open: list[tuple[str, str]] = []
        """Names, and opening tags as they were written."""
        self._places: defaultdict[frozenset[str], list[int]] = defaultdict(list)
        """Where in `_open` the elements of a group are."""
        self._escaped = 0

    def text(self, text: str) -> None:
        """Some thousand characters, not escaped."""
        if self._top() in _BETWEEN_CELLS and text.strip(_WHITE):
            self._enter_cell()
        if self._top() == "pre" and self.pieces[-1].startswith("<pre"):
            text = text.lstrip("\n")  # a parser drops the first (section 13.2.6.4.7, "pre")
        if not text:
            return
        if self.pieces and self.pieces[-1].startswith("<"):
            self._escaped = 0
        self._escaped += text.count("&") + text.count(_NBSP)
        self.pieces.append(escape(text, quote=False))
        if self._escaped > ESCAPED_IN_TEXT:
            self.pieces.append("<wbr>")

    def opens(self, name: str, tag: str) -> None:
        """`tag` is the whole opening tag of `name`."""
        if name in _TABLE_PARTS:
            self._open_table_part(name, tag)
            return
        if self._top() in _BETWEEN_CELLS:
            self._enter_cell()
        self._end_before(name)
        if name in VOID:
            self.pieces.append(tag)
        elif len(self._open) + (_CELL_DEPTH if name == "table" else 0) < DEEPEST:
            self._push(name, tag)

    def closes(self, name: str) -> None:
        """Nothing, where it is not open, or only outside of what a parser would look through."""
        if name in _TABLE:
            self._close(self._nearest(names(name), names("table")), keep=False)
        elif name in _HEADINGS:
            self._close(self._nearest(_HEADINGS, _TABLE))
        elif name == "li":
            self._close(self._nearest(names("li"), _NO_LIST_ITEM_BEYOND))
        elif name in _BLOCKS or name in _FORMATTING:
            self._close(self._nearest(names(name), _TABLE))
        else:
            self._close(self._nearest(names(name), _NO_PHRASE_BEYOND))

    def end(self) -> None:
        if self._open:
            self._close(0, keep=False)

    # ---- what a parser would repair ----------------------------------------------------------------------------

    def _end_before(self, name: str) -> None:
        """Ends what a parser would end when `name` opens."""
        if name in _ITEMS:
            self._close(self._nearest(_ITEMS[name], _NO_ITEM_BEYOND))
        if name in _ENDS_PARAGRAPH:
            self._close(self._nearest(names("p"), _TABLE))
        if name in _HEADINGS and self._top() in _HEADINGS:
            self._close(len(self._open) - 1)
        if name == "a":
            self._close(self._nearest(names("a"), _CELLS))

    def _open_table_part(self, name: str, tag: str) -> None:
        at = self._nearest(_TABLE, _NOTHING)
        if at is None:
            return  # no table to be part of: its text stays
        if self._open[at][0] in _CELLS:
            self._close(at, keep=False)
        parents = _PARENTS.get(name, names("table"))
        while self._top() not in parents:
            self._close(len(self._open) - 1, keep=False)
        if name == "col":
            if self._top() == "table":
                self._push("colgroup", "<colgroup>")
            self.pieces.append(tag)
            return
        if name == "tr":
            self._enter_row_group()
        elif name in ("td", "th"):
            self._enter_row()
        self._push(name, tag)

    def _enter_cell(self) -> None:
        if self._top() == "colgroup":
            self._close(len(self._open) - 1, keep=False)
        self._enter_row()
        self._push("td", "<td>")

    def _enter_row(self) -> None:
        self._enter_row_group()
        if self._top() != "tr":
            self._push("tr", "<tr>")

    def _enter_row_group(self) -> None:
        if self._top() == "table":
            self._push("tbody", "<tbody>")

    # ---- what is open ------------------------------------------------------------------------------------------

    def _top(self) -> str:
        return self._open[-1][0] if self._open else ""

    def _nearest(self, wanted: frozenset[str], ends: frozenset[str]) -> int | None:
        """Where the innermost of `wanted` is, unless one of `ends` is further in. Nothing is walked through."""
        found, end = self._places[wanted], self._places[ends]
        return found[-1] if found and (not end or found[-1] >= end[-1]) else None

    def _push(self, name: str, tag: str) -> None:
        for group in _groups(name):
            self._places[group].append(len(self._open))
        self._open.append((name, tag))
        self.pieces.append(tag)

    def _close(self, at: int | None, *, keep: bool = True) -> None:
        """Everything from there on; with `keep` the formatting in it goes on."""
        if at is None:
            return
        kept = []
        while len(self._open) > at:
            name, tag = self._open.pop()
            for group in _groups(name):
                self._places[group].pop()
            self.pieces.append(f"</{name}>")
            if keep and name in _FORMATTING and len(tag) <= TAG_KEPT and len(self._open) > at:
                kept.append((name, tag))
        for name, tag in reversed(kept[:FORMATTING_KEPT]):
            self._push(name, tag)


@cache
def _groups(name: str) -> tuple[frozenset[str], ...]:
    """Under which an open element is found: by its own name, and by each set of names that is looked for."""
    return (names(name), *(each for each in _LOOKED_FOR if name in each))
