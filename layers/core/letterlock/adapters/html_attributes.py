"""Which attributes of a mail's HTML are shown, and with which values; where its images come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from letterlock.adapters import html_style
from letterlock.adapters.html_tokens import attributes, names

ANYWHERE: Final = names("dir lang title align style")
OF_ELEMENT: Final = {
    "a": names("href"),
    "img": names("src alt width height border"),
    "col": names("span width"),
    "colgroup": names("span width"),
    "font": names("color size face"),
    "hr": names("width size color"),
    "ol": names("start type"),
    "table": names("bgcolor border cellpadding cellspacing width"),
    "td": names("bgcolor colspan rowspan valign width height"),
    "th": names("bgcolor colspan rowspan valign width height"),
    "tr": names("bgcolor valign"),
}
SET: Final = {"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}}
"""Put there whatever the mail says."""
REL: Final = "noopener noreferrer nofollow"

READ: Final = names("body video")
"""Elements that are not shown as they are: what is around the mail, and what would load an image."""

_OURS: Final = names("target rel referrerpolicy")
_BODY: Final = {"bgcolor": "background-color", "text": "color"}
_LINK: Final = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_REMOTE: Final = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_HTTPS: Final = re.compile(r"(?:https:)?(//[^\s\x00-\x20\x7f\\]+)", re.IGNORECASE)
_LOADING: Final = {"img": ("src", "srcset", "background"), "video": ("poster",)}


class Attributes:
    """Those of one mail. `left_out` counts the images from elsewhere that are not shown, backgrounds included."""

    def __init__(self, inline: Mapping[str, str], *, remote_images: bool) -> None:
        """`inline`: where the mail's own images are served, by content id."""
        self.left_out = 0
        self._inline = inline
        self._remote_images = remote_images
        self._sources: set[str] = set()
        self._styles: dict[str, str] = {}
        """What is shown of each: a mail says the same a thousand times, and nh3 asks for all of it again."""

    def of(self, element: str, inside: str) -> dict[str, str]:
        """What may be shown of a tag; `inside` is the tag as it is written, after its name."""
        written = attributes(inside)
        allowed = OF_ELEMENT.get(element, frozenset())
        kept = {
            name: shown
            for name, value in written.items()
            if (name in allowed or name in ANYWHERE) and (shown := self._shown(name, value))
        }
        if element == "body" and (style := _style_of_body(written)):
            kept["style"] = style
        if "src" not in kept and _loads(element, written):
            self.left_out += 1
        return kept

    def verified(self, _element: str, attribute: str, value: str) -> str | None:
        """For a parser's own view of what was made of `of`: the same again, or nothing."""
        if attribute in _OURS:
            return value
        if attribute == "src":
            return value if value in self._sources else None
        return value if self._shown(attribute, value) == value else None

    def _shown(self, attribute: str, value: str) -> str:
        if attribute == "style":
            if value not in self._styles:
                self._styles[value] = html_style.declarations(value)
            return self._styles[value]
        if attribute == "href":
            return value if _LINK.match(value) else ""
        if attribute == "src":
            source = self._source(value.strip())
            self._sources.add(source)
            return source
        return value

    def _source(self, value: str) -> str:
        scheme, _, name = value.partition(":")
        if scheme.lower() == "cid":
            return self._inline.get(unquote(name), "")  # RFC 2392, section 2
        remote = _HTTPS.fullmatch(value.replace(" ", "%20")) if self._remote_images else None
        return f"https:{remote[1]}" if remote else ""


def _style_of_body(written: Mapping[str, str]) -> str:
    """Its colours too: white letters must keep their black ground."""
    said = [f"{name}:{written[each]}" for each, name in _BODY.items() if each in written]
    return html_style.declarations(";".join([*said, written.get("style", "")]))


def _loads(element: str, written: Mapping[str, str]) -> bool:
    """It names an image, or what CSS loads, of another host."""
    named = (written[each] for each in _LOADING.get(element, ("background",)) if each in written)
    return any(map(_REMOTE.match, named)) or ("style" in written and html_style.loads(written["style"]))
