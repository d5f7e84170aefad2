"""The audit log's chains: every entry that the stream shows is linked, or comes again."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.entry import audit_wiring
from letterlock.entry.failures import safe_words

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, list[dict[str, str]]]:
    """Each workspace by itself, in the order in which its entries came: one that fails does not hold up the others."""
    by_workspace = defaultdict(list)
    for record in event["Records"]:
        entry = audit_wiring.stored_entry_of()(record["dynamodb"]["NewImage"])
        by_workspace[entry.workspace].append((record["dynamodb"]["SequenceNumber"], entry))
    linked, failed = 0, list[str]()
    for workspace, found in by_workspace.items():
        try:
            linked += audit_wiring.chain_audit()(workspace, [entry for _, entry in found])
        except Exception as error:  # noqa: BLE001 - whatever it is, these records come again
            failed += [number for number, _ in found]
            logger.warning("entries not linked", extra={"workspace": workspace, **safe_words(error)})
    metrics.add_metric(name="AuditEntriesLinked", unit=MetricUnit.Count, value=linked)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
