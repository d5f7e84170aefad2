"""What SES publishes of a mail that it took, as a `DeliveryEvent`.

Sources: Amazon SES Developer Guide, "Monitoring SES events using Amazon EventBridge" (detail-types, best effort, any
order) and "Contents of event data that Amazon SES publishes" (the objects in `detail`). The rules in the template pass
on what is read here and nothing else, so that no header of a mail enters a queue; a whole event reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from letterlock.domain.delivery import DeliveryEvent
from letterlock.domain.errors import Invalid
from letterlock.domain.outcomes import Outcomes, RecipientOutcome, RecipientState, joined

_ID: Final = {
    name: re.compile(rf"{prefix}_[0-9A-Za-z]{{1,40}}")
    for name, prefix in (("workspace", "wsp"), ("conversation", "cnv"), ("message", "msg"))
}
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""SES's own words, such as MailboxFull. What is none of them might quote a server, or a person."""
_NOT_A_COMPLAINT: Final = "not-spam"
"""RFC 6430: the recipient says that a mail was wrongly taken for spam."""


def delivery_event_of(event: Mapping[str, Any]) -> DeliveryEvent | None:
    """None for a mail that is not ours: it lacks the tags that every mail of ours has.

    Raises Invalid with the name of the field that is missing or of another type; never with what stands in it.
    """
    detail = _object(event, "detail", "detail")
    mail = _object(detail, "mail", "detail.mail")
    tags = {name: _tag(mail, name) for name in (*_ID, "attempt")}
    if not all(pattern.fullmatch(tags[name]) for name, pattern in _ID.items()):
        return None
    destination = tuple(_addresses(mail.get("destination"), "detail.mail.destination"))
    return DeliveryEvent(
        id=_text(event, "id", "id"),
        at=_time(_text(event, "time", "time")),
        workspace=tags["workspace"],
        conversation=tags["conversation"],
        message=tags["message"],
        attempt=int(tags["attempt"]) if tags["attempt"].isdecimal() else 0,
        message_id=message_id_of(_text(mail, "messageId", "detail.mail.messageId"), _text(event, "region", "region")),
        destination=destination,
        outcomes=_outcomes(detail, destination),
    )


def message_id_of(ses_message_id: str, region: str) -> str:
    """The Message-ID that SES writes over ours: its own id at its region's name, `email` standing for us-east-1."""
    return f"{ses_message_id}@{'email' if region == 'us-east-1' else region}.amazonses.com"


def _outcomes(detail: Mapping[str, Any], destination: tuple[str, ...]) -> Outcomes:
    kind = _text(detail, "eventType", "detail.eventType")
    if kind == "Send":
        return ()
    if kind in _NEVER_LEFT:
        return joined(RecipientOutcome(each, RecipientState.REJECTED, _NEVER_LEFT[kind]) for each in destination)
    if kind not in _SAID:
        raise Invalid("detail.eventType")
    name, read = _SAID[kind]
    return read(_object(detail, name, f"detail.{name}"))


def _delivered(said: Mapping[str, Any]) -> Outcomes:
    reached = _addresses(said.get("recipients"), "detail.delivery.recipients")
    return joined(RecipientOutcome(each, RecipientState.DELIVERED) for each in reached)


def _bounced(said: Mapping[str, Any]) -> Outcomes:
    # Undetermined: SES could not tell why, so it may pass.
    hard = said.get("bounceType") == "Permanent"
    state = RecipientState.HARD_BOUNCE if hard else RecipientState.SOFT_BOUNCE
    return _named(said, "bouncedRecipients", state, said.get("bounceSubType"))


def _complained(said: Mapping[str, Any]) -> Outcomes:
    """SES lists everybody who may have complained: most feedback loops do not say who did."""
    feedback = said.get("complaintFeedbackType")
    if feedback == _NOT_A_COMPLAINT:
        return ()
    reason = said.get("complaintSubType") or feedback
    return _named(said, "complainedRecipients", RecipientState.COMPLAINED, reason)


def _delayed(said: Mapping[str, Any]) -> Outcomes:
    return _named(said, "delayedRecipients", RecipientState.DELAYED, said.get("delayType"))


_NEVER_LEFT: Final = {"Reject": "BadContent", "Rendering Failure": "RenderingFailure"}
"""SES took it and did not send it. A virus is the only reason of a Reject."""
_SAID: Final[dict[str, tuple[str, Callable[[Mapping[str, Any]], Outcomes]]]] = {
    "Delivery": ("delivery", _delivered),
    "Bounce": ("bounce", _bounced),
    "Complaint": ("complaint", _complained),
    "DeliveryDelay": ("deliveryDelay", _delayed),
}


def _named(said: Mapping[str, Any], key: str, state: RecipientState, reason: object) -> Outcomes:
    """The recipients that an event lists, each an object with `emailAddress`."""
    listed = said.get(key)
    if not isinstance(listed, list) or not listed:
        raise Invalid(key)
    addresses = [_text(each, "emailAddress", key) if isinstance(each, Mapping) else "" for each in listed]
    return joined(RecipientOutcome(each, state, _word(reason)) for each in _addresses(addresses, key))


def _word(reason: object) -> str:
    """SES's word; empty for none, `other` for what is not one of its words."""
    if reason is None or reason == "":
        return ""
    return reason if isinstance(reason, str) and _WORD.fullmatch(reason) else "other"


def _tag(mail: Mapping[str, Any], name: str) -> str:
    """A tag's one value: SES gives each as a list."""
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, Mapping) else None
    return values[0] if isinstance(values, list) and values and isinstance(values[0], str) else ""


def _addresses(listed: object, path: str) -> Iterator[str]:
    if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each for each in listed):
        raise Invalid(path)
    yield from dict.fromkeys(listed)


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


def _time(text: str) -> datetime:
    """ISO 8601; a time without a zone is UTC. Raises Invalid."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
