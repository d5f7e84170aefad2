"""What a workspace pays for, and what it uses of it: from the copy at its gate."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.billing import Allowance, Paid
from letterlock.domain.permissions import Action
from letterlock.services.billing_ports import SeatCount


@dataclass(frozen=True, slots=True)
class Standing:
    allowance: Allowance
    paid: Paid | None
    used: int
    """Seats."""


@dataclass(frozen=True, slots=True)
class ReadBilling:
    """Raises Forbidden. Stripe is not asked: it may be down."""

    seats: SeatCount

    def __call__(self, who: Principal) -> Standing:
        who.may(Action.READ_BILLING)
        return Standing(who.allowance, who.paid, self.seats.used(who.workspace))
