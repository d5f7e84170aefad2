"""From the outbox to the bus: every record that the stream shows is published, or comes again."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.entry import mail_wiring

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, list[dict[str, str]]]:
    records = event["Records"]
    outboxes = [mail_wiring.outbox_of()(record["dynamodb"]["NewImage"]) for record in records]
    published = mail_wiring.publish_facts()(outboxes)
    failed = published.refused
    metrics.add_metric(
        name="FactsPublished",
        unit=MetricUnit.Count,
        value=sum(len(each.facts) for at, each in enumerate(outboxes) if at not in failed),
    )
    metrics.add_metric(name="OutboxesLeftMarked", unit=MetricUnit.Count, value=published.still_marked)
    if failed:
        logger.warning("facts refused by the bus", extra={"records": len(failed)})
    return {
        "batchItemFailures": [
            {"itemIdentifier": records[position]["dynamodb"]["SequenceNumber"]} for position in sorted(failed)
        ]
    }
