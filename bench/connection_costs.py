"""What a connected account costs: each minute, and for each mention and answer. See `bench.scenarios`."""

from __future__ import annotations

from bench.browser import Browser, owner
from bench.connection_paths import connection_made, poll
from bench.letters import prose
from bench.scenarios import CONVERSATIONS, Act, Desk, Scenario
from bench.stack import DOMAIN

CUSTOMER = "ana@elsewhere.example"


def _listened_to(desk: Desk, name: str) -> tuple[Browser, str]:
    """Somebody whose account was asked once, and its mailbox."""
    who = owner(desk.stack, f"{name}@team.example")
    mailbox: str = who.must("POST", "/v1/mailboxes", {"address": f"{name}@{DOMAIN}"})["id"]
    connection_made(desk, who, mailbox, name)
    poll(desk)
    return who, mailbox


def _nothing(desk: Desk) -> Act:
    _listened_to(desk, "olga")
    desk.stack.mentions_due()
    return lambda: desk.stack.call("connected_accounts", {})


def _mention(desk: Desk) -> Act:
    """In a conversation that is there, so the instance is asked what it answers as well."""
    peer = desk.stack.instance.peer
    first = peer.mention("olga", CUSTOMER, prose(400, 1))
    poll(desk)
    peer.mention("olga", CUSTOMER, prose(400, 2), in_reply_to=first.id)
    desk.stack.mentions_due()
    return lambda: desk.stack.call("connected_accounts", {})


def _answer(desk: Desk) -> Act:
    who, mailbox = _listened_to(desk, "petra")
    desk.stack.instance.peer.mention("petra", CUSTOMER, prose(400, 1))
    poll(desk)
    desk.stack.relay()
    [card] = who.must("GET", CONVERSATIONS, query={"mailbox": mailbox})["conversations"]
    who.must("POST", f"{CONVERSATIONS}/{card['id']}/replies", {"text": prose(300, 2)})
    [queued] = [each for each in desk.stack.relay() if each["detail-type"] == "ReplyQueued"]
    return lambda: desk.accepted(desk.stack.deliver(queued))


CONNECTION_COSTS = (
    Scenario("a minute in which one connected account was told nothing", _nothing),
    Scenario("take in a mention, known thread", _mention),
    Scenario("deliver an answer to a mention", _answer),
)
