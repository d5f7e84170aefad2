"""Connected accounts as items of the accounts table, and back. Tokens and what was begun are sealed, each by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.codec import decode, encode, instant
from letterlock.adapters.dynamo import Item, key
from letterlock.adapters.keyring import STACK
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.connections import Client, Connection, ConnectionState, Start, Tokens
from letterlock.domain.providers import Provider

START: Final = "start"
TOKENS: Final = "tokens"
LEASE: Final = "lease_until"
_TIMES: Final = ("connected_at", "revoked_at", "confirmed_at", "unreachable_since", "refused_since")
_ENDPOINTS: Final = ("name", "issuer", "authorization", "token", "revocation", "account", "registration")


class ConnectionItems:
    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def item(self, connection: Connection) -> Item:
        """Without tokens and start."""
        found = key(connection.workspace, table.connection_key(connection.id)) | {
            "state": {"S": connection.state},
            "person": {"S": connection.person},
            "version": {"N": str(connection.version)},
            "who": {"B": self._sealer.seal(_place(connection, "who"), encode(_said(connection)))},
        }
        if connection.mailbox:
            found["mailbox"] = {"S": connection.mailbox}
        for name in _TIMES:
            if at := getattr(connection, name):
                found[name] = {"S": instant(at)}
        return found

    def connection_of(self, item: Item) -> Connection:
        workspace, id = item["pk"]["S"], item["sk"]["S"].removeprefix(table.CONNECTIONS)  # noqa: A001 - its name
        said = decode(self._sealer.unseal(Place(workspace, "connection", id, "who"), item["who"]["B"]))
        times = {name: datetime.fromisoformat(item[name]["S"]) for name in _TIMES if name in item}
        return Connection(
            id=id,
            workspace=workspace,
            person=item["person"]["S"],
            provider=_provider(said["provider"]),
            state=ConnectionState(item["state"]["S"]),
            mailbox=item["mailbox"]["S"] if "mailbox" in item else "",
            account=said["account"],
            scopes=tuple(said["scopes"]),
            connected_at=times.get("connected_at"),
            revoked_at=times.get("revoked_at"),
            confirmed_at=times.get("confirmed_at"),
            unreachable_since=times.get("unreachable_since"),
            refused_since=times.get("refused_since"),
            redirect=said["redirect"],
            version=int(item["version"]["N"]),
        )

    def tokens(self, connection: Connection, tokens: Tokens) -> Item:
        said = [tokens.access, tokens.refresh, instant(tokens.expires_at) if tokens.expires_at else ""]
        return {"B": self._sealer.seal(_place(connection, TOKENS), encode(said))}

    def tokens_of(self, connection: Connection, sealed: bytes) -> Tokens:
        access, refresh, until = decode(self._sealer.unseal(_place(connection, TOKENS), sealed))
        return Tokens(access, refresh, datetime.fromisoformat(until) if until else None)

    def start(self, connection: Connection, start: Start) -> Item:
        said = [start.verifier, start.state, start.credential, start.redirect, instant(start.until)]
        return {"B": self._sealer.seal(_place(connection, START), encode(said))}

    def start_of(self, connection: Connection, sealed: bytes) -> Start:
        verifier, state, credential, redirect, until = decode(self._sealer.unseal(_place(connection, START), sealed))
        return Start(verifier, state, credential, redirect, datetime.fromisoformat(until))

    def client(self, app: str, client: Client) -> Item:
        """`app`: the keyed hash in the item's key. Of the stack: whoever connects next uses it too."""
        sealed = self._sealer.seal(_app_place(app), encode([client.id, client.secret]))
        return key(STACK, table.app_key(app)) | {"client": {"B": sealed}}

    def client_of(self, item: Item) -> Client:
        app = item["sk"]["S"].removeprefix(table.APPS)
        return Client(*decode(self._sealer.unseal(_app_place(app), item["client"]["B"])))


def _said(connection: Connection) -> dict[str, Any]:
    """The provider as it was when it was connected: where a token is revoked follows nobody's later settings."""
    provider = connection.provider
    entry = {name: getattr(provider, name) for name in _ENDPOINTS if getattr(provider, name)}
    entry |= {"scopes": provider.scopes, "sends_issuer": provider.sends_issuer}
    said = {"account": connection.account, "scopes": connection.scopes, "redirect": connection.redirect}
    return {"provider": entry, **said}


def _provider(said: dict[str, Any]) -> Provider:
    words = {name: said.get(name, "") for name in _ENDPOINTS}
    return Provider(**words, scopes=tuple(said["scopes"]), sends_issuer=said["sends_issuer"])


def _place(connection: Connection, field: str) -> Place:
    return Place(connection.workspace, "connection", connection.id, field)


def _app_place(app: str) -> Place:
    return Place(STACK, "app", app, "client")
