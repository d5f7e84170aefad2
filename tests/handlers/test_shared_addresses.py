"""An address is a team's or a person's, and no link goes to where a team reads it."""

from typing import Any

import pytest

from bench.browser import ANA, PASSWORD, Browser, joined, link_mailed, owner
from letterlock.domain.accounts import Mailbox
from letterlock.entry import wiring
from tests.handlers.stack import MAILBOX, Stack

PLUS = MAILBOX.replace("@", "+ana@")


@pytest.mark.parametrize("address", [MAILBOX, PLUS, MAILBOX.upper()])
def test_nobody_is_invited_at_a_mailbox_whosever_it_is(stack: Stack, address: str) -> None:
    ana = owner(stack)
    status, answer = ana.ask("POST", "/v1/invitations", {"email": address, "role": "agent"})
    assert (status, answer["type"]) == (422, "urn:letterlock:problem:address-refused")
    assert ana.must("GET", "/v1/invitations")["invitations"] == []
    assert stack.mailed() == []


def test_nobody_is_invited_at_the_address_that_is_forwarded_to(stack: Stack) -> None:
    ana = owner(stack)
    found = ana.must("POST", "/v1/mailboxes", {"address": "sales@acme.example"})
    wanted = {"email": found["forwarding"]["address"], "role": "agent"}
    assert ana.ask("POST", "/v1/invitations", wanted)[0] == 422


def calls(stack: Stack, address: str) -> list[tuple[str, str]]:
    """What is asked of AWS when a workspace is asked for with it."""
    stack.recorder.calls.clear()
    assert Browser(stack).ask("POST", "/v1/sign-ups", {"email": address, "workspace_name": "Mine"})[0] == 202
    return [(call.service, call.operation) for call in stack.recorder.calls]


def test_a_sign_up_at_a_mailbox_is_answered_as_any_other_and_mailed_to_nobody(stack: Stack) -> None:
    calls(stack, "first@team.example")
    assert calls(stack, PLUS) == calls(stack, ANA)
    assert len(stack.mailed()) == 2


def became_a_mailbox(stack: Stack, address: str) -> None:
    """In a way that asked nobody whether it is somebody's: as a mailbox of before that was asked for."""
    wiring.mailboxes().add(Mailbox(wiring.ids().new("mbx"), stack.workspace, address))


def test_no_reset_goes_to_an_address_that_became_a_mailbox(stack: Stack) -> None:
    owner(stack)
    became_a_mailbox(stack, ANA)
    assert Browser(stack).ask("POST", "/v1/password-resets", {"email": ANA})[0] == 202
    assert stack.mailed() == []
    assert Browser(stack).sign_in()[0] == 201


def test_a_link_of_before_lets_nobody_join_at_an_address_that_became_a_mailbox(stack: Stack) -> None:
    ana = owner(stack)
    ana.must("POST", "/v1/invitations", {"email": "ben@team.example", "role": "agent"})
    new: dict[str, Any] = {"token": link_mailed(stack), "name": "Ben", "password": PASSWORD}
    Browser(stack).must("POST", "/v1/sign-ups", {"email": "ben@team.example", "workspace_name": "Ben's"})
    other = new | {"token": link_mailed(stack)}
    became_a_mailbox(stack, "ben@team.example")

    for path, body in (("/v1/invitations/accept", new), ("/v1/sign-ups/complete", other)):
        status, answer = Browser(stack).ask("POST", path, body)
        assert (status, answer["type"]) == (422, "urn:letterlock:problem:address-refused")


def test_no_mailbox_is_made_where_somebody_signs_in_until_they_are_gone(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, "ben@acme.example")
    wanted = {"address": "ben@acme.example"}
    status, answer = ana.ask("POST", "/v1/mailboxes", wanted)
    assert (status, answer["type"]) == (409, "urn:letterlock:problem:conflict")
    assert ana.must("GET", "/v1/mailboxes")["mailboxes"] == []

    ana.must("DELETE", f"/v1/people/{ben.must('GET', '/v1/me')['id']}")
    stack.finish_revocations(stack.relay())
    assert ana.must("POST", "/v1/mailboxes", wanted)["address"] == "ben@acme.example"


@pytest.mark.parametrize("email", ["theirs@acme.example", "theirs+o@acme.example", MAILBOX, PLUS])
def test_the_operator_names_no_owner_at_a_mailbox(stack: Stack, email: str) -> None:
    asked = {"workspace": {"name": "Theirs"}, "mailbox": {"address": "theirs@acme.example"}}
    refused = stack.call("workspace_setup", asked | {"owner": {"email": email, "name": "O"}})
    assert refused["error"]["type"] == "addressrefused"
    assert stack.call("workspace_setup", asked)["workspace"]


def test_the_operator_makes_no_mailbox_where_somebody_signs_in(stack: Stack) -> None:
    joined(owner(stack), "ben@acme.example")
    asked = {"workspace": {"name": "Theirs"}, "mailbox": {"address": "ben@acme.example"}}
    assert stack.call("workspace_setup", asked)["error"]["type"] == "conflict"
