"""How Stripe is reached: as everybody outside AWS is, within the time that one call may take.

The library's own client without `requests` (which would be one more 200 ms of a cold start) knows no time limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import stripe

from letterlock.adapters.outgoing_http import NoAnswer, NotAllowed, OutgoingHttp

ANSWER_BYTES: Final = 8 * 1024 * 1024
"""A page of a hundred subscriptions is some hundred kilobytes."""


class BoundedClient(stripe.HTTPClient):
    name = "letterlock"

    def __init__(self, http: OutgoingHttp) -> None:
        super().__init__()
        self._http = http

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status, headers in lower case. Raises stripe.APIConnectionError, without a word of the request's."""
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            answer = self._http(method.upper(), url, headers=dict(headers or {}), body=body, most=ANSWER_BYTES)
        except (NoAnswer, NotAllowed) as error:
            again = isinstance(error, NoAnswer)
            said = type(error).__name__
            failed = stripe.APIConnectionError(said, should_retry=again)  # type: ignore[no-untyped-call]  # the library's
            raise failed from None
        return answer.body.decode("utf-8"), answer.status, answer.headers

    def close(self) -> None:
        """No connection is kept."""
