"""The ways of accounts that people connect, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from bench.browser import Browser, owner
from bench.scenarios import Desk, Unexpected
from bench.stack import DOMAIN
from letterlock.domain.errors import RuleBroken
from letterlock.entry import connection_wiring, people_wiring, wiring
from letterlock.services.deeds import Asked
from letterlock.services.use_connection import UseConnection

CONNECTIONS = "/v1/connections"
EVA, FINN = "eva@team.example", "finn@team.example"


def an_account_is_connected_and_revoked(desk: Desk) -> None:
    """Looked at, revoked twice. Of a second one the provider is down."""
    eva = owner(desk.stack, EVA)
    mailbox = eva.must("POST", "/v1/mailboxes", {"address": f"eva@{DOMAIN}"})["id"]
    for down, expected in ((False, "revoked"), (True, "revoking")):
        made = _connected(desk, eva, mailbox)
        for path in (CONNECTIONS, f"{CONNECTIONS}/{made}"):
            eva.must("GET", path)
        for _ in range(2):
            eva.must("DELETE", f"{CONNECTIONS}/{made}")
        desk.stack.instance.down = down
        desk.stack.call("connected_accounts", {})
        if eva.must("GET", f"{CONNECTIONS}/{made}")["state"] != expected:
            raise Unexpected(expected)


def an_account_is_ended_at_its_provider(desk: Desk) -> None:
    """Which is noticed when it is used; whoever connected it is told."""
    finn = owner(desk.stack, FINN)
    mailbox = finn.must("POST", "/v1/mailboxes", {"address": f"finn@{DOMAIN}"})["id"]
    made, workspace = _connected(desk, finn, mailbox), finn.must("GET", "/v1/me")["workspace"]["id"]
    desk.stack.instance.server.end("eva")
    use = UseConnection(
        connection_wiring.connections(), connection_wiring.providers(), people_wiring.deeds(), wiring.now
    )
    with suppress(RuleBroken):
        use(workspace, made, Asked("", "request-1"), refused=True)
    if finn.must("GET", f"{CONNECTIONS}/{made}")["state"] != "ended":
        raise Unexpected("ended")


def _connected(desk: Desk, who: Browser, mailbox: str) -> str:
    wanted = {"provider": "mastodon", "instance": "social.example", "mailbox": mailbox}
    skips, desk.stack.before_call = desk.stack.before_call, lambda: None  # who is sent there is back in ten minutes
    page = who.must("POST", CONNECTIONS, wanted)["authorization_url"]
    brought = dict(parse_qsl(urlsplit(desk.stack.instance.server.consent(page, "eva")).query))
    made: str = who.must("GET", f"{CONNECTIONS}/callback", query=brought)["id"]
    desk.stack.before_call = skips
    return made


CONNECTED = (an_account_is_connected_and_revoked,)
