"""What SES says of the mails that we sent: each event is merged into its message, in whatever order it comes."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import mail_wiring
from letterlock.entry.batch import each_message

logger, metrics = Logger(), Metrics()


def record_delivery(record: SQSRecord) -> None:
    event = mail_wiring.delivery_event_of()(json.loads(record.body))
    state = mail_wiring.record_delivery()(event) if event else None
    # Of a message that is no more, or a mail that somebody else sent through our configuration set: nothing to keep.
    name = f"Mail{state.capitalize()}" if state else "MailEventsWithoutMessage"
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, record_delivery)
