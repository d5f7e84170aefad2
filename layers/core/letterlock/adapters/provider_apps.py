"""The operator's apps with providers of OAuth 2, as one secret holds them: JSON of each provider's name and its app.

{"google": {"client_id": "…", "client_secret": "…"},
 "sso": {"client_id": "…", "client_secret": "…", "issuer": "https://…", "authorization": "https://…", …}}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from letterlock.domain.connections import Client
from letterlock.domain.errors import Invalid, Unavailable
from letterlock.domain.providers import Provider, configured


class ProviderApps:
    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def provider(self, name: str) -> Provider | None:
        """Raises Unavailable where what the operator put there is not as it should be."""
        found = self._all().get(name)
        return found[0] if found else None

    def client(self, name: str) -> Client | None:
        """Raises Unavailable likewise."""
        found = self._all().get(name)
        return found[1] if found else None

    def _all(self) -> dict[str, tuple[Provider, Client]]:
        try:
            said = json.loads(self._text() or "{}")
            return {str(name): _app(str(name), dict(app)) for name, app in said.items()}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Unavailable("the operator's apps with providers cannot be read") from None
        except Invalid as invalid:
            raise Unavailable(f"the operator's apps with providers cannot be read: {invalid}") from None


def _app(name: str, said: dict[str, Any]) -> tuple[Provider, Client]:
    client = Client(str(said.pop("client_id")), str(said.pop("client_secret", "")))
    return configured(name, said), client
