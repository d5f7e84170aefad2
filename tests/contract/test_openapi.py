"""The API's description, its handlers and the template say the same."""

import json
from typing import Any

import jsonschema
import pytest

from letterlock.entry.api_page import page
from letterlock.entry.rest import HEADERS
from tests.contract.test_template_api import HEADERS as GATEWAY_HEADERS
from tests.contract.test_template_api import NOT_OF_THE_API, PUBLIC, ROUTES
from tools.openapi import DESCRIPTION, SameName, describe, merge


@pytest.fixture(name="committed", scope="module")
def _committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    return document


def routes(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}


def test_the_committed_description_is_what_the_handlers_say(committed: dict[str, Any]) -> None:
    assert describe() == committed, "run 'make openapi' and commit it"


@pytest.mark.parametrize("more", [{"Action": {"enum": ["failed"]}}, {"letterlock__domain__mail__Action": {}}])
def test_two_classes_of_one_name_do_not_become_one(more: dict[str, Any]) -> None:
    schemas: dict[str, Any] = {"Action": {"enum": ["invite"]}}
    merge(schemas, {"Action": {"enum": ["invite"]}, "Kind": {}})
    assert sorted(schemas) == ["Action", "Kind"]
    with pytest.raises(SameName, match="Action"):
        merge(schemas, more)


def test_every_described_route_is_led_to_by_the_template_and_the_other_way_round(committed: dict[str, Any]) -> None:
    assert routes(committed) == set(ROUTES) - NOT_OF_THE_API


def test_every_route_describes_its_problems_and_wants_a_token(committed: dict[str, Any]) -> None:
    assert committed["security"] == [{"token": []}]
    for methods in committed["paths"].values():
        for operation in methods.values():
            assert {"400", "401", "403", "404", "409", "429", "503"} <= set(operation["responses"])


def headers_taken(operation: dict[str, Any]) -> set[str]:
    return {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}


SECOND_FACTOR = {"/v1/me/totp", "/v1/me/totp/confirm", "/v1/me/totp/recovery-codes"}
"""A key would have nothing to replay: the first makes another secret each time, which counts for nothing until the second
has seen a code of it, and that works once.
"""


def test_every_post_takes_an_idempotency_key(committed: dict[str, Any]) -> None:
    posts = {path: methods["post"] for path, methods in committed["paths"].items() if "post" in methods}
    posts = {path: each for path, each in posts.items() if ("POST", path) not in PUBLIC and path not in SECOND_FACTOR}
    assert posts
    assert [path for path, operation in posts.items() if "Idempotency-Key" not in headers_taken(operation)] == []


OF_A_SENDING = {"/v1/conversations/{conversation}/messages/{message}/retry"}
"""They change how the sending of a message stands, which moves on without the conversation's version."""
OF_A_FILE = {"/v1/conversations/{conversation}/messages/{message}/attachments/{attachment}/state"}
"""What was found in a file is noted beside the conversation's version, too, and is a condition itself."""


def test_every_change_of_a_conversation_takes_the_version_it_is_meant_for(committed: dict[str, Any]) -> None:
    changes = {
        (method, path): operation
        for path, methods in committed["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1/conversations/{conversation}")
        and method != "get"
        and path not in OF_A_SENDING | OF_A_FILE
    }
    assert changes
    assert [route for route, operation in changes.items() if "If-Match" not in headers_taken(operation)] == []
    assert [route for route, operation in changes.items() if "412" not in operation["responses"]] == []


def test_whoever_gets_a_conversation_gets_its_version_as_an_etag(committed: dict[str, Any]) -> None:
    for path, method in (
        ("/v1/conversations/{conversation}", "get"),
        ("/v1/conversations/{conversation}/assignee", "put"),
        ("/v1/conversations/{conversation}/status", "put"),
    ):
        assert "ETag" in committed["paths"][path][method]["responses"]["200"]["headers"]


SHOWN_ONCE = {"/v1/me/tokens", "/v1/tokens"}
"""Sent again under one key they are 409: tests/handlers/test_tokens.py."""


def test_no_post_answers_with_a_secret_that_a_replay_would_have_to_show_again(committed: dict[str, Any]) -> None:
    schemas = committed["components"]["schemas"]
    showing = set()
    for path, methods in committed["paths"].items():
        for status, answer in methods.get("post", {"responses": {}})["responses"].items():
            if status.startswith("2") and "content" in answer:
                schema = answer["content"]["application/json"]["schema"]
                shape = schema.get("items", schema)["$ref"].rpartition("/")[2]
                if {"token", "secret"} & set(schemas[shape]["properties"]):
                    showing.add(path)
    assert showing - SECOND_FACTOR == SHOWN_ONCE


def test_every_shape_that_is_referred_to_exists_and_is_a_json_schema(committed: dict[str, Any]) -> None:
    text = json.dumps(committed)
    schemas = committed["components"]["schemas"]
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(schemas)
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_bodies_refuse_fields_that_nobody_described(committed: dict[str, Any]) -> None:
    bodies = [name for name in committed["components"]["schemas"] if name.endswith("In")]
    assert bodies
    for name in bodies:
        assert committed["components"]["schemas"][name]["additionalProperties"] is False, name


def test_the_gateways_own_answers_carry_the_headers_of_ours() -> None:
    gateway = {
        name.removeprefix("gatewayresponse.header."): value.strip("'") for name, value in GATEWAY_HEADERS.items()
    }
    assert HEADERS.items() <= gateway.items()


def test_the_page_names_every_route_and_escapes_what_it_shows(committed: dict[str, Any]) -> None:
    html = page({**committed, "info": {"title": "<script>alert(1)</script>", "version": "1"}})
    assert "<script" not in html
    for method, path in routes(committed):
        assert f"{method} {path}" in html
