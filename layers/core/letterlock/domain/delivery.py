"""What the mail service says of a mail after it took it, and what that makes of the message.

Events come late, twice, and in any order. So a message keeps, for each recipient, the greatest thing that was said
(`domain.outcomes`), and its state follows from these alone: every order of the same events ends in the same state.
A mail may have been sent more than once on purpose; each try has a number, and what is said of an earlier one no
longer moves the message.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.checks.bounce import Bounce, ReportedAction
from letterlock.domain.conversations import Sending, SendState
from letterlock.domain.errors import RuleBroken
from letterlock.domain.facts import (
    Fact,
    MessageBounced,
    MessageComplained,
    MessageDelayed,
    MessageDelivered,
    MessageRejected,
    MessageSendFailed,
    MessageSent,
    MessageUnconfirmed,
)
from letterlock.domain.mail import Address
from letterlock.domain.outcomes import Outcomes, RecipientOutcome, RecipientState, joined, worst

UNCONFIRMED_WAIT: Final = timedelta(minutes=15)
"""How long an unconfirmed message waits for the mail service's own word before it may be sent again, on purpose.

SES publishes within seconds as a rule, on a best-effort basis ("Monitoring SES events using Amazon EventBridge").
"""

SENDER_STOPPED: Final = "sender_stopped"
"""Why a message is unconfirmed whose sender never said what became of it."""
NEVER_SENT: Final = "never_sent"
"""Why a message failed that waited in the queue until the queue gave up, and no sender could say so."""

_BAD: Final = {
    RecipientState.COMPLAINED: SendState.COMPLAINED,
    RecipientState.HARD_BOUNCE: SendState.BOUNCED,
    RecipientState.SOFT_BOUNCE: SendState.BOUNCED,
    RecipientState.REJECTED: SendState.REJECTED,
    RecipientState.DELAYED: SendState.DELAYED,
}
_ENDED: Final = frozenset({RecipientState.DELIVERED, RecipientState.HARD_BOUNCE, RecipientState.COMPLAINED})
_UNDELIVERABLE: Final = {RecipientState.HARD_BOUNCE: "hard_bounce", RecipientState.COMPLAINED: "complaint"}
_BEFORE_SENT: Final = frozenset({SendState.QUEUED, SendState.SENDING, SendState.UNCONFIRMED, SendState.FAILED})


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One event of the mail service about one mail of ours. With no outcomes it says that the mail was taken."""

    id: str
    at: datetime
    workspace: str
    conversation: str
    message: str
    attempt: int
    """Which try of the message this mail was; 0 where the mail does not say."""
    message_id: str
    """The Message-ID that the recipients see, without brackets."""
    destination: tuple[str, ...]
    """Everybody the mail went to, as `outcomes` spell them."""
    outcomes: Outcomes = ()
    hearsay: bool = False
    """A mail says so, which anybody can write: it marks the message, and no contact."""

    def spelt_as(self, recipients: Iterable[Address]) -> DeliveryEvent:
        """With the recipients' addresses as the message has them: the mail service was given the ASCII form."""
        known = {ascii_key(each.address): each.key for each in recipients}
        return replace(
            self,
            destination=tuple(known.get(ascii_key(each), each.casefold()) for each in self.destination),
            outcomes=joined(
                replace(each, address=known.get(ascii_key(each.address), each.address.casefold()))
                for each in self.outcomes
            ),
        )

    @property
    def undeliverable(self) -> list[tuple[str, str]]:
        """Addresses to which mail comes back, or who want none; with the reason, a fixed word."""
        if self.hearsay:
            return []
        return [(each.address, _UNDELIVERABLE[each.state]) for each in self.outcomes if each.state in _UNDELIVERABLE]


_ACTIONS: Final = {ReportedAction.FAILED: RecipientState.SOFT_BOUNCE, ReportedAction.DELAYED: RecipientState.DELAYED}
RETURNED: Final = "returned_mail"
"""Why a message bounced of which a mail said so, and not the mail service."""


def outcomes_of(bounce: Bounce, recipients: tuple[Address, ...]) -> Outcomes:
    """What a delivery report says of a message's recipients. Where there is one, it is about that one: the address may
    have been passed on to another. That it arrived is the mail service's to say.
    """
    known = {ascii_key(each.address): each.key for each in recipients}
    only = next(iter(known.values())) if len(known) == 1 else ""
    outcomes = []
    for said in bounce.recipients:
        address = known.get(ascii_key(said.original)) or known.get(ascii_key(said.address)) or only
        state = RecipientState.HARD_BOUNCE if said.for_good else _ACTIONS.get(said.action)
        if address and state:
            outcomes.append(RecipientOutcome(address, state, RETURNED))
    return joined(outcomes)


def shown(state: RecipientState) -> SendState:
    """How a message stands whose one recipient stands so."""
    return _BAD.get(state, SendState.DELIVERED)


def ascii_key(address: str) -> str:
    """An address as the mail service spells it, but for case and quotes: with an ASCII domain (RFC 5890)."""
    local, _, domain = address.strip().rpartition("@")
    with suppress(UnicodeError):  # not a domain name at all: compared as it stands
        domain = domain.encode("idna").decode("ascii")
    local = local.strip('"')
    return f"{local}@{domain}".casefold()


def merged(sending: Sending, event: DeliveryEvent) -> Sending:
    """The message's sending once this event is known of it. The event's addresses are spelt as the message's."""
    attempt = event.attempt or sending.attempts
    if attempt < sending.attempts or attempt <= sending.closed:
        return sending
    outcomes = joined(sending.outcomes, event.outcomes)
    state, reason = _standing(outcomes, event.destination)
    return replace(
        sending,
        state=state,
        attempts=attempt,
        reason=reason,
        lease_until=None,
        message_id=sending.message_id or event.message_id,
        outcomes=outcomes,
    )


def _standing(outcomes: Outcomes, destination: tuple[str, ...]) -> tuple[SendState, str]:
    """One recipient's bad news is the message's. It is delivered when everybody has it."""
    bad = worst(tuple(each for each in outcomes if each.state in _BAD))
    if bad is not None:
        return shown(bad.state), bad.reason
    reached = {each.address for each in outcomes}
    return (SendState.DELIVERED if reached.issuperset(destination) else SendState.SENT), ""


def retried(sending: Sending, now: datetime) -> Sending:
    """Queued again, because somebody wants it so. Those it has reached already, or never can, are left out.

    Raises RuleBroken: what may still arrive, or has arrived, is not sent a second time.
    """
    match sending.state:
        case SendState.FAILED:
            closed = sending.closed
        case SendState.UNCONFIRMED:
            if sending.lease_until and now < sending.lease_until:
                raise RuleBroken("the mail service may still confirm this message: try again later")
            # Its event may still come, and then spares the second try.
            closed = sending.closed
        case SendState.BOUNCED if any(each.state is RecipientState.SOFT_BOUNCE for each in sending.outcomes):
            closed = sending.attempts
        case SendState.BOUNCED:
            raise RuleBroken("this message came back for good: sending it again would only bring it back again")
        case _:
            raise RuleBroken(f"a message whose sending is {sending.state} is not sent again")
    return replace(
        sending,
        state=SendState.QUEUED,
        reason="",
        lease_until=None,
        message_id="",
        closed=closed,
        outcomes=tuple(each for each in sending.outcomes if each.state in _ENDED),
    )


def given_up(sending: Sending, now: datetime) -> Sending | None:
    """How a message stands that the queue no longer brings to any sender; None while one may still be at it."""
    match sending.state:
        case SendState.QUEUED:
            return replace(sending, state=SendState.FAILED, reason=sending.reason or NEVER_SENT, lease_until=None)
        case SendState.SENDING if not sending.lease_until or sending.lease_until <= now:
            return unconfirmed(sending, SENDER_STOPPED, now)
        case _:
            return None


def unconfirmed(sending: Sending, reason: str, now: datetime) -> Sending:
    """It may have gone out: nobody is to send it again before the mail service had time to say so."""
    return replace(sending, state=SendState.UNCONFIRMED, reason=reason, lease_until=now + UNCONFIRMED_WAIT)


def told_by_us(workspace: str, conversation: str, message: str, after: Sending) -> list[Fact]:
    """What the end of a try tells the world, before the mail service said anything of it."""
    match after.state:
        case SendState.SENT:
            return [MessageSent(workspace, conversation, message)]
        case SendState.FAILED:
            return [MessageSendFailed(workspace, conversation, message, after.reason)]
        case SendState.UNCONFIRMED:
            return [MessageUnconfirmed(workspace, conversation, message, after.reason)]
        case _:
            return []


def still_to_reach(recipients: tuple[Address, ...], sending: Sending | None) -> tuple[Address, ...]:
    """Of a message's recipients, those whom an earlier try has not reached for good."""
    ended = {each.address for each in sending.outcomes if each.state in _ENDED} if sending else set()
    return tuple(each for each in recipients if each.key not in ended)


def facts_of(workspace: str, conversation: str, message: str, before: Sending, after: Sending) -> list[Fact]:
    """What this change of a message's sending tells the world: nothing, when it shows nothing new."""
    where = (workspace, conversation, message)
    facts: list[Fact] = (
        [MessageSent(*where)] if before.state in _BEFORE_SENT and after.state not in _BEFORE_SENT else []
    )
    if after.state is before.state and (after.state is not SendState.BOUNCED or after.bounce == before.bounce):
        return facts
    match after.state:
        case SendState.DELIVERED:
            facts.append(MessageDelivered(*where))
        case SendState.BOUNCED:
            facts.append(MessageBounced(*where, after.bounce))
        case SendState.COMPLAINED:
            facts.append(MessageComplained(*where))
        case SendState.DELAYED:
            facts.append(MessageDelayed(*where))
        case SendState.REJECTED:
            facts.append(MessageRejected(*where))
    return facts
