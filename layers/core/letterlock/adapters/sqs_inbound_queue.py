"""The inbound queue, told of a mail in the words of SES's own notification, which `ses_notification` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from letterlock.adapters.codec import instant
from letterlock.domain.mail import Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsInboundQueue:
    """`InboundQueue`."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def put(self, delivery: Delivery) -> None:
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(notification(delivery)))

    def waiting(self) -> int:
        """One GetQueueAttributes."""
        answer = self._client.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(map(int, answer["Attributes"].values()))


def notification(delivery: Delivery) -> dict[str, object]:
    """As much of SES's notification as decides anything: the envelope and the verdicts, no header of the mail."""
    at, verdicts = instant(delivery.received_at), delivery.verdicts
    checks = ("spf", "dkim", "dmarc", "spam", "virus")
    return {
        "notificationType": "Received",
        "mail": {"timestamp": at, "messageId": delivery.ses_message_id, "source": delivery.mail_from},
        "receipt": {
            "timestamp": at,
            "recipients": list(delivery.recipients),
            **{f"{check}Verdict": {"status": getattr(verdicts, check).value} for check in checks},
            "action": {"type": "S3", "objectKey": delivery.object_key},
        },
    }
