"""Whose address is in several workspaces tells them apart, and chooses."""

import re

from bench.browser import ANA, LINK, PASSWORD, Browser, owner
from tests.handlers.stack import Stack

BEN = "ben@team.example"
OTHER = "quite another phrase"


def test_who_is_in_two_workspaces_reads_in_the_mails_which_is_which_and_chooses(stack: Stack) -> None:
    """With a password in each."""
    signed_up, host = owner(stack), owner(stack, BEN)
    host.must("PATCH", "/v1/workspace", {"name": "Ben's & Co"})
    host.must("POST", "/v1/invitations", {"email": ANA, "role": "agent"})
    (mail,) = stack.mailed()
    [(called, invited_to)] = re.findall(r'Workspace "(.+)" \((wsp_\w+)\)', mail)
    new = {"token": LINK.findall(mail)[0], "name": "Ana", "password": OTHER}
    Browser(stack).must("POST", "/v1/invitations/accept", new)

    own = signed_up.must("GET", "/v1/me")["workspace"]
    assert called == "Ben's & Co"
    assert own == {"id": own["id"], "name": "Ana's"}
    for workspace, password in ((own["id"], PASSWORD), (invited_to, OTHER)):
        browser = Browser(stack)
        assert browser.sign_in(password=password, workspace=workspace)[0] == 201
        assert browser.must("GET", "/v1/me")["workspace"]["id"] == workspace
    assert Browser(stack).sign_in(password=PASSWORD, workspace=invited_to)[0] == 401

    Browser(stack).must("POST", "/v1/password-resets", {"email": ANA, "workspace": invited_to})
    (mail,) = stack.mailed()
    assert f'Workspace "Ben\'s & Co" ({invited_to})' in mail


def test_a_refusal_says_how_to_choose_and_says_it_to_everybody(stack: Stack) -> None:
    owner(stack)
    answers = [Browser(stack).sign_in(email, OTHER)[1]["detail"] for email in (ANA, "nobody@team.example")]
    assert answers[0] == answers[1]
    assert "name one by its id" in answers[0]


def test_a_workspaces_name_is_changed_by_who_leads_it_and_takes_no_control_characters(stack: Stack) -> None:
    host = owner(stack, BEN)
    assert host.ask("PATCH", "/v1/workspace", {"name": "Ours\u202e"})[0] == 400
    assert host.ask("PATCH", "/v1/workspace", {"name": "x" * 101})[0] == 400
    assert host.ask("PATCH", "/v1/workspace", {"name": " "})[0] == 400
    assert host.must("PATCH", "/v1/workspace", {"name": "Ours"})["name"] == "Ours"
    assert host.must("GET", "/v1/me")["workspace"]["name"] == "Ours"
