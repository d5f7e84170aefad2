"""What happened, in the past tense. Facts carry ids only: no content, no address, no name leaves with them.

Every field says what may stand in it, and nothing else may: an id of a type, one of a few words, or a code. From these
`make schemas` writes events/schemas, which consumers are held to; a fact that says something else cannot be made. A
fact that was published is never changed: another shape is another `version`, and the schema of the one before stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, get_type_hints

from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.files import ScanState
from letterlock.domain.ledger import Reason

if TYPE_CHECKING:
    from letterlock.domain.conversations import Status


# ---- what may stand in a fact ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Id:
    """A typed ULID: `cnv_01J…`. Without a prefix: of any type."""

    prefix: str = ""


@dataclass(frozen=True, slots=True)
class StripeId:
    """An id that Stripe made: `evt_1NG8Du2eZvKYlo2CUI79vXWy`."""

    prefix: str


@dataclass(frozen=True, slots=True)
class OneOf:
    words: type[StrEnum]
    but: tuple[StrEnum, ...] = ()
    """Of these the fact is never told."""

    def __iter__(self) -> Iterator[StrEnum]:
        return (each for each in self.words if each not in self.but)


CODE: Final = "[A-Za-z][A-Za-z0-9_]{0,63}"
STRIPE_ID: Final = "[0-9A-Za-z_]{1,100}"
"""After an id's prefix, which in some of them `test_` follows."""
OTHER: Final = "other"
"""Stands for what is no code: it might quote somebody."""


@dataclass(frozen=True, slots=True)
class Code:
    """One word of the mail service's, or ours, for why: `MessageRejected`, `no_recipient`. No list of them is final."""


def code(said: str) -> str:
    """`said`, where that is a code."""
    return said if re.fullmatch(CODE, said) else OTHER


class Bounce(StrEnum):
    HARD = "hard"
    """For good."""
    SOFT = "soft"
    """For a reason that may pass."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The field may be empty, and is left out then."""


WorkspaceId = Annotated[str, Id("wsp")]
ConversationId = Annotated[str, Id("cnv")]
MessageId = Annotated[str, Id("msg")]
MailboxId = Annotated[str, Id("mbx")]
PersonId = Annotated[str, Id("per")]
AttachmentId = Annotated[str, Id("att")]


# ---- the facts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """One event's data; its class name is the detail-type on the bus.

    Raises ValueError for what may not stand in a field: a fact that consumers were not promised fails where it is made.
    """

    version: ClassVar[int] = 1

    workspace: WorkspaceId

    def __post_init__(self) -> None:
        for name, marks in marks_of(type(self)).items():
            if not _may_stand(getattr(self, name), marks):
                raise ValueError(f"{self.name}.{name} is not what its schema says")  # the value may be content

    @property
    def name(self) -> str:
        return type(self).__name__

    def data(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items() if value}


_MARKS: Final[dict[type[Fact], dict[str, tuple[object, ...]]]] = {}


def marks_of(fact: type[Fact]) -> dict[str, tuple[object, ...]]:
    """By field, what says what may stand in it; worked out once."""
    if fact not in _MARKS:
        from letterlock.domain import conversations  # noqa: PLC0415 - conversations make facts

        hints = get_type_hints(fact, localns=vars(conversations), include_extras=True)
        _MARKS[fact] = {each.name: getattr(hints[each.name], "__metadata__", ()) for each in fields(fact)}
    return _MARKS[fact]


def _may_stand(value: str, marks: tuple[object, ...]) -> bool:
    return (not value and Absent() in marks) or all(_is(value, mark) for mark in marks)


def _is(value: str, mark: object) -> bool:
    """An id need not be a whole ULID here: whatever makes one makes it of nobody's words."""
    match mark:
        case Id(prefix):
            return re.fullmatch(f"{prefix or '[a-z]{3}'}_[0-9A-Za-z]{{1,40}}", value) is not None
        case StripeId(prefix):
            return re.fullmatch(f"{prefix}_{STRIPE_ID}", value) is not None
        case OneOf():
            return value in set(mark)
        case Code():
            return re.fullmatch(CODE, value) is not None
    return True


@dataclass(frozen=True, slots=True)
class ConversationFact(Fact):
    """Something happened to a conversation."""

    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class ConversationOpened(ConversationFact):
    """A mail that belonged to none opened a conversation."""

    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class AcknowledgementQueued(ConversationFact):
    """A mail opened the conversation, and its mailbox is to say so to the sender."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class MessageReceived(ConversationFact):
    """A mail came in and is part of the conversation."""

    message: MessageId
    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class MailImported(ConversationFact):
    """An old mail was brought in from an archive: nothing came in, and nobody waits for an answer."""

    message: MessageId
    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class MailQuarantined(ConversationFact):
    """A mail came in that could not, or must not, be read."""

    message: MessageId
    mailbox: MailboxId
    reason: Annotated[str, OneOf(Reason)]


@dataclass(frozen=True, slots=True)
class MailReleased(ConversationFact):
    """Somebody let it out of the quarantine."""

    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class MailDiscarded(ConversationFact):
    """Somebody decided that what lay in the quarantine is not wanted."""

    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class ReplyQueued(ConversationFact):
    """The team answered: the message waits to be sent."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class NoteAdded(ConversationFact):
    """A word among the team."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class PersonMentioned(ConversationFact):
    """A note names somebody of the team: one fact for each of them."""

    message: MessageId
    person: PersonId
    by: Annotated[str, Id()]


@dataclass(frozen=True, slots=True)
class AnswerRefused(Fact):
    """Somebody answered a notification by mail, and it was not taken in. The person whose answer it is, or was to look
    like, is told.
    """

    mailbox: MailboxId
    person: PersonId
    conversation: Annotated[str, Id("cnv"), Absent()]
    reason: Annotated[str, Code()]


@dataclass(frozen=True, slots=True)
class ConversationAssigned(ConversationFact):
    """To a principal of the workspace, or to nobody."""

    version: ClassVar[int] = 2

    assignee: Annotated[str, Id(), Absent()]
    by: Annotated[str, Id(), Absent()] = ""
    """Who did it; empty where their going did. Version 1 did not say."""


@dataclass(frozen=True, slots=True)
class StatusChanged(ConversationFact):
    """To that status, whatever it was before."""

    status: Annotated[str, OneOf(Status)]


@dataclass(frozen=True, slots=True)
class MessageSent(ConversationFact):
    """The mail service took it."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class MessageSendFailed(ConversationFact):
    """It was not sent, and will not be by itself."""

    message: MessageId
    reason: Annotated[str, Code()]


@dataclass(frozen=True, slots=True)
class MessageUnconfirmed(ConversationFact):
    """The mail service may or may not have taken it."""

    message: MessageId
    reason: Annotated[str, Code()]


@dataclass(frozen=True, slots=True)
class MessageDelivered(ConversationFact):
    """Every recipient's server took it."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class MessageBounced(ConversationFact):
    """It came back from one recipient at least."""

    message: MessageId
    kind: Annotated[str, OneOf(Bounce)]


@dataclass(frozen=True, slots=True)
class MessageComplained(ConversationFact):
    """A recipient called it spam."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class MessageDelayed(ConversationFact):
    """A recipient's server did not take it yet; the mail service goes on trying."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class MessageRejected(ConversationFact):
    """The mail service took it, and then would not deliver it."""

    message: MessageId


# ---- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AttachmentScanned(Fact):
    """Somebody of the team uploaded a file, and it was looked into."""

    attachment: AttachmentId
    state: Annotated[str, OneOf(ScanState, but=(ScanState.RELEASED,))]


@dataclass(frozen=True, slots=True)
class MessageScanned(ConversationFact):
    """The files of a mail that came in were looked into: the message says of each what was found."""

    message: MessageId


# ---- accounts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonInvited(Fact):
    """Somebody may become a person of the workspace: a mail tells them."""

    invitation: Annotated[str, Id("inv")]


@dataclass(frozen=True, slots=True)
class PersonJoined(Fact):
    """By an invitation, or by signing the workspace up."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SignUpRequested(Fact):
    """Somebody wants a workspace of that id: a mail shows whether the address is theirs."""

    sign_up: Annotated[str, Id("sup")]


@dataclass(frozen=True, slots=True)
class PasswordResetRequested(Fact):
    """Told of people whom nobody knows as well: there is no such workspace then."""

    person: PersonId
    reset: Annotated[str, Id("rst")]


@dataclass(frozen=True, slots=True)
class PasswordChanged(Fact):
    """By themselves, or by a reset link."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SecondFactorEnrolled(Fact):
    """By themselves: from now on the password alone lets nobody in."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class RecoveryCodesRenewed(Fact):
    """By themselves: those that there were work no more."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Fact):
    """Somebody signed in with one, in the place of the authenticator's code."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SecondFactorRemoved(Fact):
    """By themselves, or by the operator who was asked to: from now on the password alone lets them in."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SecondFactorResetAsked(Fact):
    """The operator is about to remove an owner's second factor: all owners hear of it, and can stop it for a day."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SecondFactorResetStopped(Fact):
    """An owner stopped it."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class CredentialRevoked(Fact):
    """A session, an API token, an invitation or a link opens nothing any more. What hangs on it is ended after."""

    version: ClassVar[int] = 2

    credential: Annotated[str, Id()]
    holder: Annotated[str, Id(), Absent()]
    """Who came in with it: a person, or a workspace's token itself. Nobody did with an invitation."""
    by: Annotated[str, Id(), Absent()] = ""
    """Who did it, where that is somebody of the workspace. Version 1 did not say."""


@dataclass(frozen=True, slots=True)
class ConnectionEnded(Fact):
    """A connected account's provider takes its token no more, and nobody here had revoked it."""

    connection: Annotated[str, Id("con")]
    person: PersonId
    """Who connected it."""


@dataclass(frozen=True, slots=True)
class TokenLeaked(Fact):
    """Somebody found an API token or a session where it should not be. It was revoked in the same moment."""

    credential: Annotated[str, Id()]
    holder: Annotated[str, Id()]


@dataclass(frozen=True, slots=True)
class PersonRemoved(Fact):
    """Nothing of theirs opens anything any more. What hangs on them is ended after."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class EverybodySignedOut(Fact):
    """Every session and every token of the workspace that there was is dead."""


# ---- billing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StripeEventRecorded(Fact):
    """Stripe told of something. The workspace is nobody's: whose it is, is found out when it is applied."""

    event: Annotated[str, StripeId("evt")]


@dataclass(frozen=True, slots=True)
class SubscriptionChanged(Fact):
    """What a workspace pays for stands otherwise than before."""

    before: Annotated[str, OneOf(BillingStatus)]
    status: Annotated[str, OneOf(BillingStatus)]


@dataclass(frozen=True, slots=True)
class PaymentActionRequired(Fact):
    """A payment waits for somebody to confirm it with their bank."""


@dataclass(frozen=True, slots=True)
class PaymentDisputed(Fact):
    """Somebody asked their bank for a payment back."""


@dataclass(frozen=True, slots=True)
class WorkspaceReadOnly(Fact):
    """The time in which a payment could be made good is over: nothing can be changed until it is."""


# ---- told -----------------------------------------------------------------------------------------------------------


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
