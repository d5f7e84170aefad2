"""Mails about accounts on their way out: links, and word of what changed; once for each fact."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import people_wiring
from letterlock.entry.batch import each_message

logger, metrics = Logger(), Metrics()


def send(record: SQSRecord) -> None:
    event = json.loads(record.body)
    fact = event["detail"]
    ended = people_wiring.send_account_mail()(fact["metadata"]["id"], event["detail-type"], fact["data"])
    for word, times in ended.items():
        metrics.add_metric(name=f"AccountMail{word}", unit=MetricUnit.Count, value=times)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, send)
