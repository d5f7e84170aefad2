"""HTML cut into tags and text, in one pass over input written by an attacker.

Reads tags by itself: html.parser of older Pythons takes quadratic time on comments that never close, tree builders on
elements that nest deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Final

TEXT: Final = ""
"""Stands where a tag's name would."""
CUT: Final = " [\N{HORIZONTAL ELLIPSIS}]"
"""Stands for what is not read or shown any more; as a token it is its own kind."""
TAGS_READ: Final = 50_000
"""A newsletter has 5,000; a tag costs 5 to 10 microseconds."""
ATTRIBUTES_CHARACTERS: Final = 16_384
"""Of one tag. Tracking links have 2,000."""
QUOTES_IN_TAG: Final = 20
"""How often a tag is read past a `>` that stands between quotes."""


@cache
def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def characters(text: str) -> str:
    """Text with its character references resolved (`&amp;` is `&`)."""
    try:
        return unescape(text)
    except ValueError:  # a reference of more digits than Python turns into a number
        return text


def attributes(inside: str) -> dict[str, str]:
    """Those of a tag that have a value, by name in lower case; of two alike the first counts.

    `inside` is the tag as it is written, after its name; `ATTRIBUTES_CHARACTERS` of it are read.
    """
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(inside, 0, ATTRIBUTES_CHARACTERS):
        if match[1] and (name := match[1].lower()) not in found:
            found[name] = characters(match[match.lastindex or 0])
    return found


UNSHOWN: Final = names("script style title template noscript iframe object svg math textarea select")
"""Elements whose content is not read by people, or not in a mail."""
_NAME: Final = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,15})")
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'<>/=]{1,64})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))|[^\s"'<>/=]+|["'<>/=]"""
)
_CLOSES: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in UNSHOWN}


def tokens(html: str, tags: int = TAGS_READ) -> Iterator[tuple[str, str]]:
    """(TEXT, characters as written), and (tag name in lower case, inside of the tag); closing tags as `/name`.

    Comments and the content of `UNSHOWN` are skipped; one that never closes takes the rest with it, as in a browser.
    Ends after `tags` tags and comments, with `CUT` if there was more.
    """
    position = 0
    for _ in range(tags):
        start = html.find("<", position)
        if start < 0:
            break
        if start > position:
            yield TEXT, html[position:start]
        if html.startswith(("<!", "<?"), start):
            position = _after_comment(html, start)
            continue
        name = _NAME.match(html, start + 1)
        if name is None:
            yield TEXT, "<"
            position = start + 1
            continue
        end = _tag_end(html, start)
        kind = name[0].lower()
        yield kind, html[name.end() : end]
        position = end + 1
        if kind in UNSHOWN:
            closing = _CLOSES[kind].search(html, position)
            position = closing.start() if closing else len(html)
    else:
        if position < len(html):
            yield CUT, CUT
        return
    yield TEXT, html[position:]


def _after_comment(html: str, start: int) -> int:
    mark = "-->" if html.startswith("<!--", start) else ">"
    end = html.find(mark, start + 2)
    return len(html) if end < 0 else end + len(mark)


def _tag_end(html: str, start: int) -> int:
    """Where the `>` of this tag is: the first that does not stand between quotes, or the end."""
    end = first = html.find(">", start)
    for _ in range(QUOTES_IN_TAG):
        if end < 0 or html.count('"', start, end) % 2 == 0:
            break
        end = html.find(">", end + 1)
    if end < 0 or html.count('"', start, end) % 2:
        end = first
    return len(html) if end < 0 else end
