"""The ways of accounts that people connect, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from bench.browser import Browser, owner
from bench.oauth_wire import SSO, make_operators_app
from bench.scenarios import Desk, Unexpected
from bench.stack import DOMAIN

CONNECTIONS = "/v1/connections"
EVA, FINN, NOA, GUS = "eva@team.example", "finn@team.example", "noa@team.example", "gus@team.example"
MASTODON: Mapping[str, str] = {"provider": "mastodon", "instance": "social.example"}


def an_account_is_connected_and_revoked(desk: Desk) -> None:
    """Looked at, revoked twice. Of a second one the provider is down."""
    eva = owner(desk.stack, EVA)
    mailbox = eva.must("POST", "/v1/mailboxes", {"address": f"eva@{DOMAIN}"})["id"]
    for down, expected in ((False, "revoked"), (True, "revoking")):
        made = connection_made(desk, eva, mailbox, "eva")
        for path in (CONNECTIONS, f"{CONNECTIONS}/{made}"):
            eva.must("GET", path)
        for _ in range(2):
            eva.must("DELETE", f"{CONNECTIONS}/{made}")
        desk.stack.instance.down = down
        desk.stack.call("connected_accounts", {})
        if eva.must("GET", f"{CONNECTIONS}/{made}")["state"] != expected:
            raise Unexpected(expected)


def an_account_at_the_operators_provider(desk: Desk) -> None:
    """One that has no instances, and with which the operator has an app."""
    make_operators_app(desk.stack.instance.server)
    gus = owner(desk.stack, GUS)
    mailbox = gus.must("POST", "/v1/mailboxes", {"address": f"gus@{DOMAIN}"})["id"]
    made = connection_made(desk, gus, mailbox, "gus", {"provider": SSO})
    gus.must("DELETE", f"{CONNECTIONS}/{made}")
    desk.stack.call("connected_accounts", {})
    if gus.must("GET", f"{CONNECTIONS}/{made}")["state"] != "revoked":
        raise Unexpected("revoked")


def an_account_is_ended_at_its_provider(desk: Desk) -> None:
    """Which is noticed when it is used; whoever connected it is told."""
    finn = owner(desk.stack, FINN)
    mailbox = finn.must("POST", "/v1/mailboxes", {"address": f"finn@{DOMAIN}"})["id"]
    made = connection_made(desk, finn, mailbox, "finn")
    poll(desk)
    desk.stack.instance.server.end("finn")
    poll(desk)
    if finn.must("GET", f"{CONNECTIONS}/{made}")["state"] != "ended":
        raise Unexpected("ended")


def mentions_are_taken_in_and_answered(desk: Desk) -> None:
    """Short and long, in a conversation that is there, by its subject as well, and in a new one. Then a token has run
    out, in and out; and in the end the provider has ended it, which is found out by an answer of one connection and by
    a poll of another.
    """
    desk.stack.instance.down = False
    desk.stack.instance.server.forgives = True
    noa, peer = owner(desk.stack, NOA), desk.stack.instance.peer
    mailbox = noa.must("POST", "/v1/mailboxes", {"address": f"noa@{DOMAIN}"})["id"]
    joining = {"settings": {"threading": {"by_subject": True}}}
    noa.must("PATCH", f"/v1/mailboxes/{mailbox}", joining, headers={"If-Match": '"1"'})
    made = [connection_made(desk, noa, mailbox, "noa")]
    poll(desk)
    first = peer.mention("noa", "ana@elsewhere.example", "Where is it?")
    peer.mention("noa", "ana@elsewhere.example", "Still nowhere. " * 500, in_reply_to=first.id)
    peer.tell("noa", first)
    for text in ("It is broken.", "And cracked."):
        peer.mention("noa", "ana@elsewhere.example", text, warning="The lamp of order 7")
    poll(desk)
    cards = noa.must("GET", "/v1/conversations", query={"mailbox": mailbox, "status": "open"})["conversations"]
    if [each["message_count"] for each in cards] != [2, 2]:
        raise Unexpected(cards)
    card = cards[0]
    for use in (_answered, _run_out, poll, _run_out, _answered, _ended, _answered):
        use(desk, noa, card["id"])
    made.append(connection_made(desk, noa, mailbox, "noa"))
    for use in (poll, _ended, poll):
        use(desk)
    states = [noa.must("GET", f"{CONNECTIONS}/{each}")["state"] for each in made]
    if states != ["ended", "ended"]:
        raise Unexpected(states)


def poll(desk: Desk, *_: object) -> None:
    desk.stack.mentions_due()
    desk.stack.call("connected_accounts", {})


def _run_out(desk: Desk, *_: object) -> None:
    for each in desk.stack.instance.server.tokens:
        each.until = 0


def _ended(desk: Desk, *_: object) -> None:
    desk.stack.instance.server.end("noa")


def _answered(desk: Desk, who: Browser, conversation: str) -> None:
    who.must("POST", f"/v1/conversations/{conversation}/replies", {"text": "On its way."})
    for event in desk.stack.relay():
        if event["detail-type"] == "ReplyQueued":
            desk.stack.deliver(event)


def connection_made(desk: Desk, who: Browser, mailbox: str, user: str, to: Mapping[str, str] = MASTODON) -> str:
    wanted = {**to, "mailbox": mailbox}
    skips, desk.stack.before_call = desk.stack.before_call, lambda: None  # who is sent there is back in ten minutes
    page = who.must("POST", CONNECTIONS, wanted)["authorization_url"]
    brought = dict(parse_qsl(urlsplit(desk.stack.instance.server.consent(page, user)).query))
    made: str = who.must("GET", f"{CONNECTIONS}/callback", query=brought)["id"]
    desk.stack.before_call = skips
    return made


CONNECTED = (
    an_account_at_the_operators_provider,
    an_account_is_ended_at_its_provider,
    an_account_is_connected_and_revoked,
    mentions_are_taken_in_and_answered,
)
