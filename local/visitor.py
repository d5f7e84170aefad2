"""Somebody with a browser: keeps the session's cookie, says where a request comes from, reads their mail."""

from __future__ import annotations

import http.client
import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from local.connection import Connection
from local.correspondent import text_of
from local.inbox import wait_for
from local.settings import LocalCloudError

_LINK: Final = re.compile(r"ll[iru]_[0-9A-Za-z]{101}")
_TIMEOUT_SECONDS: Final = 40.0
_MAIL_SECONDS: Final = 60.0


class Visitor:
    def __init__(self, connection: Connection, address: str) -> None:
        where = urlsplit(connection.api)
        self._host, self._port = where.hostname or "", where.port or 0
        self._origin, self._outbox = connection.api, Path(connection.outbox)
        self.address = address
        self.cookie = ""

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "") -> tuple[int, Any]:
        """Status and body. With a token instead of the cookie where one is given."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        else:
            headers |= {"Origin": self._origin} | ({"Cookie": self.cookie} if self.cookie else {})
        asking = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            asking.request(method, path, None if body is None else json.dumps(body), headers)
            answer = asking.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise LocalCloudError(f"{method} {path}: {type(error).__name__}") from None
        finally:
            asking.close()
        if begun := answer.getheader("Set-Cookie"):
            self.cookie = begun.partition(";")[0]
        return answer.status, json.loads(said) if said else None

    def must(self, method: str, path: str, body: Any = None, *, status: int = 200, token: str = "") -> Any:
        """The body. Raises LocalCloudError for another status."""
        answered, said = self.ask(method, path, body, token=token)
        if answered != status:
            raise LocalCloudError(f"{method} {path} was answered {answered}, not {status}")
        return said

    def link(self) -> str:
        """The secret in the newest mail to them that has one; it is used up by being answered."""
        secret, path = wait_for(f"A mail to {self.address}", self._mailed, _MAIL_SECONDS)
        path.unlink()
        return secret

    def _mailed(self) -> tuple[str, Path] | None:
        for path in sorted(self._outbox.glob("*.eml"), reverse=True):
            mail: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)
            found = _LINK.search(text_of(mail))
            if found and str(mail["To"]) == self.address:
                return found[0], path
        return None
