"""Mentions of a Mastodon account, and answers to them (Mastodon's documentation, "notifications", "statuses")."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from letterlock.adapters.html_text import to_text
from letterlock.adapters.outgoing_http import Answer, NoAnswer, NotAllowed
from letterlock.domain.connections import Tokens
from letterlock.domain.errors import ProviderBusy, ProviderRefused, ProviderSilent
from letterlock.domain.mail import Address
from letterlock.domain.providers import Provider
from letterlock.services.channel_ports import Arrived, Heard, Posting
from letterlock.services.ports import Clock

PAGE: Final = 40
"""The most that a request is answered with."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Forty notifications, each with a status of an instance that lets people write more than others do."""
STATUS_CHARACTERS: Final = 100_000
NAME_CHARACTERS: Final = 200
LONGEST_PAUSE: Final = timedelta(hours=1)
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}(?:@[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)?")
_PRIVATE: Final = ("direct", "private")
_OK, _FAILED = range(200, 300), 500
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


class MastodonChannel:
    """`Channel`. `http`: an `OutgoingHttp`."""

    def __init__(self, http: Callable[..., Answer], now: Clock) -> None:
        self._http, self._now = http, now

    def heard(self, provider: Provider, tokens: Tokens, after: str) -> Heard:
        """What cannot be read of an instance's answer is left out, and stops nothing of what can."""
        asked = {"types[]": "mention", "limit": str(PAGE)} | ({"min_id": after} if after else {})
        said = self._ask("GET", f"{provider.issuer}/api/v1/notifications?{urlencode(asked)}", tokens)
        if not isinstance(said, list):
            raise ProviderSilent("the provider's answer is not read")
        host = urlsplit(provider.issuer).netloc
        found = [each for one in said[:PAGE] if (each := _arrived(one, host))]
        ids = [each.id for each in found] + [_id(one.get("id")) for one in said[:PAGE] if isinstance(one, dict)]
        return Heard(sorted(found, key=lambda each: _age(each.id)), max([*ids, after], key=_age))

    def post(self, provider: Provider, tokens: Tokens, posting: Posting) -> str:
        body = {"status": posting.text, "visibility": "direct" if posting.private else "public"}
        if posting.in_reply_to:
            body["in_reply_to_id"] = posting.in_reply_to
        said = self._ask("POST", f"{provider.issuer}/api/v1/statuses", tokens, body, {"Idempotency-Key": posting.key})
        status = said.get("id") if isinstance(said, dict) else None
        if not isinstance(status, str) or not _ID.fullmatch(status):
            raise ProviderSilent("the provider's answer is not read")
        return status

    def _ask(
        self,
        method: str,
        url: str,
        tokens: Tokens,
        form: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {tokens.access}", "Accept": "application/json", **(more or {})}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            body = urlencode(form or {}).encode("ascii")
            answer = self._http(method, url, headers=headers, body=body, most=ANSWER_BYTES)
        except NotAllowed:
            raise ProviderRefused("not_allowed") from None
        except NoAnswer:
            raise ProviderSilent("the provider did not answer") from None
        self._refuse(answer)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise ProviderSilent("the provider's answer is not read") from None

    def _refuse(self, answer: Answer) -> None:
        if answer.status in _OK:
            return
        if answer.status == _TOO_MANY:
            raise ProviderBusy(self._until(answer.headers.get("x-ratelimit-reset", "")))
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            raise ProviderRefused("invalid_token" if answer.status == _UNAUTHORIZED else "not_allowed")
        if answer.status >= _FAILED:
            raise ProviderSilent("the provider is not able to answer")
        raise ProviderRefused(f"status_{answer.status}")

    def _until(self, said: str) -> datetime:
        """`X-RateLimit-Reset`, ISO 8601; what it does not say, or too late a time, is not waited for."""
        now = self._now()
        try:
            at = datetime.fromisoformat(said)
        except ValueError:
            return now + timedelta(minutes=5)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max(at, now), now + LONGEST_PAUSE)


def _arrived(said: Any, host: str) -> Arrived | None:
    try:
        status, account = said["status"], said["account"]
        id, name = str(said["id"]), str(account["acct"])  # noqa: A001 - the field's own name
        message, html = str(status["uri"]), str(status["content"])[:STATUS_CHARACTERS]
        at = datetime.fromisoformat(str(status["created_at"]))
    except (KeyError, TypeError, ValueError):
        return None
    if said.get("type") != "mention" or not _ID.fullmatch(id) or not _ACCOUNT.fullmatch(name):
        return None
    at_home = name if "@" in name else f"{name}@{host}"
    return Arrived(
        id=id,
        message=message[:998],
        sender=Address(f"@{at_home.lower()}", str(account.get("display_name") or "")[:NAME_CHARACTERS]),
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        text=to_text(html),
        html=html,
        in_reply_to=_id(status.get("in_reply_to_id")),
        local=_id(status.get("id")),
        private=status.get("visibility") in _PRIVATE,
    )


def _age(id: str) -> tuple[int, str]:  # noqa: A002 - the field's own name
    """Ids count up, and a longer one is a later one (Mastodon's documentation, "Snowflake ID")."""
    return len(id), id


def _id(said: Any) -> str:
    return said if isinstance(said, str) and _ID.fullmatch(said) else ""
