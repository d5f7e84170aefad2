"""What is written to a connected account becomes conversations, and what the team answers goes back from there: through the
real handlers, against a Mastodon in this process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bench.browser import Browser, joined, owner
from bench.stack import Stack
from letterlock.adapters.dynamo_turns import HEAR, DynamoTurns
from letterlock.domain.errors import Stale
from letterlock.entry import mail_wiring, wiring
from letterlock.services import deliver_reply
from local.mastodon.peer import Peer, Status

CONNECTIONS = "/v1/connections"
ADDRESS = "desk@acme.example"


@dataclass
class Desk:
    stack: Stack
    ana: Browser
    mailbox: str

    @property
    def peer(self) -> Peer:
        return self.stack.instance.peer

    @property
    def workspace(self) -> str:
        found: str = self.ana.must("GET", "/v1/me")["workspace"]["id"]
        return found

    def connected(self, who: Browser | None = None, user: str = "desk") -> str:
        """The connection's id, once it has been asked for the first time."""
        browser = who or self.ana
        wanted = {"provider": "mastodon", "instance": "social.example", "mailbox": self.mailbox}
        page = browser.must("POST", CONNECTIONS, wanted)["authorization_url"]
        brought = dict(parse_qsl(urlsplit(self.peer.oauth.consent(page, user)).query))
        made: str = browser.must("GET", f"{CONNECTIONS}/callback", query=brought)["id"]
        self.polled()
        return made

    def polled(self) -> dict[str, int]:
        """What a minute brings."""
        self.stack.mentions_due()
        done: dict[str, int] = self.stack.call("connected_accounts", {})
        return {name: count for name, count in done.items() if count and name != "RevocationsConfirmed"}

    def place(self) -> str:
        """Up to where everything is taken in."""
        [note] = [each for each in self.stack.items("ConversationsTable") if each["sk"]["S"] == HEAR]
        return str(note["heard"]["S"])

    def inbox(self, status: str = "open") -> list[dict[str, Any]]:
        query = {"mailbox": self.mailbox, "status": status}
        found: list[dict[str, Any]] = self.ana.must("GET", "/v1/conversations", query=query)["conversations"]
        return found

    def read(self, conversation: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ana.must("GET", f"/v1/conversations/{conversation}")
        return found

    def only(self) -> dict[str, Any]:
        [card] = self.inbox()
        return self.read(card["id"])

    def answered(self, conversation: str, text: str, who: Browser | None = None, *, last: bool = False) -> str:
        """The reply's id, once it went out as far as it does."""
        path = f"/v1/conversations/{conversation}/replies"
        made: str = (who or self.ana).must("POST", path, {"text": text})["id"]
        self.delivered(last=last)
        return made

    def delivered(self, *, last: bool = False) -> None:
        for event in self.stack.relay():
            if event["detail-type"] == "ReplyQueued":
                self.event = event
                self.stack.deliver(event, receive_count=8 if last else 1)

    def sending(self, conversation: str, message: str) -> tuple[str, str]:
        [found] = [each for each in self.read(conversation)["messages"] if each["id"] == message]
        return found["sending"]["state"], found["sending"].get("reason") or ""

    def posted(self) -> list[Status]:
        return [each for each in self.peer.statuses if each.author == "desk"]


@pytest.fixture
def desk(stack: Stack) -> Desk:
    ana = owner(stack)
    return Desk(stack, ana, ana.must("POST", "/v1/mailboxes", {"address": ADDRESS})["id"])


# ---- in -------------------------------------------------------------------------------------------------------------


def test_a_mention_becomes_a_conversation_and_is_told_of_as_mail_is(desk: Desk) -> None:
    desk.connected()
    desk.stack.relay()
    status = desk.peer.mention("desk", "ana@elsewhere.example", "Where is my lamp?", warning="Order 7")
    assert desk.polled() == {"MentionsStored": 1}
    read = desk.only()
    [message] = read["messages"]
    assert (read["subject"], message["sender"]["address"]) == ("Order 7", "@ana@elsewhere.example")
    assert (message["text"].strip(), message["threading"]["trust"]) == ("Where is my lamp?", "verified")
    kept = wiring.conversations().message(desk.workspace, read["id"], message["id"])
    assert kept.message_id == f"https://elsewhere.example/users/ana/statuses/{status.id}"
    assert not kept.has_raw
    assert [each["detail-type"] for each in desk.stack.relay()] == ["ConversationOpened", "MessageReceived"]


def test_what_was_written_before_the_account_was_connected_stays_where_it_is(desk: Desk) -> None:
    desk.peer.mention("desk", "ana", "old")
    desk.connected()
    assert (desk.polled(), desk.inbox()) == ({}, [])
    desk.peer.mention("desk", "ana", "new")
    assert desk.polled() == {"MentionsStored": 1}


def test_the_first_mention_that_an_account_ever_gets_is_not_missed(desk: Desk) -> None:
    desk.connected()
    desk.peer.mention("desk", "ana", "first")
    assert desk.polled() == {"MentionsStored": 1}


def test_the_same_person_goes_on_in_the_same_conversation_and_somebody_else_does_not(desk: Desk) -> None:
    desk.connected()
    first = desk.peer.mention("desk", "ana@elsewhere.example", "one")
    desk.polled()
    opened = desk.only()["id"]
    desk.peer.mention("desk", "ana@elsewhere.example", "two", in_reply_to=first.id)
    desk.peer.mention("desk", "ben@elsewhere.example", "me too", in_reply_to=first.id)
    assert desk.polled() == {"MentionsStored": 2}
    assert [each["text"].strip() for each in desk.read(opened)["messages"]] == ["one", "two"]
    [other] = [each for each in desk.inbox() if each["id"] != opened]
    assert [each["conversation"] for each in desk.read(other["id"])["linked"]] == [opened]


def test_a_mention_that_is_told_again_is_there_once(desk: Desk) -> None:
    desk.connected()
    once = desk.peer.mention("desk", "ana", "once")
    desk.peer.tell("desk", once)
    again, user, status, at = desk.peer.mentions[-1]
    desk.peer.mentions[-1] = (again, user, status, at + 60)
    assert desk.polled() == {"MentionsStored": 1, "MentionsDuplicate": 1}
    assert desk.only()["message_count"] == 1


def test_who_dies_before_the_place_is_kept_stores_nothing_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.connected()
    desk.peer.mention("desk", "ana", "once")
    with monkeypatch.context() as patched:
        patched.setattr(DynamoTurns, "leave", lambda *_: None)
        assert desk.polled() == {"MentionsStored": 1}
    assert desk.polled() == {}
    assert desk.only()["message_count"] == 1


def test_what_cannot_be_stored_now_is_stored_later_with_all_that_came_after(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.connected()
    for text in ("one", "two", "three"):
        desk.peer.mention("desk", f"{text}@elsewhere.example", text)
    store = type(mail_wiring.store_mail())
    real = store.__call__

    def fails(self: Any, arrival: Any, mailbox: Any) -> Any:
        if "two" in arrival.mail.text:
            raise Stale("not now")
        return real(self, arrival, mailbox)

    with monkeypatch.context() as patched:
        patched.setattr(store, "__call__", fails)
        with pytest.raises(Exception, match="1"):
            desk.polled()
    assert len(desk.inbox()) == 1
    assert desk.place() == desk.peer.mentions[0][0]
    assert desk.polled() == {"MentionsStored": 2}


def test_two_runs_at_once_ask_once(desk: Desk) -> None:
    """The second finds it taken, or no more due."""
    desk.connected()
    desk.peer.mention("desk", "ana", "once")
    desk.stack.mentions_due()
    turns = DynamoTurns(wiring.client("dynamodb"), "ConversationsTable", wiring.now)
    [due] = turns.due(wiring.now(), 10)
    assert turns.take(due, wiring.now().replace(year=2999))
    assert turns.take(due, wiring.now()) is None
    assert "MentionsStored" not in desk.stack.call("connected_accounts", {})


def test_a_thousand_mentions_are_taken_in_by_and_by(desk: Desk) -> None:
    desk.connected()
    for number in range(45):
        desk.peer.mention("desk", "ana", f"n{number}")
    assert desk.polled() == {"MentionsStored": 45}
    assert len({each["preview"] for each in desk.inbox()}) == 25


def test_a_status_of_half_a_megabyte_is_whole(desk: Desk) -> None:
    desk.connected()
    desk.peer.mention("desk", "ana", "x" * 500_000)
    assert desk.polled() == {"MentionsStored": 1}
    read = desk.only()
    path = f"/v1/conversations/{read['id']}/messages/{read['messages'][0]['id']}"
    assert len(desk.ana.must("GET", path)["text"].strip()) == 500_000


@pytest.mark.attack("Mastodon, script in a status")
def test_html_of_a_status_is_cleaned_as_a_mail_s_is(desk: Desk) -> None:
    desk.connected()
    hostile = '<p onclick="x()">Hi<script>alert(1)</script><img src="https://track.example/1.png"></p>'
    desk.peer.mention("desk", "ana", "", html=hostile)
    desk.polled()
    read = desk.only()
    message = desk.ana.must("GET", f"/v1/conversations/{read['id']}/messages/{read['messages'][0]['id']}")
    assert "Hi" in message["html"]
    assert not any(word in message["html"] for word in ("script", "onclick", "track.example"))
    assert message["remote_images"] == 1


def test_an_instance_that_is_asked_too_often_is_left_alone_until_it_says(desk: Desk) -> None:
    desk.connected()
    desk.peer.asked["desk"] = [wiring.now().timestamp()] * 300
    desk.peer.mention("desk", "ana", "later")
    assert desk.polled() == {}
    asked = len(desk.stack.instance.asked)
    desk.stack.call("connected_accounts", {})
    assert len(desk.stack.instance.asked) == asked
    desk.peer.asked.clear()
    assert desk.polled() == {"MentionsStored": 1}


def test_while_an_instance_is_down_nothing_is_lost(desk: Desk) -> None:
    desk.connected()
    desk.peer.mention("desk", "ana", "meanwhile")
    desk.stack.instance.down = True
    assert desk.polled() == {"InstancesSilent": 1}
    desk.stack.instance.down = False
    assert desk.polled() == {"MentionsStored": 1}


def test_a_connection_that_was_revoked_is_never_asked_again(desk: Desk) -> None:
    made = desk.connected()
    desk.ana.must("DELETE", f"{CONNECTIONS}/{made}")
    desk.polled()
    desk.peer.mention("desk", "ana", "too late")
    asked = len(desk.stack.instance.asked)
    assert (desk.polled(), desk.inbox()) == ({}, [])
    assert len(desk.stack.instance.asked) == asked


def test_one_that_ended_at_the_provider_is_noticed_when_it_is_asked_and_its_person_is_told(desk: Desk) -> None:
    made = desk.connected()
    desk.stack.relay()
    desk.peer.oauth.end("desk")
    desk.polled()
    assert desk.ana.must("GET", f"{CONNECTIONS}/{made}")["state"] == "ended"
    assert any("takes its token no more" in each for each in desk.stack.mailed())


def test_a_mention_comes_into_the_workspace_whose_account_it_is_and_no_other(desk: Desk) -> None:
    gil = owner(desk.stack, "gil@other.example")
    desk.connected()
    desk.peer.mention("desk", "ana", "for Acme")
    desk.polled()
    conversation = desk.only()["id"]
    assert gil.ask("GET", f"/v1/conversations/{conversation}")[0] == 404


def test_nothing_answers_a_mention_by_itself(desk: Desk) -> None:
    on = {"settings": {"acknowledgement": {"enabled": True, "text": "It has come."}}}
    desk.ana.must("PATCH", f"/v1/mailboxes/{desk.mailbox}", on, headers={"If-Match": '"1"'})
    desk.connected()
    desk.peer.mention("desk", "ana@elsewhere.example", "Anybody there?")
    desk.polled()
    assert "AcknowledgementQueued" not in [each["detail-type"] for each in desk.stack.relay()]


# ---- out ------------------------------------------------------------------------------------------------------------


def asked_for(desk: Desk, **more: Any) -> tuple[Status, str]:
    """Somebody has written, and it is a conversation."""
    status = desk.peer.mention("desk", "ana@elsewhere.example", "Where is my lamp?", **more)
    desk.polled()
    return status, desk.only()["id"]


def test_the_answer_is_posted_below_the_mention_and_what_answers_that_comes_into_the_conversation(desk: Desk) -> None:
    desk.connected()
    asked, conversation = asked_for(desk, visibility="direct")
    reply = desk.answered(conversation, "It leaves today.")
    [posted] = desk.posted()
    assert (posted.text, posted.visibility) == ("@ana@elsewhere.example It leaves today.", "direct")
    assert posted.in_reply_to == asked.id
    assert desk.sending(conversation, reply) == ("sent", "")
    desk.peer.mention("desk", "ana@elsewhere.example", "Thanks!", in_reply_to=posted.id, visibility="direct")
    desk.polled()
    assert [each["kind"] for each in desk.read(conversation)["messages"]] == ["inbound", "reply", "inbound"]
    assert desk.stack.mailed() == []


def test_a_reply_that_the_queue_brings_twice_is_posted_once(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    desk.answered(conversation, "Once.")
    desk.stack.deliver(desk.event)
    assert len(desk.posted()) == 1


def test_when_the_instance_s_answer_is_lost_the_next_try_posts_nothing_new(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    desk.stack.instance.losing = ["/api/v1/statuses"]
    reply = desk.answered(conversation, "Once.")
    assert desk.sending(conversation, reply) == ("queued", "provider_silent")
    desk.stack.deliver(desk.event)
    assert desk.sending(conversation, reply)[0] == "sent"
    assert len(desk.posted()) == 1


def test_a_sender_that_died_is_followed_by_another_and_nothing_is_posted_twice(desk: Desk) -> None:
    """The first had posted it, and could not say so any more."""
    desk.connected()
    _, conversation = asked_for(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver_reply, "LEASE", timedelta(seconds=-1))
        patch.setattr(type(wiring.conversations()), "settle", _dies)
        reply = desk.answered(conversation, "Once.")
    assert desk.sending(conversation, reply) == ("sending", "")
    desk.stack.deliver(desk.event)
    assert desk.sending(conversation, reply) == ("queued", "sender_stopped")
    desk.stack.deliver(desk.event)
    assert desk.sending(conversation, reply) == ("sent", "")
    assert len(desk.posted()) == 1


def _dies(*_: object) -> None:
    raise Stale("it is over")


def test_whoever_has_connected_no_account_answers_nobody_and_sees_why(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    [made] = [each["id"] for each in desk.ana.must("GET", CONNECTIONS)["connections"]]
    desk.ana.must("DELETE", f"{CONNECTIONS}/{made}")
    reply = desk.answered(conversation, "From nobody's account.")
    assert desk.sending(conversation, reply) == ("failed", "no_connection")
    assert desk.posted() == []


def test_nobody_answers_with_what_a_colleague_has_connected(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    ben = joined(desk.ana, "ben@team.example", "admin")
    reply = desk.answered(conversation, "In Ana's name.", ben)
    assert desk.sending(conversation, reply) == ("failed", "no_connection")
    assert desk.posted() == []


def test_a_token_that_the_instance_takes_no_more_is_refreshed_once_and_the_reply_goes_out(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    for each in desk.peer.oauth.tokens:
        each.until = 0
    reply = desk.answered(conversation, "With a fresh token.")
    assert desk.sending(conversation, reply) == ("sent", "")
    assert len(desk.peer.oauth.tokens) == 2


def test_a_connection_that_ended_at_the_provider_is_noticed_when_it_is_answered_with(desk: Desk) -> None:
    made = desk.connected()
    _, conversation = asked_for(desk)
    desk.peer.oauth.end("desk")
    reply = desk.answered(conversation, "Too late.")
    assert desk.sending(conversation, reply) == ("failed", "no_connection")
    assert desk.ana.must("GET", f"{CONNECTIONS}/{made}")["state"] == "ended"


def test_an_answer_that_the_instance_does_not_take_says_so(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    reply = desk.answered(conversation, "x" * 600)
    assert desk.sending(conversation, reply) == ("failed", "status_422")


def test_while_the_instance_is_down_the_reply_waits_and_says_so_in_the_end(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    desk.stack.instance.down = True
    reply = desk.answered(conversation, "Later.")
    assert desk.sending(conversation, reply) == ("queued", "provider_silent")
    desk.stack.deliver(desk.event, receive_count=8)
    assert desk.sending(conversation, reply) == ("failed", "provider_silent")


def test_nobody_who_is_reached_by_mail_is_let_into_a_conversation_of_another_channel(desk: Desk) -> None:
    desk.connected()
    _, conversation = asked_for(desk)
    path = f"/v1/conversations/{conversation}/participants"
    assert desk.ana.ask("POST", path, {"address": "ben@customer.example"})[0] == 409
