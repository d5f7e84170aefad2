"""The one version of Stripe's API that is spoken and that events are shaped by."""

from typing import Final

API_VERSION: Final = "2026-10-28.endive"
"""Of the locked library; the operator gives the webhook endpoint the same one (docs/operations.md)."""
