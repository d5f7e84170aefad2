"""Did it go to a list? RFC 2919, RFC 2369, and what older lists write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from letterlock.domain.mail import Mail

ID_CHARACTERS: Final = 255
"""RFC 2919, section 2."""


@dataclass(frozen=True, slots=True)
class MailingList:
    evidence: str
    """The header field that decided."""
    id: str = ""
    """The list's own name (RFC 2919), where it says one."""


_EVIDENCE: Final = {
    "list-id": "List-Id",
    "list-post": "List-Post",
    "list-unsubscribe": "List-Unsubscribe",
    "mailing-list": "Mailing-List",
}
FIELDS: Final = frozenset({*_EVIDENCE, "precedence"})
EVIDENCE: Final = frozenset({*_EVIDENCE.values(), "Precedence"})
_BRACKETS: Final = re.compile(r"<([^<>]+)>")


def mailing_list(mail: Mail) -> MailingList | None:
    evidence = next((shown for name, shown in _EVIDENCE.items() if mail.says(name)), "")
    if not evidence and mail.says("precedence").strip().casefold() == "list":
        evidence = "Precedence"
    return MailingList(evidence, _id(mail.says("list-id"))) if evidence else None


def _id(value: str) -> str:
    """`Users of it <users.it.example>` is the list `users.it.example`."""
    found = _BRACKETS.search(value)
    return (found[1] if found else value).strip()[:ID_CHARACTERS]
