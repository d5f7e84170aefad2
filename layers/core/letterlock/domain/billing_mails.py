"""What owners are told by mail of what their workspace pays for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from letterlock.domain.account_mails import Words

PAYMENT_FAILED: Final = Words(
    "A payment for your workspace failed",
    "A payment for the workspace {workspace} on Letterlock failed. Everything works as before for two weeks after the "
    "invoice; then nothing can be changed any more until it is paid. Mail comes in all the while, and nothing is "
    "deleted.\n\nIn the billing portal you can pay, or change how you pay (POST /v1/billing/portal).\n",
)
PAYMENT_TO_CONFIRM: Final = Words(
    "A payment for your workspace waits for you",
    "Your bank wants a payment for the workspace {workspace} on Letterlock to be confirmed.\n"
    "\nIn the billing portal you can do that (POST /v1/billing/portal).\n",
)
PAYMENT_DISPUTED: Final = Words(
    "A payment for your workspace is disputed",
    "Somebody asked their bank for a payment for the workspace {workspace} on Letterlock back. Nothing changes until "
    "that is decided.\n\nIf it was a mistake, tell your bank, and whoever runs Letterlock for you.\n",
)
READ_ONLY: Final = Words(
    "Your workspace is read-only",
    "A payment for the workspace {workspace} on Letterlock is overdue for more than two weeks: what is there can be "
    "read, but nothing can be changed. Mail still comes in, and nothing is deleted.\n"
    "\nAs soon as it is paid, everything works as before (POST /v1/billing/portal).\n",
)
SUBSCRIPTION_ENDED: Final = Words(
    "The subscription of your workspace has ended",
    "The subscription of the workspace {workspace} on Letterlock has ended. Everything works as before for two weeks; "
    "then nothing can be changed any more. Mail comes in all the while, and nothing is deleted.\n"
    "\nA new one can be bought at any time (POST /v1/billing/checkout).\n",
)
TRIAL_OVER: Final = Words(
    "The trial of your workspace is over",
    "The trial of the workspace {workspace} on Letterlock is over, and there is no way to pay. Everything works as "
    "before for two weeks; then nothing can be changed any more. Mail comes in all the while, and nothing is deleted.\n"
    "\nIn the billing portal you can add one (POST /v1/billing/portal).\n",
)
PAID_AGAIN: Final = Words(
    "Your workspace is paid for again",
    "The workspace {workspace} on Letterlock is paid for, and everything works. Thank you.\n",
)
_ALWAYS: Final = {
    "PaymentActionRequired": PAYMENT_TO_CONFIRM,
    "PaymentDisputed": PAYMENT_DISPUTED,
    "WorkspaceReadOnly": READ_ONLY,
}
_STATUS: Final = {"past_due": PAYMENT_FAILED, "paused": TRIAL_OVER, "canceled": SUBSCRIPTION_ENDED}
FACTS: Final = frozenset({*_ALWAYS, "SubscriptionChanged"})
"""The facts that this is about."""


def words_of(name: str, data: Mapping[str, str]) -> Words | None:
    """None for what owners have just done themselves."""
    if name in _ALWAYS:
        return _ALWAYS[name]
    if data["status"] in ("active", "trialing"):
        return PAID_AGAIN if data["before"] in _STATUS else None
    return _STATUS.get(data["status"])
