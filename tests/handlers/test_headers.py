"""Every route's every answer holds browsers to HTTPS and keeps it out of caches: generated from the API's description."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.handlers.stack import Stack, rest_event, stack_on_moto
from tools.openapi import APIS, DESCRIPTION

DESCRIBED: dict[str, Any] = json.loads(DESCRIPTION.read_text())["paths"]
ROUTES = sorted((method.upper(), path) for path, methods in DESCRIBED.items() for method in methods)
YEAR = 31_536_000
"""Seconds: what the HSTS preload list asks for at least (hstspreload.org, "Submission Requirements")."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One for all: nothing here depends on what another test left."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        with stack_on_moto(monkeypatch) as made:
            yield made


def function_of(stack: Stack, method: str, path: str) -> str:
    wanted = (method, path.replace("{", "<").replace("}", ">"))
    [found] = [name for name in APIS if wanted in stack.handlers[name].api.needs]
    return found


def asked(stack: Stack, method: str, path: str) -> Iterator[dict[str, Any]]:
    """As anybody, with a token that is none, with one that may do everything, well and badly; from another's page."""
    real = path.replace("{", "").replace("}", "")
    good: dict[str, Any] | None = {} if method in ("POST", "PUT", "PATCH") else None
    yield rest_event(method, real, good, token="")
    yield rest_event(method, real, good, token="llw_" + "0" * 101)
    yield rest_event(method, real, good, token=stack.token)
    yield rest_event(method, real, "{", token=stack.token)
    yield rest_event(method, real, good, token=stack.token, query={"nonsense": "1"})
    yield rest_event(method, path, good, token=stack.token)
    yield rest_event(method, real, good, token="", headers={"Origin": "https://another.example", "Host": "us.example"})


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[" ".join(each) for each in ROUTES])
def test_every_answer_of_a_route_carries_them(stack: Stack, method: str, path: str) -> None:
    function = function_of(stack, method, path)
    statuses = set()
    for event in asked(stack, method, path):
        answer = stack.call(function, event)
        statuses.add(answer["statusCode"])
        headers = {name.casefold(): value for name, value in answer["multiValueHeaders"].items()}
        [hsts] = headers["strict-transport-security"]
        directives = [each.strip() for each in hsts.split(";")]
        assert int(directives[0].removeprefix("max-age=")) >= YEAR
        assert {"includeSubDomains", "preload"} <= set(directives[1:])
        assert headers["cache-control"] == ["no-store"]
        assert headers["x-content-type-options"] == ["nosniff"]
        assert headers["referrer-policy"] == ["no-referrer"]
    assert len(statuses) > 1


def test_the_description_knows_every_route_and_no_other(stack: Stack) -> None:
    served = {
        (method, path.replace("<", "{").replace(">", "}"))
        for name in APIS
        for method, path in stack.handlers[name].api.needs
    }
    assert served == set(ROUTES)
