"""Once a day: link what the stream lost, and put the end of each chain of the audit log out of everybody's reach."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, Field

from letterlock.entry import audit_wiring
from letterlock.entry.failures import safe_words
from letterlock.entry.settings import SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


class AnchorIn(BaseModel):
    """`{"days"}`: how far back to look for entries without a link. The schedule says nothing; an operator may."""

    days: Annotated[int, Field(ge=1, le=400)] = 2


class ChainsNotAnchored(Exception):
    """Says how many; which and why is in the log."""


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """`{"anchored", "linked"}`: chains, and entries that had to be linked first."""
    days, anchored, linked, failed = AnchorIn.model_validate(event).days, 0, 0, 0
    for workspace in audit_wiring.audit_chain().chains():
        if context.get_remaining_time_in_millis() < SPARE_MILLISECONDS:
            logger.warning("out of time", extra={"workspace": workspace})
            failed += 1
            break
        try:
            linked += audit_wiring.anchor_audit()(workspace, days=days)
        except Exception as error:  # noqa: BLE001 - each chain by itself; that one failed is raised below
            failed += 1
            logger.warning("chain not anchored", extra={"workspace": workspace, **safe_words(error)})
        else:
            anchored += 1
    metrics.add_metric(name="AuditChainsAnchored", unit=MetricUnit.Count, value=anchored)
    metrics.add_metric(name="AuditEntriesLinkedLate", unit=MetricUnit.Count, value=linked)
    if failed:
        raise ChainsNotAnchored(str(failed))
    return {"anchored": anchored, "linked": linked}
