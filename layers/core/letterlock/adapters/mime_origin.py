"""Who or what sent a mail, as its own header has it: one author whoever reads it, or a machine."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from letterlock.adapters.mime_header_section import Fields
from letterlock.adapters.mime_headers import raw_text

FROM_CHARACTERS: Final = 2_000
ADDRESSES_READ: Final = 20

_ADDRESS: Final = re.compile(r"[^\s<>()\",;:@]{1,256}@[^\s<>()\",;:@]{1,256}")
_FOR_MANY: Final = frozenset({"auto_reply", "bulk", "junk", "list"})
_OF_MACHINES: Final = ("x-autoreply", "x-autorespond", "list-id")


def one_author(fields: Fields) -> bool:
    """One From field (RFC 5322, section 3.6), in which whatever looks like an address is the same one.

    Readers differ in which of several they take, and a check of one says nothing of another.
    """
    values = list(islice(fields.all("from"), 2))
    if len(values) != 1:
        return False
    text = raw_text(values[0])
    found = {match[0].casefold().strip("'") for match in islice(_ADDRESS.finditer(text), ADDRESSES_READ)}
    if len(found) != 1 or len(text) > FROM_CHARACTERS:
        return False
    # An @ more belongs to something that is read as an address by somebody else.
    return text.count("@") == text.casefold().count(next(iter(found)))


def automatic(fields: Fields, media_type: str) -> bool:
    """Auto-Submitted (RFC 3834, section 5), a report (RFC 6522), or what old responders and lists write."""
    said = raw_text(fields.first("auto-submitted")).partition(";")[0].partition("(")[0].strip().casefold()
    precedence = raw_text(fields.first("precedence")).strip().casefold()
    return (
        said not in ("", "no")
        or precedence in _FOR_MANY
        or media_type == "multipart/report"
        or any(fields.first(name) for name in _OF_MACHINES)
    )
