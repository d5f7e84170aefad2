"""An instance of Mastodon, with its OAuth 2 server, in this process: what asks it needs no socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from letterlock.adapters.outgoing_http import Answer, NoAnswer, TooLarge

if TYPE_CHECKING:
    from local.mastodon.peer import Peer
    from local.oauth.stand_in import OAuthServer

INSTANCE: Final = "https://social.example"


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
