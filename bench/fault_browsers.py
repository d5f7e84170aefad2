"""What whoever comes back from a provider's page does when that was in vain: looks, and begins again."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from bench.fault_clients import refused
from bench.oauth_wire import INSTANCE
from bench.stack import Stack, rest_event

Event = dict[str, Any]
CONNECTIONS: Final = "/v1/connections"
CALLBACK: Final = f"{CONNECTIONS}/callback"


def in_vain(event: Event, answer: Any) -> bool:
    return event["path"] == CALLBACK and refused(answer)


def begun_again(stack: Stack, event: Event, answer: Any) -> Any:
    """Who was refused because it is done, and nobody told them, sees that. What they brought is used up otherwise."""
    brought = event["queryStringParameters"]
    connection = brought["state"].partition(".")[0]
    shown = _body(_ask(stack, event, "GET", f"{CONNECTIONS}/{connection}"))
    if shown["connected_at"]:
        return answer
    wanted = {"provider": shown["provider"], "mailbox": shown["mailbox"]}
    if shown["provider"] == "mastodon":
        wanted["instance"] = INSTANCE
    page = _body(_ask(stack, event, "POST", CONNECTIONS, wanted))["authorization_url"]
    server = stack.instance.server
    query = dict(parse_qsl(urlsplit(server.consent(page, server.codes[brought["code"]].user)).query))
    return _ask(stack, event, "GET", CALLBACK, query=query)


def _ask(stack: Stack, event: Event, method: str, path: str, body: Any = None, **more: Any) -> Any:
    """In the same session."""
    return stack.invoke("connections_api", rest_event(method, path, body, token="", headers=event["headers"], **more))


def _body(answer: Any) -> Any:
    return json.loads(answer["body"])
