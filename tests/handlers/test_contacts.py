"""Contacts over the API: who wrote, what about, and whether mail reaches them."""

from datetime import UTC, datetime

import pytest

from letterlock.entry import wiring
from tests.handlers.stack import Stack
from tests.handlers.test_api_refusals import assert_problem

ANA, BEN = "Ana <ana@customer.example>", "ben@customer.example"


def mail(number: int, sender: str = ANA, copy: str = "") -> bytes:
    cc = f"Cc: {copy}\r\n" if copy else ""
    return (
        f"From: {sender}\r\nTo: support@acme.example\r\n{cc}Subject: Order {number}\r\n"
        f"Message-ID: <m{number}@customer.example>\r\n\r\nWhere is it?\r\n"
    ).encode()


@pytest.fixture
def ana(stack: Stack) -> str:
    """Ana's contact id: she opened three conversations, one with Ben in copy."""
    for number in range(3):
        assert stack.mail(mail(number, copy=BEN if number == 1 else ""), ses_message_id=f"ses{number}") == {
            "batchItemFailures": []
        }
    assert stack.mail(mail(9, sender=BEN), ses_message_id="ses9") == {"batchItemFailures": []}
    return contact_of(stack, "Order 1", "ana@customer.example")


def contact_of(stack: Stack, subject: str, address: str) -> str:
    cards = stack.api("GET", "/v1/conversations")[1]["conversations"]
    [conversation] = [each["id"] for each in cards if each["subject"] == subject]
    people = stack.api("GET", f"/v1/conversations/{conversation}")[1]["participants"]
    [found] = [each["contact"] for each in people if each["address"] == address]
    return str(found)


def test_a_participant_leads_to_their_contact(stack: Stack, ana: str) -> None:
    status, shown, _ = stack.api("GET", f"/v1/contacts/{ana}")
    assert status == 200
    assert (shown["id"], shown["address"], shown["name"]) == (ana, "ana@customer.example", "Ana")
    assert shown["undeliverable"] is None
    assert datetime.fromisoformat(shown["first_seen_at"])
    assert ana == contact_of(stack, "Order 2", "ana@customer.example")
    assert ana != contact_of(stack, "Order 1", BEN)


def test_a_contacts_conversations_come_page_by_page(stack: Stack, ana: str) -> None:
    path, seen, cursor = f"/v1/contacts/{ana}/conversations", [], ""
    for _ in range(3):
        status, page, _ = stack.api("GET", path, query={"limit": "1", **({"cursor": cursor} if cursor else {})})
        assert status == 200
        [card] = page["conversations"]
        seen.append(card["subject"])
        cursor = page["cursor"]
    assert cursor is None
    assert sorted(seen) == ["Order 0", "Order 1", "Order 2"]


def test_an_address_that_mail_does_not_reach_says_so(stack: Stack, ana: str) -> None:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    wiring.contacts().mark_undeliverable(stack.workspace, "ana@customer.example", "bounced", at)
    _, shown, _ = stack.api("GET", f"/v1/contacts/{ana}")
    assert shown["undeliverable"] == {"reason": "bounced", "at": "2026-11-02T09:00:00Z"}


def test_another_workspaces_contact_is_the_same_404_as_none(stack: Stack, ana: str) -> None:
    made = stack.call("workspace_setup", {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}})
    for suffix in ("", "/conversations"):
        foreign = stack.api("GET", f"/v1/contacts/{ana}{suffix}", token=made["token"])
        none = stack.api("GET", f"/v1/contacts/ctc_{'0' * 26}{suffix}", token=made["token"])
        assert_problem(foreign, 404, "not-found")
        assert foreign == none


def test_a_cursor_of_one_contact_is_none_of_anothers(stack: Stack, ana: str) -> None:
    _, page, _ = stack.api("GET", f"/v1/contacts/{ana}/conversations", query={"limit": "1"})
    ben = contact_of(stack, "Order 1", BEN)
    answer = stack.api("GET", f"/v1/contacts/{ben}/conversations", query={"cursor": page["cursor"]})
    assert_problem(answer, 400, "invalid")


def test_a_bad_limit_or_filter_is_400(stack: Stack, ana: str) -> None:
    for query in ({"limit": "0"}, {"limit": "101"}, {"status": "open"}, {"cursor": "nonsense"}):
        assert_problem(stack.api("GET", f"/v1/contacts/{ana}/conversations", query=query), 400, "invalid")


def test_a_token_that_may_only_write_reads_no_contact(stack: Stack, ana: str) -> None:
    asked = {"mailbox": {"address": "w@acme.example"}, "token": {"scopes": ["conversations:write"]}}
    made = stack.call("workspace_setup", {"workspace": {"name": "Writers"}, **asked})
    for suffix in ("", "/conversations"):
        assert_problem(stack.api("GET", f"/v1/contacts/{ana}{suffix}", token=made["token"]), 403, "forbidden")


def test_reading_contacts_wants_a_credential(stack: Stack, ana: str) -> None:
    for suffix in ("", "/conversations"):
        assert_problem(stack.api("GET", f"/v1/contacts/{ana}{suffix}", token="nonsense"), 401, "unauthenticated")
