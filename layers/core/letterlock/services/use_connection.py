"""A token of a connected account that may be used now; refreshed where it runs out, by one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from letterlock.domain.audit import Act
from letterlock.domain.connections import REFRESH_LEASE, Client, Connection, Tokens
from letterlock.domain.errors import INVALID_GRANT, INVALID_TOKEN, ProviderRefused, ProviderSilent, RuleBroken, Stale
from letterlock.domain.facts import ConnectionEnded
from letterlock.services.connection_ports import Connections, Granted, Providers
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.ports import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UseConnection:
    """Read with each use, so a connection that was revoked gives no token any more.

    Raises NotFound, RuleBroken (it is not active), Stale (somebody refreshes it at this moment), ProviderSilent,
    ProviderRefused.
    """

    connections: Connections
    providers: Providers
    deeds: Deeds
    now: Clock

    def __call__(self, workspace: str, connection: str, asked: Asked, *, refused: bool = False) -> Tokens:
        """`refused`: the provider did not take the token that was given out before, whatever its time says."""
        found = self.connections.get(workspace, connection)
        found.must_be_active()
        tokens = self.connections.tokens(found)
        if tokens.usable(self.now()) and not refused:
            return tokens
        if not tokens.refresh:
            self._ended(found, asked)
        return self._refreshed(found, tokens, asked)

    def doing(self, connection: Connection, asked: Asked, act: Callable[[Tokens], T]) -> T:
        """`act` with its token; once more with a fresh one, where the provider takes that no more before its time."""
        try:
            return act(self(connection.workspace, connection.id, asked))
        except ProviderRefused as refused:
            if refused.word != INVALID_TOKEN:
                raise
        return act(self(connection.workspace, connection.id, asked, refused=True))

    def _refreshed(self, connection: Connection, tokens: Tokens, asked: Asked) -> Tokens:
        """Of two who refresh at once the second would use a token that was used, and end the grant (RFC 9700, section
        4.14): so one has a lease.
        """
        client = self.connections.client(connection)
        if client is None:
            raise ProviderRefused("no_client")
        if not self.connections.lease(connection, self.now() + REFRESH_LEASE):
            raise Stale("it is being refreshed at this moment")
        leased = replace(connection, version=connection.version + 1)
        try:
            granted = self._asked_at_most_twice(connection, client, tokens)
        except ProviderRefused as refused:
            if refused.for_good:
                self._ended(leased, asked)
            raise
        later = tokens.followed_by(granted.tokens)
        self.connections.renew(leased, later)
        return later

    def _asked_at_most_twice(self, connection: Connection, client: Client, tokens: Tokens) -> Granted:
        """An answer that was lost may have rotated the token: the same one is tried once more, at once, for providers
        take it again for a moment. One that takes it for a theft ends the grant, and that is safe too.
        """
        try:
            return self.providers.refresh(connection.provider, client, tokens.refresh)
        except ProviderSilent:
            return self.providers.refresh(connection.provider, client, tokens.refresh)

    def _ended(self, connection: Connection, asked: Asked) -> None:
        """Noticed at the provider's end. Whoever connected it is told by the fact."""
        deed = self.deeds(
            connection.workspace,
            asked,
            Act.ACCOUNT_ENDED,
            connection.id,
            [ConnectionEnded(connection.workspace, connection.id, connection.person)],
            reason=INVALID_GRANT,
        )
        self.connections.end(connection, self.now(), deed)
        raise RuleBroken("the provider has ended this connection")
