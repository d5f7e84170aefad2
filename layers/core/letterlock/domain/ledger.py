"""How a delivery ended. Each ends as exactly one outcome per mailbox, and the four sum to what came in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from letterlock.domain.answers import Refusal


class Outcome(StrEnum):
    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a delivery was not simply stored."""

    SAME_MAIL = "same_mail"
    """Message-ID and content are those of a mail this mailbox has already."""
    OVER_SIZE = "over_size"
    UNREADABLE = "unreadable"
    """No parser of ours could read it; the raw mail is kept."""
    NESTED_TOO_DEEP = "nested_too_deep"
    TOO_MANY_PARTS = "too_many_parts"
    HEADER_TOO_LARGE = "header_too_large"
    VIRUS = "virus"
    UNKNOWN_RECIPIENT = "unknown_recipient"
    OBJECT_GONE = "object_gone"
    """The raw mail was not in the inbound bucket when its notification came."""
    UNATTRIBUTED = "unattributed"
    """It lay in the inbound bucket without a notification, and SES's own lines on it do not say for whom it came."""


def reason_of(word: str) -> Reason | Refusal:
    """A ledger's entry has one of either."""
    return Refusal(word) if word in set(Refusal) else Reason(word)


@dataclass(frozen=True, slots=True)
class IngestRecord:
    """The ledger's entry of one (SES message id, mailbox).

    A `stored` one without a conversation is what a provider asks who is to forward here: it is kept with the mailbox.
    """

    workspace: str
    mailbox: str
    ses_message_id: str
    outcome: Outcome
    at: datetime
    reason: Reason | Refusal | None = None
    conversation: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """How the deliveries to one mailbox ended on one day (UTC)."""

    mailbox: str
    outcomes: Counter[Outcome]

    @property
    def received(self) -> int:
        """What came in: each delivery has exactly one outcome, so their sum."""
        return sum(self.outcomes.values())
