"""Is it a mail of ours that came back? Every mail that goes out says from where, and why.

The mark is no secret, and need not be: whoever forges it only keeps their own mail from being told of and from waking a
conversation. It is stored and shown all the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from letterlock.domain.mail import Mail

MARK: Final = "X-Letterlock-Loop"
FIELDS: Final = frozenset({MARK.lower()})


class Purpose(StrEnum):
    """Why a mail of ours goes out."""

    REPLY = "reply"
    """Somebody of the team wrote it."""
    ACKNOWLEDGEMENT = "acknowledgement"
    NOTIFICATION = "notification"
    """It tells somebody of the team what happened."""
    ACCOUNT = "account"
    """A link, or word of what changed about an account."""


class Loop(StrEnum):
    OWN_MAIL = "own_mail"
    """It went out from this very mailbox: whoever it went to passes mail on to it."""
    NOTIFICATION = "notification"
    """It was for somebody of a team, who passes mail on to the mailbox: to tell them of it would send it again."""


def mark(sender: str, purpose: Purpose) -> str:
    """The field's value: `support@acme.example; purpose=reply`."""
    return f"{sender}; purpose={purpose}"


def loop(mail: Mail, mailbox_address: str) -> Loop | None:
    """A mail of another desk like ours, or of another mailbox, is a mail like any other."""
    sender, _, purpose = mail.says(MARK.lower()).partition(";")
    if not sender:
        return None
    if purpose.strip().casefold() == f"purpose={Purpose.NOTIFICATION}":
        return Loop.NOTIFICATION
    return Loop.OWN_MAIL if sender.strip().casefold() == mailbox_address.casefold() else None
