"""REST at the edge: who is asking, what went wrong in the words of RFC 9457, and the headers every answer carries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from letterlock.domain import errors
from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.entry import wiring
from letterlock.entry.collisions import shown
from letterlock.entry.cookies import refuse_another_pages_request, refuse_foreign_origin, session_of
from letterlock.entry.failures import count_if_broken, safe_words
from letterlock.entry.request_checks import refuse_malformed_body, refuse_unknown_query
from letterlock.services.deeds import Asked

PROBLEM_JSON = "application/problem+json"


class Routes(Protocol):
    """A function's routes: see `entry.routes`."""

    @property
    def app(self) -> APIGatewayRestResolver: ...

    def is_public(self, method: str, path: str) -> bool: ...


HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""On every answer. The gateway's own answers carry the same ones from the template; a test holds the two together."""

_STATUS: dict[type[errors.LetterlockError], tuple[HTTPStatus, str]] = {
    errors.Invalid: (HTTPStatus.BAD_REQUEST, "invalid"),
    errors.Unauthenticated: (HTTPStatus.UNAUTHORIZED, "unauthenticated"),
    errors.Forbidden: (HTTPStatus.FORBIDDEN, "forbidden"),
    errors.NotFound: (HTTPStatus.NOT_FOUND, "not-found"),
    errors.DomainRefused: (HTTPStatus.UNPROCESSABLE_ENTITY, "domain-refused"),
    errors.AddressRefused: (HTTPStatus.UNPROCESSABLE_ENTITY, "address-refused"),
    errors.RuleBroken: (HTTPStatus.CONFLICT, "rule-broken"),
    errors.Conflict: (HTTPStatus.CONFLICT, "conflict"),
    errors.ShownOnce: (HTTPStatus.CONFLICT, "shown-once"),
    errors.TooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"),
    errors.NotScanned: (HTTPStatus.CONFLICT, "not-scanned"),
    errors.FileQuarantined: (HTTPStatus.UNPROCESSABLE_ENTITY, "quarantined"),
    errors.KeyReused: (HTTPStatus.CONFLICT, "idempotency-key-reused"),
    errors.Gone: (HTTPStatus.GONE, "gone"),
    errors.ReadOnly: (HTTPStatus.PAYMENT_REQUIRED, "read-only"),
    errors.PlanLimit: (HTTPStatus.PAYMENT_REQUIRED, "plan-limit"),
    errors.TooManyRequests: (HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests"),
    errors.SecondFactorRequired: (HTTPStatus.UNAUTHORIZED, "second-factor-required"),
    errors.VersionPassed: (HTTPStatus.PRECONDITION_FAILED, "stale"),
    errors.Moved: (HTTPStatus.PRECONDITION_FAILED, "stale"),
    errors.Stale: (HTTPStatus.CONFLICT, "busy"),
    errors.NotTheirs: (HTTPStatus.CONFLICT, "not-connected"),
    errors.ProviderRefused: (HTTPStatus.BAD_GATEWAY, "provider-refused"),
    errors.ProviderSilent: (HTTPStatus.BAD_GATEWAY, "provider-silent"),
    errors.Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}
"""One table of what each error means over HTTP, and the last word of its problem type."""

logger = Logger()


def resolver() -> APIGatewayRestResolver:
    """A resolver that validates against the handler's own types and answers every error with a problem document."""
    app = APIGatewayRestResolver(enable_validation=True)
    app.use(middlewares=[refuse_unknown_query])
    app.exception_handler(RequestValidationError)(_not_valid)
    app.exception_handler(errors.LetterlockError)(_refused)
    app.exception_handler(NotFoundError)(_no_route)
    # Without it Powertools would log the error's own words, which may quote a customer's mail.
    app.exception_handler(Exception)(_unforeseen)
    return app


def serve(api: Routes, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Authenticate, then resolve: an unknown caller learns nothing, not even whether the request was well formed."""
    return _guarded(lambda: _resolve(api, event, context))


def serve_public(app: APIGatewayRestResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Resolve without a credential: for what anybody may read."""
    return _guarded(lambda: app.resolve(event, context))


def principal(app: APIGatewayRestResolver) -> Principal:
    found: Principal = app.context["principal"]
    return found


def request_id(app: APIGatewayRestResolver) -> str:
    """API Gateway's id of this request: what its facts correlate to."""
    return str(app.current_event.request_context.request_id)


def asked(app: APIGatewayRestResolver) -> Asked:
    """For the audit log: who asks (nobody known, on a public route), and from where."""
    return _asked(app.current_event, app.context.get("principal"))


def _asked(event: APIGatewayProxyEvent, who: Principal | None) -> Asked:
    context = event.request_context
    identity = context.identity
    by, request = who.id if who else "", str(context.request_id)
    return Asked(by, request, identity.source_ip or "", identity.user_agent or "")


@contextmanager
def on_record(event: APIGatewayProxyEvent, who: Principal, what: str) -> Iterator[None]:
    """Where somebody known is refused, the log has it before they hear of it."""
    try:
        yield
    except (errors.Forbidden, errors.SecondFactorRequired) as refused:
        wiring.record_refusal()(who.workspace, Act.ACCESS_REFUSED, _asked(event, who), f"{what}: {refused}")
        raise


def say(app: APIGatewayRestResolver, name: str, value: str) -> None:
    """A header of this answer, beside those that every answer carries."""
    app.context["said"][name] = [value]


def problem(status: HTTPStatus, kind: str, detail: str, **more: object) -> Response[str]:
    """RFC 9457, section 3. `type` is a name, not a page; `detail` says what to do, and never quotes the request."""
    body = {
        "type": f"urn:letterlock:problem:{kind}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        **more,
    }
    headers: dict[str, str | list[str]] = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="letterlock"'
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return Response(status.value, PROBLEM_JSON, json.dumps(body), headers)


def _resolve(api: Routes, event: dict[str, Any], context: Any) -> dict[str, Any]:
    method = event["httpMethod"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    said: dict[str, list[str]] = {}
    if not api.is_public(method, event["path"]):
        who = wiring.authenticate()(headers.get("authorization", ""), session_of(headers))
        with on_record(APIGatewayProxyEvent(event), who, "another page"):
            refuse_foreign_origin(who, method, headers)
        api.app.context["principal"] = who
    else:
        refuse_another_pages_request(method, headers)
        # A request that was refused before it was resolved leaves its principal behind.
        api.app.context.pop("principal", None)
    refuse_malformed_body(event)
    api.app.context["said"] = said
    answered = api.app.resolve(event, context)
    answered.setdefault("multiValueHeaders", {}).update(said)
    return answered


def _guarded(answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        answered = answer()
    except errors.LetterlockError as error:
        answered = _as_proxy_answer(_refused(error))
    except Exception as error:  # noqa: BLE001 - the last line before API Gateway, which would answer 502
        answered = _as_proxy_answer(_unforeseen(error))
    many = answered.setdefault("multiValueHeaders", {})
    many.update({name: [value] for name, value in HEADERS.items()})
    return answered


def _as_proxy_answer(response: Response[str]) -> dict[str, Any]:
    headers = {name: [value] for name, value in (response.headers or {}).items()}
    return {
        "statusCode": response.status_code,
        "body": response.body,
        "isBase64Encoded": False,
        "multiValueHeaders": {"Content-Type": [PROBLEM_JSON], **headers},
    }


def _refused(error: errors.LetterlockError) -> Response[str]:
    if type(error) not in _STATUS:  # no request of anybody's causes it
        return _unforeseen(error)
    status, kind = _STATUS[type(error)]
    answer = problem(status, kind, str(error), **shown(error))
    if isinstance(error, errors.TooManyRequests):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _not_valid(error: RequestValidationError) -> Response[str]:
    """Where and why, without the value: what was sent may be content."""
    found = [
        {"pointer": "/".join(("#", *map(str, each["loc"][1:]))), "in": str(each["loc"][0]), "detail": each["msg"]}
        for each in error.errors()
    ]
    return problem(HTTPStatus.BAD_REQUEST, "invalid", "the request does not fit the API's description", errors=found)


def _unforeseen(error: Exception) -> Response[str]:
    count_if_broken(error)
    logger.error("unhandled", extra=safe_words(error))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "this is our fault; the same request may work again")


def _no_route(_: NotFoundError) -> Response[str]:
    return problem(HTTPStatus.NOT_FOUND, "not-found", "there is nothing at this path: see /docs")
