"""A mailbox says by itself that a mail has come, where the team wants it to; to one address once a day."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import notify_wiring
from letterlock.entry.batch import each_message

logger, metrics = Logger(), Metrics()


def send(record: SQSRecord) -> None:
    fact = json.loads(record.body)["detail"]
    metadata = fact["metadata"]
    occurred_at = datetime.fromisoformat(metadata["occurred_at"])
    ended = notify_wiring.acknowledge()(metadata["id"], fact["data"], occurred_at)
    metrics.add_metric(name=f"Acknowledgement{ended}", unit=MetricUnit.Count, value=1)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, send)
