"""Replies on their way out: each queued one is claimed, handed to SES, and marked with what SES said."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.domain.errors import SendDelayed
from letterlock.entry import mail_wiring, wiring
from letterlock.entry.batch import each_message
from letterlock.entry.settings import BACKOFF_LIMIT_SECONDS, BACKOFF_SECONDS, number, setting

logger, metrics = Logger(), Metrics()


def deliver(record: SQSRecord) -> None:
    fact = json.loads(record.body)["detail"]
    tries = int(record.attributes.approximate_receive_count)
    try:
        state = mail_wiring.deliver_reply()(
            fact["data"]["workspace"],
            fact["data"]["conversation"],
            fact["data"]["message"],
            last_try=tries >= number("SEND_ATTEMPTS"),
            correlation=fact["metadata"]["correlation_id"],
            causation=fact["metadata"]["id"],
        )
    except SendDelayed:
        _wait(record, tries)
        raise
    metrics.add_metric(name=f"Reply{state.capitalize()}", unit=MetricUnit.Count, value=1)


def _wait(record: SQSRecord, tries: int) -> None:
    """Exponential backoff: the message stays hidden for twice as long as the time before."""
    pause = min(BACKOFF_SECONDS * 2 ** (tries - 1), BACKOFF_LIMIT_SECONDS)
    wiring.client("sqs").change_message_visibility(
        QueueUrl=setting("OUTBOUND_QUEUE_URL"), ReceiptHandle=record.receipt_handle, VisibilityTimeout=pause
    )


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, deliver)
