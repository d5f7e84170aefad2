"""Stripe's objects as its API shows them (Stripe API reference), as far as somebody here looks at them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def customer(id: str, created: int, form: Json) -> Json:  # noqa: A002 - the field's own name
    return {
        "id": id,
        "object": "customer",
        "created": created,
        "email": form.get("email"),
        "livemode": False,
        "metadata": form.get("metadata", {}),
    }


def price(lookup_key: str, amount: int) -> Json:
    return {
        "id": f"price_{lookup_key}",
        "object": "price",
        "active": True,
        "currency": "eur",
        "livemode": False,
        "lookup_key": lookup_key,
        "product": f"prod_{lookup_key}",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        "type": "recurring",
        "unit_amount": amount,
    }


def checkout_session(id: str, created: int, lasts: int, form: Json, url: str) -> Json:  # noqa: A002
    return {
        "id": id,
        "object": "checkout.session",
        "client_reference_id": form.get("client_reference_id"),
        "created": created,
        "customer": form["customer"],
        "expires_at": created + lasts,
        "livemode": False,
        "mode": form["mode"],
        "payment_status": "unpaid",
        "status": "open",
        "subscription": None,
        "success_url": form["success_url"],
        "url": url,
    }


def portal_session(id: str, created: int, form: Json, url: str) -> Json:  # noqa: A002
    return {
        "id": id,
        "object": "billing_portal.session",
        "created": created,
        "customer": form["customer"],
        "livemode": False,
        "return_url": form.get("return_url"),
        "url": url,
    }


def subscription(id: str, created: int, owner: str, item: Json, metadata: Json, trial_end: int | None) -> Json:  # noqa: A002
    return {
        "id": id,
        "object": "subscription",
        "cancel_at_period_end": False,
        "canceled_at": None,
        "collection_method": "charge_automatically",
        "created": created,
        "customer": owner,
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": metadata,
        "pause_collection": None,
        "status": "trialing" if trial_end else "active",
        "trial_end": trial_end,
    }


def subscription_item(id: str, created: int, of: Json, quantity: int, period_end: int) -> Json:  # noqa: A002
    return {
        "id": id,
        "object": "subscription_item",
        "created": created,
        "current_period_end": period_end,
        "price": of,
        "quantity": quantity,
    }


def invoice(id: str, created: int, of: Json, amount: int, status: str) -> Json:  # noqa: A002
    return {
        "id": id,
        "object": "invoice",
        "amount_due": amount,
        "attempt_count": 1,
        "billing_reason": "subscription_cycle",
        "created": created,
        "currency": "eur",
        "customer": of["customer"],
        "livemode": False,
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": of["id"]}},
        "payments": {"object": "list", "data": [], "has_more": False, "url": f"/v1/invoice_payments?invoice={id}"},
        "status": status,
    }


def payment(intent: str, status: str) -> Json:
    """Of an invoice."""
    return {
        "object": "invoice_payment",
        "payment": {
            "type": "payment_intent",
            "payment_intent": {"id": intent, "object": "payment_intent", "status": status},
        },
    }


def dispute(id: str, created: int, owner: str, status: str) -> Json:  # noqa: A002
    """Its charge is only an id until it is asked for with `expand`; whose it is, is not in the dispute."""
    return {
        "id": id,
        "object": "dispute",
        "amount": 1900,
        "charge": {"id": id.replace("du_", "ch_"), "object": "charge", "customer": owner},
        "created": created,
        "currency": "eur",
        "livemode": False,
        "reason": "general",
        "status": status,
    }


def event(id: str, created: int, version: str, kind: str, shown: Json) -> Json:  # noqa: A002
    return {
        "id": id,
        "object": "event",
        "api_version": version,
        "created": created,
        "data": {"object": shown},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def error(kind: str, code: str, message: str) -> Json:
    return {"error": {"type": kind, "code": code, "message": message}}
