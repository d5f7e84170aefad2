"""What can be bought, and how much of everything it allows: the one table of plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """`seats`, `mailboxes` None: as many as one likes."""

    id: str
    seats: int | None
    mailboxes: int | None
    trial_days: int = 0
    lookup_key: str = ""
    """Of its price at Stripe (Stripe API reference, Price, `lookup_key`). Empty: it is not sold."""


EVERYTHING: Final = Plan("everything", None, None)
"""Of every workspace where the operator charges for none."""
FREE: Final = Plan("free", seats=2, mailboxes=1)
"""Of a workspace that has no subscription."""
PLANS: Final = {
    each.id: each
    for each in (
        EVERYTHING,
        FREE,
        #          seats  mailboxes   trial                lookup key
        Plan("team", 50, 10, trial_days=14, lookup_key="letterlock_team"),
        Plan("business", 500, 100, trial_days=14, lookup_key="letterlock_business"),
    )
}
SOLD: Final = {each.lookup_key: each for each in PLANS.values() if each.lookup_key}
