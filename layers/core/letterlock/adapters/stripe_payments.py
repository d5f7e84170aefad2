"""Stripe, through its own library. What goes there is what the types of `billing_ports` take.

Every request that changes something carries an idempotency key that follows from the wish (Stripe API reference,
"Idempotent requests"): asked again, also by another process, it is done once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from letterlock.adapters.stripe_version import API_VERSION
from letterlock.domain.billing import SeenCustomer, SeenSubscription
from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.errors import Conflict, NotFound, Unavailable
from letterlock.domain.plans import SOLD
from letterlock.services.billing_ports import (
    BillingContact,
    CustomerId,
    DisputeId,
    InvoiceId,
    ItemId,
    Key,
    Order,
    Page,
    PageUrl,
    Seats,
    SeenDispute,
    SessionId,
    SubscriptionId,
    WorkspaceId,
)

STATUSES: Final = {
    "incomplete": BillingStatus.PENDING,
    "incomplete_expired": BillingStatus.NONE,
    "trialing": BillingStatus.TRIALING,
    "active": BillingStatus.ACTIVE,
    "past_due": BillingStatus.PAST_DUE,
    "unpaid": BillingStatus.PAST_DUE,
    "paused": BillingStatus.PAUSED,
    "canceled": BillingStatus.CANCELED,
}
"""By Stripe's word for it (Stripe API reference, Subscription, `status`)."""
OPEN_DISPUTES: Final = frozenset({"needs_response", "under_review", "warning_needs_response", "warning_under_review"})
"""Stripe API reference, Dispute, `status`."""
UNPAID: Final = frozenset({"open", "uncollectible"})
"""Stripe API reference, Invoice, `status`."""
SUBSCRIPTIONS: Final = 100
"""A page of the list: no customer of ours comes near."""


class StripePayments:
    """`Payments`. `api_key` is asked for each time: it may be changed while the process lives."""

    def __init__(self, api_key: Callable[[], str], api_base: str, http: stripe.HTTPClient, *, retries: int = 2) -> None:
        self._api_key, self._api_base, self._http, self._retries = api_key, api_base, http, retries
        self._made: tuple[str, stripe.StripeClient] | None = None
        stripe.enable_telemetry = False

    def create_customer(self, workspace: WorkspaceId, contact: BillingContact, key: Key) -> CustomerId:
        told: Any = {"email": contact.email, "metadata": {"workspace": workspace}}
        with _translated():
            made = self._client.v1.customers.create(told, _once("customer", key))
        return CustomerId(made.id)

    def look(self, customer: CustomerId) -> SeenCustomer:
        """Of a customer that was deleted there is what there was, or nothing any more."""
        wanted: Any = {
            "customer": customer,
            "status": "all",
            "limit": SUBSCRIPTIONS,
            "expand": ["data.latest_invoice"],
        }
        try:
            with _translated():
                listed = self._client.v1.subscriptions.list(wanted)
        except NotFound:
            return SeenCustomer(customer)
        return SeenCustomer(customer, tuple(self._seen(each) for each in listed.data))

    def _seen(self, found: stripe.Subscription) -> SeenSubscription:
        """Where it is not paid, one more request: the oldest open invoice counts, for each month brings a newer one."""
        seen = _subscription(found)
        if seen.status is not BillingStatus.PAST_DUE:
            return seen
        with _translated():
            still_open = self._client.v1.invoices.list({"subscription": found.id, "status": "open", "limit": 100})
        oldest = min((each.created for each in still_open.data), default=None)
        return replace(seen, unpaid_since=_instant(oldest)) if oldest else seen

    def dispute(self, dispute: DisputeId) -> SeenDispute:
        with _translated():
            found: Any = self._client.v1.disputes.retrieve(dispute, {"expand": ["charge"]})
        return SeenDispute(_id(found.charge.customer), found.status in OPEN_DISPUTES)

    def needs_action(self, invoice: InvoiceId) -> bool:
        with _translated():
            expanded = ["payments.data.payment.payment_intent"]
            found: Any = self._client.v1.invoices.retrieve(invoice, {"expand": expanded})
        if found.status not in UNPAID:
            return False
        intents = [each.payment.payment_intent for each in (found.payments.data if found.payments else ())]
        return any(each and each.status == "requires_action" for each in intents)

    def open_checkout(self, order: Order, key: Key) -> Page:
        trial = {"trial_period_days": order.plan.trial_days} if order.trial and order.plan.trial_days else {}
        wanted: Any = {
            "mode": "subscription",
            "customer": order.customer,
            "client_reference_id": order.workspace,
            "line_items": [{"price": self._price(order.plan.lookup_key), "quantity": order.seats}],
            "subscription_data": {"metadata": {"workspace": order.workspace}, **trial},
            "success_url": order.back,
            "cancel_url": order.back,
        }
        with _translated():
            made = self._client.v1.checkout.sessions.create(wanted, _once("checkout", key))
        return Page(made.url or "", made.id, _instant(made.created), _instant(made.expires_at))

    def close_checkout(self, session: SessionId) -> None:
        try:
            with _translated():
                self._client.v1.checkout.sessions.expire(session, {}, _once("expire", session))
        except (Conflict, NotFound):
            return  # it is paid, or over

    def open_portal(self, customer: CustomerId, back: PageUrl, key: Key) -> Page:
        wanted: Any = {"customer": customer, "return_url": back}
        with _translated():
            made = self._client.v1.billing_portal.sessions.create(wanted, _once("portal", key))
        return Page(made.url, made.id, _instant(made.created))

    def set_seats(self, subscription: SubscriptionId, item: ItemId, seats: Seats, key: Key) -> None:
        wanted: Any = {"items": [{"id": item, "quantity": seats}], "proration_behavior": "create_prorations"}
        with _translated():
            self._client.v1.subscriptions.update(subscription, wanted, _once("seats", key, str(seats)))

    def _price(self, lookup_key: str) -> str:
        with _translated():
            found = self._client.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1})
        if not found.data:
            raise NotFound("the operator has no price of this plan at Stripe")
        return found.data[0].id

    @property
    def _client(self) -> stripe.StripeClient:
        key = self._api_key()
        if self._made is None or self._made[0] != key:
            client = stripe.StripeClient(
                key,
                stripe_version=API_VERSION,
                base_addresses={"api": self._api_base},
                http_client=self._http,
                max_network_retries=self._retries,
            )
            self._made = key, client
        return self._made[1]


@contextmanager
def _translated() -> Iterator[None]:
    """Stripe's own words go no further: they may quote what was sent."""
    try:
        yield
    except stripe.IdempotencyError:
        raise Conflict("this Idempotency-Key came with another request before") from None
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise NotFound("Stripe knows no such record") from None
        raise Conflict(f"Stripe refuses this: {error.code or 'invalid_request'}") from None
    except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError):
        raise Unavailable("Stripe does not answer: ask again") from None
    except stripe.StripeError as error:
        raise Unavailable(f"Stripe is not set up: {type(error).__name__}") from None


def _once(*wish: str) -> Any:
    return {"idempotency_key": hashlib.sha256("\x1f".join(wish).encode()).hexdigest()}


def _subscription(found: stripe.Subscription) -> SeenSubscription:
    item: Any = found["items"].data[0]
    invoice: Any = found.latest_invoice
    price = item.price.lookup_key or ""
    return SeenSubscription(
        id=found.id,
        item=item.id,
        status=STATUSES.get(found.status, BillingStatus.NONE),
        plan=SOLD[price].id if price in SOLD else "",
        seats=item.quantity or 0,
        created_at=_instant(found.created),
        trial_end=_instant(found.trial_end) if found.trial_end else None,
        ended_at=_instant(found.ended_at) if found.ended_at else None,
        unpaid_since=_instant(invoice.created) if invoice and invoice.status in UNPAID else None,
    )


def _id(found: Any) -> str:
    """Of a reference, expanded or not."""
    return str(getattr(found, "id", found) or "")


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
