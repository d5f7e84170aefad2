"""HTML of mail that may be shown: an allow-list twice over.

First the mail's HTML is rebuilt from its tags, balanced, with listed elements and attributes only and no deeper than
`DEEPEST`; then nh3 (ammonia) parses and cleans that as a browser would read it. The first alone would trust a reader
that is no browser; the second alone takes time quadratic in the depth (100 kB of `<div>`: 2.5 s).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

import nh3

from letterlock.adapters.html_text import characters
from letterlock.adapters.html_tokens import TEXT, names, tokens

DEEPEST: Final = 256
"""Elements within elements; what is nested deeper keeps its text. Newsletters nest up to 60 tables and cells deep."""
TAGS_SHOWN: Final = 200_000
"""A table of 20,000 rows and 4 columns; about a second."""
ATTRIBUTES_CHARACTERS: Final = 16_384
"""Of one tag. Tracking links have 2,000."""

_TAGS: Final = names(
    "a abbr address b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure"
    " font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td"
    " tfoot th thead tr tt u ul var wbr"
)
_VOID: Final = names("br col hr img wbr")
_TABLE: Final = names("table caption colgroup tbody thead tfoot tr td th")
_ANYWHERE: Final = names("dir lang title align")
_ATTRIBUTES: Final = {
    "a": names("href"),
    "img": names("src alt width height"),
    "col": names("span width"),
    "colgroup": names("span width"),
    "font": names("color size"),
    "ol": names("start type"),
    "table": names("border cellpadding cellspacing width"),
    "td": names("colspan rowspan valign width"),
    "th": names("colspan rowspan valign width"),
}
_ENDS_BEFORE: Final = {
    "p": names("p"),
    "li": names("li"),
    "dt": names("dt dd"),
    "dd": names("dt dd"),
    "td": names("td th"),
    "th": names("td th"),
    "tr": names("td th tr"),
}
"""Elements whose closing tag may be left out before this one (HTML standard, section 13.1.2.4)."""
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'<>/=]{1,64})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))|[^\s"'<>/=]+|["'<>/=]"""
)


def sanitise(html: str) -> str:
    """No script, handler, style, form or frame; links to http, https and mailto; images of this mail (`cid:`) only.

    After `TAGS_SHOWN` tags it ends, with `CUT`.
    """
    return _CLEANER.clean("".join(_rebuilt(html)))


def _attribute(element: str, attribute: str, value: str) -> str | None:
    """An image's source is a part of the same mail; a link goes to the web or to a mailbox."""
    scheme = value.strip().partition(":")[0].lower()
    if attribute == "src":
        return value if element == "img" and scheme == "cid" else None
    if attribute == "href":
        return value if scheme in ("http", "https", "mailto") else None
    return value


_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style"},
    attributes={"*": set(_ANYWHERE)} | {tag: set(allowed) for tag, allowed in _ATTRIBUTES.items()},
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto", "cid"},
    url_relative="deny",
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
)


def _rebuilt(html: str) -> Iterator[str]:
    """The same HTML with every element closed in order, none nested deeper than `DEEPEST`."""
    stack: list[str] = []
    for kind, inside in tokens(html, TAGS_SHOWN):
        name = kind.removeprefix("/")
        if kind == TEXT:
            yield escape(characters(inside), quote=False)
        elif name not in _TAGS:
            continue
        elif kind in _VOID:
            yield _opening(kind, inside)
        elif kind.startswith("/"):
            yield from _closed(stack, name)
        else:
            while stack and stack[-1] in _ENDS_BEFORE.get(kind, ()):
                yield f"</{stack.pop()}>"
            if len(stack) < DEEPEST:
                stack.append(kind)
                yield _opening(kind, inside)
    yield from (f"</{name}>" for name in reversed(stack))


def _closed(stack: list[str], name: str) -> Iterator[str]:
    """Closing tags down to the nearest `name`; none where it is not open, or only outside the table we are in."""
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth] == name:
            yield from (f"</{each}>" for each in reversed(stack[depth:]))
            del stack[depth:]
            return
        if stack[depth] in _TABLE and name not in _TABLE:
            return


def _opening(name: str, inside: str) -> str:
    allowed = _ATTRIBUTES.get(name, frozenset()) | _ANYWHERE
    kept = []
    for match in _ATTRIBUTE.finditer(inside[:ATTRIBUTES_CHARACTERS]) if inside else ():
        key = (match[1] or "").lower()
        if key in allowed:
            value = characters(next((each for each in match.groups()[1:] if each is not None), ""))
            kept.append(f' {key}="{escape(value)}"')
    return f"<{name}{''.join(kept)}>"
