"""Somebody outside the team: one contact for each address of a workspace, whatever conversations they take part in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from letterlock.domain.mail import Address


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """Mail to them comes back. `reason` is a fixed word: of the mail service, or ours; never content."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """`id` follows from the workspace and the address, so that two mails at once make one contact."""

    id: str
    workspace: str
    address: Address
    first_seen: datetime
    undeliverable: Undeliverable | None = None
