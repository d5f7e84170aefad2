"""An event as Stripe sends it: signed over the raw body, which is read only once that is checked."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from letterlock.domain.billing import StripeEvent
from letterlock.domain.errors import Invalid, TooLarge
from letterlock.entry import billing_wiring
from letterlock.entry.settings import setting

EVENT_BYTES = 256 * 1024
"""Several times the largest that Stripe sends of a subscription with one item."""
SIGNATURE_HEADER = "stripe-signature"
_EVENT = re.compile(r"evt_[0-9A-Za-z_]{1,100}")
_ID = re.compile(r"[0-9A-Za-z_]{1,255}")
_KIND = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){0,5}")
BODY = {
    "required": True,
    "description": "An event, signed: see Stripe's documentation, 'Webhooks'.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
"""For the API's description: the body is read by hand, after its signature."""


def event_of(app: APIGatewayRestResolver) -> StripeEvent:
    """Raises TooLarge, Invalid: what Stripe did not sign is not looked into."""
    request = app.current_event
    headers = {name.lower(): value for name, value in (request.headers or {}).items()}
    body = _octets(request.body or "", encoded=bool(request.is_base64_encoded))
    if len(body) > EVENT_BYTES:
        raise TooLarge(f"an event has {EVENT_BYTES} octets at most")
    billing_wiring.stripe_signatures().verify(headers.get(SIGNATURE_HEADER, ""), body)
    return _read(json.loads(body), live=setting("STRIPE_MODE") == "live")


def _octets(body: str, *, encoded: bool) -> bytes:
    """API Gateway hands a body over in base64 where it takes it for binary."""
    if not encoded:
        return body.encode("utf-8", "surrogatepass")
    try:
        return b64decode(body)
    except Base64Error:
        raise Invalid("the body is not base64") from None


def _read(told: Any, *, live: bool) -> StripeEvent:
    """Which one it is, and whom it is about. What else it says is asked of Stripe when it is applied."""
    try:
        if told["livemode"] is not live:
            raise Invalid("this event is of Stripe's other mode: test or live")
        shown = told["data"]["object"]
        kind, subject = str(told["type"]), str(shown.get("id") or "none")
        customer = subject if shown.get("object") == "customer" else _customer(shown.get("customer"))
        event = StripeEvent(str(told["id"]), kind, subject, customer, datetime.fromtimestamp(told["created"], UTC))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError):
        raise Invalid("this is no event of Stripe's") from None
    if not (_EVENT.fullmatch(event.id) and _KIND.fullmatch(kind) and _ID.fullmatch(subject)):
        raise Invalid("this is no event of Stripe's")
    return event


def _customer(said: Any) -> str:
    """An id, an expanded object, or nothing."""
    found = said.get("id", "") if isinstance(said, dict) else said or ""
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""
