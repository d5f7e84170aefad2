"""The local cloud's API as a client uses it: JSON over HTTP with a bearer token."""

import json
import urllib.error
import urllib.request
from typing import Any

from local.connection import Connection

_TIMEOUT_SECONDS = 40.0


class Api:
    """One workspace's API."""

    def __init__(self, connection: Connection) -> None:
        self._base = connection.api
        self._token = connection.token

    def get(self, path: str) -> tuple[int, Any]:
        """Status and body; status 0 when nothing answered."""
        return self._ask("GET", path)

    def post(self, path: str, body: object, *, key: str = "") -> tuple[int, Any]:
        """Status and body; status 0 when nothing answered. `key`: the Idempotency-Key."""
        return self._ask("POST", path, body, key)

    def put(self, path: str, body: object) -> tuple[int, Any]:
        """Status and body; status 0 when nothing answered."""
        return self._ask("PUT", path, body)

    def fetch(self, path: str) -> bytes:
        """What a plain GET leads to, by redirects; the token goes to the API alone. Empty when nothing comes of it."""
        request = urllib.request.Request(f"{self._base}{path}")  # noqa: S310 (our own http address)
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 (the same)
                return bytes(answer.read())
        except OSError:
            return b""

    def _ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(f"{self._base}{path}", data, headers, method=method)  # noqa: S310 (our own http address)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 (the same)
                return answer.status, _json(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _json(error.read())
        except (urllib.error.URLError, OSError):
            return 0, None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
