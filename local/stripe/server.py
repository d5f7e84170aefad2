"""The stand-in over HTTP: its API, its pages, and its events, each told until it is taken.

Stripe sends an event again for three days when it is not answered 2xx, and promises no order (Stripe docs, "Webhooks");
here too, with pauses of a minute at most.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from local.stripe import pages
from local.stripe.objects import Json
from local.stripe.saved import load, save
from local.stripe.signing import signature, spelt
from local.stripe.stand_in import Refused, StandIn

_LONGEST_PAUSE: Final = 60.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
_logger = logging.getLogger(__name__)


class StripeServer:
    """At `address`, which tells its events to `webhook` under `secret`. `path`: where what it knows is kept."""

    def __init__(self, *, address: str, webhook: str, secret: str, path: Path) -> None:
        self._stripe = StandIn(time.time, pages=address)
        self._webhook, self._secret, self._path = webhook, secret, path
        self._changed = asyncio.Event()
        load(self._stripe, path)
        self._changed.set()

    def application(self) -> web.Application:
        """Events are told as long as it lives."""
        application = web.Application()
        application.cleanup_ctx.append(self._telling)
        application.router.add_route("*", "/v1/{path:.*}", self._api)
        application.router.add_get("/", self._board)
        application.router.add_post("/subscriptions/{subscription}", self._happens)
        application.router.add_get("/pay/{session}", self._checkout)
        application.router.add_post("/pay/{session}", self._pay)
        application.router.add_get("/portal/{session}", self._portal)
        application.router.add_post("/portal/{session}/{subscription}", self._happens)
        return application

    # ---- the API ----------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.Response:
        sent = await request.text() or request.query_string
        status, said = self._stripe.answer(request.method, request.path, sent, dict(request.headers))
        self._has_changed()
        return web.json_response(said, status=status)

    # ---- the pages --------------------------------------------------------------------------------------------------

    async def _board(self, _request: web.Request) -> web.Response:
        return _shown(pages.board(self._stripe.kept.get("subscription", {}).values()))

    async def _checkout(self, request: web.Request) -> web.Response:
        try:
            session = self._stripe.checkout(request.match_info["session"])
        except Refused as refused:
            return _refused(refused)
        if session["status"] != "open":
            return _shown(pages.done("This page is over", session["success_url"]))
        return _shown(pages.checkout(session, self._stripe.kept["order"][session["id"]]))

    async def _pay(self, request: web.Request) -> web.Response:
        session = request.match_info["session"]
        try:
            self._stripe.pay(session)
        except Refused as refused:
            return _refused(refused)
        self._has_changed()
        return _shown(pages.done("Paid", self._stripe.checkout(session)["success_url"]))

    async def _portal(self, request: web.Request) -> web.Response:
        try:
            session = self._stripe.portal(request.match_info["session"])
        except Refused as refused:
            return _refused(refused)
        return _shown(pages.portal(session, self._stripe.subscriptions_of(session["customer"])))

    async def _happens(self, request: web.Request) -> web.Response:
        subscription, what = request.match_info["subscription"], str((await request.post()).get("happens", ""))
        try:
            if what == "settle":
                self._stripe.settle(subscription)
            elif what == "end":
                self._stripe.end(subscription)
            elif what in pages.HAPPENS:
                self._stripe.renew(subscription, what)
            else:
                return web.Response(status=400, text=f"happens is one of {', '.join(pages.HAPPENS)}")
        except Refused as refused:
            return _refused(refused)
        self._has_changed()
        return _shown(pages.done(pages.HAPPENS[what]))

    # ---- its events -------------------------------------------------------------------------------------------------

    def _has_changed(self) -> None:
        save(self._stripe, self._path)
        self._changed.set()

    async def _telling(self, _application: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
            telling = asyncio.create_task(self._tell_all(client))
            yield
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling

    async def _tell_all(self, client: aiohttp.ClientSession) -> None:
        """Those that are not taken are told again, after a pause or when there is something new."""
        pause: float | None = None
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)
            self._changed.clear()
            for event in list(self._stripe.events):
                if await self._is_taken(client, event):
                    self._stripe.events.remove(event)
                    save(self._stripe, self._path)
            pause = min(2 * (pause or 0.5), _LONGEST_PAUSE) if self._stripe.events else None

    async def _is_taken(self, client: aiohttp.ClientSession, event: Json) -> bool:
        body = spelt(event)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, [self._secret], int(time.time())),
        }
        try:
            async with client.post(self._webhook, data=body.encode(), headers=headers) as answer:
                taken = answer.ok
                said = str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            taken, said = False, type(error).__name__
        if not taken:
            _logger.warning("the webhook did not take %s: %s", event["type"], said)
        return taken


def _shown(html: str) -> web.Response:
    return web.Response(text=html, content_type="text/html")


def _refused(refused: Refused) -> web.Response:
    status, said = refused.answer
    return web.json_response(said, status=status)
