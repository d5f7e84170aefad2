"""How a workspace's subscription stands: a word of ours, and of the facts that tell of it."""

from __future__ import annotations

from enum import StrEnum


class BillingStatus(StrEnum):
    """How a workspace's subscription stands."""

    NONE = "none"
    PENDING = "pending"
    """Bought, and not known to be paid yet."""
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    """A trial ended without a way to pay."""
    CANCELED = "canceled"
