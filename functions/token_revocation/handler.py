"""What hangs on something that was revoked is ended. It opens nothing any more since before this fact was told."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import token_wiring, wiring
from letterlock.entry.batch import each_message
from letterlock.entry.settings import SETTLING_SECONDS, SPARE_MILLISECONDS, setting

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    def finish(record: SQSRecord) -> None:
        told = json.loads(record.body)
        metadata = told["detail"]["metadata"]
        left = token_wiring.finish_revocation()(
            told["detail-type"],
            told["detail"]["data"],
            fact=metadata["id"],
            occurred_at=datetime.fromisoformat(metadata["occurred_at"]),
            correlation=metadata["correlation_id"],
            settled=bool(told.get("settled")),
            enough=enough,
        )
        metrics.add_metric(name=f"RevocationLeft{left.value.capitalize()}", unit=MetricUnit.Count, value=1)
        if left.value != "nothing":
            _go_on(told | {"settled": left.value == "settling"})

    return each_message(event, context, finish)


def _go_on(told: dict[str, Any]) -> None:
    """The same fact comes again: at once while there is more to do, a minute later for the last look."""
    wiring.client("sqs").send_message(
        QueueUrl=setting("REVOCATION_QUEUE_URL"),
        MessageBody=json.dumps(told),
        DelaySeconds=SETTLING_SECONDS if told["settled"] else 0,
    )
