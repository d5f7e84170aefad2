"""A workspace is signed up, by whoever shows that the address is theirs."""

from typing import Any

import boto3
import pytest

from bench.browser import ANA, PASSWORD, Browser, link_mailed, owner
from letterlock.adapters.dynamo_accounts import DynamoMailboxes
from letterlock.entry import wiring
from tests.handlers.stack import Stack


def asked_for(stack: Stack) -> dict[str, Any]:
    Browser(stack).must("POST", "/v1/sign-ups", {"email": ANA, "workspace_name": "Ana's"})
    return {"token": link_mailed(stack), "name": "Ana", "password": PASSWORD}


def test_who_follows_the_link_owns_a_new_workspace_and_is_signed_in(stack: Stack) -> None:
    browser = owner(stack)

    me = browser.must("GET", "/v1/me")
    assert (me["role"], me["credential"], me["email"], me["name"]) == ("owner", "session", ANA, "Ana")
    assert me["workspace"]["name"] == "Ana's"
    assert me["workspace"]["id"] != stack.workspace
    assert "sign_everybody_out" in me["may"]


def test_the_link_works_once(stack: Stack) -> None:
    new = asked_for(stack)

    Browser(stack).must("POST", "/v1/sign-ups/complete", new)
    status, answer = Browser(stack).ask("POST", "/v1/sign-ups/complete", new)

    assert (status, answer["type"]) == (410, "urn:letterlock:problem:gone")


def test_a_sign_up_that_broke_off_is_taken_up_by_the_same_link(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    new = asked_for(stack)
    create = type(wiring.workspaces()).create

    def dies(*args: Any) -> None:
        create(*args)
        raise RuntimeError("the process ended")

    with monkeypatch.context() as patch:
        patch.setattr(type(wiring.workspaces()), "create", dies)
        assert Browser(stack).ask("POST", "/v1/sign-ups/complete", new)[0] == 500

    assert Browser(stack).ask("POST", "/v1/sign-ups/complete", new)[0] == 201


def test_where_the_operator_has_not_opened_it_nobody_signs_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    new = asked_for(stack)
    for setting in ("invitation", "closed"):
        monkeypatch.setenv("SIGN_UP", setting)
        wanted = {"email": ANA, "workspace_name": "x"}
        assert Browser(stack).ask("POST", "/v1/sign-ups", wanted)[0] == 403
        assert Browser(stack).ask("POST", "/v1/sign-ups/complete", new)[0] == 403


@pytest.mark.parametrize(
    "change",
    [{"password": "short"}, {"password": "password1234"}, {"password": ANA}, {"name": " "}, {"role": "owner"}],
)
def test_what_cannot_be_is_refused_before_anything_is_made(stack: Stack, change: dict[str, str]) -> None:
    new = asked_for(stack)
    before = boto3.client("dynamodb").scan(TableName="AccountsTable")["Count"]

    status, answer = Browser(stack).ask("POST", "/v1/sign-ups/complete", new | change)

    assert status == 400
    (said,) = change.values()
    assert not said.strip() or said not in str(answer)
    assert boto3.client("dynamodb").scan(TableName="AccountsTable")["Count"] == before


def test_the_operator_invites_the_owner_of_a_workspace(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {
        "workspace": {"name": "Theirs"},
        "mailbox": {"address": "theirs@acme.example"},
        "owner": {"email": ANA, "name": "Ana"},
    }
    monkeypatch.setenv("SIGN_UP", "invitation")
    made = stack.call("workspace_setup", asked)
    assert made["invitation"].startswith("inv_")
    browser = Browser(stack)
    browser.must("POST", "/v1/invitations/accept", {"token": link_mailed(stack), "name": "Ana", "password": PASSWORD})

    me = browser.must("GET", "/v1/me")
    assert (me["workspace"]["id"], me["role"], me["mailboxes"]) == (made["workspace"], "owner", [made["mailbox"]])


def test_an_owner_is_invited_with_the_mailbox_or_not_at_all(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {
        "workspace": {"name": "Theirs"},
        "mailbox": {"address": "theirs@acme.example"},
        "owner": {"email": ANA, "name": "Ana"},
    }
    stack.call("workspace_setup", asked)
    assert len(stack.mailed()) == 1
    # Of two at the same time, neither sees the other's mailbox before it is stored.
    monkeypatch.setattr(DynamoMailboxes, "route", lambda *_: {})

    assert stack.call("workspace_setup", asked)["error"]["type"] == "conflict"
    assert stack.mailed() == []


def test_a_closed_stack_makes_no_workspace_more(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_UP", "closed")

    answer = stack.call("workspace_setup", {"workspace": {"name": "x"}, "mailbox": {"address": "x@acme.example"}})

    assert answer["error"]["type"] == "forbidden"
