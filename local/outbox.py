"""What SES makes of a mail that it is given to send, as .eml files in the outbox: what a recipient gets.

Sources: AWS, "Amazon SES header fields" and "Message-ID and Date" therein: SES replaces both, and takes Bcc and its own
X-SES-* instructions out. The rest of the mail stays byte for byte.
"""

import os
import re
import secrets
import time
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from local.settings import REGION

_TAKEN_OUT = frozenset(
    {
        "message-id",
        "date",
        "bcc",
        "return-path",
        "x-ses-configuration-set",
        "x-ses-message-tags",
        "x-ses-source-arn",
        "x-ses-from-arn",
        "x-ses-return-path-arn",
        "x-ses-list-management-options",
    }
)


def new_message_id() -> str:
    """An id as SendEmail answers it: milliseconds since 1970, a UUID, a counter."""
    return f"0100{int(time.time() * 1000):012x}-{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}-000000"


def message_id_domain(region: str) -> str:
    """The right-hand side of SES's Message-ID: us-east-1 has its own."""
    return "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"


def as_delivered(raw: bytes, message_id: str, *, now: datetime) -> bytes:
    """The mail after SES: its Message-ID, its Date, its Return-Path and a Received line of the way out."""
    head, blank, body = _split(raw)
    kept = [field for field in _fields(head) if _name(field) not in _TAKEN_OUT]
    date = format_datetime(now.astimezone(UTC))
    added = [
        f"Return-Path: <{message_id}@{message_id_domain(REGION)}>",
        "Received: from a1-1.smtp-out.amazonses.com (a1-1.smtp-out.amazonses.com [192.0.2.25])",
        f" by mx.recipient.test with ESMTPS id {message_id[:16]}; {date}",
        f"Message-ID: <{message_id}@{message_id_domain(REGION)}>",
        f"Date: {date}",
        f"Feedback-ID: ::1.{REGION}.local:AmazonSES",
        f"X-SES-Outgoing: {now:%Y.%m.%d}-192.0.2.25",
    ]
    return "".join(f"{line}\r\n" for line in added).encode() + b"".join(kept) + blank + body


class Outbox:
    """A folder of sent mails, one `<SES MessageId>.eml` each. A file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, raw: bytes, message_id: str) -> None:
        """Put one mail into the outbox."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{message_id}.partial"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(as_delivered(raw, message_id, now=datetime.now(UTC)))
        partial.rename(self._folder / f"{message_id}.eml")


def _split(raw: bytes) -> tuple[bytes, bytes, bytes]:
    match = re.search(rb"\r?\n(\r?\n)", raw)
    if match is None:
        return raw, b"", b""
    return raw[: match.start(1)], match[1], raw[match.end() :]


def _fields(head: bytes) -> list[bytes]:
    """The header's fields, each with its folded lines and their ends."""
    return re.findall(rb"[^\n]*\n(?:[ \t][^\n]*\n)*|[^\n]+$", head)


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().lower().decode("ascii", "replace")
