"""How Stripe signs what it tells (Stripe docs, "Webhooks", section "Verify webhook signatures manually")."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any


def spelt(event: dict[str, Any]) -> str:
    """An event as Stripe spells it. Another spelling of the same has another signature."""
    return json.dumps(event, indent=2)


def signature(body: str, secrets: Sequence[str], at: int) -> str:
    """The value of `Stripe-Signature`: while a secret is being changed, one `v1` for each."""
    signed = (hmac.new(each.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest() for each in secrets)
    return ",".join([f"t={at}", *(f"v1={each}" for each in signed)])
