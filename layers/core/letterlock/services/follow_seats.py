"""Seats follow members, prorated: who leaves gives theirs back, and more members than seats are paid for."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.billing_status import BillingStatus
from letterlock.services.apply_payment import LookAtStripe
from letterlock.services.billing_ports import (
    BillingAccounts,
    ItemId,
    Key,
    Payments,
    SeatCount,
    Seats,
    SubscriptionId,
)

FOLLOWED = frozenset({BillingStatus.TRIALING, BillingStatus.ACTIVE, BillingStatus.PAST_DUE})


@dataclass(frozen=True, slots=True)
class FollowSeats:
    """How many seats are paid for from now on; None where nothing had to change. Raises Unavailable, Stale, Conflict.

    `cause`: the fact for which it is done, so that the same one changes the subscription once.
    """

    payments: Payments
    accounts: BillingAccounts
    seats: SeatCount
    look: LookAtStripe

    def __call__(self, workspace: str, cause: str, *, freed: bool) -> int | None:
        """`freed`: somebody left. Else there may only be more: seats that nobody sits on were bought on purpose."""
        account = self.accounts.of_workspace(workspace)
        if account is None or account.paid.status not in FOLLOWED:
            return None
        used = max(1, self.seats.used(workspace))
        wanted = used if freed else max(used, account.paid.seats)
        if wanted == account.paid.seats:
            return None
        subscription, item = SubscriptionId(account.subscription), ItemId(account.item)
        self.payments.set_seats(subscription, item, Seats(wanted), Key(cause))
        self.look(workspace, cause)
        return wanted
