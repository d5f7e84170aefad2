"""Connected accounts over REST: to the provider's page and back, and off again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from letterlock.domain.connections import Returned
from letterlock.domain.permissions import Action
from letterlock.entry import connection_wiring
from letterlock.entry.conditions import IdempotencyKey, once, shown_once
from letterlock.entry.connection_shapes import ConnectionIn, ConnectionOut, ConnectionsOut, StartedOut
from letterlock.entry.rest import asked, principal, serve
from letterlock.entry.routes import Api

api = Api()
app = api.app

CONNECTIONS = "/v1/connections"
CALLBACK = f"{CONNECTIONS}/callback"
Id = Annotated[str, Path(max_length=64)]
Word = Annotated[str, Query(max_length=4096)]


@api.get(
    CONNECTIONS,
    Action.MANAGE_OWN_CONNECTIONS,
    summary="The accounts that one connected",
    description="To an admin, also those that others connected to the mailboxes that the admin sees.",
    tags=["connections"],
)
def get_connections() -> ConnectionsOut:
    return ConnectionsOut.of(connection_wiring.read_connections().all(principal(app)))


@api.post(
    CONNECTIONS,
    Action.CONNECT_ACCOUNTS,
    summary="Connect an account: a page of its provider's",
    description="The browser of this very session is sent there, and comes back within ten minutes. The page's address "
    "is a secret, and shown once.",
    tags=["connections"],
    status_code=HTTPStatus.CREATED,
)
def post_connection(wanted: ConnectionIn, key: IdempotencyKey = None) -> StartedOut:
    start, who, keyed = connection_wiring.start_connecting(), principal(app), once(app, key)
    made, page = shown_once(lambda: start(who, wanted.provider, wanted.instance, wanted.mailbox, _redirect(), keyed))
    return StartedOut(connection=ConnectionOut.of(made), authorization_url=page)


@api.get(
    CALLBACK,
    Action.CONNECT_ACCOUNTS,
    summary="Where the provider sends the browser back to",
    description="What it brings is good once, in the session that began it (RFC 6749, RFC 9207).",
    tags=["connections"],
)
def get_callback(  # what the provider says in its own words (`error_description`) is taken, and not shown
    state: Word,
    code: Word = "",
    error: Word = "",
    error_description: Word = "",  # noqa: ARG001 - known, or it would be refused as a parameter that nobody reads
    error_uri: Word = "",  # noqa: ARG001 - likewise
    iss: Word = "",
) -> ConnectionOut:
    returned = Returned(state, code, error, iss)
    return ConnectionOut.of(connection_wiring.finish_connecting()(principal(app), returned, asked(app)))


@api.get(f"{CONNECTIONS}/<connection>", Action.MANAGE_OWN_CONNECTIONS, summary="How one stands", tags=["connections"])
def get_connection(connection: Id) -> ConnectionOut:
    return ConnectionOut.of(connection_wiring.read_connections().one(principal(app), connection))


@api.delete(
    f"{CONNECTIONS}/<connection>",
    Action.MANAGE_OWN_CONNECTIONS,
    summary="Revoke a connection",
    description="One's own, or as an admin anybody's that one sees. Nothing here uses it from then on. Its provider is "
    "told until it confirms: see `state`.",
    tags=["connections"],
)
def delete_connection(connection: Id) -> None:
    connection_wiring.revoke_connection()(principal(app), connection, asked(app))


def _redirect() -> str:
    """Where this API answers, as its gateway knows it, and not as the request says."""
    context = app.current_event.request_context
    stage = (context.path or "").removesuffix(CONNECTIONS)
    return f"https://{context.domain_name}{stage}{CALLBACK}"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
