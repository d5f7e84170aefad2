"""Somebody connects an account of theirs: sent to its provider, and back with a code that is used once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.connections import (
    START_LASTS,
    Client,
    Connection,
    ConnectionState,
    Returned,
    Start,
    challenge,
    refuse_another,
)
from letterlock.domain.errors import Invalid, NotFound, NotTheirs
from letterlock.domain.idempotency import Once
from letterlock.domain.permissions import Action
from letterlock.domain.providers import Provider
from letterlock.services.connection_ports import Connections, Granted, Providers
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.ports import Clock, Ids

NOT_BEGUN: Final = "this was not begun here, or was used"
Secret = Callable[[], str]
"""256 bits of chance, as 43 characters of base64url: a `state`, and a `code_verifier` (RFC 7636, section 4.1)."""


@dataclass(frozen=True, slots=True)
class StartConnecting:
    """Raises Forbidden, Invalid, NotFound (a mailbox that they do not see), ProviderRefused, ProviderSilent."""

    connections: Connections
    providers: Providers
    offered: Callable[[str], Provider | None]
    base_of: Callable[[str], str]
    """An instance as somebody types it, as `https://` and its name. Raises Invalid."""
    ids: Ids
    secret: Secret
    now: Clock

    def __call__(
        self, principal: Principal, name: str, instance: str, mailbox: str, redirect: str, once: Once | None = None
    ) -> tuple[Connection, str]:
        """And the provider's page, where their browser goes now. `redirect`: where it comes back to, which is ours."""
        principal.may(Action.CONNECT_ACCOUNTS)
        principal.must_see(mailbox, "mailbox")
        provider = self._provider(name, instance)
        verifier, at = self.secret(), self.now()
        connection = Connection(
            id=self.ids.new("con"),
            workspace=principal.workspace,
            person=principal.id,
            provider=provider,
            state=ConnectionState.STARTED,
            mailbox=mailbox,
            redirect=redirect,
        )
        client = self._client(connection)
        # The state names what it belongs to, so that nothing has to be looked up to find that; the rest is chance.
        state = f"{connection.id}.{self.secret()}"
        self.connections.start(
            connection, Start(verifier, state, principal.credential, redirect, at + START_LASTS), once
        )
        page = self.providers.page(provider, client, redirect=redirect, state=state, challenge=challenge(verifier))
        return connection, page

    def _provider(self, name: str, instance: str) -> Provider:
        provider = self.offered(name)
        if provider is None:
            raise Invalid("there is no such provider here")
        if provider.per_instance:
            return provider.at(self.base_of(instance))
        if instance:
            raise Invalid("this provider has no instances")
        return provider

    def _client(self, connection: Connection) -> Client:
        client, provider = self.connections.client(connection), connection.provider
        if client is None and provider.registration:
            registered = self.providers.register(provider, connection.redirect)
            client = self.connections.keep_client(connection, registered)
        if client is None:
            raise Invalid("the operator has no app with this provider")
        return client


@dataclass(frozen=True, slots=True)
class FinishConnecting:
    """Raises NotTheirs (also for what was brought back before, or is nobody's), ProviderRefused, ProviderSilent, and
    what `refuse_no_longer` does.
    """

    connections: Connections
    providers: Providers
    deeds: Deeds
    now: Clock

    def __call__(self, principal: Principal, returned: Returned, asked: Asked) -> Connection:
        """What was begun is taken before it is looked at, and so used up, whatever comes of it: a code that is tried
        twice is an attack (RFC 6749, section 10.5), and whoever wants to connect begins again.
        """
        principal.may(Action.CONNECT_ACCOUNTS)
        principal.may_change(Action.CONNECT_ACCOUNTS)
        connection = self._begun(principal, returned)
        client = self.connections.client(connection)
        if client is None:
            raise NotTheirs("the operator has no app with this provider any more")
        start = self._taken(connection)
        refuse_another(start, connection.provider, returned, principal.credential, self.now())
        granted = self.providers.exchange(
            connection.provider, client, code=returned.code, redirect=start.redirect, verifier=start.verifier
        )
        try:
            return self._connected(principal, connection, granted, asked)
        except Exception:
            # Nobody will ever use what was given, so it is not left to live there.
            given = replace(connection, state=ConnectionState.REVOKING, scopes=granted.scopes, revoked_at=self.now())
            self.connections.abandon(given, granted.tokens)
            raise

    def _begun(self, principal: Principal, returned: Returned) -> Connection:
        try:
            connection = self.connections.get(principal.workspace, returned.state.partition(".")[0])
        except NotFound:
            raise NotTheirs(NOT_BEGUN) from None
        if connection.person != principal.id:
            raise NotTheirs("this was begun by somebody else")
        return connection

    def _taken(self, connection: Connection) -> Start:
        try:
            return self.connections.take_start(connection)
        except NotFound:
            raise NotTheirs(NOT_BEGUN) from None

    def _connected(self, principal: Principal, started: Connection, granted: Granted, asked: Asked) -> Connection:
        if started.provider.lacks(granted.scopes):
            raise NotTheirs("the provider gave less than what is needed")
        connection = replace(
            started,
            state=ConnectionState.ACTIVE,
            account=self.providers.account(started.provider, granted.tokens),
            scopes=granted.scopes,
            connected_at=self.now(),
        )
        deed = self.deeds(connection.workspace, asked, Act.ACCOUNT_CONNECTED, connection.id)
        self.connections.connect(connection, granted.tokens, principal, deed)
        return connection
