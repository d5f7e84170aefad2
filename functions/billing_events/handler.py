"""What Stripe told is applied, by asking Stripe how things stand; and seats follow the members of a workspace."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import billing_wiring
from letterlock.entry.batch import each_message

logger, metrics = Logger(), Metrics()


def apply(record: SQSRecord) -> None:
    event = json.loads(record.body)
    fact = event["detail"]
    if event["detail-type"] == "StripeEventRecorded":
        ended = billing_wiring.apply_payment()(fact["data"]["event"])
        metrics.add_metric(name=f"StripeEvents{ended.value.capitalize()}", unit=MetricUnit.Count, value=1)
        return
    freed = event["detail-type"] == "PersonRemoved"
    changed = billing_wiring.follow_seats()(fact["data"]["workspace"], fact["metadata"]["id"], freed=freed)
    metrics.add_metric(name="SeatsChanged", unit=MetricUnit.Count, value=int(changed is not None))


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, apply)
