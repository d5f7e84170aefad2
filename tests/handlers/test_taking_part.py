"""Who takes part, over the API: a stranger is confirmed, somebody let in or sent off, and what each of them is mailed."""

from __future__ import annotations

import email.utils
from email.message import Message
from typing import Any

import pytest

from bench.thread_paths import BOB, EVE, mail
from letterlock.domain.audit import Act
from letterlock.entry import wiring
from tests.handlers.stack import MAILBOX, Stack, notification_of

ANA = "ana@customer.example"
SECRET = "Our account number is 7."


class Talk:
    """A conversation of Ana's, and what people write to it."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.mails = stack, 0
        self.writes(ANA, MAILBOX, text=SECRET)
        (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
        self.id = card["id"]
        self.address = email.utils.parseaddr(str(self.answered()["Reply-To"]))[1]

    def writes(self, sender: str, to: str, *, dmarc: str = "PASS", **more: str) -> None:
        self.mails += 1
        name = f"talk{self.mails}"
        self.stack.store(name, mail(self.mails, sender, to, **more))
        assert self.stack.notify(notification_of(name, (to,), dmarc=dmarc)) == {"batchItemFailures": []}

    def asks(self, method: str, what: str = "", body: Any = None, **headers: str) -> tuple[int, Any]:
        status, answer, self.headers = self.stack.api(
            method,
            f"/v1/conversations/{self.id}{what}",
            body,
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )
        return status, answer

    def shown(self) -> Any:
        status, answer = self.asks("GET")
        assert status == 200
        return answer

    def answered(self) -> Message:
        """An agent's answer, as it goes out."""
        assert self.asks("POST", "/replies", {"text": "Soon."})[0] == 202
        (fact,) = [each for each in self.stack.relay() if each["detail-type"] == "ReplyQueued"]
        assert self.stack.deliver(fact) == {"batchItemFailures": []}
        return email.message_from_string(self.stack.sent()[-1].raw_data)


def to_and_cc(sent: Message) -> tuple[list[str], list[str]]:
    to, cc = ([address for _, address in email.utils.getaddresses(sent.get_all(name, []))] for name in ("To", "Cc"))
    return to, cc


def text_of(sent: Message) -> str:
    (text, *_) = [bytes(each.get_payload(decode=True)) for each in sent.walk() if not each.is_multipart()]
    return text.decode()


@pytest.fixture
def talk(stack: Stack) -> Talk:
    return Talk(stack)


def unverified(talk: Talk) -> str:
    talk.writes(EVE, talk.address, text="I am her colleague.")
    message = talk.shown()["messages"][-1]
    assert message["threading"] == {
        "rule": "reply_address",
        "evidence": "envelope",
        "trust": "unverified",
        "by": None,
    }
    return str(message["id"])


def test_a_stranger_is_confirmed_by_somebody_and_answered_from_then_on(talk: Talk) -> None:
    message = unverified(talk)
    assert to_and_cc(talk.answered()) == ([ANA], [])
    version = talk.shown()["version"]

    status, confirmed = talk.asks("POST", f"/messages/{message}/confirm", If_Match=f'"{version}"', Idempotency_Key="k")

    assert status == 200
    assert (confirmed["threading"]["trust"], confirmed["threading"]["by"]) == ("confirmed", who(talk))
    assert talk.headers["ETag"] == [f'"{version + 1}"']
    shown = talk.shown()
    assert shown["messages"][-2] == confirmed
    assert [(each["address"], each["requester"], each["added_by"]) for each in shown["participants"]] == [
        (ANA, True, None),
        (EVE, False, who(talk)),
    ]
    sent = talk.answered()
    assert to_and_cc(sent) == ([ANA], [EVE])
    assert SECRET not in text_of(sent)
    again, repeated = talk.asks("POST", f"/messages/{message}/confirm", If_Match=f'"{version}"', Idempotency_Key="k")
    assert (again, repeated) == (200, confirmed)
    assert talk.headers["Idempotency-Replayed"] == ["true"]
    late, problem = talk.asks("POST", f"/messages/{shown['messages'][0]['id']}/confirm", If_Match='"1"')
    assert (late, problem["threading"]["trust"]) == (200, "verified")  # it stands so already
    answer = talk.stack.call("digest_verification", {"workspace": talk.stack.workspace})
    assert answer["differing"] == []


def who(talk: Talk) -> str:
    return str(talk.stack.api("GET", "/v1/me")[1]["id"])


def test_a_confirmation_of_what_has_moved_is_412_and_of_a_note_409(talk: Talk) -> None:
    message = unverified(talk)
    assert talk.asks("POST", f"/messages/{message}/confirm", If_Match='"1"')[0] == 412
    note = talk.asks("POST", "/notes", {"text": "Who is that?"})[1]["id"]
    assert talk.asks("POST", f"/messages/{note}/confirm")[0] == 409
    assert talk.asks("POST", "/messages/msg_00000000000000000000000000/confirm")[0] == 404
    assert talk.shown()["messages"][-2]["threading"]["trust"] == "unverified"


def test_somebody_is_let_in_made_the_requester_and_sent_off(talk: Talk) -> None:
    wanted = {"address": "Bob@Customer.example", "name": "Bob", "requester": True}
    status, shown = talk.asks("POST", "/participants", wanted, Idempotency_Key="k")
    assert status == 200
    assert [(each["address"], each["requester"]) for each in shown["participants"]] == [(BOB, True), (ANA, False)]
    assert talk.asks("POST", "/participants", wanted, Idempotency_Key="k") == (200, talk_head(talk))
    sent = talk.answered()
    assert to_and_cc(sent) == ([BOB], [ANA])
    assert SECRET not in text_of(sent)

    bob, ana = (each["contact"] for each in talk.shown()["participants"])
    assert talk.asks("DELETE", f"/participants/{bob}")[0] == 409
    status, shown = talk.asks("DELETE", f"/participants/{ana}")
    assert (status, [each["address"] for each in shown["participants"]]) == (200, [BOB])
    assert talk.asks("DELETE", f"/participants/{ana}") == (200, shown)
    talk.writes(BOB, talk.address, Cc=ANA)
    assert [each["address"] for each in talk.shown()["participants"]] == [BOB]
    assert talk.stack.api("GET", f"/v1/contacts/{ana}/conversations")[1]["conversations"] == []
    assert [each["id"] for each in talk.stack.api("GET", f"/v1/contacts/{bob}/conversations")[1]["conversations"]] == [
        talk.id
    ]


def talk_head(talk: Talk) -> Any:
    return {name: value for name, value in talk.shown().items() if name not in ("messages", "cursor")}


def test_whom_a_customer_copies_takes_part_and_is_shown_their_own_part_only(talk: Talk) -> None:
    talk.writes(ANA, talk.address, text="Bob will see to it.", Cc=f"Bob <{BOB}>, {MAILBOX}")

    assert [(each["address"], each["name"]) for each in talk.shown()["participants"]] == [(ANA, ""), (BOB, "Bob")]
    sent = talk.answered()
    assert to_and_cc(sent) == ([ANA], [BOB])
    assert "> Bob will see to it." in text_of(sent)
    assert SECRET not in text_of(sent)


def test_sent_again_under_its_key_nobody_comes_back_who_was_sent_off_since(talk: Talk) -> None:
    wanted = {"address": BOB}
    (_, bob) = talk.asks("POST", "/participants", wanted, Idempotency_Key="k")[1]["participants"]
    assert "Idempotency-Replayed" not in talk.headers
    talk.asks("DELETE", f"/participants/{bob['contact']}")

    status, shown = talk.asks("POST", "/participants", wanted, Idempotency_Key="k")

    assert (status, [each["address"] for each in shown["participants"]]) == (200, [ANA])
    assert talk.headers["Idempotency-Replayed"] == ["true"]
    status, problem = talk.asks("POST", "/participants", {"address": "cleo@customer.example"}, Idempotency_Key="k")
    assert (status, problem["type"]) == (409, "urn:letterlock:problem:idempotency-key-reused")
    assert len(talk.shown()["participants"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"address": "nobody"},
        {"address": MAILBOX},
        {"address": BOB, "name": "two\nlines"},
        {"address": BOB, "contact": "ctc_1"},
        {},
    ],
)
def test_who_cannot_be_let_in_is_not(talk: Talk, body: Any) -> None:
    status, problem = talk.asks("POST", "/participants", body)
    assert (status, problem["type"]) == (400, "urn:letterlock:problem:invalid")
    assert BOB not in str(problem)
    assert len(talk.shown()["participants"]) == 1


def test_what_the_team_decided_of_people_is_in_the_audit_log(talk: Talk) -> None:
    message = unverified(talk)
    talk.asks("POST", f"/messages/{message}/confirm")
    added = talk.asks("POST", "/participants", {"address": BOB})[1]
    bob = added["participants"][-1]["contact"]
    talk.asks("DELETE", f"/participants/{bob}")

    found = {each.act: each for each in wiring.audit().listed(talk.stack.workspace)}
    for act, after in ((Act.SENDER_CONFIRMED, message), (Act.PARTICIPANT_ADDED, bob), (Act.PARTICIPANT_REMOVED, bob)):
        entry = found[act]
        assert (entry.actor, entry.subject, entry.detail.after) == (who(talk), talk.id, after)
