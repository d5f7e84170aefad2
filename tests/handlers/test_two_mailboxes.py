"""One mail to two mailboxes of a workspace: a conversation each, linked, whatever way and whenever it came."""

from __future__ import annotations

from typing import Any

import pytest

from bench.thread_paths import mail
from letterlock.domain.accounts import Mailbox
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import wiring
from tests.handlers.stack import MAILBOX, Stack, notification_of

ANA, SALES = "ana@customer.example", "sales@acme.example"
BOTH = mail(1, ANA, f"{MAILBOX}, {SALES}", subject="The broken one")
CONVERSATIONS = "/v1/conversations"


@pytest.fixture
def sales(stack: Stack) -> str:
    mailbox = Mailbox(wiring.ids().new("mbx"), stack.workspace, SALES)
    wiring.mailboxes().add(mailbox)
    return mailbox.id


def takes(stack: Stack, name: str, raw: bytes, *recipients: str) -> None:
    stack.store(name, raw)
    assert stack.notify(notification_of(name, recipients)) == {"batchItemFailures": []}


def shown(stack: Stack, **more: Any) -> dict[str, Any]:
    """The conversations, by mailbox."""
    cards = stack.api("GET", CONVERSATIONS, **more)[1]["conversations"]
    return {each["mailbox"]: stack.api("GET", f"{CONVERSATIONS}/{each['id']}", **more)[1] for each in cards}


def linked(stack: Stack, sales: str) -> bool:
    found = shown(stack)
    ours, theirs = found[stack.mailbox], found[sales]
    return bool(
        ours["linked"] == [{"conversation": theirs["id"], "reason": "same_mail"}]
        and theirs["linked"] == [{"conversation": ours["id"], "reason": "same_mail"}]
    )


def test_by_one_delivery(stack: Stack, sales: str) -> None:
    takes(stack, "both", BOTH, MAILBOX, SALES)
    assert linked(stack, sales)
    assert [len(each["messages"]) for each in shown(stack).values()] == [1, 1]
    assert [each["address"] for each in shown(stack)[sales]["participants"]] == [ANA]


def test_by_two_deliveries_at_different_times(stack: Stack, sales: str) -> None:
    takes(stack, "first", BOTH, SALES)
    assert shown(stack)[sales]["linked"] == []
    takes(stack, "later", BOTH, MAILBOX)
    assert linked(stack, sales)


def test_by_a_blind_copy(stack: Stack, sales: str) -> None:
    hidden = mail(2, ANA, MAILBOX, subject="The broken one")
    takes(stack, "hidden", hidden, SALES)
    takes(stack, "open", hidden, MAILBOX)
    assert linked(stack, sales)


def test_an_answer_in_a_known_thread_that_copies_another_mailbox(stack: Stack, sales: str) -> None:
    takes(stack, "asked", mail(3, ANA, MAILBOX), MAILBOX)
    again = mail(4, ANA, MAILBOX, Cc=SALES, In_Reply_To="<thread-3@customer.example>")
    takes(stack, "again", again, SALES)
    takes(stack, "again-here", again, MAILBOX)
    assert linked(stack, sales)
    assert shown(stack)[stack.mailbox]["message_count"] == 2


def test_a_process_that_died_before_the_link_is_made_up_for(
    stack: Stack, sales: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes(stack, "first", BOTH, SALES)
    with monkeypatch.context() as patch:
        patch.setattr(type(wiring.conversations()), "link_copies", _dies)
        stack.store("later", BOTH)
        assert stack.notify(notification_of("later", (MAILBOX,)))["batchItemFailures"]
    assert shown(stack)[stack.mailbox]["linked"] == []
    assert stack.notify(notification_of("later", (MAILBOX,))) == {"batchItemFailures": []}
    assert linked(stack, sales)


def _dies(*_: object) -> None:
    raise ConnectionError


def test_another_mail_under_the_same_message_id_is_no_copy(stack: Stack, sales: str) -> None:
    takes(stack, "one", mail(5, ANA, MAILBOX, text="One thing"), MAILBOX)
    takes(stack, "other", mail(5, ANA, SALES, text="Another"), SALES)
    assert [each["linked"] for each in shown(stack).values()] == [[], []]


@pytest.mark.attack("the same mail to another workspace")
def test_a_copy_in_another_workspace_is_nobodys_business(stack: Stack) -> None:
    made = stack.call("workspace_setup", {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}})
    takes(stack, "both", mail(6, ANA, f"{MAILBOX}, b@acme.example"), MAILBOX, "b@acme.example")
    for token in (stack.token, made["token"]):
        (found,) = shown(stack, token=token).values()
        assert found["linked"] == []


def test_who_does_not_see_the_other_mailbox_sees_no_link_into_it(stack: Stack, sales: str) -> None:
    takes(stack, "both", BOTH, MAILBOX, SALES)
    token = stack.token_with(frozenset(Scope), Role.AGENT, frozenset({stack.mailbox}))
    (found,) = shown(stack, token=token).values()
    assert found["linked"] == []
    path = f"{CONVERSATIONS}/{found['id']}/status"
    assert stack.api("PUT", path, {"status": "pending"}, token=token)[1]["linked"] == []
    assert len(stack.api("PUT", path, {"status": "open"})[1]["linked"]) == 1


def test_the_links_leave_the_digest_true(stack: Stack, sales: str) -> None:
    takes(stack, "both", BOTH, MAILBOX, SALES)
    assert stack.call("digest_verification", {"workspace": stack.workspace})["differing"] == []
