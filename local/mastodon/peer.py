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


@dataclass
class Status:
    id: str
    author: str
    text: str
    at: float
    visibility: str = "public"
    in_reply_to: str = ""


@dataclass
class Peer:
    """At `issuer`. What people of elsewhere write, a test says by `mention`."""

    issuer: str
    now: Callable[[], float]
    statuses: list[Status] = field(default_factory=list)
    mentions: list[tuple[str, str, Status]] = field(default_factory=list)
    """The notification's id, who is told, and of what."""
    asked: dict[str, list[float]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Status] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.oauth = OAuthServer(self.issuer, self.now)
        self._ids = 109_000_000_000_000_000

    def mention(self, user: str, by: str, text: str, *, visibility: str = "public", in_reply_to: str = "") -> Status:
        status = self._written(by, text, visibility, in_reply_to)
        self.mentions.append((self._id(), user, status))
        return status

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = urlsplit(url).path
        if path not in ("/api/v1/notifications", "/api/v1/statuses"):
            return self.oauth.answer(method, url, headers, body)
        token = self.oauth.bearer(headers)
        if token is None:
            return _json(401, {"error": "The access token is invalid"})
        if not self._may_ask(token):
            reset = datetime.fromtimestamp(self.asked[token.user][0] + WINDOW, UTC)
            status, said, text = _json(429, {"error": "Too many requests"})
            return status, said | {"x-ratelimit-reset": reset.isoformat().replace("+00:00", "Z")}, text
        if (method, path) == ("GET", "/api/v1/notifications"):
            return self._told(token, parse_qs(urlsplit(url).query))
        return self._posted(token, dict(parse_qsl(body.decode("ascii"))), headers)

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
            made = self._written(
                token.user, form["status"], form.get("visibility", "public"), form.get("in_reply_to_id", "")
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

    def _written(self, author: str, text: str, visibility: str, in_reply_to: str) -> Status:
        status = Status(self._id(), author, text, self.now(), visibility, in_reply_to)
        self.statuses.append(status)
        return status

    def _id(self) -> str:
        self._ids += 1
        return str(self._ids)

    def _shown(self, id: str, _user: str, status: Status) -> dict[str, Any]:  # noqa: A002 - the field's own name
        account = {"acct": status.author, "display_name": status.author.title()}
        return {"id": id, "type": "mention", "account": account, "status": self._status(status)}

    def _status(self, status: Status) -> dict[str, Any]:
        at = datetime.fromtimestamp(status.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "id": status.id,
            "uri": f"{self.issuer}/users/{status.author}/statuses/{status.id}",
            "content": "".join(f"<p>{html.escape(each)}</p>" for each in status.text.split("\n\n")),
            "created_at": at,
            "visibility": status.visibility,
            "in_reply_to_id": status.in_reply_to or None,
        }


def _json(status: int, said: Any) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps(said).encode()
