"""What an SES receipt rule with an S3 action makes of a mail: the stored object and the SNS notification.

Sources: AWS, "Contents of notifications for Amazon SES email receiving" and "Amazon SES email receiving concepts"; the
header block as it stands at the top of mails that SES stored.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import format_datetime, getaddresses, parseaddr

from local.settings import REGION
from local.verdicts import Status, Verdicts

Header = tuple[str, str]

# SES names headers in a notification up to this size and says so when there were more (AWS: 10 KB).
_NOTIFIED_HEADER_BYTES = 10 * 1024
_FIELD = re.compile(r"^([!-9;-~]+)[ \t]*:(.*)$", re.DOTALL)
_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_METHOD_RESULT = {"PASS": "pass", "FAIL": "fail", "GRAY": "none", "PROCESSING_FAILED": "temperror"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail as it came over SMTP: the envelope, the client, and SES's verdicts on it."""

    message_id: str
    received_at: datetime
    mail_from: str
    recipients: Sequence[str]
    helo: str
    client: str
    verdicts: Verdicts


def new_message_id() -> str:
    """An id as SES gives to a received mail: 40 lower-case characters of base32hex."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(40))


def stored_mail(delivery: Delivery, raw: bytes) -> bytes:
    """The object that SES writes: its own headers at the top, then the mail, byte for byte."""
    sender_domain = delivery.mail_from.rpartition("@")[2] or delivery.helo
    from_domain = _from_domain(raw) or sender_domain
    verdicts = delivery.verdicts
    spf = (
        f"{_result(verdicts.spf)} (spfCheck: {_spf_words(verdicts.spf, sender_domain, delivery.client)})"
        f" client-ip={delivery.client}; envelope-from={delivery.mail_from}; helo={delivery.helo};"
    )
    block = [
        f"Return-Path: <{delivery.mail_from}>",
        *_received(delivery),
        f"X-SES-Spam-Verdict: {verdicts.spam}",
        f"X-SES-Virus-Verdict: {verdicts.virus}",
        f"Received-SPF: {spf}",
        "Authentication-Results: amazonses.com;",
        f" spf={spf}",
        f" dkim={_result(verdicts.dkim)} header.i=@{from_domain};",
        f" dmarc={_result(verdicts.dmarc)} header.from={from_domain};",
        f"X-SES-RECEIPT: {base64.b64encode(delivery.message_id.encode()).decode()}",
        f"X-SES-DKIM-SIGNATURE: {_signature(delivery, raw)}",
    ]
    return "".join(f"{line}\r\n" for line in block).encode() + raw


def notification(
    delivery: Delivery, stored: bytes, *, bucket: str, prefix: str, topic: str, now: datetime
) -> dict[str, object]:
    """The SNS message of an S3 action: the mail's headers (truncated) and the receipt, never its content."""
    headers, truncated = _notified(header_fields(stored))
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": _timestamp(delivery.received_at),
            "source": delivery.mail_from,
            "messageId": delivery.message_id,
            "destination": [a for _, a in getaddresses(_values(headers, "to") + _values(headers, "cc")) if a],
            "headersTruncated": truncated,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "commonHeaders": _common_headers(headers),
        },
        "receipt": {
            "timestamp": _timestamp(now),
            "processingTimeMillis": round((now - delivery.received_at).total_seconds() * 1000),
            "recipients": list(delivery.recipients),
            **delivery.verdicts.receipt(),
            "action": {
                "type": "S3",
                "topicArn": topic,
                "bucketName": bucket,
                "objectKeyPrefix": prefix,
                "objectKey": f"{prefix}{delivery.message_id}",
            },
        },
    }


def header_fields(mail: bytes) -> list[Header]:
    """A mail's header fields, unfolded, in order. Lines that are no header are left out; any bytes will do."""
    block = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0]
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", block.decode("utf-8", "replace"))
    matches = (_FIELD.match(line) for line in re.split(r"\r?\n", unfolded))
    return [(match[1], match[2].strip()) for match in matches if match]


def _notified(headers: Sequence[Header]) -> tuple[list[Header], bool]:
    kept: list[Header] = []
    size = 0
    for name, value in headers:
        size += len(name.encode()) + len(value.encode()) + 4  # ": " and the line's end
        if size > _NOTIFIED_HEADER_BYTES:
            return kept, True
        kept.append((name, value))
    return kept, False


def _common_headers(headers: Sequence[Header]) -> dict[str, object]:
    common: dict[str, object] = {}
    for name in ("Return-Path", "From", "Sender", "Reply-To", "Date", "To", "Cc", "Bcc", "Message-ID", "Subject"):
        values = _values(headers, name.lower())
        if not values:
            continue
        first, *rest = name.split("-")
        key = "messageId" if name == "Message-ID" else first.lower() + "".join(rest)
        if name in {"From", "To", "Cc", "Bcc", "Reply-To"}:
            common[key] = [part.strip() for value in values for part in _decoded(value).split(",") if part.strip()]
        else:
            common[key] = _decoded(values[0]).strip("<>" if name == "Return-Path" else "")
    return common


def _received(delivery: Delivery) -> list[str]:
    lines = [
        f"Received: from {delivery.helo} ({delivery.helo} [{delivery.client}])",
        f" by inbound-smtp.{REGION}.amazonaws.com with SMTP id {delivery.message_id}",
    ]
    if len(delivery.recipients) == 1:
        # Several recipients are not told of one another.
        lines.append(f" for {delivery.recipients[0]};")
    else:
        lines[-1] += ";"
    return [*lines, f" {format_datetime(delivery.received_at)} (UTC)"]


def _signature(delivery: Delivery, raw: bytes) -> str:
    """Shaped as SES's own; nothing verifies it here and nothing should trust it."""
    body = raw.partition(b"\r\n\r\n")[2]
    return (
        f"a=rsa-sha256; q=dns/txt; b={base64.b64encode(secrets.token_bytes(128)).decode()}; c=relaxed/simple;"
        f" s=local; d=amazonses.com; t={int(delivery.received_at.timestamp())}; v=1;"
        f" bh={base64.b64encode(hashlib.sha256(body).digest()).decode()};"
        " h=From:To:Cc:Bcc:Subject:Date:Message-ID:MIME-Version:Content-Type:X-SES-RECEIPT;"
    )


def _spf_words(status: Status, domain: str, client: str) -> str:
    if status == "PASS":
        return f"domain of {domain} designates {client} as permitted sender"
    if status == "FAIL":
        return f"domain of {domain} does not designate {client} as permitted sender"
    return f"{client} is neither permitted nor denied by domain of {domain}"


def _from_domain(raw: bytes) -> str:
    values = _values(header_fields(raw), "from")
    domain = parseaddr(values[0])[1].rpartition("@")[2] if values else ""
    return domain if re.fullmatch(r"[\w.-]+", domain) else ""


def _result(status: Status) -> str:
    """The word of RFC 8601 for an SES verdict."""
    return _METHOD_RESULT[status]


def _values(headers: Sequence[Header], name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def _decoded(value: str) -> str:
    """RFC 2047 words decoded; as it is when they are broken."""
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, ValueError, LookupError):
        return value


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
