"""Mail from SES: each notification of a receipt becomes messages, or an entry in a ledger that says why not."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import mail_wiring
from letterlock.entry.batch import each_message

logger, metrics = Logger(), Metrics()


def receive(record: SQSRecord) -> None:
    delivery = mail_wiring.delivery_of()(json.loads(record.body))
    if delivery is None:
        return
    for outcome, times in mail_wiring.receive_mail()(delivery).items():
        metrics.add_metric(name=f"Mail{outcome.capitalize()}", unit=MetricUnit.Count, value=times)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, receive)
