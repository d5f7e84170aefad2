"""The demo workspace, made as an operator makes one: by invoking workspace_setup."""

import json
from typing import Any

from local.aws import Aws, resource
from local.client import Api
from local.connection import Connection, read_connection
from local.settings import MAILBOX, REGION, STACK, LocalCloudError, Settings

_REQUEST = {
    "workspace": {"name": "Demo"},
    "mailbox": {"address": MAILBOX, "name": "Demo Support"},
    "token": {"name": "local", "scopes": ["conversations:read", "conversations:write"]},
}


def reconnect(settings: Settings) -> Connection | None:
    """The connection of an earlier start, at this start's addresses; None when its token opens nothing here."""
    earlier = read_connection(settings.connection)
    if earlier is None:
        return None
    connection = _at(settings, token=earlier.token, workspace=earlier.workspace, mailbox_id=earlier.mailbox_id)
    status, _ = Api(connection).get("/v1/mailboxes")
    if status == 401:
        return None
    if status != 200:
        raise LocalCloudError(f"The API answered {status} to GET /v1/mailboxes.")
    return connection


def set_up(settings: Settings, aws: Aws, resources: dict[str, str]) -> Connection:
    """Make the demo workspace with its mailbox and a token. Raises LocalCloudError when workspace_setup refuses."""
    name = resource(resources, "WorkspaceSetupFunction")
    answer = aws.functions.invoke(FunctionName=name, Payload=json.dumps(_REQUEST))
    body: Any = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise LocalCloudError(f"workspace_setup failed: {body.get('errorType')}: {body.get('errorMessage')}")
    if "error" in body:
        raise LocalCloudError(
            f"workspace_setup refused: {body['error'].get('detail')} Its token is only in .local/connection.json; "
            "if that is gone, `make clean` starts afresh."
        )
    return _at(settings, token=body["token"], workspace=body["workspace"], mailbox_id=body["mailbox"])


def _at(settings: Settings, *, token: str, workspace: str, mailbox_id: str) -> Connection:
    return Connection(
        api=settings.api,
        token=token,
        smtp=settings.smtp,
        mailbox=MAILBOX,
        workspace=workspace,
        outbox=str(settings.outbox.resolve()),
        mailbox_id=mailbox_id,
        stack=STACK,
        region=REGION,
        endpoint=settings.endpoint,
    )
