"""What the services need of connected accounts: where they are kept, and how their providers are spoken to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letterlock.domain.accounts import Principal
from letterlock.domain.connections import Client, Connection, Start, Tokens
from letterlock.domain.idempotency import Once
from letterlock.domain.providers import Provider
from letterlock.services.deeds import Deed


@dataclass(frozen=True, slots=True)
class Granted:
    """What a provider gave for a code."""

    tokens: Tokens
    scopes: tuple[str, ...]


class Providers(Protocol):
    """OAuth 2 servers, over HTTPS. Of each method: ProviderSilent where nobody knows what became of it, ProviderRefused
    where it said no.
    """

    def register(self, provider: Provider, redirect: str) -> Client:
        """An app of ours at an instance that nobody connected before."""
        ...

    def page(self, provider: Provider, client: Client, *, redirect: str, state: str, challenge: str) -> str:
        """Where whoever connects is sent (RFC 6749, section 4.1.1; RFC 7636, section 4.3). Asks nobody."""
        ...

    def exchange(self, provider: Provider, client: Client, *, code: str, redirect: str, verifier: str) -> Granted: ...

    def refresh(self, provider: Provider, client: Client, refresh: str) -> Granted: ...

    def revoke(self, provider: Provider, client: Client, tokens: Tokens) -> None:
        """The refresh token, then the access token (RFC 7009). One that it does not know is revoked (section 2.2)."""
        ...

    def account(self, provider: Provider, tokens: Tokens) -> str:
        """Whose account it is, as the provider calls it."""
        ...


class Connections(Protocol):
    """Connections as they are kept. Tokens and what was begun lie sealed, each handed out by a method of its own."""

    def start(self, connection: Connection, start: Start, once: Once | None = None) -> None:
        """Until the start's end, and then gone by itself. Raises AlreadyDone, KeyReused."""
        ...

    def get(self, workspace: str, connection: str) -> Connection:
        """Consistently read. Raises NotFound."""
        ...

    def take_start(self, connection: Connection) -> Start:
        """What was begun, once: of two who bring the same state back, one gets it. Raises NotFound after that."""
        ...

    def connect(self, connection: Connection, tokens: Tokens, asker: Principal, deed: Deed) -> None:
        """One transaction, with whoever asks as its condition. Raises what `refuse_no_longer` does."""
        ...

    def abandon(self, connection: Connection, tokens: Tokens) -> None:
        """What was given, and nobody may use: kept as revoked, until its provider was told. One that was connected
        after all stays so. Raises Stale.
        """
        ...

    def listed(self, workspace: str, person: str = "") -> Sequence[Connection]: ...

    def tokens(self, connection: Connection) -> Tokens:
        """Raises NotFound where they are destroyed."""
        ...

    def lease(self, connection: Connection, until: datetime) -> bool:
        """To refresh, alone: False while somebody else has it, or when the connection is no more as it was read."""
        ...

    def renew(self, connection: Connection, tokens: Tokens) -> None:
        """The lease ends. Where the connection was revoked meanwhile, perhaps confirmed already, these tokens are kept
        to be revoked as well, and Stale is raised.
        """
        ...

    def end(self, connection: Connection, at: datetime, deed: Deed) -> bool:
        """Its provider takes the token no more: ended, and the tokens destroyed. False when it was so before."""
        ...

    def to_tell(self, until: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Workspace and connection of those that were revoked here and are due by then. The list may lag: what is
        confirmed is to be forgotten.
        """
        ...

    def forget(self, workspace: str, connection: str) -> None:
        """There is nothing to tell of it."""
        ...

    def confirm(self, connection: Connection, at: datetime | None) -> None:
        """The tokens are destroyed in the same write. None: nobody could be asked, and nothing is confirmed. Where
        others are kept than were read, nothing happens, and it stays due.
        """
        ...

    def put_off(self, connection: Connection, until: datetime) -> None:
        """Since when its provider does not answer or says no is kept; it is asked again then."""
        ...

    def later(self, workspace: str, connection: str, until: datetime) -> None:
        """Due then, whatever is the matter with it."""
        ...

    def client(self, connection: Connection) -> Client | None:
        """What we are to its provider, as was registered or configured."""
        ...

    def keep_client(self, connection: Connection, client: Client) -> Client:
        """Once: of two who register at the same moment, both get the one that was kept."""
        ...
