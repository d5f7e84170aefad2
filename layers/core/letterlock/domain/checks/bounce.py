"""Does it say what became of another mail? A delivery report (RFC 3464), or what some servers send instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letterlock.domain.mail import Mail, RecipientReport

RECIPIENTS_KEPT: Final = 20
ADDRESS_CHARACTERS: Final = 320
MESSAGE_ID_CHARACTERS: Final = 998


class ReportedAction(StrEnum):
    """RFC 3464, section 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    address: str
    action: ReportedAction
    status: str
    """An enhanced status code (RFC 3463): `5.1.1`; empty where none was said."""
    original: str = ""
    """The address that the mail was sent to, where that is another one."""

    @property
    def for_good(self) -> bool:
        return self.action is ReportedAction.FAILED and self.status.startswith("5")


@dataclass(frozen=True, slots=True)
class Bounce:
    """Never without a recipient; those whom the mail did not reach come first."""

    recipients: tuple[BouncedRecipient, ...]
    message_id: str = ""
    """Of the mail that it is about, without angle brackets; empty where it does not tell."""
    message: str = ""
    """The message of ours that this is, by its id; empty where it is none."""

    @property
    def worst(self) -> BouncedRecipient:
        return self.recipients[0]


_STATUS: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_ACTION_OF: Final = {"2": ReportedAction.DELIVERED, "4": ReportedAction.DELAYED, "5": ReportedAction.FAILED}
"""What a status means (RFC 3463, section 3.1) where nobody said an action."""
_ORDER: Final = tuple(ReportedAction)


def bounce(mail: Mail) -> Bounce | None:
    if mail.returned is None:
        return None
    found = sorted(map(_read, mail.returned.recipients[:RECIPIENTS_KEPT]), key=lambda each: _ORDER.index(each.action))
    return Bounce(tuple(found), mail.returned.message_id[:MESSAGE_ID_CHARACTERS]) if found else None


def _read(said: RecipientReport) -> BouncedRecipient:
    match = _STATUS.match(said.status)
    status, word = match[1] if match else "", said.action.strip().casefold()
    action = ReportedAction(word) if word in set(ReportedAction) else _ACTION_OF.get(status[:1], ReportedAction.FAILED)
    original = said.original if said.original.casefold() != said.recipient.casefold() else ""
    return BouncedRecipient(said.recipient[:ADDRESS_CHARACTERS], action, status, original[:ADDRESS_CHARACTERS])
