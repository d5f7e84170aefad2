"""Connections that were revoked here are revoked at their providers, until these say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from letterlock.domain.connections import AFTER_OUR_FAULT, LAST_ASKED, OVERDUE, Connection, ConnectionState, pause
from letterlock.domain.errors import NotFound, ProviderRefused, ProviderSilent
from letterlock.services.connection_ports import Connections, Providers
from letterlock.services.ports import Clock


@dataclass
class Tally:
    """Of one run. Who is overdue is among the silent and the refusing too."""

    confirmed: int = 0
    let_go: int = 0
    """Nobody could be asked: the tokens are destroyed, and nothing is confirmed."""
    silent: int = 0
    refusing: int = 0
    overdue: int = 0
    failures: list[Exception] = field(default_factory=list)
    """One each of what could not even be tried: it comes again later, and stops nothing else."""


@dataclass(frozen=True, slots=True)
class TellProviders:
    """What is done twice changes nothing: a token that a provider does not know is revoked (RFC 7009, section 2.2)."""

    connections: Connections
    providers: Providers
    now: Clock

    def __call__(self, limit: int, enough: Callable[[], bool]) -> Tally:
        tally = Tally()
        for workspace, connection in self.connections.to_tell(self.now(), limit):
            if enough():
                break
            try:
                self._one(workspace, connection, tally)
            except Exception as error:  # noqa: BLE001 - each by itself; the handler raises when all were tried
                tally.failures.append(error)
                self.connections.later(workspace, connection, self.now() + AFTER_OUR_FAULT)
        return tally

    def _one(self, workspace: str, id: str, tally: Tally) -> None:  # noqa: A002 - the field's own name
        try:
            connection = self.connections.get(workspace, id)
        except NotFound:
            connection = None
        if connection is None or connection.state is not ConnectionState.REVOKING:
            self.connections.forget(workspace, id)
            return
        try:
            told = self._told(connection)
        except ProviderSilent:
            tally.silent += 1
            since = connection.unreachable_since or self.now()
            self._again(replace(connection, unreachable_since=since, refused_since=None), tally)
        except ProviderRefused:
            tally.refusing += 1
            since = connection.refused_since or self.now()
            self._again(replace(connection, unreachable_since=None, refused_since=since), tally)
        else:
            tally.confirmed += told
            tally.let_go += not told
            self.connections.confirm(connection, self.now() if told else None)

    def _told(self, connection: Connection) -> bool:
        """Whether its provider has confirmed. One without a revocation endpoint cannot, nor one with which the operator
        has no app any more.
        """
        client = self.connections.client(connection)
        if client is None or not connection.provider.revocation:
            return False
        self.providers.revoke(connection.provider, client, self.connections.tokens(connection))
        return True

    def _again(self, connection: Connection, tally: Tally) -> None:
        now, began = self.now(), connection.revoked_at or self.now()
        if now - began >= LAST_ASKED:
            tally.let_go += 1
            self.connections.confirm(connection, None)
            return
        tally.overdue += now - began >= OVERDUE
        since = connection.unreachable_since or connection.refused_since or now
        self.connections.put_off(connection, now + pause(now - since))
