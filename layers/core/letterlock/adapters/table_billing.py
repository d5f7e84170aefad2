"""The billing table: its keys and the shapes of its items, here and nowhere else. Ids, words and times; no content.

| pk | sk | item |
|---|---|---|
| `<ws>` | `ACCOUNT` | the copy of what Stripe says of its customer |
| `customer#<cus>` | `ROUTE` | whose customer it is, in `workspace` |
| `event#<evt>` | `EVENT` | that Stripe told of something; with an `outbox`, where somebody applies it |

Index `due`, sparse and with keys only: what has to be looked at again at a certain minute.

| waits | due_at | item |
|---|---|---|
| `events` | 15 minutes after it came | an event that is not applied yet |
| `accounts` | a day after the last look | a copy that is to be held against Stripe |
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import Item, key
from letterlock.adapters.table_accounts import paid_entry, paid_of
from letterlock.adapters.table_due import minute
from letterlock.domain.billing import BillingAccount, StripeEvent
from letterlock.domain.facts import Told
from letterlock.domain.outbox import fold

ACCOUNT: Final = "ACCOUNT"
ROUTE: Final = "ROUTE"
EVENT: Final = "EVENT"
DUE: Final = "due"
"""The index's name."""
WORK: Final = "waits"
AT: Final = "due_at"
EVENTS: Final = "events"
ACCOUNTS: Final = "accounts"
EVENT_PATIENCE: Final = timedelta(minutes=15)
"""Longer than the queue of billing_events takes for its first tries."""
LOOK_EVERY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=30)
"""Far longer than Stripe tries to deliver one: three days (Stripe docs, "Webhooks")."""


def event_key(event: str) -> str:
    return f"event#{event}"


def customer_key(customer: str) -> str:
    return f"customer#{customer}"


def event_item(event: StripeEvent, told: list[Told], now: datetime) -> Item:
    item = key(event_key(event.id), EVENT) | {
        "kind": {"S": event.kind},
        "subject": {"S": event.subject},
        "created_at": {"S": instant(event.created_at)},
        "expires_at": {"N": str(int((now + KEPT).timestamp()))},
    }
    if event.customer:
        item["customer"] = {"S": event.customer}
    if told:
        item["outbox"] = {"S": fold(told)}
        item |= {WORK: {"S": EVENTS}, AT: {"S": minute(now + EVENT_PATIENCE)}}
    return item


def event_of(item: Item) -> StripeEvent:
    return StripeEvent(
        item["pk"]["S"].partition("#")[2],
        item["kind"]["S"],
        item["subject"]["S"],
        item.get("customer", {"S": ""})["S"],
        datetime.fromisoformat(item["created_at"]["S"]),
    )


def account_item(account: BillingAccount, version: int, now: datetime) -> Item:
    item = key(account.workspace, ACCOUNT) | {
        "customer": {"S": account.customer},
        "version": {"N": str(version)},
        "paid": paid_entry(account.paid),
        "looked_at": {"S": instant(now)},
        WORK: {"S": ACCOUNTS},
        AT: {"S": minute(now + LOOK_EVERY)},
    }
    said = {"subscription": account.subscription, "item": account.item, "checkout": account.checkout}
    item |= {name: {"S": value} for name, value in said.items() if value}
    if account.checkout_until:
        item["checkout_until"] = {"S": instant(account.checkout_until)}
    if account.disputes:
        item["disputes"] = {"SS": sorted(account.disputes)}
    if account.told_read_only:
        item["told_read_only"] = {"BOOL": True}
    return item


def account_of(item: Item) -> BillingAccount:
    return BillingAccount(
        workspace=item["pk"]["S"],
        customer=item["customer"]["S"],
        paid=paid_of(item["paid"]),
        version=int(item["version"]["N"]),
        subscription=item.get("subscription", {"S": ""})["S"],
        item=item.get("item", {"S": ""})["S"],
        checkout=item.get("checkout", {"S": ""})["S"],
        checkout_until=datetime.fromisoformat(item["checkout_until"]["S"]) if "checkout_until" in item else None,
        disputes=frozenset(item["disputes"]["SS"]) if "disputes" in item else frozenset(),
        told_read_only="told_read_only" in item,
    )
