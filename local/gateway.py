"""The REST API at a plain address: 127.0.0.1:API_PORT in front of MiniStack's `<api-id>.execute-api` host and stage."""

import logging
from collections.abc import AsyncIterator, Iterable

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from local.settings import Settings

STAGE = "live"

_logger = logging.getLogger(__name__)

# RFC 9110, section 7.6.1, and what each side's own connection decides.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
    }
)
_CLIENT = web.AppKey("client", aiohttp.ClientSession)


class Gateway:
    """A reverse proxy for one API; bodies stream through both ways."""

    def __init__(self, settings: Settings, *, api_id: str) -> None:
        self._upstream = settings.endpoint
        self._host = f"{api_id}.execute-api.localhost:{settings.cloud_port}"

    def application(self) -> web.Application:
        """One route for everything; the client to MiniStack lives as long as the application."""
        application = web.Application()
        application.cleanup_ctx.append(_with_client)
        application.router.add_route("*", "/{path:.*}", self._forward)
        return application

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        headers = _end_to_end(request.headers.items(), request.headers.getall("Connection", []))
        headers["Host"] = self._host
        if headers.get("Origin") == f"http://{request.host}":
            headers["Origin"] = f"https://{self._host}"  # a page of this address is of the API's own origin
        url = f"{self._upstream}/{STAGE}{request.raw_path}"
        body = request.content if request.can_read_body else None
        try:
            async with request.app[_CLIENT].request(
                request.method, _verbatim(url), headers=headers, data=body, allow_redirects=False
            ) as answer:
                return await _stream(request, answer)
        except aiohttp.ClientError as error:
            _logger.warning("the API did not answer: %s", type(error).__name__)
            return _bad_gateway()


async def _stream(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(
        status=answer.status,
        reason=answer.reason,
        headers=_end_to_end(answer.headers.items(), answer.headers.getall("Connection", [])),
    )
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response


async def _with_client(application: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(
        auto_decompress=False,
        skip_auto_headers={"User-Agent", "Accept", "Accept-Encoding", "Content-Type"},
    ) as client:
        application[_CLIENT] = client
        yield


def _end_to_end(headers: Iterable[tuple[str, str]], connection: Iterable[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for value in connection for name in value.split(",")}
    return CIMultiDict((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP | named)


def _verbatim(url: str) -> URL:
    """The path as the client wrote it: an escaped character stays escaped."""
    return URL(url, encoded=True)


def _bad_gateway() -> web.Response:
    return web.json_response(
        {
            "type": "about:blank",
            "title": "Bad Gateway",
            "status": 502,
            "detail": "The local cloud did not answer. Is it still starting, or has it stopped? See .local/cloud.log.",
        },
        status=502,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )
