"""The API's description as one page of plain HTML: no script at all, so nothing on this origin can run one."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 14px/1.4 ui-monospace, monospace }
section { border-top: 1px solid #8886; padding: .5rem 0 }
h3 code { font-size: 1.05rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0 }
"""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def page(openapi: dict[str, Any]) -> str:
    """OpenAPI 3.1 in, HTML out."""
    info = openapi["info"]
    routes = "".join(
        _route(method, path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    )
    shapes = "".join(_shape(name, schema) for name, schema in sorted(openapi["components"]["schemas"].items()))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        f'<p>For machines: <a href="openapi.json">openapi.json</a> (OpenAPI {escape(openapi["openapi"])}).</p>'
        f"<h2>Routes</h2>{routes}<h2>Shapes</h2>{shapes}</body></html>"
    )


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        _row(each["name"], each["in"], each.get("description", ""), each["schema"])
        for each in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td><td>{_answer_type(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<section><h3><code>{escape(method.upper())} {escape(path)}</code></h3>"
        f"<p>{escape(operation.get('summary', ''))}</p>"
        + (f"<table>{rows}</table>" if rows else "")
        + (f"<p>Takes {_type(body)} as JSON.</p>" if body else "")
        + f"<table>{answers}</table></section>"
    )


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        _row(field, "required" if field in schema.get("required", []) else "", each.get("description", ""), each)
        for field, each in schema.get("properties", {}).items()
    )
    values = ", ".join(map(str, schema.get("enum", [])))
    return (
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p>'
        + (f"<p>One of: {escape(values)}</p>" if values else "")
        + (f"<table>{rows}</table>" if rows else "")
        + "</section>"
    )


def _row(name: str, where: str, description: str, schema: dict[str, Any]) -> str:
    return (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(where)}</td><td>{_type(schema)}</td>"
        f"<td>{escape(description)}</td></tr>"
    )


def _answer_type(answer: dict[str, Any]) -> str:
    return ", ".join(_type(each["schema"]) for each in answer.get("content", {}).values() if "schema" in each)


def _type(schema: dict[str, Any]) -> str:
    if reference := schema.get("$ref"):
        name = escape(str(reference).rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if options := schema.get("anyOf", schema.get("allOf")):
        return " or ".join(_type(each) for each in options)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = [f"{key} {schema[key]}" for key in ("minimum", "maximum", "minLength", "maxLength") if key in schema]
    return escape(" ".join([str(schema.get("type", "any")), *([f"({', '.join(bounds)})"] if bounds else [])]))
