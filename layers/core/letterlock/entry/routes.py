"""Routes that say what they need: an action, or that anybody may call them; else their handler does not import."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from letterlock.domain.permissions import Action
from letterlock.entry.rest import on_record, principal, resolver

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Public(Enum):
    """What stands in an action's place on a route that anybody may call."""

    ANYBODY = "anybody"


PUBLIC: Final = Public.ANYBODY
CHANGES: Final = frozenset({"PATCH", "POST", "PUT"})
"""What a workspace that is read-only refuses of some actions; to take something away is always possible."""


class Api:
    """A function's routes. `app` resolves them; `needs` says what each takes, by method and path."""

    def __init__(self) -> None:
        self.app = resolver()
        self.needs: dict[tuple[str, str], Action | Public] = {}

    def get(self, path: str, needs: Action | Public, **more: Any) -> Callable[[_Function], _Function]:
        return self._route("GET", path, needs, more)

    def post(self, path: str, needs: Action | Public, **more: Any) -> Callable[[_Function], _Function]:
        return self._route("POST", path, needs, more)

    def put(self, path: str, needs: Action | Public, **more: Any) -> Callable[[_Function], _Function]:
        return self._route("PUT", path, needs, more)

    def patch(self, path: str, needs: Action | Public, **more: Any) -> Callable[[_Function], _Function]:
        return self._route("PATCH", path, needs, more)

    def delete(self, path: str, needs: Action | Public, **more: Any) -> Callable[[_Function], _Function]:
        return self._route("DELETE", path, needs, {"status_code": HTTPStatus.NO_CONTENT, **more})

    def is_public(self, method: str, path: str) -> bool:
        """Public routes have no parameters in their paths, so that nothing is guessed here."""
        return self.needs.get((method, path)) is PUBLIC

    def _route(
        self, method: str, path: str, needs: Action | Public, more: dict[str, Any]
    ) -> Callable[[_Function], _Function]:
        if not isinstance(needs, Action | Public) or (needs is PUBLIC and "<" in path):
            raise TypeError(f"{method} {path} declares no action")
        self.needs[method, path] = needs
        said = "anybody" if needs is PUBLIC else str(needs)
        return self.app.route(
            path,
            method,
            middlewares=[] if needs is PUBLIC else [_admits(Action(said), changes=method in CHANGES)],
            security=[] if needs is PUBLIC else None,
            openapi_extensions={"x-letterlock-action": said, **more.pop("openapi_extensions", {})},
            **more,
        )


def _admits(action: Action, *, changes: bool) -> Callable[[APIGatewayRestResolver, NextMiddleware], Response[Any]]:
    def admit(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
        who = principal(app)
        with on_record(app.current_event, who, action):
            who.may(action)
            if changes:
                who.may_change(action)
            return next_middleware(app)

    return admit
