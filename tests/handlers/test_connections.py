"""Accounts that people connect, through the real handlers, against a real OAuth 2 server in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest

from bench.browser import Browser, owner
from bench.oauth_wire import SSO, Wire, make_operators_app
from bench.stack import PROVIDER_APPS, Stack
from letterlock.adapters.dynamo_turns import HEAR
from letterlock.domain.errors import RuleBroken
from letterlock.entry import connection_wiring, people_wiring, wiring
from letterlock.services.deeds import Asked
from letterlock.services.use_connection import UseConnection
from local.oauth.stand_in import OAuthServer

CONNECTIONS = "/v1/connections"


@dataclass
class Desk:
    stack: Stack
    server: OAuthServer
    wire: Wire
    ana: Browser
    mailbox: str

    def begun(self, who: Browser | None = None, user: str = "ana") -> dict[str, str]:
        """What the browser brings back."""
        wanted = {"provider": "mastodon", "instance": "@ana@social.example", "mailbox": self.mailbox}
        page = (who or self.ana).must("POST", CONNECTIONS, wanted)["authorization_url"]
        return dict(parse_qsl(urlsplit(self.server.consent(page, user)).query))

    def connected(self) -> dict[str, Any]:
        made: dict[str, Any] = self.ana.must("GET", f"{CONNECTIONS}/callback", query=self.begun())
        return made

    def told(self) -> dict[str, int]:
        """What was done, as far as it is about revocations, and anything was."""
        done: dict[str, int] = self.stack.call("connected_accounts", {})
        return {name: count for name, count in done.items() if count and name.startswith(("Revocations", "Providers"))}


@pytest.fixture
def desk(stack: Stack) -> Desk:
    ana = owner(stack)
    mailbox = ana.must("POST", "/v1/mailboxes", {"address": "ana@acme.example"})["id"]
    return Desk(stack, stack.instance.server, stack.instance, ana, mailbox)


def test_an_account_is_connected_seen_and_revoked_here_and_there(desk: Desk) -> None:
    made = desk.connected()
    assert (made["state"], made["account"], made["provider"]) == ("active", "ana", "mastodon")
    assert desk.ana.must("GET", CONNECTIONS)["connections"] == [made]
    [token] = desk.server.tokens
    desk.ana.must("DELETE", f"{CONNECTIONS}/{made['id']}")
    assert desk.ana.must("GET", f"{CONNECTIONS}/{made['id']}")["state"] == "revoking"
    assert desk.told() == {"RevocationsConfirmed": 1}
    seen = desk.ana.must("GET", f"{CONNECTIONS}/{made['id']}")
    assert (seen["state"], bool(seen["confirmed_at"])) == ("revoked", True)
    assert desk.server.revocations == [token.refresh, token.access]


def test_an_account_at_a_provider_of_the_operators_is_connected_and_revoked(desk: Desk) -> None:
    """Which nothing comes in by: it says so itself."""
    make_operators_app(desk.server)
    wanted = {"provider": SSO, "mailbox": desk.mailbox}
    page = desk.ana.must("POST", CONNECTIONS, wanted)["authorization_url"]
    brought = dict(parse_qsl(urlsplit(desk.server.consent(page, "ana")).query))
    made = desk.ana.must("GET", f"{CONNECTIONS}/callback", query=brought)
    assert (made["state"], made["account"], made["listened_to"]) == ("active", "ana", False)
    assert [each for each in desk.stack.items("ConversationsTable") if each["sk"]["S"] == HEAR] == []
    desk.ana.must("DELETE", f"{CONNECTIONS}/{made['id']}")
    assert desk.told() == {"RevocationsConfirmed": 1}


@pytest.mark.parametrize("name", ["google", "microsoft", "nobody", "SSO", ""])
def test_a_provider_with_which_the_operator_has_no_app_is_not_offered(desk: Desk, name: str) -> None:
    assert desk.ana.ask("POST", CONNECTIONS, {"provider": name, "mailbox": desk.mailbox})[0] == 400
    assert desk.wire.asked == []


@pytest.mark.parametrize(
    "secret", ["", "{", "[]", "7", '{"sso": {}}', '{"sso": {"client_id": "x", "issuer": "http://127.0.0.1"}}']
)
def test_a_secret_of_apps_that_cannot_be_read_stops_those_providers_and_not_mastodon(desk: Desk, secret: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=PROVIDER_APPS, SecretString=secret or " ")
    desk.stack.restart()
    status, answer = desk.ana.ask("POST", CONNECTIONS, {"provider": SSO, "mailbox": desk.mailbox})
    assert status == 503
    assert "127.0.0.1" not in str(answer)
    assert desk.connected()["listened_to"] is True


def test_while_the_provider_is_down_the_connection_says_since_when(desk: Desk) -> None:
    made = desk.connected()
    desk.ana.must("DELETE", f"{CONNECTIONS}/{made['id']}")
    desk.wire.down = True
    assert desk.told() == {"ProvidersSilent": 1}
    seen = desk.ana.must("GET", f"{CONNECTIONS}/{made['id']}")
    assert (seen["state"], bool(seen["unreachable_since"])) == ("revoking", True)


def test_what_is_brought_back_twice_is_refused_the_second_time(desk: Desk) -> None:
    brought = desk.begun()
    desk.ana.must("GET", f"{CONNECTIONS}/callback", query=brought)
    assert desk.ana.ask("GET", f"{CONNECTIONS}/callback", query=brought)[0] == 409


@pytest.mark.attack("OAuth, an open redirect: another host in the request")
def test_where_the_browser_comes_back_to_is_not_the_requests_to_say(desk: Desk) -> None:
    wanted = {"provider": "mastodon", "instance": "social.example", "mailbox": desk.mailbox}
    answer = desk.ana.must(
        "POST", CONNECTIONS, wanted, headers={"Host": "evil.example", "Origin": "https://evil.example"}
    )
    said = dict(parse_qsl(urlsplit(answer["authorization_url"]).query))
    assert said["redirect_uri"] == "https://api.acme.example/live/v1/connections/callback"


@pytest.mark.parametrize(
    "instance", ["127.0.0.1", "localhost", "169.254.169.254", "127.0.0.1:80", "social.example:8080", ""]
)
def test_an_instance_is_a_public_name(desk: Desk, instance: str) -> None:
    wanted = {"provider": "mastodon", "instance": instance, "mailbox": desk.mailbox}
    assert desk.ana.ask("POST", CONNECTIONS, wanted)[0] == 400
    assert desk.wire.asked == []


def test_another_workspaces_connection_is_no_connection(desk: Desk) -> None:
    made = desk.connected()
    gil = owner(desk.stack, "gil@other.example")
    for method in ("GET", "DELETE"):
        assert gil.ask(method, f"{CONNECTIONS}/{made['id']}")[0] == 404
    assert desk.ana.must("GET", f"{CONNECTIONS}/{made['id']}")["state"] == "active"


def test_the_provider_s_page_is_shown_once_under_one_key(desk: Desk) -> None:
    wanted = {"provider": "mastodon", "instance": "social.example", "mailbox": desk.mailbox}
    statuses = [desk.ana.ask("POST", CONNECTIONS, wanted, headers={"Idempotency-Key": "k"})[0] for _ in range(2)]
    assert statuses == [201, 409]


def test_its_person_is_told_when_the_provider_has_ended_it(desk: Desk) -> None:
    made = desk.connected()
    desk.stack.relay()
    desk.server.end("ana")
    use = UseConnection(
        connection_wiring.connections(), connection_wiring.providers(), people_wiring.deeds(), wiring.now
    )
    workspace = desk.ana.must("GET", "/v1/me")["workspace"]
    with pytest.raises(RuleBroken):
        use(workspace["id"], made["id"], Asked("", "request-1"), refused=True)
    [mail] = [each for each in desk.stack.mailed() if made["id"] in each]
    assert "takes its token no more" in mail
    assert desk.ana.must("GET", f"{CONNECTIONS}/{made['id']}")["state"] == "ended"
