"""The operator's replay: parse and thread the raw mails of a workspace's archive as it would be done today, and name
the messages that would be others. Changes nothing. Invoked directly; again with the cursor it answers, until there is
none.
"""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from letterlock.domain.errors import LetterlockError
from letterlock.entry import verification_wiring
from letterlock.entry.operator_door import refusal
from letterlock.entry.settings import SPARE_MILLISECONDS

logger = Logger()


class ReplayIn(BaseModel):
    """`{"workspace", "cursor"}`."""

    model_config = ConfigDict(extra="forbid")

    workspace: Annotated[str, Field(pattern="^wsp_[0-9A-Z]{26}$")]
    cursor: Annotated[str, Field(max_length=512)] = ""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"mails", "in_part", "differing": [{"conversation", "message", "changes": […]}], "cursor"}`, or
    `{"error": {"type", "detail"}}`.
    """
    try:
        asked = ReplayIn.model_validate(event)
        replayed = verification_wiring.replay_mail()(
            asked.workspace,
            cursor=asked.cursor,
            time_left=lambda: context.get_remaining_time_in_millis() > SPARE_MILLISECONDS,
        )
    except (ValidationError, LetterlockError) as error:
        return refusal(error)
    return {
        "mails": replayed.mails,
        "in_part": replayed.in_part,
        "differing": [
            {"conversation": each.conversation, "message": each.message, "changes": [str(one) for one in each.changes]}
            for each in replayed.differing
        ],
        "cursor": replayed.cursor,
    }
