"""Whether an event comes from Stripe: its own library checks the signature over the body as it came.

The library refuses what was signed more than five minutes ago. What claims to be signed in the future it lets through;
that is refused here (Stripe docs, "Webhooks", section "Preventing replay attacks").
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, Protocol

from stripe import SignatureVerificationError, WebhookSignature

from letterlock.domain.errors import Invalid

TOLERANCE_SECONDS: Final = 300
UNSIGNED: Final = "this event is not signed by Stripe, for us, within the last five minutes"


class SigningSecrets(Protocol):
    def __call__(self) -> Sequence[str]: ...

    def fresh(self) -> Sequence[str]: ...


class StripeSignatures:
    """With the secrets of the endpoint: two of them while it is being changed."""

    def __init__(self, secrets: SigningSecrets) -> None:
        self._secrets = secrets

    def verify(self, header: str, body: bytes) -> None:
        """Raises Invalid, alike for whatever is wrong."""
        if _from_the_future(header):
            raise Invalid(UNSIGNED)
        known = self._secrets()
        if any(_signed(header, body, each) for each in known):
            return
        if any(_signed(header, body, each) for each in self._secrets.fresh() if each not in known):
            return
        raise Invalid(UNSIGNED)


def _from_the_future(header: str) -> bool:
    """By the same time in it that the library looks at, the first, and by the same clock."""
    said = [value for name, _, value in (each.partition("=") for each in header.split(",")) if name == "t"]
    try:
        return int(said[0]) > time.time() + TOLERANCE_SECONDS
    except (IndexError, ValueError):
        return True


def _signed(header: str, body: bytes, secret: str) -> bool:
    """ValueError: the body is no UTF-8. TypeError: a signature is not in ASCII."""
    try:
        return bool(WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS))
    except (SignatureVerificationError, ValueError, TypeError):
        return False
