"""Which adapter stands behind which port, for connected accounts: see `entry.wiring`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import people_wiring, token_wiring, wiring
from letterlock.entry.settings import LOCAL_ACCOUNT, setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_connections import DynamoConnections
    from letterlock.adapters.oauth_providers import HttpProviders
    from letterlock.services.connect_account import FinishConnecting, StartConnecting
    from letterlock.services.manage_connections import ReadConnections, RevokeConnection
    from letterlock.services.tell_providers import TellProviders


@cache
def providers() -> HttpProviders:
    from letterlock.adapters.oauth_providers import HttpProviders

    return HttpProviders(wiring.outgoing_http(), wiring.now)


@cache
def connections() -> DynamoConnections:
    from letterlock.adapters.dynamo_connections import DynamoConnections

    return DynamoConnections(
        wiring.client("dynamodb"),
        setting("ACCOUNTS_TABLE"),
        setting("CONVERSATIONS_TABLE"),
        wiring.sealer(),
        wiring.blind_index(),
        wiring.commits(),
        wiring.audit_entries(),
        dict,
    )


def base_of(instance: str) -> str:
    """An instance as somebody types it. On the local cloud it may be one of its stand-ins."""
    from letterlock.adapters.outgoing_http import is_local_peer
    from letterlock.domain.providers import instance_of

    if setting("ACCOUNT_ID") == LOCAL_ACCOUNT and is_local_peer(instance):
        return f"http://{instance}"
    return f"https://{instance_of(instance)}"


# ---- what the handlers call -----------------------------------------------------------------------------------------


@cache
def start_connecting() -> StartConnecting:
    import secrets

    from letterlock.domain.providers import MASTODON
    from letterlock.services.connect_account import StartConnecting

    offered = {MASTODON.name: MASTODON}
    return StartConnecting(
        connections(), providers(), offered, base_of, wiring.ids(), lambda: secrets.token_urlsafe(32), wiring.now
    )


@cache
def finish_connecting() -> FinishConnecting:
    from letterlock.services.connect_account import FinishConnecting

    return FinishConnecting(connections(), providers(), people_wiring.deeds(), wiring.now)


@cache
def read_connections() -> ReadConnections:
    from letterlock.services.manage_connections import ReadConnections

    return ReadConnections(connections())


@cache
def revoke_connection() -> RevokeConnection:
    from letterlock.services.manage_connections import RevokeConnection

    return RevokeConnection(read_connections(), token_wiring.revoke())


@cache
def tell_providers() -> TellProviders:
    from letterlock.services.tell_providers import TellProviders

    return TellProviders(connections(), providers(), wiring.now)
