"""The API's description for machines and for people. Public, and without a single permission."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from letterlock.entry.api_page import CONTENT_SECURITY_POLICY, page
from letterlock.entry.rest import serve_public

app = APIGatewayRestResolver()


@cache
def description() -> str:
    """OpenAPI 3.1, as `make openapi` wrote it beside this file."""
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")


@app.get("/openapi.json")
def get_openapi() -> Response[str]:
    return Response(HTTPStatus.OK, "application/json", description())


@app.get("/docs")
def get_docs() -> Response[str]:
    html = page(json.loads(description()))
    return Response(
        HTTPStatus.OK, "text/html; charset=utf-8", html, {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve_public(app, event, context)
