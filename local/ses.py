"""The SES v2 API as functions see it: MiniStack decides, our outbox delivers.

MiniStack checks who may send and from where, but rebuilds what it is given (References, Reply-To and files are lost),
answers an id that SES would not, and writes the content to its state in the clear. So SendEmail passes through here:
MiniStack gets a mail with the same sender's domain and nothing in it; the real one goes to the outbox under an id of
SES's shape. What SES would then say of it (delivered, bounced, …) is played by `local.ses_events`.
"""

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr
from typing import Any

import aiohttp
from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from local.outbox import Outbox, new_message_id
from local.ses_events import SesEvent, events_of
from local.settings import MAIL_DOMAIN

_logger = logging.getLogger(__name__)

_SEND = "/v2/email/outbound-emails"
_MAX_REQUEST_BYTES = 60 * 1024 * 1024  # 40 MB of mail in base64, and its JSON
# Answers that a test asks for with a recipient's domain: status, exception, as SES names them. Listed in docs/local.md.
FAILURES = {
    "ses-throttled.test": (429, "TooManyRequestsException"),
    "ses-rejected.test": (400, "MessageRejected"),
    "ses-paused.test": (400, "SendingPausedException"),
    "ses-broken.test": (500, "InternalServiceErrorException"),
}


class SesApi:
    """An HTTP application that stands before MiniStack's SES v2."""

    def __init__(self, *, upstream: str, outbox: Outbox, say: Callable[[list[SesEvent]], None]) -> None:
        """`say` publishes events; it may take its time."""
        self._upstream = upstream
        self._outbox = outbox
        self._say = say
        self._saying: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """The routes; the client to MiniStack lives as long as the application."""
        application = web.Application(client_max_size=_MAX_REQUEST_BYTES)
        application.cleanup_ctx.append(self._with_client)
        application.router.add_post(_SEND, self._send)
        application.router.add_route("*", "/{path:.*}", self._pass_through)
        return application

    async def _with_client(self, application: web.Application) -> Any:
        async with aiohttp.ClientSession(auto_decompress=False) as client:
            application[_CLIENT] = client
            yield
            await asyncio.gather(*self._saying)  # what was sent is told before the doors close

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            order = json.loads(body)
            raw = _mail_of(order)
        except (ValueError, KeyError, TypeError):
            return _failure(400, "BadRequestException", "The request is not a SendEmail that the local cloud can read.")
        asked = _asked_failure(order, raw)
        if asked is not None:
            return _failure(*asked, "Asked for by the recipient's domain.")
        answer = await self._ask(request, json.dumps(_without_content(order, raw)).encode(), signed_body=body)
        if answer.status != 200:
            return answer
        message_id = new_message_id()
        await asyncio.to_thread(self._outbox.deliver, raw, message_id)
        tags = {tag["Name"]: tag["Value"] for tag in order.get("EmailTags", [])}
        events = events_of(raw, ses_message_id=message_id, destination=_destination(order, raw), tags=tags)
        task = asyncio.create_task(self._publish(events))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        return web.json_response({"MessageId": message_id})

    async def _publish(self, events: list[SesEvent]) -> None:
        """After the answer, as SES does: nobody waits for it."""
        try:
            await asyncio.to_thread(self._say, events)
        except (BotoCoreError, ClientError) as error:
            _logger.warning("SES's events did not reach the bus: %s", type(error).__name__)

    async def _pass_through(self, request: web.Request) -> web.Response:
        body = await request.read()
        return await self._ask(request, body, signed_body=body)

    async def _ask(self, request: web.Request, body: bytes, *, signed_body: bytes) -> web.Response:
        """MiniStack's answer. The Host header and the hash of the signed body go along, so that the signature holds."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in {"content-length", "connection"}
        }
        headers["X-Amz-Content-SHA256"] = hashlib.sha256(signed_body).hexdigest()
        client = request.app[_CLIENT]
        url = f"{self._upstream}{request.rel_url}"
        try:
            async with client.request(request.method, url, headers=headers, data=body) as answer:
                content = await answer.read()
                kept = {name: value for name, value in answer.headers.items() if name.lower().startswith("x-amz")}
                return web.Response(status=answer.status, body=content, headers=kept, content_type=answer.content_type)
        except aiohttp.ClientError as error:
            _logger.warning("SES did not answer: %s", type(error).__name__)
            return _failure(500, "InternalServiceErrorException", "The local cloud's SES did not answer.")


_CLIENT = web.AppKey("client", aiohttp.ClientSession)


def _mail_of(order: Mapping[str, Any]) -> bytes:
    """The mail's bytes: Raw as it is, Simple as SES would build it. Raises ValueError, KeyError or TypeError."""
    content = order["Content"]
    if "Raw" in content:
        return base64.b64decode(content["Raw"]["Data"], validate=True)
    simple = content["Simple"]
    mail = EmailMessage()
    mail["From"] = order["FromEmailAddress"]
    mail["Subject"] = simple["Subject"]["Data"]
    destination = order.get("Destination", {})
    for name, key in (("To", "ToAddresses"), ("Cc", "CcAddresses")):
        if destination.get(key):
            mail[name] = ", ".join(destination[key])
    if order.get("ReplyToAddresses"):
        mail["Reply-To"] = ", ".join(order["ReplyToAddresses"])
    for header in simple.get("Headers", []):
        mail[header["Name"]] = header["Value"]
    mail.set_content(simple["Body"].get("Text", {}).get("Data", ""))
    if "Html" in simple["Body"]:
        mail.add_alternative(simple["Body"]["Html"]["Data"], subtype="html")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def _destination(order: Mapping[str, Any], raw: bytes) -> list[str]:
    """Everybody the mail goes to: as the order names them, else as the header does."""
    destination = order.get("Destination", {})
    named = [address for key in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(key, [])]
    if not named:
        parsed = BytesHeaderParser().parsebytes(raw)
        named = [str(value) for name in ("To", "Cc", "Bcc") for value in parsed.get_all(name, [])]
    return [address for _, address in getaddresses(named)]


def _asked_failure(order: Mapping[str, Any], raw: bytes) -> tuple[int, str] | None:
    domains = [address.rpartition("@")[2].lower() for address in _destination(order, raw)]
    return next((FAILURES[domain] for domain in domains if domain in FAILURES), None)


def _without_content(order: Mapping[str, Any], raw: bytes) -> dict[str, Any]:
    """The same order with nothing to read in it: only the sender's domain, the configuration set and the tags stay."""
    sender = order.get("FromEmailAddress") or str(BytesHeaderParser().parsebytes(raw).get("From", ""))
    domain = parseaddr(sender)[1].rpartition("@")[2] or MAIL_DOMAIN
    kept = {key: order[key] for key in ("ConfigurationSetName", "EmailTags") if key in order}
    text = {"Data": "-"}
    return {
        **kept,
        "FromEmailAddress": f"sender@{domain}",
        "Destination": {"ToAddresses": ["recipient@recipient.test"]},
        "Content": {"Simple": {"Subject": text, "Body": {"Text": text}}},
    }


def _failure(status: int, kind: str, detail: str) -> web.Response:
    """An error as the SES v2 API words it; botocore reads the type from the header."""
    return web.json_response({"message": detail}, status=status, headers={"x-amzn-ErrorType": kind})
