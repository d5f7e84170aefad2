"""The operator's check of the audit log: one workspace's chain, held against its entries and its anchors. Invoked
directly; again with the cursor it answers, until there is none.
"""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from letterlock.domain.errors import LetterlockError
from letterlock.entry import audit_wiring
from letterlock.entry.operator_door import refusal
from letterlock.entry.settings import SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


class VerifyIn(BaseModel):
    """`{"workspace", "cursor"}`. The workspace `stack` has what belongs to none."""

    model_config = ConfigDict(extra="forbid")

    workspace: Annotated[str, Field(pattern="^(wsp_[0-9A-Z]{26}|stack)$")]
    cursor: Annotated[str, Field(max_length=128)] = ""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"links", "entries", "waiting", "anchors", "differing": [{"place", "difference"}], "cursor"}`, or
    `{"error": {"type", "detail"}}`.
    """
    try:
        asked = VerifyIn.model_validate(event)
        seen = audit_wiring.verify_audit()(
            asked.workspace,
            cursor=asked.cursor,
            time_left=lambda: context.get_remaining_time_in_millis() > SPARE_MILLISECONDS,
        )
    except (ValidationError, LetterlockError) as error:
        return refusal(error)
    for each in seen.differing:
        logger.error("audit log differs", extra={"place": each.place, "difference": each.difference})
    metrics.add_metric(name="AuditLinksVerified", unit=MetricUnit.Count, value=seen.links)
    metrics.add_metric(name="AuditDiffering", unit=MetricUnit.Count, value=len(seen.differing))
    metrics.flush_metrics()
    return {
        "links": seen.links,
        "entries": seen.entries,
        "waiting": seen.waiting,
        "anchors": seen.anchors,
        "differing": [{"place": each.place, "difference": each.difference} for each in seen.differing],
        "cursor": seen.cursor,
    }
