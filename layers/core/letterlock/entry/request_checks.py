"""What is wrong with a request whatever its route: a body that is no JSON, a query parameter that nobody knows."""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from letterlock.domain.errors import Invalid


def refuse_malformed_body(event: dict[str, Any]) -> None:
    """Raises Invalid; nesting and numbers that Python's parser gives up on are the sender's fault, not ours."""
    body = event.get("body")
    if not body:
        return
    try:
        json.loads(b64decode(body) if event.get("isBase64Encoded") else body)
    except (ValueError, RecursionError, Base64Error):
        raise Invalid("the body is not JSON (RFC 8259), or is nested or long beyond reason") from None


def refuse_unknown_query(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Raises Invalid: a misspelt filter must not silently answer with everything."""
    route = app.context["_route"]
    known = {each.alias for each in route.dependant.query_params}
    if set(app.current_event.query_string_parameters or {}) - known:
        knows = f"knows the query parameters {', '.join(sorted(known))}, and no other" if known else "takes no query"
        raise Invalid(f"this path {knows}")
    return next_middleware(app)
