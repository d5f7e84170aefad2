"""The operator's check: recompute the digest of every conversation of a workspace from its items, and name those that
differ. Invoked directly; again with the cursor it answers, until there is none.
"""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from letterlock.domain.errors import LetterlockError
from letterlock.entry import verification_wiring
from letterlock.entry.operator_door import refusal
from letterlock.entry.settings import SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


class VerifyIn(BaseModel):
    """`{"workspace", "cursor"}`."""

    model_config = ConfigDict(extra="forbid")

    workspace: Annotated[str, Field(pattern="^wsp_[0-9A-Z]{26}$")]
    cursor: Annotated[str, Field(max_length=512)] = ""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"checked", "differing": [{"conversation", "difference"}], "cursor"}`, or `{"error": {"type", "detail"}}`."""
    try:
        asked = VerifyIn.model_validate(event)
        verified = verification_wiring.verify_digests()(
            asked.workspace,
            cursor=asked.cursor,
            time_left=lambda: context.get_remaining_time_in_millis() > SPARE_MILLISECONDS,
        )
    except (ValidationError, LetterlockError) as error:
        return refusal(error)
    for each in verified.differing:
        logger.error("conversation differs", extra={"conversation": each.conversation, "difference": each.difference})
    metrics.add_metric(name="ConversationsVerified", unit=MetricUnit.Count, value=verified.checked)
    metrics.add_metric(name="ConversationsDiffering", unit=MetricUnit.Count, value=len(verified.differing))
    metrics.flush_metrics()
    return {
        "checked": verified.checked,
        "differing": [
            {"conversation": each.conversation, "difference": each.difference} for each in verified.differing
        ],
        "cursor": verified.cursor,
    }
