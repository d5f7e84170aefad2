"""The operator's door for an owner who lost authenticator and recovery codes. Invoked directly; no queue, no route."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from letterlock.domain.errors import LetterlockError
from letterlock.entry import people_wiring
from letterlock.entry.operator_door import refusal

logger = Logger()


class FactorResetIn(BaseModel):
    """`{"do": "ask", "workspace": "wsp_…", "owner": "<their address>"}`, and a day later the same with `"finish"`."""

    model_config = ConfigDict(extra="forbid")

    do: Literal["ask", "finish"]
    workspace: Annotated[str, Field(pattern="^wsp_[0-9A-Z]{26}$")]
    owner: Annotated[str, Field(min_length=1)]


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Asked: `{"person", "asked_at", "finish_from", "finish_until"}`; finished: `{"person", "removed": true}`; or
    `{"error": {"type", "detail"}}`.
    """
    try:
        given = FactorResetIn.model_validate(event)
        whom = given.workspace, given.owner, context.aws_request_id
        if given.do == "finish":
            return {"person": people_wiring.finish_factor_reset()(*whom), "removed": True}
        asked = people_wiring.ask_factor_reset()(*whom)
    except (ValidationError, LetterlockError) as error:
        return refusal(error)
    return {
        "person": asked.person,
        "asked_at": _shown(asked.reset.asked_at),
        "finish_from": _shown(asked.reset.ready_at),
        "finish_until": _shown(asked.reset.until),
    }


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
