"""Which adapter stands behind which port, for connected accounts: see `entry.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import mail_wiring, people_wiring, token_wiring, wiring
from letterlock.entry.settings import LOCAL_ACCOUNT, NO_APPS, setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_connections import DynamoConnections
    from letterlock.adapters.mastodon import MastodonStatuses
    from letterlock.adapters.oauth_providers import HttpProviders
    from letterlock.adapters.outgoing_http import Answer
    from letterlock.adapters.provider_apps import ProviderApps
    from letterlock.domain.providers import Provider
    from letterlock.services.answer_by_status import AnswerByStatus
    from letterlock.services.connect_account import FinishConnecting, StartConnecting
    from letterlock.services.manage_connections import ReadConnections, RevokeConnection
    from letterlock.services.take_in_mentions import TakeInMentions
    from letterlock.services.tell_providers import TellProviders
    from letterlock.services.use_connection import UseConnection


def outgoing() -> Callable[..., Answer]:
    """Whoever is called here is called by this."""
    return wiring.outgoing_http()


@cache
def providers() -> HttpProviders:
    from letterlock.adapters.oauth_providers import HttpProviders

    return HttpProviders(outgoing(), wiring.now)


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
        lambda name: provider_apps().client(name),
    )


@cache
def provider_apps() -> ProviderApps:
    """The operator's own. Where there is no secret of them, nothing is asked for one."""
    from letterlock.adapters.provider_apps import ProviderApps
    from letterlock.adapters.secret_values import SecretText

    name = setting("PROVIDER_APPS")
    if name == NO_APPS:
        return ProviderApps(str)
    return ProviderApps(SecretText(wiring.client("secretsmanager"), f"letterlock/{name}", wiring.now))


def offered(name: str) -> Provider | None:
    """Mastodon, for what is written there comes in; anything else only if the operator has an app with it."""
    from letterlock.domain.providers import MASTODON

    return MASTODON if name == MASTODON.name else provider_apps().provider(name)


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

    from letterlock.services.connect_account import StartConnecting

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
def statuses() -> MastodonStatuses:
    from letterlock.adapters.mastodon import MastodonStatuses

    return MastodonStatuses(outgoing(), wiring.now)


@cache
def use_connection() -> UseConnection:
    from letterlock.services.use_connection import UseConnection

    return UseConnection(connections(), providers(), people_wiring.deeds(), wiring.now)


@cache
def take_in_mentions() -> TakeInMentions:
    from letterlock.adapters.dynamo_turns import DynamoTurns
    from letterlock.services.take_in_mentions import TakeInMentions

    return TakeInMentions(
        turns=DynamoTurns(wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.now),
        connections=connections(),
        use_connection=use_connection(),
        statuses=statuses(),
        mailboxes=wiring.mailboxes(),
        store_mail=mail_wiring.store_mail(),
        now=wiring.now,
    )


@cache
def answer_by_status() -> AnswerByStatus:
    from letterlock.services.answer_by_status import AnswerByStatus

    return AnswerByStatus(wiring.archive(), connections(), use_connection(), statuses(), wiring.now)


@cache
def tell_providers() -> TellProviders:
    from letterlock.services.tell_providers import TellProviders

    return TellProviders(connections(), providers(), wiring.now)
