"""A small Mastodon: mentions, statuses, and the OAuth server that lets us in (Mastodon's documentation, "API")."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from local.oauth.stand_in import Answer, OAuthServer, Token

FEWEST, MOST = 1, 40
ASKED_AT_MOST: Final = 300
"""In five minutes, of one account."""
WINDOW: Final = 300.0
CHARACTERS: Final = 500
"""Of a status, where its instance allows no more."""


@dataclass
class Status:
    id: str
    author: str
    text: str
    at: float
    visibility: str = "public"
    in_reply_to: str = ""
    warning: str = ""
    """The line that is shown in its place until somebody wants to read it."""
    media: tuple[str, ...] = ()
    """Where its pictures lie."""
    html: str = ""
    """What it says in HTML, where that is not what Mastodon makes of its text."""
    named: frozenset[str] = frozenset()
    """Who is told of it, and sees it whoever else does not."""

    def seen_by(self, user: str) -> bool:
        return self.visibility in ("public", "unlisted") or user == self.author or user in self.named


@dataclass
class Peer:
    """At `issuer`. What people of elsewhere write, a test says by `mention`."""

    issuer: str
    now: Callable[[], float]
    statuses: list[Status] = field(default_factory=list)
    mentions: list[tuple[str, str, Status, float]] = field(default_factory=list)
    """The notification's id, who is told, of what, and when."""
    asked: dict[str, list[float]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Status] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.oauth = OAuthServer(self.issuer, self.now)
        self._ids = 109_000_000_000_000_000

    def mention(self, user: str, by: str, text: str, **more: Any) -> Status:
        """`more`: of a `Status`."""
        status = self._written(by, text, named=frozenset({user}), **more)
        self.tell(user, status)
        return status

    def tell(self, user: str, status: Status) -> None:
        self.mentions.append((self._id(), user, status, self.now()))

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = urlsplit(url).path
        if not path.startswith(("/api/v1/notifications", "/api/v1/statuses", "/api/v2/search")):
            return self.oauth.answer(method, url, headers, body)
        token = self.oauth.bearer(headers)
        if token is None:
            return _json(401, {"error": "The access token is invalid"})
        if not self._may_ask(token):
            reset = {"x-ratelimit-reset": _instant(self.asked[token.user][0] + WINDOW)}
            status, said, text = _json(429, {"error": "Too many requests"})
            return status, said | reset, text
        return self._answer(token, method, url, headers, dict(parse_qsl(body.decode("ascii"))))

    def _answer(self, token: Token, method: str, url: str, headers: Mapping[str, str], form: dict[str, str]) -> Answer:
        asked = parse_qs(urlsplit(url).query)
        match (method, *urlsplit(url).path.rsplit("/", 1)):
            case ("GET", "/api/v1", "notifications"):
                return self._told(token, asked)
            case ("GET", "/api/v1/statuses", local):
                return self._one(token, local)
            case ("GET", "/api/v2", "search"):
                return self._found(token, asked["q"][0])
            case ("POST", "/api/v1", "statuses"):
                return self._posted(token, form, headers)
        return _json(404, {"error": "Record not found"})

    def _one(self, token: Token, local: str) -> Answer:
        if "read:statuses" not in token.scope.split():
            return _json(403, {"error": "outside the authorized scopes"})
        found = next((each for each in self.statuses if each.id == local and each.seen_by(token.user)), None)
        return _json(200, self._status(found)) if found else _json(404, {"error": "Record not found"})

    def _found(self, token: Token, uri: str) -> Answer:
        if "read:search" not in token.scope.split():
            return _json(403, {"error": "outside the authorized scopes"})
        found = [each for each in self.statuses if self._uri(each) == uri and each.seen_by(token.user)]
        return _json(200, {"accounts": [], "statuses": list(map(self._status, found)), "hashtags": []})

    def _told(self, token: Token, asked: dict[str, list[str]]) -> Answer:
        """With `min_id` those that came next after it; without, the newest. Newest first, either way."""
        if "read:notifications" not in token.scope.split():
            return _json(403, {"error": "outside the authorized scopes"})
        limit = max(FEWEST, min(MOST, int(asked.get("limit", ["15"])[0])))
        mine = [each for each in self.mentions if each[1] == token.user]
        if "min_id" in asked:
            mine = [each for each in mine if int(each[0]) > int(asked["min_id"][0])][:limit]
        return _json(200, [self._shown(*each) for each in reversed(mine[-limit:])])

    def _posted(self, token: Token, form: dict[str, str], headers: Mapping[str, str]) -> Answer:
        if "write:statuses" not in token.scope.split():
            return _json(403, {"error": "outside the authorized scopes"})
        key = next((value for name, value in headers.items() if name.lower() == "idempotency-key"), "")
        made = self.keys.get((token.user, key)) if key else None
        if made is None:
            if len(form["status"]) > CHARACTERS:
                return _json(422, {"error": f"Validation failed: Text character limit of {CHARACTERS} exceeded"})
            made = self._written(
                token.user,
                form["status"],
                visibility=form.get("visibility", "public"),
                in_reply_to=form.get("in_reply_to_id", ""),
                named=frozenset(each.lstrip("@") for each in form["status"].split() if each.startswith("@")),
            )
            self.keys[token.user, key] = made
        return _json(200, self._status(made))

    def _may_ask(self, token: Token) -> bool:
        times = self.asked.setdefault(token.user, [])
        times[:] = [each for each in times if each > self.now() - WINDOW]
        if len(times) >= ASKED_AT_MOST:
            return False
        times.append(self.now())
        return True

    def _written(self, author: str, text: str, **more: Any) -> Status:
        status = Status(self._id(), author, text, self.now(), **more)
        self.statuses.append(status)
        return status

    def _id(self) -> str:
        self._ids += 1
        return str(self._ids)

    def _shown(self, id: str, _user: str, status: Status, at: float) -> dict[str, Any]:  # noqa: A002 - the field's own name
        account = {"acct": status.author, "display_name": status.author.title()}
        shown = self._status(status)
        return {"id": id, "type": "mention", "created_at": _instant(at), "account": account, "status": shown}

    def _uri(self, status: Status) -> str:
        """The same at every instance: where it was written says what it is."""
        name, _, home = status.author.partition("@")
        return f"{f'https://{home}' if home else self.issuer}/users/{name}/statuses/{status.id}"

    def _status(self, status: Status) -> dict[str, Any]:
        return {
            "id": status.id,
            "uri": self._uri(status),
            "spoiler_text": status.warning,
            "media_attachments": [{"type": "image", "url": each, "description": None} for each in status.media],
            "content": status.html or "".join(f"<p>{html.escape(each)}</p>" for each in status.text.split("\n\n")),
            "created_at": _instant(status.at),
            "visibility": status.visibility,
            "in_reply_to_id": status.in_reply_to or None,
        }


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(status: int, said: Any) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps(said).encode()
