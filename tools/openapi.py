"""Write the API's description from the handlers that serve it: `python -m tools.openapi [--check]`.

One OpenAPI 3.1 document for all functions. With --check nothing is written: a description that differs from the code
ends the build, as does a route of a handler that the template does not lead to (tests/contract).
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DESCRIPTION = ROOT / "functions" / "api_docs" / "openapi.json"
APIS = (
    "accounts_api",
    "attachments_api",
    "audit_api",
    "billing_api",
    "conversations_api",
    "connections_api",
    "mailboxes_api",
    "sign_in_api",
    "stripe_webhooks",
)
VERSION = "1.0.0"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong and what to do about it (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:letterlock:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "For 400: which parts of the request do not fit.",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "in": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "current": {
            "type": "object",
            "description": "For 412: how the conversation stands now.",
            "properties": {
                "version": {"type": "integer"},
                "status": {"$ref": "#/components/schemas/Status"},
                "assignee": {"type": ["string", "null"]},
            },
        },
        "messages": {
            "type": "array",
            "description": "For 412: the messages added since, of the newest hundred.",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "at": {"type": "string", "format": "date-time"},
                },
            },
        },
        "conversation": {"type": "string", "description": "For an Idempotency-Key reused: what it was used on."},
        "message": {"type": ["string", "null"], "description": "For an Idempotency-Key reused: what it made."},
        "made": {"type": "string", "description": "For a secret that was shown before: what it belongs to."},
    },
}
PROBLEMS = {
    "400": "the request does not fit this description",
    "401": "no API token, or one that is unknown, expired or revoked",
    "402": "the plan or its seats allow no more, or a payment is overdue and nothing can be changed",
    "403": "the token lacks the scope",
    "404": "no such record in this workspace",
    "409": "the record's state does not allow it, would not hold still, or the Idempotency-Key came with another body",
    "410": "a link that is used, revoked, too old, or was never made",
    "412": "the record is not at a version that If-Match names: what changed of a conversation is said",
    "429": "too many requests: wait for Retry-After",
    "500": "our fault",
    "503": "a store is not answering: try again",
}


def load(function: str) -> Any:
    """The handler module of one function, as Lambda would import it."""
    path = ROOT / "functions" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"{function}_handler", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where pydantic looks a model's annotations up
    spec.loader.exec_module(module)
    return module


def describe() -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = {}
    for function in APIS:
        schema = load(function).app.get_openapi_schema(
            title="Letterlock",
            version=VERSION,
            description="A secure shared inbox. Send the API token as 'Authorization: Bearer <token>'.",
        )
        part = json.loads(schema.model_dump_json(by_alias=True, exclude_none=True))
        document = document or {**part, "paths": {}, "components": {"schemas": {}}}
        document["paths"] |= part["paths"]
        merge(document["components"]["schemas"], part["components"]["schemas"])
    document.pop("servers", None)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for methods in document["paths"].values():
        for operation in methods.values():
            _answers(operation)
    document["paths"] = {_braced(path): methods for path, methods in sorted(document["paths"].items())}
    return document


class SameName(Exception):
    """Two classes that are shown have one name: in the description, one of the two would stand for both."""


def merge(schemas: dict[str, Any], more: dict[str, Any]) -> None:
    """Adds the schemas of another function. Raises SameName.

    Within one function pydantic tells two classes of one name apart by their modules: `letterlock__domain__mail__Kind`.
    """
    for name, schema in more.items():
        if "__" in name or schemas.setdefault(name, schema) != schema:
            raise SameName(f"{name}: name one of the two otherwise")


def _answers(operation: dict[str, Any]) -> None:
    operation["operationId"] = operation["operationId"].partition("_v1_")[0]
    answers = operation["responses"]
    answers.pop("422", None)
    reference = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    taken = [each for each in operation.get("parameters", []) if each["in"] == "header"]
    for header in taken:
        header["name"] = header["schema"]["title"]  # as it is written, not as it is compared
    headers = {each["name"] for each in taken}
    for status, description in PROBLEMS.items():
        if status == "412" and "If-Match" not in headers:
            continue
        if status == "410" and not _takes_a_link(operation):
            continue
        answers[status] = {"description": description, "content": reference}
    answers.get("204", {}).pop("content", None)
    for status, answer in answers.items():
        if status.startswith("2"):
            said = _headers_said(headers, str(answer))
            answer.update({"headers": said} if said else {})
    operation["responses"] = dict(sorted(answers.items()))


def _takes_a_link(operation: dict[str, Any]) -> bool:
    return any(shape in str(operation.get("requestBody")) for shape in ("NewcomerIn", "NewPasswordIn"))


def _headers_said(taken: set[str], answer: str) -> dict[str, Any]:
    """The headers of a good answer: to a request that may come twice, and with a conversation."""
    said: dict[str, Any] = {}
    if "Idempotency-Key" in taken:
        said["Idempotency-Replayed"] = {
            "description": "This request was done before; the answer was read again.",
            "schema": {"const": "true"},
        }
    if any(f"/schemas/{shape}'" in answer for shape in ("ConversationOut", "PersonOut", "ThreadOut")):
        said["ETag"] = {"description": "The record's version, for If-Match.", "schema": {"type": "string"}}
    return said


def _braced(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")


def main(arguments: list[str]) -> int:
    text = json.dumps(describe(), indent=1, sort_keys=False) + "\n"
    if "--check" in arguments:
        if DESCRIPTION.read_text(encoding="utf-8") != text:
            print(f"{DESCRIPTION.relative_to(ROOT)} differs from the handlers: run 'make openapi' and commit it")
            return 1
        print(f"{DESCRIPTION.relative_to(ROOT)} matches the handlers")
        return 0
    DESCRIPTION.write_text(text, encoding="utf-8")
    print(f"wrote {DESCRIPTION.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
