"""From the outbox to the bus: every record that the stream shows is published, or comes again."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.domain.outbox import unfold
from letterlock.entry import wiring
from letterlock.services.ports import Publication

logger, metrics = Logger(), Metrics()


def outbox_of(record: dict[str, Any]) -> list[Publication]:
    """The facts of one stream record (AWS: "StreamRecord"), as they stand in its `outbox` attribute."""
    return [Publication(*each) for each in unfold(record["dynamodb"]["NewImage"]["outbox"]["S"])]


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, list[dict[str, str]]]:
    records = event["Records"]
    outboxes = [outbox_of(record) for record in records]
    failed = wiring.publish_facts()(outboxes)
    metrics.add_metric(
        name="FactsPublished",
        unit=MetricUnit.Count,
        value=sum(len(each) for at, each in enumerate(outboxes) if at not in failed),
    )
    if failed:
        logger.warning("facts refused by the bus", extra={"records": len(failed)})
    return {
        "batchItemFailures": [
            {"itemIdentifier": records[position]["dynamodb"]["SequenceNumber"]} for position in sorted(failed)
        ]
    }
