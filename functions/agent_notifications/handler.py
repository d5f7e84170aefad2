"""People of the team are told by mail: of what is theirs now, of mail in it, of notes that name them; once each."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import notify_wiring
from letterlock.entry.batch import each_message
from letterlock.entry.settings import SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    def tell(record: SQSRecord) -> None:
        told = json.loads(record.body)
        metadata = told["detail"]["metadata"]
        ended = notify_wiring.notify_people()(
            metadata["id"],
            told["detail-type"],
            told["detail"]["data"],
            datetime.fromisoformat(metadata["occurred_at"]),
            enough,
        )
        for word, times in ended.items():
            metrics.add_metric(name=f"Notification{word}", unit=MetricUnit.Count, value=times)

    return each_message(event, context, tell)
