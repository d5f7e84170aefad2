"""A POST that is sent again: one effect, and the answer of the first time."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from letterlock.domain.conversations import Sending, SendState
from letterlock.entry import wiring
from tests.handlers.stack import MAILBOX, Stack, notification_of
from tests.handlers.test_api_refusals import assert_problem
from tools.openapi import DESCRIPTION

MAIL = b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"
BODIES: dict[str, Any] = {
    "/v1/conversations/{conversation}/replies": {"text": "On its way."},
    "/v1/conversations/{conversation}/notes": {"text": "Careful with this one."},
    "/v1/conversations/{conversation}/messages/{message}/retry": None,
    "/v1/conversations/{conversation}/quarantine/release": None,
    "/v1/conversations/{conversation}/quarantine/discard": None,
}
"""What is sent to each POST route whose answer is read again. A new route joins here, or below."""
SHOW_A_SECRET = {"/v1/me/tokens", "/v1/tokens", "/v1/connections"}
"""Nobody can show it again: 409, see tests/handlers/test_tokens.py, test_connections.py."""
OF_ACCOUNTS = {"/v1/invitations", "/v1/mailboxes", "/v1/domains"}
"""The answer is read again, and nothing of conversations is in it: see tests/handlers/test_people.py, test_mailboxes.py."""
OF_PARTICIPANTS = {
    "/v1/conversations/{conversation}/messages/{message}/confirm",
    "/v1/conversations/{conversation}/participants",
}
"""Likewise; what they did may have been undone meanwhile: see tests/handlers/test_taking_part.py."""
OF_FILES_AND_MONEY = {"/v1/attachments", "/v1/billing/checkout", "/v1/billing/portal"}
"""Likewise: see tests/handlers/test_attachments.py, test_billing.py."""
WITHOUT_A_KEY = {
    # Stripe's form has no key: an event is recorded once under its own id, see tests/handlers/test_stripe_webhooks.py.
    "/v1/stripe/webhooks",
    # The sender's form has no key, and what is revoked twice is revoked once: tests/handlers/test_leak_reports.py.
    "/v1/secret-scanning",
    # A link works once, with a key or without: tests/handlers/test_sign_up.py, test_people.py, test_own_sign_in.py.
    "/v1/sign-ups/complete",
    "/v1/invitations/accept",
    "/v1/password-resets/complete",
    # Another mail with another link, counted and throttled: tests/handlers/test_sign_in.py.
    "/v1/sign-ups",
    "/v1/password-resets",
    # Each sign-in is a session of its own: whose answer was lost signs in again, and ends the other.
    "/v1/sessions",
    # The last secret proposed is the one that counts, and a code confirms it once: tests/handlers/test_own_sign_in.py.
    "/v1/me/totp",
    "/v1/me/totp/confirm",
    "/v1/me/totp/recovery-codes",
}
"""Who would keep the first answer under which key, when nobody is signed in or when a secret is in it?"""
FACTS = {"ReplyQueued", "NoteAdded", "MailReleased", "MailDiscarded"}
"""What each of them tells."""


def only_conversation(stack: Stack, status: str) -> str:
    found: str = stack.api("GET", "/v1/conversations", query={"status": status})[1]["conversations"][0]["id"]
    return found


@pytest.fixture
def conversation(stack: Stack) -> str:
    stack.mail(MAIL)
    return only_conversation(stack, "open")


@pytest.fixture
def quarantined(stack: Stack) -> str:
    stack.store("ses2", MAIL)
    stack.notify(notification_of("ses2", (MAILBOX,), virus="FAIL"))
    return only_conversation(stack, "quarantined")


@pytest.fixture
def failed(stack: Stack, conversation: str) -> str:
    """A reply that did not get through, before any fact of it was relayed."""
    reply: str = stack.api("POST", f"/v1/conversations/{conversation}/replies", {"text": "Soon."})[1]["id"]
    store = wiring.conversations()
    store.claim(stack.workspace, conversation, reply, timedelta(minutes=1))
    store.settle(store.get(stack.workspace, conversation), reply, Sending(SendState.FAILED, 1, "Rejected"), [])
    stack.relay()
    return reply


@pytest.fixture
def path_of(conversation: str, quarantined: str, failed: str) -> Callable[[str], str]:
    """The path of a route, on records that it can be asked for."""

    def path(route: str) -> str:
        named = quarantined if "quarantine" in route else conversation
        return route.replace("{conversation}", named).replace("{message}", failed)

    return path


def posts() -> list[str]:
    paths: dict[str, Any] = json.loads(DESCRIPTION.read_text())["paths"]
    elsewhere = SHOW_A_SECRET | OF_ACCOUNTS | OF_PARTICIPANTS | OF_FILES_AND_MONEY | WITHOUT_A_KEY
    return [path for path, methods in paths.items() if "post" in methods and path not in elsewhere]


def test_what_becomes_of_every_post_that_is_sent_again_is_said() -> None:
    assert set(posts()) == set(BODIES)


def everything() -> list[Any]:
    return boto3.client("dynamodb").scan(TableName="ConversationsTable")["Items"]


@pytest.mark.parametrize("route", BODIES)
def test_every_post_that_is_sent_again_gets_the_same_answer_and_has_no_second_effect(
    stack: Stack, path_of: Callable[[str], str], route: str
) -> None:
    path, body = path_of(route), BODIES[route]
    status, first, headers = stack.api("POST", path, body, headers={"Idempotency-Key": "key-1"})
    stored = everything()
    again_status, again, again_headers = stack.api(
        "POST", path, json.dumps(body, indent=4) if body else None, headers={"idempotency-key": "key-1"}
    )

    assert "Idempotency-Replayed" not in headers
    assert (again_status, again) == (status, first)
    assert again_headers["Idempotency-Replayed"] == ["true"]
    assert everything() == stored
    assert len([fact for fact in stack.relay() if fact["detail-type"] in FACTS]) == 1


@pytest.mark.parametrize("route", [route for route in BODIES if BODIES[route]])
def test_every_post_refuses_a_key_that_came_with_another_body(
    stack: Stack, path_of: Callable[[str], str], conversation: str, route: str
) -> None:
    path = path_of(route)
    _, first, _ = stack.api("POST", path, BODIES[route], headers={"Idempotency-Key": "key-1"})
    stored = everything()
    answer = stack.api("POST", path, {"text": "secret-word"}, headers={"Idempotency-Key": "key-1"})

    problem = assert_problem(answer, 409, "idempotency-key-reused")
    assert (problem["conversation"], problem["message"]) == (conversation, first["id"])
    assert "secret-word" not in json.dumps(problem)
    assert everything() == stored


def test_without_a_key_two_are_two(stack: Stack, conversation: str) -> None:
    path = f"/v1/conversations/{conversation}/notes"
    one, two = (stack.api("POST", path, {"text": "again"})[1]["id"] for _ in range(2))
    assert one != two


def test_a_reply_that_went_out_meanwhile_says_so_when_it_is_asked_for_again(stack: Stack, conversation: str) -> None:
    path, key = f"/v1/conversations/{conversation}/replies", {"Idempotency-Key": "key-1"}
    _, queued, _ = stack.api("POST", path, {"text": "On its way."}, headers=key)
    (fact,) = [fact for fact in stack.relay() if fact["detail-type"] == "ReplyQueued"]
    stack.deliver(fact)
    status, again, _ = stack.api("POST", path, {"text": "On its way."}, headers=key)
    assert (status, again["id"], again["sending"]["state"]) == (202, queued["id"], "sent")
    assert len(stack.sent()) == 1


@pytest.mark.parametrize("key", ["", "two words", "k\u00e9y", "x" * 256, "tab\there"])
def test_a_key_that_is_none_is_400_and_nothing_happens(stack: Stack, conversation: str, key: str) -> None:
    stored = everything()
    answer = stack.api(
        "POST", f"/v1/conversations/{conversation}/notes", {"text": "x"}, headers={"Idempotency-Key": key}
    )
    problem = assert_problem(answer, 400, "invalid")
    assert problem["errors"][0]["in"] == "header"
    assert key not in json.dumps(problem) or not key
    assert everything() == stored


def test_the_longest_key_will_do(stack: Stack, conversation: str) -> None:
    path, key = f"/v1/conversations/{conversation}/notes", {"Idempotency-Key": "~" * 255}
    assert stack.api("POST", path, {"text": "x"}, headers=key)[0] == 201
    assert "Idempotency-Replayed" in stack.api("POST", path, {"text": "x"}, headers=key)[2]


def test_a_token_is_shown_once_and_never_again(stack: Stack) -> None:
    """workspace_setup takes no key: an answer that is a secret cannot be read again."""
    asked = {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}, "Idempotency-Key": "key-1"}
    assert stack.call("workspace_setup", asked)["error"]["type"] == "invalid"
    del asked["Idempotency-Key"]
    made = stack.call("workspace_setup", asked)
    again = stack.call("workspace_setup", asked)
    assert again["error"]["type"] == "conflict"
    assert made["token"] not in json.dumps(again)
