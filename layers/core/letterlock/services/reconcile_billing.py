"""What was missed is made good: events that nobody applied, and copies that are not what Stripe says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.billing_status import BillingStatus
from letterlock.services.apply_payment import ApplyPayment, Look, LookAtStripe
from letterlock.services.billing_ports import BillingAccounts, StripeEvents
from letterlock.services.follow_seats import FollowSeats

A_RUN = 500
"""How many events, and how many workspaces, one run takes up at most; the next one comes within the hour."""
BY_TIME = frozenset({BillingStatus.NONE, BillingStatus.PENDING})
"""What a checkout page becomes when nobody pays there: no drift."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    events: int = 0
    """That were applied late."""
    accounts: int = 0
    """That were held against Stripe."""
    drifted: tuple[str, ...] = ()
    """Workspaces whose copy was not what Stripe says. Now it is."""
    doubled: tuple[str, ...] = ()
    """Workspaces that pay for more than one subscription: for the operator to end one."""


@dataclass(frozen=True, slots=True)
class ReconcileBilling:
    """`enough` says when the time is up. Raises Unavailable when Stripe does not answer."""

    events: StripeEvents
    accounts: BillingAccounts
    apply: ApplyPayment
    look: LookAtStripe
    follow: FollowSeats

    def __call__(self, cause: str, enough: Callable[[], bool]) -> Reconciled:
        late = 0
        for event in self.events.overdue(A_RUN):
            if enough():
                break
            self.apply(event)
            late += 1
        looks: list[Look] = []
        for workspace in self.accounts.due(A_RUN):
            if enough():
                break
            looks.append(self.look(workspace, cause))
            self.follow(workspace, cause, freed=False)
        return Reconciled(
            late,
            len(looks),
            tuple(each.before.workspace for each in looks if _drifted(each)),
            tuple(each.before.workspace for each in looks if each.extra),
        )


def _drifted(look: Look) -> bool:
    was, now = look.before.paid, look.after.paid
    return was != now and not {was.status, now.status} <= BY_TIME
