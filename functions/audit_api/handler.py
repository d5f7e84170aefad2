"""The audit log over REST, for owners: a list to read, and the whole chain to keep and to check elsewhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from letterlock.domain.permissions import Action
from letterlock.entry import audit_wiring
from letterlock.entry.audit_shapes import EXPORT_LIMIT, JSON_LINES, AuditOut, export_lines
from letterlock.entry.rest import principal, serve
from letterlock.entry.routes import Api
from letterlock.entry.settings import PAGE_LIMIT, PAGE_SIZE

api = Api()
app = api.app

Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="how many at most")]
Cursor = Annotated[str, Query(max_length=512, description="from the page before; empty for the first page")]
Lines = Annotated[int, Query(ge=1, le=EXPORT_LIMIT, description="how many links at most")]


@api.get("/v1/audit", Action.READ_AUDIT, summary="List the audit log, newest first", tags=["audit"])
def get_audit(limit: Limit = PAGE_SIZE, cursor: Cursor = "") -> AuditOut:
    return AuditOut.of(audit_wiring.list_audit()(principal(app), limit=limit, cursor=cursor))


@api.get(
    "/v1/audit/export",
    Action.READ_AUDIT,
    summary="Export the audit log's chain",
    description=(
        "Lines of JSON (application/x-ndjson) in the order of the chain, each with its entry as stored; the last one "
        "has the cursor to the next page. `tools.verify_audit --export` checks them, on any machine."
    ),
    tags=["audit"],
    responses={200: {"description": "The chain, from its first link", "content": {JSON_LINES: {}}}},
)
def get_audit_export(limit: Lines = EXPORT_LIMIT, cursor: Cursor = "") -> Response[str]:
    page = audit_wiring.export_audit()(principal(app), limit=limit, cursor=cursor)
    return Response(HTTPStatus.OK, JSON_LINES, export_lines(page))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
