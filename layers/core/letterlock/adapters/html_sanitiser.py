"""HTML of mail that may be shown: an allow-list twice over.

First the mail's HTML is written anew from its tags: listed elements and attributes only (`html_attributes`), nested so
that a parser finds nothing to repair (`html_tree`), and no more of it than an answer holds. Then nh3 (ammonia) parses
and cleans that as a browser would read it. The first alone would trust a reader that is no browser; the second alone
can be made to take time and memory quadratic in what it is given (100 kB of `<div>`: 2.5 s; 60 kB of `<p>`: 80 MB).
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

import nh3

from letterlock.adapters.answer_octets import HTML_OCTETS, octets
from letterlock.adapters.html_attributes import ANYWHERE, OF_ELEMENT, READ, REL, SET, Attributes
from letterlock.adapters.html_style import PROPERTIES
from letterlock.adapters.html_tokens import CUT, TEXT, characters, names, tokens
from letterlock.adapters.html_tree import Tree
from letterlock.domain.mail import ShownHtml

TAGS_SHOWN: Final = 200_000
"""A table of 20,000 rows and 4 columns; about a second."""
SET_OCTETS: Final = 80
"""What nh3 adds to a link or an image at most."""
LONG: Final = 2_048
PIECES: Final = 64
"""How many characters, or tags and texts, are written before they are measured again."""

_TAGS: Final = names(
    "a abbr address b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure"
    " font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td"
    " tfoot th thead tr tt u ul var wbr"
)
_NEEDED: Final = {"a": names("href"), "img": names("src alt"), "body": names("style"), "video": names("")}
"""Without any of these there is nothing to show of it."""
_BARE: Final = _TAGS - _NEEDED.keys()


def sanitise(html: str, inline: Mapping[str, str] | None = None, *, remote_images: bool = False) -> ShownHtml:
    """No script, handler, form or frame; no style that leaves its place or loads; links to the web and to mailboxes.

    Images of the mail itself (`cid:`) come from where `inline` says that each content id is served; images from
    elsewhere not at all, or with `remote_images` by HTTPS and without a referrer.

    After `TAGS_SHOWN` tags, or as much as an answer holds, it ends with `CUT`.
    """
    attributes = Attributes(inline or {}, remote_images=remote_images)
    written, whole = written_anew(html, attributes)
    shown = _cleaner(attributes).clean(written)
    return ShownHtml(shown, remote_images=attributes.left_out, whole=whole)


def written_anew(html: str, attributes: Attributes) -> tuple[str, bool]:
    """What nh3 is given, and whether it is the whole."""
    writer = _Writer(attributes)
    for kind, inside in tokens(html, TAGS_SHOWN):
        writer.token(kind, inside)
        if writer.cut:
            break
    writer.tree.end()
    return "".join(writer.tree.pieces), not writer.cut


def _cleaner(attributes: Attributes) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags={"script", "style"},
        attributes={"*": set(ANYWHERE)} | {tag: set(allowed) for tag, allowed in OF_ELEMENT.items()},
        attribute_filter=attributes.verified,
        set_tag_attribute_values=SET,
        filter_style_properties=set(PROPERTIES),
        url_schemes={"http", "https", "mailto", "tel"},
        strip_comments=True,
        link_rel=REL,
    )


class _Writer:
    """Tokens into a tree, until there is no more room."""

    def __init__(self, attributes: Attributes) -> None:
        self.tree = Tree()
        self.cut = False
        self._attributes = attributes
        self._room = HTML_OCTETS
        self._measured = 0

    def token(self, kind: str, inside: str) -> None:
        if kind == TEXT:
            self._text(characters(inside))
        elif kind == CUT:
            self._end()
        elif kind[0] == "/":
            if kind[1:] in _TAGS:
                self.tree.closes(kind[1:])
        elif inside:
            self._attributed(kind, inside)
        elif kind in _BARE:
            self.tree.opens(kind, f"<{kind}>")
        if not self.cut and (len(inside) > LONG or len(self.tree.pieces) - self._measured > PIECES):
            self._measure()

    def _text(self, text: str) -> None:
        for start in range(0, len(text), LONG):
            self.tree.text(text[start : start + LONG])
            if len(text) > LONG:
                self._measure()
                if self.cut:
                    return

    def _attributed(self, name: str, inside: str) -> None:
        if name not in _TAGS and name not in READ:
            return
        kept = self._attributes.of(name, inside)
        if name in _NEEDED and not kept.keys() & _NEEDED[name]:
            return
        element = "div" if name == "body" else name
        said = "".join([f' {key}="{escape(value)}"' for key, value in kept.items()])
        self.tree.opens(element, f"<{element}{said}>")
        if element in SET:
            self._room -= SET_OCTETS

    def _measure(self) -> None:
        self._room -= octets("".join(self.tree.pieces[self._measured :]))
        self._measured = len(self.tree.pieces)
        if self._room < 0:
            self._end()

    def _end(self) -> None:
        self.cut = True
        self.tree.text(CUT)
