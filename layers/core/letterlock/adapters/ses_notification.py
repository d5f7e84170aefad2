"""What SES tells of a mail it has received, as a `Delivery`.

Source: Amazon SES Developer Guide, "Contents of notifications for Amazon SES email receiving". The notification comes
through SNS with raw message delivery, so that the queue's message body is the notification itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from letterlock.domain.errors import Invalid
from letterlock.domain.mail import Delivery, Verdict, Verdicts

SETUP_NOTIFICATION: Final = "AMAZON_SES_SETUP_NOTIFICATION"
"""SES's message id of its own word that a receipt rule's bucket can be written to ("Receipt rule action: Deliver to S3
bucket"): it lies where mail lies, and is none.
"""
_CHECKS: Final = ("spf", "dkim", "dmarc", "spam", "virus")


def delivery_of(notification: Mapping[str, Any]) -> Delivery | None:
    """None for what SES says of itself when a receipt rule is made.

    Raises Invalid with the name of the field that is missing or of another type; never with what stands in it.
    """
    if notification.get("notificationType") != "Received":
        raise Invalid("notificationType")
    mail = _object(notification, "mail", "mail")
    if mail.get("messageId") == SETUP_NOTIFICATION:
        return None
    receipt = _object(notification, "receipt", "receipt")
    action = _object(receipt, "action", "receipt.action")
    if action.get("type") != "S3":
        raise Invalid("receipt.action.type")
    return Delivery(
        ses_message_id=_text(mail, "messageId", "mail.messageId"),
        object_key=_text(action, "objectKey", "receipt.action.objectKey"),
        recipients=_recipients(receipt),
        verdicts=Verdicts(**{check: _verdict(receipt.get(f"{check}Verdict")) for check in _CHECKS}),
        received_at=_time(_text(receipt, "timestamp", "receipt.timestamp")),
        mail_from=source if isinstance(source := mail.get("source"), str) else "",
    )


def _object(container: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
    value = container.get(key)
    if not isinstance(value, Mapping):
        raise Invalid(path)
    return value


def _text(container: Mapping[str, Any], key: str, path: str) -> str:
    value = container.get(key)
    if not isinstance(value, str) or not value:
        raise Invalid(path)
    return value


def _recipients(receipt: Mapping[str, Any]) -> tuple[str, ...]:
    """The envelope's recipients that matched the receipt rule, each once: not what the header's To says."""
    value = receipt.get("recipients")
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise Invalid("receipt.recipients")
    return tuple(dict.fromkeys(value))


def _verdict(value: object) -> Verdict:
    """A check that SES did not run, or whose word we do not know, gives no assurance: DISABLED."""
    status = value.get("status") if isinstance(value, Mapping) else None
    return Verdict(status) if isinstance(status, str) and status in set(Verdict) else Verdict.DISABLED


def _time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise Invalid("receipt.timestamp") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
