"""Who is told by mail when something of theirs, or of their workspace, ends; and who is not."""

import json
from email import message_from_string
from email.utils import parseaddr

from bench.leaks import report, signed
from bench.people import SignedIn
from letterlock.domain.permissions import Role
from tests.handlers.stack import Stack, sqs_event
from tests.handlers.test_tokens import ask, made


def address(person: SignedIn) -> str:
    return f"{person.id.lower()}@team.example"


def mailed(stack: Stack) -> list[tuple[str, str]]:
    """Address and subject of each mail that goes out now."""
    before = len(stack.sent())
    stack.mailed()
    mails = [message_from_string(each.raw_data) for each in stack.sent()[before:]]
    assert {str(each["Auto-Submitted"]) for each in mails} <= {"auto-generated"}
    return sorted((parseaddr(str(each["To"]))[1], str(each["Subject"])) for each in mails)


def test_the_owner_of_a_leaked_token_is_told_once_and_it_says_which(stack: Stack) -> None:
    ana = stack.person()
    token = made(stack, ana)
    stack.mailed()
    body = report(token["token"])
    assert stack.api("POST", "/v1/secret-scanning", body, token="", headers=signed(body))[0] == 200
    assert mailed(stack) == [(address(ana), "Your API token leaked, and was revoked")]
    text = stack.sent()[-1].raw_data
    assert token["id"] in text
    assert token["token"] not in text


def test_of_a_leaked_service_token_the_owners_are_told(stack: Stack) -> None:
    owners, _agent = [stack.person(Role.OWNER), stack.person(Role.OWNER)], stack.person(Role.AGENT)
    body = report(stack.token)
    assert stack.api("POST", "/v1/secret-scanning", body, token="", headers=signed(body))[0] == 200
    assert mailed(stack) == sorted(
        (address(each), "An API token of your workspace leaked, and was revoked") for each in owners
    )


def test_who_is_removed_is_told_plainly(stack: Stack) -> None:
    owner, bea = stack.person(Role.OWNER), stack.person(Role.AGENT)
    assert ask(stack, owner, "DELETE", f"/v1/people/{bea.id}")[0] == 204
    assert mailed(stack) == [(address(bea), "You are no longer in a workspace")]


def test_whose_token_somebody_else_revokes_is_told_and_who_ends_their_own_is_not(stack: Stack) -> None:
    admin, bea = stack.person(), stack.person(Role.AGENT)
    own, other = made(stack, bea)["id"], made(stack, bea)["id"]
    assert ask(stack, bea, "DELETE", f"/v1/me/tokens/{own}")[0] == 204
    assert mailed(stack) == []
    assert ask(stack, admin, "DELETE", f"/v1/tokens/{other}")[0] == 204
    assert mailed(stack) == [(address(bea), "Your API token was revoked")]


def test_of_a_service_token_the_other_owners_are_told(stack: Stack) -> None:
    ana, bea = stack.person(Role.OWNER), stack.person(Role.OWNER)
    wanted = {"name": "x", "scopes": ["people:read"]}
    token = ask(stack, ana, "POST", "/v1/tokens", wanted)[1]["id"]
    stack.mailed()
    assert ask(stack, ana, "DELETE", f"/v1/tokens/{token}")[0] == 204
    assert mailed(stack) == [(address(bea), "An API token of your workspace was revoked")]


def test_that_everybody_was_signed_out_is_told_to_the_owners(stack: Stack) -> None:
    ana, bea, _agent = stack.person(Role.OWNER), stack.person(Role.OWNER), stack.person(Role.AGENT)
    assert ask(stack, ana, "DELETE", "/v1/credentials")[0] == 204
    subject = "Everybody was signed out of your workspace"
    assert mailed(stack) == sorted((address(each), subject) for each in (ana, bea))


def test_each_is_told_once_however_often_the_fact_comes(stack: Stack) -> None:
    for _ in range(2):
        stack.person(Role.OWNER)
    ana = stack.person(Role.OWNER)
    assert ask(stack, ana, "DELETE", "/v1/credentials")[0] == 204
    assert len(mailed(stack)) == 3
    before = len(stack.sent())
    for event in stack.published:
        if event["detail-type"] == "EverybodySignedOut":
            assert stack.call("account_mail", sqs_event(json.dumps(event))) == {"batchItemFailures": []}
    assert len(stack.sent()) == before
