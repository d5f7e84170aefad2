"""An account is connected, used, refreshed, revoked: our services on our adapters, against a real OAuth 2 server."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bench.oauth_wire import Wire
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo_connections import DynamoConnections
from letterlock.adapters.dynamo_remains import DynamoRemains
from letterlock.adapters.oauth_providers import HttpProviders
from letterlock.adapters.sealing import Sealer
from letterlock.adapters.table_accounts import member_key
from letterlock.domain.accounts import Principal
from letterlock.domain.connections import Connection, ConnectionState, Returned, Tokens
from letterlock.domain.errors import (
    NotFound,
    NotTheirs,
    ProviderRefused,
    ProviderSilent,
    RuleBroken,
    Stale,
    Unauthenticated,
)
from letterlock.domain.permissions import Role
from letterlock.domain.providers import BUILT_IN, instance_of
from letterlock.services.connect_account import FinishConnecting, StartConnecting
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.revoke import Revocable, Revoke, Target
from letterlock.services.tell_providers import TellProviders
from letterlock.services.use_connection import UseConnection
from local.mastodon.peer import Peer
from local.oauth.stand_in import OAuthServer
from tests.adapters.people_given import ANA, BEN, WORKSPACE, Office, asker, opened, over_tables
from tests.adapters.raw import everything
from tests.fakes import FakeClock
from tests.fakes.keys import MemoryKeys

if TYPE_CHECKING:
    from tests.adapters.conftest import Tables

INSTANCE = "https://social.example"
REDIRECT = "https://desk.example/v1/connections/callback"
ASKED = Asked(ANA, "request-1")
BOX = "mbx_support"


@dataclass
class Social:
    """A workspace with an owner, and the instance where she has an account."""

    office: Office
    store: DynamoConnections
    server: OAuthServer
    wire: Wire

    def __post_init__(self) -> None:
        office, providers = self.office, HttpProviders(self.wire, self.office.clock)
        deeds, clock = Deeds(office.ids, office.clock), office.clock
        self.start = StartConnecting(
            self.store, providers, BUILT_IN.get, lambda said: f"https://{instance_of(said)}", office.ids,
            lambda: secrets.token_urlsafe(32), clock,
        )  # fmt: skip
        self.finish = FinishConnecting(self.store, providers, deeds, clock)
        self.use = UseConnection(self.store, providers, deeds, clock)
        self.tell = TellProviders(self.store, providers, clock)
        self.revoke = Revoke(office.revocations, office.members, office.ids, clock)

    def begun(self, who: Principal | None = None, user: str | None = "ana") -> Returned:
        """What the browser brings back from the instance's page."""
        _, page = self.start(who or owner(), "mastodon", "social.example", BOX, REDIRECT)
        said = dict(parse_qsl(urlsplit(self.server.consent(page, user)).query))
        return Returned(said["state"], said.get("code", ""), said.get("error", ""), said.get("iss", ""))

    def connected(self, who: Principal | None = None) -> Connection:
        return self.finish(who or owner(), self.begun(who), ASKED)

    def revoked(self, connection: Connection) -> bool:
        return self.revoke(Target(Revocable.CONNECTION, WORKSPACE, connection.id, connection.person), ASKED)

    def told(self) -> dict[str, int]:
        """What became of those that were due, without what did not happen."""
        tally = asdict(self.tell(10, lambda: False))
        assert tally.pop("failures") == []
        return {name: count for name, count in tally.items() if count}

    def state(self, connection: Connection) -> ConnectionState:
        return self.store.get(WORKSPACE, connection.id).state

    def lives(self, access: str) -> bool:
        """At the instance."""
        return self.server.bearer({"Authorization": f"Bearer {access}"}) is not None


def owner() -> Principal:
    return replace(asker(), mailboxes=(BOX,))


@pytest.fixture
def social(tables: Tables, keys: MemoryKeys, clock: FakeClock, sealer: Sealer, index: BlindIndex) -> Social:
    office = opened(over_tables(tables, keys, clock))
    commits, audit = Commits(tables.client, tables.conversations, index, clock), AuditEntries(tables.audit, sealer)
    store = DynamoConnections(
        tables.client, tables.accounts, tables.conversations, sealer, index, commits, audit, lambda _: None
    )
    peer = Peer(INSTANCE, lambda: clock().timestamp())
    return Social(office, store, peer.oauth, Wire(peer))


# ---- connecting -----------------------------------------------------------------------------------------------------


def test_an_account_is_connected_and_its_token_works(social: Social) -> None:
    connection = social.connected()
    assert (connection.state, connection.account, connection.person) == (ConnectionState.ACTIVE, "ana", ANA)
    assert social.lives(social.use(WORKSPACE, connection.id, ASKED).access)
    assert social.store.listed(WORKSPACE, ANA) == [connection]
    assert social.store.listed(WORKSPACE, BEN) == []


def test_an_instance_that_two_connect_to_knows_one_app(social: Social) -> None:
    social.connected()
    social.connected()
    assert len(social.server.apps) == 1


def test_no_token_and_nothing_of_the_account_is_readable_at_rest(social: Social) -> None:
    social.connected()
    [token], [app] = social.server.tokens, social.server.apps.values()
    tables = social.office.tables
    assert tables
    stored = "".join(
        str(everything(tables.client, name)) for name in (tables.accounts, tables.conversations, tables.audit)
    )
    for secret in (token.access, token.refresh, app.secret, "social.example"):
        assert secret not in stored


@pytest.mark.attack("OAuth, a state that was not begun here")
@pytest.mark.parametrize("state", ["", "con_1", "con_1.guessed", "nonsense"])
def test_what_was_not_begun_here_is_not_finished(social: Social, state: str) -> None:
    returned = social.begun()
    with pytest.raises(NotTheirs):
        social.finish(owner(), replace(returned, state=state), ASKED)
    assert social.server.tokens == []


@pytest.mark.attack("OAuth, a state with its chance exchanged")
def test_the_right_connection_with_another_chance_is_not_finished(social: Social) -> None:
    returned = social.begun()
    with pytest.raises(NotTheirs):
        social.finish(owner(), replace(returned, state=returned.state[:-1] + "~"), ASKED)
    assert social.server.tokens == []


@pytest.mark.attack("OAuth, login CSRF: somebody else's session brings the answer back")
def test_another_session_of_the_same_person_does_not_finish_it(social: Social) -> None:
    returned = social.begun()
    with pytest.raises(NotTheirs):
        social.finish(replace(owner(), credential="ses_other"), returned, ASKED)
    assert social.server.tokens == []


@pytest.mark.attack("OAuth, login CSRF: somebody else brings the answer back")
def test_another_person_does_not_finish_it(social: Social) -> None:
    social.office.joined(BEN)
    returned = social.begun()
    with pytest.raises(NotTheirs):
        social.finish(replace(asker(BEN, Role.AGENT), mailboxes=(BOX,)), returned, ASKED)
    assert social.server.tokens == []
    assert social.finish(owner(), returned, ASKED).state is ConnectionState.ACTIVE


@pytest.mark.attack("OAuth, mix-up: another issuer than the one that was asked")
def test_an_answer_of_another_issuer_is_not_believed(social: Social) -> None:
    returned = social.begun()
    assert returned.issuer == INSTANCE
    with pytest.raises(NotTheirs):
        social.finish(owner(), replace(returned, issuer="https://evil.example"), ASKED)
    assert social.server.tokens == []


@pytest.mark.attack("OAuth, code replay")
def test_what_was_brought_back_is_used_once(social: Social) -> None:
    returned = social.begun()
    connection = social.finish(owner(), returned, ASKED)
    with pytest.raises(NotTheirs):
        social.finish(owner(), returned, ASKED)
    assert social.lives(social.use(WORKSPACE, connection.id, ASKED).access)


@pytest.mark.attack("OAuth, code injection: a stolen code in one's own start")
def test_a_code_of_another_start_is_refused_by_pkce(social: Social) -> None:
    stolen, own = social.begun(user="victim"), social.begun(user="ana")
    with pytest.raises(ProviderRefused):
        social.finish(owner(), replace(own, code=stolen.code), ASKED)
    assert social.server.tokens == []


def test_what_was_begun_too_long_ago_is_not_finished(social: Social) -> None:
    returned = social.begun()
    social.office.clock.passes(minutes=10)
    with pytest.raises(NotTheirs):
        social.finish(owner(), returned, ASKED)


def test_somebody_who_says_no_at_the_provider_has_connected_nothing(social: Social) -> None:
    returned = social.begun(user="ana")
    with pytest.raises(NotTheirs):
        social.finish(owner(), replace(returned, code="", error="access_denied"), ASKED)
    assert social.store.listed(WORKSPACE) == []


def test_who_was_signed_out_meanwhile_connects_nothing_and_what_was_given_is_taken_back(social: Social) -> None:
    returned = social.begun()
    social.office.revocations.everybody(WORKSPACE, social.office.clock(), social.office.deed())
    with pytest.raises(Unauthenticated):
        social.finish(owner(), returned, ASKED)
    [token] = social.server.tokens
    assert social.told() == {"confirmed": 1}
    assert not social.lives(token.access)


def test_what_was_given_is_taken_back_though_the_provider_is_down_at_first(social: Social) -> None:
    """Something goes wrong after the code was exchanged; nobody knows of the tokens but us."""
    returned = social.begun()
    social.wire.losing.append("/api/v1/accounts/verify_credentials")
    with pytest.raises(ProviderSilent):
        social.finish(owner(), returned, ASKED)
    [connection] = social.store.listed(WORKSPACE, ANA)
    assert connection.state is ConnectionState.REVOKING
    social.wire.down = True
    assert social.told() == {"silent": 1}
    social.wire.down = False
    social.office.clock.passes(minutes=2)
    assert social.told() == {"confirmed": 1}
    [token] = social.server.tokens
    assert not social.lives(token.access)


@pytest.mark.attack("OAuth, a provider that gives less than what was asked for")
def test_who_gives_less_than_is_needed_has_connected_nothing(social: Social) -> None:
    returned = social.begun()
    next(iter(social.server.codes.values())).scope = "read:accounts"
    with pytest.raises(NotTheirs):
        social.finish(owner(), returned, ASKED)
    assert social.told() == {"confirmed": 1}
    assert not any(social.lives(each.access) for each in social.server.tokens)


@pytest.mark.attack("OAuth, a provider that answers nonsense")
@pytest.mark.parametrize(
    "body",
    [b"", b"7", b"[]", b"{}", b"[" * 200_000, b'{"token_type":"mac","access_token":"x"}', b"\xff",
     b'{"token_type":"bearer","access_token":7}', b'{"token_type":"bearer","access_token":"a\\r\\nX: 1"}'],
)  # fmt: skip
def test_a_provider_that_answers_nonsense_has_connected_nothing(social: Social, body: bytes) -> None:
    returned = social.begun()
    social.server.answer = lambda *_: (200, {}, body)  # type: ignore[method-assign]
    with pytest.raises((ProviderSilent, ProviderRefused)):
        social.finish(owner(), returned, ASKED)
    assert social.store.listed(WORKSPACE) == []


# ---- refreshing -----------------------------------------------------------------------------------------------------


def test_a_token_that_runs_out_is_refreshed_and_the_old_refresh_token_is_not_used_again(social: Social) -> None:
    connection = social.connected()
    first = social.use(WORKSPACE, connection.id, ASKED)
    social.office.clock.passes(hours=3)
    second = social.use(WORKSPACE, connection.id, ASKED)
    assert second.access != first.access
    assert second.refresh != first.refresh
    assert social.lives(second.access)
    social.office.clock.passes(hours=3)
    assert social.lives(social.use(WORKSPACE, connection.id, ASKED).access)


def test_while_one_refreshes_another_waits(social: Social) -> None:
    connection = social.connected()
    social.office.clock.passes(hours=3)
    assert social.store.lease(connection, social.office.clock.at.replace(minute=30))
    with pytest.raises(Stale):
        social.use(WORKSPACE, connection.id, ASKED)
    assert social.wire.asked.count("/oauth/token") == 1


def test_an_answer_that_never_came_is_asked_for_once_more(social: Social) -> None:
    connection = social.connected()
    social.office.clock.passes(hours=3)
    social.wire.down = True
    with pytest.raises(ProviderSilent):
        social.use(WORKSPACE, connection.id, ASKED)
    assert social.wire.asked[-2:] == ["/oauth/token"] * 2
    social.wire.down = False
    with pytest.raises(Stale):  # until the lease is over
        social.use(WORKSPACE, connection.id, ASKED)
    social.office.clock.passes(minutes=1)
    assert social.lives(social.use(WORKSPACE, connection.id, ASKED).access)


@pytest.mark.attack("OAuth, a refresh token that was used is used again")
def test_a_used_refresh_token_ends_the_grant_and_that_is_noticed(social: Social) -> None:
    """The answer is lost after the provider has rotated: this one takes the repetition for a theft."""
    connection = social.connected()
    social.office.clock.passes(hours=3)
    social.wire.losing.append("/oauth/token")
    with pytest.raises(RuleBroken):
        social.use(WORKSPACE, connection.id, ASKED)
    assert social.state(connection) is ConnectionState.ENDED
    with pytest.raises(NotFound):
        social.store.tokens(social.store.get(WORKSPACE, connection.id))
    assert not any(social.lives(each.access) for each in social.server.tokens)


def test_what_its_owner_ends_at_the_provider_is_noticed_at_the_next_use(social: Social) -> None:
    connection = social.connected()
    social.server.end("ana")
    assert not social.lives(social.use(WORKSPACE, connection.id, ASKED).access)
    with pytest.raises(RuleBroken):
        social.use(WORKSPACE, connection.id, ASKED, refused=True)
    assert social.state(connection) is ConnectionState.ENDED


# ---- revoking -------------------------------------------------------------------------------------------------------


def test_what_is_revoked_is_dead_here_at_once_and_at_the_provider_next(social: Social) -> None:
    connection = social.connected()
    tokens = social.use(WORKSPACE, connection.id, ASKED)
    assert social.revoked(connection)
    with pytest.raises(RuleBroken):
        social.use(WORKSPACE, connection.id, ASKED)
    assert social.state(connection) is ConnectionState.REVOKING
    assert social.told() == {"confirmed": 1}
    assert social.server.revocations == [tokens.refresh, tokens.access]
    assert not social.lives(tokens.access)
    assert social.state(connection) is ConnectionState.REVOKED
    with pytest.raises(NotFound):
        social.store.tokens(social.store.get(WORKSPACE, connection.id))


def test_revoking_twice_changes_nothing(social: Social) -> None:
    connection = social.connected()
    assert social.revoked(connection)
    assert not social.revoked(connection)
    assert social.told() == {"confirmed": 1}
    assert social.told() == {}
    assert not social.revoked(connection)


def test_a_provider_that_is_down_is_asked_again_until_it_confirms(social: Social) -> None:
    connection = social.connected()
    social.revoked(connection)
    social.wire.down = True
    began = social.office.clock()
    tries = 0
    for _ in range(60):
        tries += social.told().get("silent", 0)
        social.office.clock.passes(minutes=1)
    assert 4 <= tries <= 8
    seen = social.store.get(WORKSPACE, connection.id)
    assert (seen.state, seen.unreachable_since) == (ConnectionState.REVOKING, began)
    social.wire.down = False
    social.office.clock.passes(hours=2)
    assert social.told() == {"confirmed": 1}
    seen = social.store.get(WORKSPACE, connection.id)
    assert (seen.state, seen.unreachable_since) == (ConnectionState.REVOKED, None)


def test_an_answer_to_a_revocation_that_is_lost_is_asked_for_again(social: Social) -> None:
    connection = social.connected()
    social.revoked(connection)
    social.wire.losing.append("/oauth/revoke")
    assert social.told() == {"silent": 1}
    social.office.clock.passes(minutes=2)
    assert social.told() == {"confirmed": 1}
    assert social.state(connection) is ConnectionState.REVOKED


def test_a_token_that_is_refreshed_while_it_is_revoked_does_not_outlive_that(social: Social) -> None:
    connection = social.connected()
    social.office.clock.passes(hours=3)
    answer = social.server.answer

    def revoked_meanwhile(
        method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        social.server.answer = answer  # type: ignore[method-assign]
        social.revoked(connection)
        social.told()
        return answer(method, url, headers, body)

    social.server.answer = revoked_meanwhile  # type: ignore[method-assign,assignment]
    with pytest.raises((Stale, ProviderRefused, RuleBroken)):
        social.use(WORKSPACE, connection.id, ASKED)
    social.told()
    assert not any(social.lives(each.access) for each in social.server.tokens)


@pytest.mark.parametrize("confirmed", [False, True])
def test_what_a_refresh_brings_after_the_revocation_is_revoked_as_well(social: Social, confirmed: bool) -> None:
    """The provider rotates, and only then hears of the revocation; or it confirms the old pair before the new is kept."""
    connection = social.connected()
    social.office.clock.passes(hours=3)
    answer = social.server.answer

    def revoked_on_the_way_back(*request: Any) -> Any:
        given = answer(*request)
        social.server.answer = answer  # type: ignore[method-assign]
        social.revoked(connection)
        if confirmed:
            social.server.answer = lambda *_: (200, {}, b"")  # type: ignore[method-assign]
            assert social.told() == {"confirmed": 1}
            social.server.answer = answer  # type: ignore[method-assign]
        return given

    social.server.answer = revoked_on_the_way_back  # type: ignore[method-assign,assignment]
    with pytest.raises(Stale):
        social.use(WORKSPACE, connection.id, ASKED)
    new = social.server.tokens[-1]
    assert social.lives(new.access)
    assert social.state(connection) is ConnectionState.REVOKING
    assert social.told() == {"confirmed": 1}
    assert not social.lives(new.access)


def test_a_pair_that_is_kept_while_the_old_one_is_being_revoked_is_not_destroyed_unrevoked(social: Social) -> None:
    connection = social.connected()
    leased = replace(connection, version=connection.version + 1)
    assert social.store.lease(connection, social.office.clock())
    social.revoked(connection)
    read = social.store.get(WORKSPACE, connection.id)
    with pytest.raises(Stale):
        social.store.renew(leased, Tokens("new-access", "new-refresh"))
    social.store.confirm(read, social.office.clock())
    assert social.store.get(WORKSPACE, connection.id).state is ConnectionState.REVOKING
    assert social.told() == {"confirmed": 1}
    assert social.server.revocations == ["new-refresh", "new-access"]


def test_a_provider_that_refuses_is_seen_to_asked_again_and_in_the_end_let_go(social: Social) -> None:
    """Its app of ours is gone, say. Whoever looks sees it; the operator hears of it after an hour."""
    connection, began = social.connected(), social.office.clock()
    social.server.apps.clear()
    social.revoked(connection)
    assert social.told() == {"refusing": 1}
    seen = social.store.get(WORKSPACE, connection.id)
    assert (seen.state, seen.refused_since, seen.unreachable_since) == (ConnectionState.REVOKING, began, None)
    social.office.clock.passes(hours=1)
    assert social.told() == {"refusing": 1, "overdue": 1}
    social.wire.down = True
    social.office.clock.passes(hours=12)
    assert social.told() == {"silent": 1, "overdue": 1}
    seen = social.store.get(WORKSPACE, connection.id)
    assert (seen.refused_since, seen.unreachable_since) == (None, social.office.clock())
    social.office.clock.passes(hours=24 * 90)
    assert social.told() == {"silent": 1, "let_go": 1}
    seen = social.store.get(WORKSPACE, connection.id)
    assert (seen.state, seen.confirmed_at, bool(seen.unreachable_since)) == (ConnectionState.REVOKED, None, True)
    with pytest.raises(NotFound):
        social.store.tokens(seen)
    assert social.told() == {}


def test_one_that_cannot_be_told_keeps_no_other_from_it(social: Social) -> None:
    """A seal that was broken, here."""
    broken, sound = social.connected(), social.connected()
    for each in (broken, sound):
        social.revoked(each)
    tables = social.office.tables
    assert tables
    tables.client.update_item(
        TableName=tables.accounts,
        Key={"pk": {"S": WORKSPACE}, "sk": {"S": f"CON#{broken.id}"}},
        UpdateExpression="SET tokens = :other",
        ExpressionAttributeValues={":other": {"B": b"not what was sealed"}},
    )
    tally = social.tell(10, lambda: False)
    assert (tally.confirmed, [type(each).__name__ for each in tally.failures]) == (1, ["SealBroken"])
    assert social.told() == {}
    assert social.state(broken) is ConnectionState.REVOKING
    social.office.clock.passes(minutes=9)
    assert social.told() == {}
    social.office.clock.passes(minutes=2)
    assert len(social.tell(10, lambda: False).failures) == 1


def test_where_an_app_sends_browsers_back_to_makes_it_another_app(social: Social) -> None:
    """The API has got another domain: an instance refuses a redirect that its app was not registered with."""
    first = social.connected()
    moved = f"{REDIRECT}/moved"
    _, page = social.start(owner(), "mastodon", "social.example", BOX, moved)
    said = dict(parse_qsl(urlsplit(social.server.consent(page, "ana")).query))
    second = social.finish(owner(), Returned(said["state"], said["code"], "", said["iss"]), ASKED)
    assert len(social.server.apps) == 2
    for each in (first, second):
        social.revoked(each)
    assert social.told() == {"confirmed": 2}


def test_whoever_may_not_work_in_its_mailbox_any_more_uses_no_token(social: Social) -> None:
    social.office.joined(BEN)
    connection = social.connected(replace(asker(BEN, Role.AGENT), mailboxes=(BOX,)))
    assert social.use(WORKSPACE, connection.id, ASKED)
    tables = social.office.tables
    assert tables
    tables.client.update_item(
        TableName=tables.accounts,
        Key={"pk": {"S": WORKSPACE}, "sk": {"S": member_key(BEN)}},
        UpdateExpression="SET #role = :viewer",
        ExpressionAttributeNames={"#role": "role"},
        ExpressionAttributeValues={":viewer": {"S": Role.VIEWER}},
    )
    with pytest.raises(NotFound):
        social.use(WORKSPACE, connection.id, ASKED)


def test_of_somebody_who_was_removed_no_token_is_used(social: Social) -> None:
    social.office.joined(BEN)
    ben = replace(asker(BEN, Role.AGENT), mailboxes=(BOX,))
    connection = social.connected(ben)
    social.revoke(Target(Revocable.PERSON, WORKSPACE, BEN), ASKED)
    with pytest.raises(NotFound):
        social.use(WORKSPACE, connection.id, ASKED)


def test_a_removed_persons_accounts_are_revoked_at_their_providers(social: Social) -> None:
    social.office.joined(BEN)
    theirs = social.connected(replace(asker(BEN, Role.AGENT), mailboxes=(BOX,)))
    hers = social.connected()
    tables, clock = social.office.tables, social.office.clock
    assert tables
    remains = DynamoRemains(tables.client, tables.accounts, tables.conversations, clock)
    social.revoke(Target(Revocable.PERSON, WORKSPACE, BEN), ASKED)
    assert remains.end_connections(WORKSPACE, BEN, clock(), 10) == 1
    assert remains.end_connections(WORKSPACE, BEN, clock(), 10) == 0
    assert social.told() == {"confirmed": 1}
    assert (social.state(theirs), social.state(hers)) == (ConnectionState.REVOKED, ConnectionState.ACTIVE)
