"""What a request for a change says beside its body: for which version it is meant, and under which key it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Header

from letterlock.domain.accounts import Principal
from letterlock.domain.conversations import Conversation
from letterlock.domain.errors import AlreadyDone, Invalid, ShownOnce
from letterlock.domain.idempotency import Done, Once
from letterlock.entry.rest import principal, say

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A name of your own for this request, 1 to 255 visible ASCII characters: sent again within 24 "
        "hours, it has no second effect and gets the same answer, with Idempotency-Replayed: true",
    ),
]
"""Every POST takes one; a test holds them to it."""
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=512,
        description="The ETag of the record as you know it (RFC 9110, section 13.1.1): 412 if it has changed",
    ),
]

_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
"""RFC 9110, section 8.8.3."""
_LIST = re.compile(rf"[ \t,]*{_ENTITY_TAG}(?:[ \t]*,[ \t,]*{_ENTITY_TAG})*[ \t,]*")
"""RFC 9110, section 5.6.1: a list whose empty elements are skipped."""
_VERSION = re.compile(r'(?<!W/)"([1-9][0-9]{0,15})"')
_Answer = TypeVar("_Answer")


def etag(app: APIGatewayRestResolver, head: Conversation) -> None:
    """The answer shows the conversation at this version."""
    version_shown(app, head.version)


def version_shown(app: APIGatewayRestResolver, version: int) -> None:
    """The answer shows its record at this version."""
    say(app, "ETag", f'"{version}"')


def versions(if_match: str | None) -> frozenset[int] | None:
    """Which versions an If-Match accepts; None: any that exists. Raises Invalid.

    Compared strongly, so a weak tag accepts none, nor does a tag that was never ours (RFC 9110, section 8.8.3.2).
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if not _LIST.fullmatch(if_match):
        raise Invalid("If-Match takes entity tags in double quotes, as an answer's ETag has them, or *")
    return frozenset(map(int, _VERSION.findall(if_match)))


def once(app: APIGatewayRestResolver, key: str | None) -> Once | None:
    """This request under its key: the same as another whose body is the same JSON value, however it is spelt."""
    if key is None:
        return None
    asked = app.current_event
    body = json.dumps(asked.json_body, sort_keys=True) if asked.body else ""
    return Once(principal(app).id, f"{asked.http_method} {asked.path}", key, body)


def first_or_again(
    app: APIGatewayRestResolver, first: Callable[[], _Answer], again: Callable[[Principal, Done], _Answer]
) -> _Answer:
    """What the request does; or, when it has been done under its key, the same answer read again."""
    try:
        return first()
    except AlreadyDone as already:
        say(app, "Idempotency-Replayed", "true")
        return again(principal(app), already.done)


def shown_once(issue: Callable[[], _Answer]) -> _Answer:
    """What makes a secret. Raises ShownOnce where it was made before: then nobody can show it again."""
    try:
        return issue()
    except AlreadyDone as already:
        raise ShownOnce(already.done.made) from None
