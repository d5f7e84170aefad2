"""The SMTP door: plays the SES receipt rule, which MiniStack does not have.

A mail is answered with 250 only after its object is in the inbound bucket and its notification is published; when that
fails, the sender is asked to try again (451), so a mail that was acknowledged is never lost.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP, Envelope, Session
from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_s3 import S3Client
from mypy_boto3_sns import SNSClient

from local.receipt import Delivery, new_message_id, notification, stored_mail
from local.settings import REGION
from local.verdicts import verdicts_for

# AWS, "Service quotas in Amazon SES": a received message, headers included, that goes to S3.
MAX_MAIL_BYTES = 40 * 1024 * 1024
OBJECT_PREFIX = "inbound/"

_logger = logging.getLogger(__name__)

Receive = Callable[[Delivery, bytes], Awaitable[None]]


class ReceiptRule:
    """The rule's one action: the object into the bucket, then the notification to the topic."""

    def __init__(self, *, s3: S3Client, sns: SNSClient, bucket: str, topic: str) -> None:
        self._s3 = s3
        self._sns = sns
        self._bucket = bucket
        self._topic = topic

    async def __call__(self, delivery: Delivery, raw: bytes) -> None:
        """Store and announce one mail. Raises botocore's errors."""
        await asyncio.to_thread(self._run, delivery, raw)

    def _run(self, delivery: Delivery, raw: bytes) -> None:
        stored = stored_mail(delivery, raw)
        self._s3.put_object(Bucket=self._bucket, Key=f"{OBJECT_PREFIX}{delivery.message_id}", Body=stored)
        message = notification(
            delivery, stored, bucket=self._bucket, prefix=OBJECT_PREFIX, topic=self._topic, now=datetime.now(UTC)
        )
        self._sns.publish(
            TopicArn=self._topic, Subject="Amazon SES Email Receipt Notification", Message=json.dumps(message)
        )


class Door:
    """aiosmtpd's handler: recipients by domain, as a receipt rule matches them; then the rule."""

    def __init__(self, receive: Receive, *, mail_domain: str) -> None:
        self._receive = receive
        self._mail_domain = mail_domain

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's own name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Any address of the mail domain is accepted, known or not: who it is for is the product's question."""
        if address.rpartition("@")[2].lower() != self._mail_domain:
            return "550 5.1.1 Requested action not taken: mailbox unavailable"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 Ok"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's own name)
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """One mail, one object, one notification, however many recipients its envelope names."""
        helo = session.host_name or "unknown"
        mail_from = "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)
        delivery = Delivery(
            message_id=new_message_id(),
            received_at=datetime.now(UTC),
            mail_from=mail_from,
            recipients=tuple(dict.fromkeys(envelope.rcpt_tos)),
            helo=helo,
            client=str(session.peer[0]) if session.peer else "127.0.0.1",
            verdicts=verdicts_for(mail_from, helo),
        )
        try:
            await self._receive(delivery, bytes(envelope.original_content or b""))
        except (BotoCoreError, ClientError) as error:
            _logger.warning("mail %s was not taken: %s", delivery.message_id, type(error).__name__)
            return "451 4.3.0 Local error in processing, try again later"
        return f"250 Ok {delivery.message_id}"


class _Protocol(SMTP):
    # Mails with lines over RFC 5321's 1,000 octets are common, and SES takes them.
    line_length_limit = MAX_MAIL_BYTES + 1024


async def open_door(door: Door, host: str, port: int) -> asyncio.Server:
    """Listen for mail. The caller closes the server."""
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return _Protocol(
            door,
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname=f"inbound-smtp.{REGION}.amazonaws.com",
            ident="ESMTP",
            loop=loop,
        )

    return await loop.create_server(protocol, host, port)
