"""An instance of Mastodon, with its OAuth 2 server, in this process: what asks it needs no socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from letterlock.adapters.outgoing_http import Answer, NoAnswer, TooLarge
from local.oauth.stand_in import App

if TYPE_CHECKING:
    from local.mastodon.peer import Peer
    from local.oauth.stand_in import OAuthServer

INSTANCE: Final = "https://social.example"
CALLBACK: Final = "https://api.acme.example/live/v1/connections/callback"
SSO: Final = "sso"
SSO_APP: Final[dict[str, Any]] = {
    "client_id": "operators-app",
    "client_secret": "operators-secret",
    "issuer": INSTANCE,
    "authorization": f"{INSTANCE}/oauth/authorize",
    "token": f"{INSTANCE}/oauth/token",
    "revocation": f"{INSTANCE}/oauth/revoke",
    "account": f"{INSTANCE}/api/v1/accounts/verify_credentials",
    "scopes": ["read:accounts"],
    "sends_issuer": True,
}
"""The same server as a provider with which the operator has an app, as its secret holds it."""


def make_operators_app(server: OAuthServer) -> None:
    """By hand, at the provider, as the operator's manual has it."""
    server.apps[SSO_APP["client_id"]] = App(
        SSO_APP["client_id"], SSO_APP["client_secret"], (CALLBACK,), frozenset(SSO_APP["scopes"])
    )


@dataclass
class Wire:
    """In place of `OutgoingHttp`. What is in `losing` is done, and its answer is lost; `down`: nothing arrives."""

    peer: Peer
    down: bool = False
    losing: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def server(self) -> OAuthServer:
        return self.peer.oauth

    def __call__(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes = b"", most: int = 1 << 20
    ) -> Answer:
        path = urlsplit(url).path
        self.asked.append(path)
        if self.down:
            raise NoAnswer("down")
        answer = Answer(*self.peer.answer(method, url, headers or {}, body))
        if path in self.losing:
            self.losing.remove(path)
            raise NoAnswer("lost")
        if len(answer.body) > most:
            raise TooLarge("too large")
        return answer
