"""Connections that were revoked here are revoked at their providers, until these say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from letterlock.domain.connections import Connection, pause
from letterlock.domain.errors import NotFound, ProviderRefused, ProviderSilent
from letterlock.services.connection_ports import Connections, Providers
from letterlock.services.ports import Clock


@dataclass(frozen=True, slots=True)
class TellProviders:
    """How many confirmed, and how many did not answer. What is done twice changes nothing: a token that a provider does
    not know is revoked (RFC 7009, section 2.2).
    """

    connections: Connections
    providers: Providers
    now: Clock

    def __call__(self, limit: int, enough: Callable[[], bool]) -> tuple[int, int]:
        confirmed = silent = 0
        for each in self.connections.to_tell(self.now(), limit):
            if enough():
                break
            if self.one(each):
                confirmed += 1
            else:
                silent += 1
        return confirmed, silent

    def one(self, connection: Connection) -> bool:
        """Whether its provider has confirmed. One without a revocation endpoint has nothing to confirm: what we have of
        it is destroyed, and that is all that can be done.
        """
        try:
            self._revoke(connection)
        except (ProviderSilent, ProviderRefused):
            since = connection.unreachable_since or self.now()
            self.connections.put_off(connection, self._again(since), since)
            return False
        self.connections.confirm(connection, self.now())
        return True

    def _revoke(self, connection: Connection) -> None:
        client = self.connections.client(connection.provider)
        if client is None or not connection.provider.revocation:
            return
        try:
            tokens = self.connections.tokens(connection)
        except NotFound:  # an earlier try had it confirmed
            return
        self.providers.revoke(connection.provider, client, tokens)

    def _again(self, since: datetime) -> datetime:
        """Twice as late each time: as long again as it has been silent."""
        silent = self.now() - since
        return self.now() + min(max(silent, pause(1)), pause(99))
