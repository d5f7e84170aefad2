"""What happened, in the past tense. Facts carry ids only: no content, no address, no name leaves with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fact:
    """One event's data; its class name is the detail-type on the bus."""

    version: ClassVar[int] = 1

    workspace: str
    conversation: str

    @property
    def name(self) -> str:
        return type(self).__name__

    def data(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class ConversationOpened(Fact):
    mailbox: str


@dataclass(frozen=True, slots=True)
class MessageReceived(Fact):
    message: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class MailQuarantined(Fact):
    message: str
    mailbox: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailReleased(Fact):
    """Somebody let it out of the quarantine."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class MailDiscarded(Fact):
    """Somebody decided that what lay in the quarantine is not wanted."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class ReplyQueued(Fact):
    message: str


@dataclass(frozen=True, slots=True)
class NoteAdded(Fact):
    message: str


@dataclass(frozen=True, slots=True)
class ConversationAssigned(Fact):
    assignee: str
    """Empty when the conversation was unassigned."""


@dataclass(frozen=True, slots=True)
class StatusChanged(Fact):
    status: str


@dataclass(frozen=True, slots=True)
class MessageSent(Fact):
    message: str


@dataclass(frozen=True, slots=True)
class MessageSendFailed(Fact):
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class MessageUnconfirmed(Fact):
    """The mail service may or may not have taken it."""

    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class MessageDelivered(Fact):
    """Every recipient's server took it."""

    message: str


@dataclass(frozen=True, slots=True)
class MessageBounced(Fact):
    """It came back from one recipient at least."""

    message: str
    kind: str
    """`hard`: for good; `soft`: for a reason that may pass."""


@dataclass(frozen=True, slots=True)
class MessageComplained(Fact):
    message: str


@dataclass(frozen=True, slots=True)
class MessageDelayed(Fact):
    message: str


@dataclass(frozen=True, slots=True)
class MessageRejected(Fact):
    """The mail service took it, and then would not deliver it."""

    message: str


@dataclass(frozen=True, slots=True)
class Told:
    """A fact with its metadata: `correlation` is what began it all, `causation` its nearest cause."""

    id: str
    fact: Fact
    occurred_at: datetime
    correlation: str = ""
    causation: str = ""

    def envelope(self) -> dict[str, object]:
        """The event's `detail` on the bus: `{metadata: {…}, data: {…}}`."""
        return {
            "metadata": {
                "id": self.id,
                "version": self.fact.version,
                "occurred_at": self.occurred_at.isoformat(timespec="milliseconds"),
                "correlation_id": self.correlation,
                "causation_id": self.causation,
            },
            "data": self.fact.data(),
        }
