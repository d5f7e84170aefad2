"""What SES would publish of a mail, by the name of each recipient. Listed in docs/local.md.

Source: Amazon SES Developer Guide, "Monitoring SES events using Amazon EventBridge" and "Contents of event data that
Amazon SES publishes".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

from mypy_boto3_events import EventBridgeClient

from local.settings import REGION, STACK

ACCOUNT = "000000000000"
# MiniStack lets nobody put events of `aws.*`, as AWS does not, and its own SES puts none.
SOURCE = "local.ses"
_BATCH = 10  # PutEvents takes no more
_REPORTING_MTA = "a1-1.smtp-out.amazonses.com"


@dataclass(frozen=True, slots=True)
class SesEvent:
    """One event: its detail-type and its detail, as SES puts them on the default bus."""

    detail_type: str
    detail: dict[str, Any]


def events_of(
    raw: bytes, *, ses_message_id: str, destination: Sequence[str], tags: Mapping[str, str]
) -> list[SesEvent]:
    """The events of one mail, in the order in which they would happen."""
    mail = _mail(raw, ses_message_id, destination, tags)
    events = [_event("Email Sent", "Send", "send", {}, mail)]
    if any(_name(each) == "reject" for each in destination):
        return [*events, _event("Email Rejected", "Reject", "reject", {"reason": "Bad content"}, mail)]
    for recipient in destination:
        events += _of_recipient(recipient, mail)
    return events


def publish(events: Sequence[SesEvent], bus: EventBridgeClient) -> None:
    """Put them on the default bus, in their order."""
    entries = [
        {"Source": SOURCE, "DetailType": each.detail_type, "Detail": json.dumps(each.detail), "EventBusName": "default"}
        for each in events
    ]
    for start in range(0, len(entries), _BATCH):
        bus.put_events(Entries=entries[start : start + _BATCH])  # type: ignore[arg-type]  # the stubs want their own dict


def as_published_here(template: dict[str, Any]) -> None:
    """Let the template's rules for SES's events match those that the local cloud can put. In place."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Events::Rule" and resource["Properties"]["EventPattern"]["source"] == ["aws.ses"]:
            resource["Properties"]["EventPattern"]["source"] = [SOURCE]


def _of_recipient(recipient: str, mail: dict[str, Any]) -> Iterator[SesEvent]:
    match _name(recipient):
        case "bounce":
            yield _bounced(recipient, mail, "Permanent", "NoEmail", "5.1.1", "smtp; 550 5.1.1 user unknown")
        case "softbounce":
            yield _bounced(recipient, mail, "Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full")
        case "suppressed":
            why = "Amazon SES did not send the message to this address because it is on the suppression list"
            yield _bounced(recipient, mail, "Permanent", "OnAccountSuppressionList", "5.1.1", why)
        case "complaint":
            yield _delivered(recipient, mail)
            yield _complained(recipient, mail)
        case "slow":
            yield _delayed(recipient, mail)
            yield _delivered(recipient, mail)
        case _:
            yield _delivered(recipient, mail)


def _delivered(recipient: str, mail: dict[str, Any]) -> SesEvent:
    said = {
        "timestamp": _now(),
        "processingTimeMillis": 1012,
        "recipients": [recipient],
        "smtpResponse": "250 2.0.0 OK",
        "remoteMtaIp": "192.0.2.10",
        "reportingMTA": _REPORTING_MTA,
    }
    return _event("Email Delivered", "Delivery", "delivery", said, mail)


def _bounced(recipient: str, mail: dict[str, Any], kind: str, sub_kind: str, status: str, why: str) -> SesEvent:
    bounced = {"emailAddress": recipient, "action": "failed", "status": status, "diagnosticCode": why}
    said = {
        "feedbackId": f"{mail['messageId']}-feedback",
        "bounceType": kind,
        "bounceSubType": sub_kind,
        "bouncedRecipients": [bounced],
        "timestamp": _now(),
        "reportingMTA": f"dns; {_REPORTING_MTA}",
    }
    return _event("Email Bounced", "Bounce", "bounce", said, mail)


def _complained(recipient: str, mail: dict[str, Any]) -> SesEvent:
    said = {
        "feedbackId": f"{mail['messageId']}-feedback",
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _now(),
        "userAgent": "Local feedback loop",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _now(),
    }
    return _event("Email Complaint Received", "Complaint", "complaint", said, mail)


def _delayed(recipient: str, mail: dict[str, Any]) -> SesEvent:
    why = "smtp; 421 4.4.1 Unable to connect to remote host"
    said = {
        "timestamp": _now(),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": _now(timedelta(hours=14)),
        "delayedRecipients": [{"emailAddress": recipient, "status": "4.4.1", "diagnosticCode": why}],
    }
    return _event("Email Delivery Delayed", "DeliveryDelay", "deliveryDelay", said, mail)


def _event(detail_type: str, kind: str, name: str, said: dict[str, Any], mail: dict[str, Any]) -> SesEvent:
    return SesEvent(detail_type, {"eventType": kind, name: said, "mail": mail})


def _mail(raw: bytes, ses_message_id: str, destination: Sequence[str], tags: Mapping[str, str]) -> dict[str, Any]:
    """The mail object of every event; SES gives each tag's value as a list, and adds tags of its own."""
    header = message_from_bytes(raw, policy=policy.compat32)
    fields = [{"name": name, "value": str(value)} for name, value in header.items()]
    sender = str(header.get("From", ""))
    return {
        "timestamp": _now(),
        "source": sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{sender.rpartition('@')[2].rstrip('>')}",
        "sendingAccountId": ACCOUNT,
        "messageId": ses_message_id,
        "destination": list(destination),
        "headersTruncated": False,
        "headers": fields,
        "commonHeaders": {"subject": str(header.get("Subject", "")), "messageId": ses_message_id},
        "tags": {
            "ses:operation": ["SendRawEmail"],
            "ses:configuration-set": [f"{STACK}-mail"],
            **{name: [value] for name, value in tags.items()},
        },
    }


def _name(address: str) -> str:
    return address.partition("@")[0].strip('"').casefold()


def _now(later: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) + later).isoformat(timespec="milliseconds").replace("+00:00", "Z")
