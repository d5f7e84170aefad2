"""What a workspace pays for, and what follows from it. How things stand is Stripe's to say; what that means is ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.facts import (
    Fact,
    PaymentActionRequired,
    PaymentDisputed,
    SubscriptionChanged,
    WorkspaceReadOnly,
)
from letterlock.domain.plans import EVERYTHING, FREE, PLANS, Plan

GRACE: Final = timedelta(days=14)
"""How long after an invoice that is not paid, or a subscription's end, everything goes on as before."""
LIVE: Final = frozenset({BillingStatus.TRIALING, BillingStatus.ACTIVE, BillingStatus.PAST_DUE, BillingStatus.PAUSED})
"""There is a subscription, which can be changed, and of which there should be one."""
_RANK: Final = (
    BillingStatus.ACTIVE,
    BillingStatus.TRIALING,
    BillingStatus.PAST_DUE,
    BillingStatus.PAUSED,
    BillingStatus.PENDING,
    BillingStatus.CANCELED,
    BillingStatus.NONE,
)
"""Which of several subscriptions counts: the one that gives most."""


# ---- as Stripe shows it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeenSubscription:
    id: str
    item: str
    """Of its one item: what quantity and price belong to."""
    status: BillingStatus
    plan: str
    """By its price's lookup key; empty for a price that is none of ours."""
    seats: int
    created_at: datetime
    trial_end: datetime | None = None
    ended_at: datetime | None = None
    unpaid_since: datetime | None = None
    """When the oldest invoice was made that is not paid."""


@dataclass(frozen=True, slots=True)
class SeenCustomer:
    """With all subscriptions that they ever had; none, where the customer was deleted."""

    id: str
    subscriptions: tuple[SeenSubscription, ...] = ()

    @property
    def live(self) -> list[SeenSubscription]:
        return [each for each in self.subscriptions if each.status in LIVE]

    @property
    def subscription(self) -> SeenSubscription | None:
        """The one that counts, whatever order they are listed in."""
        ranked = sorted(self.subscriptions, key=lambda one: (-_RANK.index(one.status), one.created_at, one.id))
        return ranked[-1] if ranked else None

    @property
    def extra(self) -> list[SeenSubscription]:
        """Those that are paid for beside the one that counts."""
        counted = self.subscription
        return [each for each in self.live if counted is not None and each.id != counted.id]


@dataclass(frozen=True, slots=True)
class Remark:
    """What an event leads to that a look at the customer does not show."""

    dispute: str = ""
    open: bool = False
    needs_action: bool = False


# ---- as we keep it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paid:
    """What the gate says of it: read with every request."""

    status: BillingStatus
    plan: str = ""
    seats: int = 0
    trial_end: datetime | None = None
    read_only_from: datetime | None = None
    needs_action: bool = False
    """Somebody has to confirm a payment with their bank."""


@dataclass(frozen=True, slots=True)
class BillingAccount:
    """The copy of what Stripe says of a workspace's customer."""

    workspace: str
    customer: str
    paid: Paid = Paid(BillingStatus.NONE)
    version: int = 0
    """0: not stored yet. Another one with every look at Stripe."""
    subscription: str = ""
    item: str = ""
    checkout: str = ""
    """The newest checkout session that was opened."""
    checkout_until: datetime | None = None
    disputes: frozenset[str] = frozenset()
    """Those that are open."""
    told_read_only: bool = False


def copied(before: BillingAccount, seen: SeenCustomer, now: datetime, remark: Remark | None = None) -> BillingAccount:
    """The next copy: from how things stand at Stripe, whatever was told of them, and in which order."""
    remark = remark or Remark()
    one = seen.subscription
    paid = _paid(before, one, now, remark)
    disputes = before.disputes - {remark.dispute}
    if remark.open:
        disputes |= {remark.dispute}
    return replace(
        before,
        paid=paid,
        subscription=one.id if one else before.subscription,
        item=one.item if one else before.item,
        disputes=disputes,
        told_read_only=allowance(paid, now, billed=True).read_only,
    )


def _paid(before: BillingAccount, one: SeenSubscription | None, now: datetime, remark: Remark) -> Paid:
    was = before.paid
    if one is None and was.status in {*LIVE, BillingStatus.CANCELED}:  # the customer was deleted
        return replace(was, status=BillingStatus.CANCELED, read_only_from=was.read_only_from or now + GRACE)
    if one is None or one.status is BillingStatus.NONE:
        waits = before.checkout_until is not None and now < before.checkout_until
        return Paid(BillingStatus.PENDING if waits else BillingStatus.NONE)
    waits = one.status in (BillingStatus.PENDING, BillingStatus.PAST_DUE)
    needs_action = waits and (remark.needs_action or was.needs_action)
    return Paid(one.status, one.plan, one.seats, one.trial_end, _read_only_from(one), needs_action)


def _read_only_from(one: SeenSubscription) -> datetime | None:
    """Counted from what Stripe says, not from when we heard of it."""
    since = {
        BillingStatus.PAST_DUE: one.unpaid_since or one.created_at,
        BillingStatus.PAUSED: one.trial_end or one.created_at,
        BillingStatus.CANCELED: one.ended_at or one.created_at,
    }.get(one.status)
    return since + GRACE if since else None


def facts_of(before: BillingAccount, after: BillingAccount) -> list[Fact]:
    """What became of it between two copies: told once, for the copies follow each other."""
    facts: list[Fact] = []
    workspace, was, now = before.workspace, before.paid, after.paid
    if was.status is not now.status:
        facts.append(SubscriptionChanged(workspace, was.status, now.status))
    if now.needs_action and not was.needs_action:
        facts.append(PaymentActionRequired(workspace))
    if after.told_read_only and not before.told_read_only:
        facts.append(WorkspaceReadOnly(workspace))
    facts += [PaymentDisputed(workspace) for _ in after.disputes - before.disputes]
    return facts


# ---- what it allows -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Allowance:
    """`seats` None: as many as one likes."""

    plan: Plan = EVERYTHING
    seats: int | None = None
    read_only: bool = False


WITHOUT_LIMITS: Final = Allowance()


def allowance(paid: Paid | None, now: datetime, *, billed: bool) -> Allowance:
    """`billed`: whether the operator charges at all."""
    if not billed:
        return WITHOUT_LIMITS
    if paid is None or paid.status in (BillingStatus.NONE, BillingStatus.PENDING):
        return Allowance(FREE, FREE.seats)
    plan = PLANS.get(paid.plan, FREE)
    seats = paid.seats if plan.seats is None else min(paid.seats, plan.seats)
    return Allowance(plan, seats, paid.read_only_from is not None and paid.read_only_from <= now)


# ---- what Stripe tells ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """What is kept of an event: which one it is and whom it is about, and nothing that it says of them."""

    id: str
    kind: str
    """Stripe's type of it: `customer.subscription.updated`."""
    subject: str
    """The id of the object that it shows."""
    customer: str
    """Empty where the object names none: a dispute, for instance."""
    created_at: datetime


APPLIED: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "customer.deleted",
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.updated",
        "invoice.paid",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.updated",
    }
)
"""The types of events that are applied. Any other is kept, and leads nowhere."""
ACTION_REQUIRED: Final = "invoice.payment_action_required"
DISPUTES: Final = "charge.dispute."
