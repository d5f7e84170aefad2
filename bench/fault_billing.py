"""What there is of billing, for `bench.fault_world` to compare: by what it is, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.fault_cloud import Cloud
from letterlock.adapters.table_accounts import BILLING
from letterlock.adapters.table_billing import ACCOUNT, EVENT, WORK


def billing(cloud: Cloud, add: Callable[[str, Any], None]) -> None:
    """The copy of what Stripe says, the gate's part of it, what Stripe told of, and what there is at Stripe.

    A page that was opened and never shown to anybody may be there besides: nobody can pay on it.
    """
    for item in cloud.stack.items("BillingTable"):
        kind = item["sk"]["S"]
        if kind == EVENT:
            add(f"Stripe told of {item['kind']['S']}", "waits" if WORK in item else "applied or nobody's")
        elif kind == ACCOUNT:
            stands = {name: item[name] for name in ("paid", "disputes", "told_read_only") if name in item}
            add("copy of what Stripe says", [stands, sorted(name for name in item if name not in stands)])
    for item in cloud.stack.items("AccountsTable"):
        if BILLING in item:
            add("what the gate says of billing", item[BILLING])
    for one in cloud.stack.stripe.kept.get("subscription", {}).values():
        add("subscription at Stripe", [one["status"], [each["quantity"] for each in one["items"]["data"]]])
