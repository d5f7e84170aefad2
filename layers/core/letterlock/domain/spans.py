"""Parts of a text by their offsets: nothing is cut away that could not be shown again."""

from __future__ import annotations

from collections.abc import Iterator

Span = tuple[int, int]
Spans = tuple[Span, ...]
"""Start and end in characters, in order, apart from each other."""


def visible(text: str, hidden: Spans) -> str:
    """The text without its hidden spans."""
    return "".join(part for part, is_hidden in parts(text, hidden) if not is_hidden) if hidden else text


def parts(text: str, hidden: Spans) -> Iterator[tuple[str, bool]]:
    """The whole text in order, in pieces, and whether each is hidden."""
    position = 0
    for start, end in hidden:
        yield text[position:start], False
        yield text[start:end], True
        position = end
    yield text[position:], False
