"""The local cloud's own servers (SES, the SMTP door, the gateway), together in one thread with one event loop."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from local.settings import HOST

_T = TypeVar("_T")
_CLOSE_SECONDS = 5.0


class Servers:
    """Starts servers one by one and stops them all, the last one first. Not safe for use from several threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="servers", daemon=True)
        self._closers: list[Callable[[], Awaitable[None]]] = []

    def start(self) -> None:
        """Start the thread; servers are then added to it."""
        self._thread.start()

    def serve_http(self, application: web.Application, port: int) -> int:
        """Serve an HTTP application on 127.0.0.1 and answer its port; port 0 takes a free one."""
        return self._run(self._serve_http(application, port))

    def serve(self, opening: Coroutine[Any, Any, asyncio.Server]) -> None:
        """Open any other asyncio server."""
        server = self._run(opening)

        async def close() -> None:
            server.close()

        self._closers.append(close)

    def stop(self) -> None:
        """Close every server, then the thread. Does nothing when it never started."""
        if not self._thread.is_alive():
            return
        while self._closers:
            self._run(_within(self._closers.pop()()))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve_http(self, application: web.Application, port: int) -> int:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._closers.append(runner.cleanup)
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        return int(runner.addresses[0][1])

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


async def _within(closing: Awaitable[None]) -> None:
    """Wait for one server to close, but not for ever: a client that hangs on must not keep Ctrl-C waiting."""
    try:
        await asyncio.wait_for(closing, _CLOSE_SECONDS)
    except TimeoutError:
        return
