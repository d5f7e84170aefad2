"""Files are looked into: what was uploaded, and what mail brought. Nobody can send or fetch them before."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry import file_wiring
from letterlock.entry.batch import each_message
from letterlock.entry.settings import number
from letterlock.services.ports import MessagePlace

logger, metrics = Logger(), Metrics()


def look(record: SQSRecord) -> None:
    told = json.loads(record.body)
    if "detail-type" in told:
        _look_into_mail(told["detail"], int(record.attributes.approximate_receive_count))
    for stored in told.get("Records", ()):  # none in S3's test of the queue
        _look_into_upload(stored)


def _look_into_mail(fact: dict[str, Any], tries: int) -> None:
    data, metadata = fact["data"], fact["metadata"]
    files = file_wiring.scan_message()(
        MessagePlace(data["workspace"], data["conversation"], data["message"]),
        correlation=metadata["correlation_id"],
        causation=metadata["id"],
        last_try=tries >= number("SCAN_ATTEMPTS"),
    )
    metrics.add_metric(name="MailFilesScanned", unit=MetricUnit.Count, value=files)


def _look_into_upload(stored: dict[str, Any]) -> None:
    arrived = file_wiring.arrived_of()(stored)
    if arrived is not None:
        ended = file_wiring.scan_upload()(arrived)
        metrics.add_metric(name=f"Upload{ended.name.title().replace('_', '')}", unit=MetricUnit.Count, value=1)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return each_message(event, context, look)
