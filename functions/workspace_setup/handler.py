"""The operator's door: make a workspace, its first mailbox and a token. Invoked directly; no queue, no route."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from letterlock.domain.errors import LetterlockError
from letterlock.domain.people import Profile
from letterlock.domain.permissions import Scope
from letterlock.entry import people_wiring
from letterlock.entry.operator_door import refusal

logger = Logger()


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WorkspaceIn(_In):
    name: Annotated[str, Field(min_length=1)]


class MailboxIn(_In):
    address: str
    name: str = ""


class TokenIn(_In):
    name: str = "first token"
    scopes: frozenset[Scope] = frozenset(Scope)


class OwnerIn(_In):
    email: str
    name: str


class SetUpIn(_In):
    """`{"workspace": {"name"}, "mailbox": {"address", "name"}, "token": {"name", "scopes"}, "owner": {…}}`
    with `{"email", "name"}`, the last two where they are wanted.
    """

    workspace: WorkspaceIn
    mailbox: MailboxIn
    token: TokenIn = TokenIn()
    owner: OwnerIn | None = None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"workspace", "mailbox", "token", "invitation"}`, or `{"error": {"type", "detail"}}`.

    The invitation is null when no owner was named. The token is shown this once.
    """
    try:
        asked = SetUpIn.model_validate(event)
        made = people_wiring.set_up_workspace()(
            name=asked.workspace.name,
            address=asked.mailbox.address,
            mailbox_name=asked.mailbox.name,
            token_name=asked.token.name,
            scopes=asked.token.scopes,
            owner=Profile(asked.owner.email, asked.owner.name) if asked.owner else None,
            request=context.aws_request_id,
        )
    except (ValidationError, LetterlockError) as error:
        return refusal(error)
    return {
        "workspace": made.workspace,
        "mailbox": made.mailbox,
        "token": made.token,
        "invitation": made.invitation or None,
    }
