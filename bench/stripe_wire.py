"""Stripe's stand-in in this process: its library talks to it without a socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import stripe

if TYPE_CHECKING:
    from local.stripe.stand_in import StandIn


class InProcess(stripe.HTTPClient):
    """The library's own retries included, without their pauses."""

    name = "in-process"

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__()
        self._stand_in = stand_in

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        where = urlsplit(url)
        status, answer = self._stand_in.answer(method, where.path, post_data or where.query, dict(headers or {}))
        return json.dumps(answer), status, {"content-type": "application/json"}

    def _sleep_time_seconds(self, num_retries: int, response: Any = None) -> float:  # noqa: ARG002 - the library's own
        return 0

    def close(self) -> None:
        return
