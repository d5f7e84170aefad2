"""Who or what sent a mail, as its own header has it: one author whoever reads it, and what it is judged by."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from letterlock.adapters.mime_header_section import Fields
from letterlock.adapters.mime_headers import one_line, raw_text
from letterlock.domain.checks.examination import FIELDS

FROM_CHARACTERS: Final = 2_000
ADDRESSES_READ: Final = 20
FIELD_OCTETS: Final = 1_000

_ADDRESS: Final = re.compile(r"[^\s<>()\",;:@]{1,256}@[^\s<>()\",;:@]{1,256}")


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


def said(fields: Fields) -> tuple[tuple[str, str], ...]:
    """The fields that mails are judged by: see `Mail.said`."""
    first: dict[str, bytes] = {}
    for name, value in fields.items:
        if name in FIELDS:
            first.setdefault(name, value)
    return tuple((name, one_line(raw_text(value[:FIELD_OCTETS]))) for name, value in first.items())
