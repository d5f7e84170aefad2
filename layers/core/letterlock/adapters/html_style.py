"""What of a `style` attribute may be shown: how text looks and boxes are spaced. Nothing leaves its place, or loads.

A value is made of words, numbers and colours only. With no quote, backslash, brace or URL left in it there is nothing
that two readers of CSS could take for two things.
"""

from __future__ import annotations

import re
from typing import Final

from letterlock.adapters.html_tokens import names

STYLE_CHARACTERS: Final = 4_096
"""Of one attribute; newsletters have 500."""
VALUE_CHARACTERS: Final = 200

PROPERTIES: Final = names(
    "background background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width"
    " border-collapse border-color border-left border-left-color border-left-style border-left-width border-radius"
    " border-right border-right-color border-right-style border-right-width border-spacing border-style border-top"
    " border-top-color border-top-style border-top-width border-width clear color direction display float font"
    " font-family font-size font-style font-variant font-weight height letter-spacing line-height list-style-type"
    " margin margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width overflow"
    " overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align text-"
    " decoration text-indent text-transform vertical-align visibility white-space width word-break word-spacing"
    " word-wrap"
)
"""No `position`, `transform`, `z-index` or negative length: a mail must not lie over the page that shows it. No
`opacity`, `filter` or `animation`, nothing that takes a URL, and no custom property."""
_WORD: Final = (
    r"(?:#[0-9a-f]{3,8}|(?:rgb|hsl)a?\([0-9.,%/ ]{1,40}\)|-?[a-z][a-z-]{0,30}"
    r"|(?:[0-9]{1,4}(?:\.[0-9]{1,6})?|\.[0-9]{1,6})(?:%|px|pt|em|rem|ex|ch|in|cm|mm|pc)?)"
)
_VALUE: Final = re.compile(rf"{_WORD}(?:(?: ?[,/] ?| ){_WORD})*")
_QUOTES: Final = str.maketrans("", "", "\"'")


def declarations(style: str) -> str:
    """The declarations that may be shown, as `name:value` with `;` between; empty when there are none.

    `!important` goes: whoever shows the mail has the last word. What this returns it returns unchanged.
    """
    kept = []
    for each in style[:STYLE_CHARACTERS].split(";"):
        name, _, value = each.partition(":")
        name = name.strip().lower()
        if name in PROPERTIES and (said := _value(name, value)):
            kept.append(f"{name}:{said}")
    return ";".join(kept)


def loads(style: str) -> bool:
    """It names something to be fetched."""
    return "url(" in style[:STYLE_CHARACTERS].lower()


def _value(name: str, value: str) -> str:
    said = " ".join(value[:VALUE_CHARACTERS].lower().split()).removesuffix("!important").rstrip()
    if name in ("font", "font-family"):
        said = said.translate(_QUOTES)
    return said if _VALUE.fullmatch(said) else ""
