"""The small Mastodon over HTTP, with the page where somebody lets us in. It can be down, and notes what was asked."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from local.mastodon.peer import Peer

BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    at: float
    """By `time.monotonic`."""
    method: str
    path: str
    status: int


@dataclass
class MastodonServer:
    """`user`: as whom a browser is signed in there, who agrees to everything."""

    peer: Peer
    user: str
    down: bool = False
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Around the peer, which the server's thread and whoever looks into it have in common."""

    def application(self) -> web.Application:
        application = web.Application(client_max_size=BODY_BYTES)
        application.router.add_get("/oauth/authorize", self._authorize)
        application.router.add_route("*", "/{path:.*}", self._api)
        return application

    def used(self, since: float) -> int:
        """Requests since then that a token opened: what asks to revoke one is none."""
        with self.lock:
            return sum(each.at > since and each.status < web.HTTPBadRequest.status_code for each in self.requests)

    async def _authorize(self, request: web.Request) -> web.Response:
        with self.lock:
            return web.Response(status=302, headers={"Location": self.peer.oauth.consent(str(request.url), self.user)})

    async def _api(self, request: web.Request) -> web.StreamResponse:
        body, at = await request.read(), time.monotonic()
        if self.down:
            if request.transport:
                request.transport.abort()
            return web.Response(status=503)
        headers: dict[str, str] = dict(request.headers)
        with self.lock:
            status, said, text = self.peer.answer(request.method, str(request.url), headers, body)
            if request.path.startswith("/api/"):
                self.requests.append(Request(at, request.method, request.path, status))
        return web.Response(status=status, headers=said, body=text)


def served_at(port: int, user: str, host: str) -> MastodonServer:
    return MastodonServer(Peer(f"http://{host}:{port}", time.time), user)
