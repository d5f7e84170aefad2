"""Mentions of a Mastodon account, and answers to them (Mastodon's documentation, "notifications", "statuses")."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from letterlock.adapters.html_text import to_text
from letterlock.adapters.outgoing_http import Answer, NoAnswer, NotAllowed, TooLarge
from letterlock.domain.connections import Tokens
from letterlock.domain.errors import INVALID_TOKEN, ProviderBusy, ProviderRefused, ProviderSilent
from letterlock.domain.mail import Address
from letterlock.domain.providers import Provider
from letterlock.services.channel_ports import Arrived, Heard, Posting
from letterlock.services.ports import Clock

PAGE: Final = 40
"""The most that a request is answered with."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Forty notifications, each with a status of an instance that lets people write more than others do."""
MESSAGE_CHARACTERS: Final = 998
"""As long as a Message-ID may be."""
MEDIA_NAMED: Final = 16
NAME_CHARACTERS: Final = 200
LONGEST_PAUSE: Final = timedelta(hours=1)
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}(?:@[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)?")
_PUBLIC: Final = ("public", "unlisted")
UNKNOWN_STATUS: Final = "unknown_status"
_OK, _FAILED = range(200, 300), 500
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


class MastodonStatuses:
    """`Statuses`. `http`: an `OutgoingHttp`."""

    def __init__(self, http: Callable[..., Answer], now: Clock) -> None:
        self._http, self._now = http, now

    def heard(self, provider: Provider, tokens: Tokens, after: str) -> Heard:
        """What cannot be read of an instance's answer is left out, and stops nothing of what can."""
        said = self._page(provider, tokens, after)
        host = urlsplit(provider.issuer).netloc
        told = sorted((each for one in said if (each := _told(one, host))), key=lambda each: _age(each.arrived.id))
        known = {each.local: each.arrived.message for each in told}
        found: list[Arrived] = []
        for each in told:
            try:
                answers = known.get(each.answers) or self._message(provider, tokens, each.answers)
            except ProviderSilent:
                if not found:
                    raise
                return Heard(found, found[-1].id)
            found.append(replace(each.arrived, in_reply_to=answers))
        ids = [each.id for each in found] + [_id(one.get("id")) for one in said if isinstance(one, dict)]
        return Heard(found, max([*ids, after], key=_age))

    def _page(self, provider: Provider, tokens: Tokens, after: str) -> list[Any]:
        """Newest first. Where a page is too large, what comes next alone."""
        for limit in (PAGE, 1):
            asked = {"types[]": "mention", "limit": str(limit)} | ({"min_id": after} if after else {})
            try:
                said = self._ask("GET", f"{provider.issuer}/api/v1/notifications?{urlencode(asked)}", tokens)
            except TooLarge:
                continue
            if not isinstance(said, list):
                break
            return said[:limit]
        raise ProviderSilent("the provider's answer is not read")

    def _message(self, provider: Provider, tokens: Tokens, local: str) -> str:
        """What the whole world calls a status that the instance calls `local`; empty for one that is not shown."""
        if not local:
            return ""
        try:
            said = self._ask("GET", f"{provider.issuer}/api/v1/statuses/{local}", tokens)
        except ProviderRefused as refused:
            if refused.word == INVALID_TOKEN:
                raise
            return ""
        except TooLarge:
            return ""
        return _uri(said)

    def post(self, provider: Provider, tokens: Tokens, posting: Posting) -> str:
        """As visible as what it answers, but in no timeline of everybody's."""
        body = {"status": posting.text, "visibility": "direct"}
        if posting.in_reply_to:
            answered = self._seen(provider, tokens, posting.in_reply_to)
            body["in_reply_to_id"] = answered["id"]
            if answered.get("visibility") in _PUBLIC:
                body["visibility"] = "unlisted"
        said = self._ask_small(
            "POST", f"{provider.issuer}/api/v1/statuses", tokens, body, {"Idempotency-Key": posting.key}
        )
        if not (uri := _uri(said)):
            raise ProviderSilent("the provider's answer is not read")
        return uri

    def _seen(self, provider: Provider, tokens: Tokens, message: str) -> dict[str, Any]:
        """That status as the account's instance has it, fetched from elsewhere if need be ("search", `resolve`)."""
        asked = urlencode({"q": message, "type": "statuses", "resolve": "true", "limit": "1"})
        said = self._ask_small("GET", f"{provider.issuer}/api/v2/search?{asked}", tokens)
        found = said.get("statuses") if isinstance(said, dict) else None
        for each in found if isinstance(found, list) else ():
            if isinstance(each, dict) and each.get("uri") == message and _id(each.get("id")):
                return each
        raise ProviderRefused(UNKNOWN_STATUS)

    def _ask_small(
        self,
        method: str,
        url: str,
        tokens: Tokens,
        form: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
    ) -> Any:
        try:
            return self._ask(method, url, tokens, form, more)
        except TooLarge:
            raise ProviderSilent("the provider's answer is not read") from None

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
        except TooLarge:
            raise
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
            raise ProviderRefused(INVALID_TOKEN if answer.status == _UNAUTHORIZED else "not_allowed")
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


@dataclass(frozen=True, slots=True)
class _Told:
    arrived: Arrived
    local: str
    """What the instance calls it."""
    answers: str
    """What it answers, as the instance calls that."""


def _told(said: Any, host: str) -> _Told | None:
    try:
        status, account = said["status"], said["account"]
        id, name = str(said["id"]), str(account["acct"])  # noqa: A001 - the field's own name
        message, html = str(status["uri"]), str(status["content"]) + _media(status.get("media_attachments"))
        at, written_at = _instant(said["created_at"]), _instant(status["created_at"])
    except (KeyError, TypeError, ValueError):
        return None
    if said.get("type") != "mention" or not _ID.fullmatch(id) or not _ACCOUNT.fullmatch(name):
        return None
    at_home = name if "@" in name else f"{name}@{host}"
    arrived = Arrived(
        id=id,
        message=message[:MESSAGE_CHARACTERS],
        sender=Address(f"@{at_home.lower()}", str(account.get("display_name") or "")[:NAME_CHARACTERS]),
        at=at,
        written_at=written_at,
        subject=" ".join(str(status.get("spoiler_text") or "").split()),
        text=to_text(html),
        html=html,
    )
    return _Told(arrived, _id(status.get("id")), _id(status.get("in_reply_to_id")))


def _instant(said: Any) -> datetime:
    """Raises ValueError."""
    at = datetime.fromisoformat(str(said))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _media(said: Any) -> str:
    """Links to its pictures: they lie elsewhere, and whoever fetches one tells that it was read."""
    links = []
    for each in said[:MEDIA_NAMED] if isinstance(said, list) else ():
        if isinstance(each, dict) and isinstance(each.get("url"), str):
            words = str(each.get("description") or each.get("type") or "file")
            links.append(f'<p><a href="{escape(each["url"])}">{escape(words)}</a></p>')
    return "".join(links)


def _uri(said: Any) -> str:
    uri = said.get("uri") if isinstance(said, dict) else None
    return uri if isinstance(uri, str) and len(uri) <= MESSAGE_CHARACTERS else ""


def _age(id: str) -> tuple[int, str]:  # noqa: A002 - the field's own name
    """Ids count up, and a longer one is a later one (Mastodon's documentation, "Snowflake ID")."""
    return len(id), id


def _id(said: Any) -> str:
    return said if isinstance(said, str) and _ID.fullmatch(said) else ""
