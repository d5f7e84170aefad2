"""How clients of the API ask: under a key where the route takes one, and again where they are told to, or nothing."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import count
from typing import Any, Final

from tools.openapi import ROOT

Event = dict[str, Any]
CRASHED: Final = object()
"""The function ended without an answer."""
REFUSED, BUSY, SLOWER, ERROR = 400, 409, 429, 500
_KEYS = count(1)


def keyed(event: Event) -> Event:
    """A client that may have to ask again does so under a key, where the route takes one."""
    if "Idempotency-Key" in event["headers"] or not takes_key(event):
        return event
    key = f"client-{next(_KEYS)}"
    return event | {
        "headers": event["headers"] | {"Idempotency-Key": key},
        "multiValueHeaders": event["multiValueHeaders"] | {"Idempotency-Key": [key]},
    }


def once_more(event: Event) -> bool:
    """Whether the same asked again is one more: a POST that takes no key."""
    return event.get("httpMethod") == "POST" and not takes_key(event)


def takes_key(event: Event) -> bool:
    return event["httpMethod"] == "POST" and any(each.fullmatch(event["path"]) for each in _keyed_paths())


@cache
def _keyed_paths() -> list[re.Pattern[str]]:
    """Those of the API's description."""
    described = json.loads((ROOT / "functions" / "api_docs" / "openapi.json").read_text(encoding="utf-8"))
    return [
        re.compile(re.sub(r"{\w+}", "[^/]+", path))
        for path, methods in described["paths"].items()
        if any(each.get("name") == "Idempotency-Key" for each in methods.get("post", {}).get("parameters", ()))
    ]


def answered(answer: Any) -> bool:
    """Whether a client is content with it, or knows that there is no other."""
    if answer is CRASHED or answer["statusCode"] >= ERROR:
        return False
    busy = answer["statusCode"] == BUSY and json.loads(answer["body"])["type"].endswith(":busy")
    return not busy and answer["statusCode"] != SLOWER


def told_to_wait(answer: Any) -> int:
    """Seconds, by Retry-After; 0 when nothing is said of it."""
    headers = answer.get("multiValueHeaders") or {} if isinstance(answer, dict) else {}
    return int(next(iter(headers.get("Retry-After", [])), 0))


def body_of(answer: Any) -> Any:
    """What is in it; of an export, what is in each line; a page as it is."""
    if answer["multiValueHeaders"].get("Content-Type", [""])[0].startswith("text/html"):
        return answer["body"]
    try:
        return json.loads(answer["body"] or "null")
    except ValueError:
        return [json.loads(line) for line in answer["body"].splitlines()]


def refused(answer: Any) -> bool:
    return isinstance(answer, dict) and REFUSED <= answer.get("statusCode", 0) < ERROR
