"""How Stripe is reached: by the HTTP client that the AWS SDK brings anyway, within the time that one call may take.

The library's own client without `requests` (which would be one more 200 ms of a cold start) knows no time limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError


class BoundedClient(stripe.HTTPClient):
    """One connection pool; certificates are checked against those that the library brings."""

    name = "urllib3"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._pool = PoolManager(
            ca_certs=stripe.ca_bundle_path, timeout=Timeout(connect=3, read=seconds), retries=False
        )

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status, headers in lower case. Raises stripe.APIConnectionError, without a word of the request's."""
        try:
            answer = self._pool.request(method.upper(), url, body=post_data or None, headers=dict(headers or {}))
        except HTTPError as error:
            failed = stripe.APIConnectionError(type(error).__name__, should_retry=True)  # type: ignore[no-untyped-call]
            raise failed from None
        return (
            answer.data.decode("utf-8"),
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
        )

    def close(self) -> None:
        self._pool.clear()
