"""Somebody was removed: what of them is gone a moment later, and what stays theirs elsewhere."""

from typing import Any

import boto3

from bench.browser import PASSWORD, Browser, joined, link_mailed, me, owner
from tests.handlers.stack import Stack

BEN = "ben@team.example"


def items_of(person: str) -> list[Any]:
    found = boto3.client("dynamodb").scan(TableName="AccountsTable")["Items"]
    return [each for each in found if person in repr(each)]


def test_nothing_is_left_by_which_a_removed_person_signed_in(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN)
    person = me(ben)
    ana.must("DELETE", f"/v1/people/{person}")
    assert ana.must("GET", f"/v1/people/{person}")["finished"] is False
    stack.finish_revocations(stack.relay())

    left = {each["sk"]["S"].partition("#")[0]: set(each) for each in items_of(person)}
    assert set(left) == {"PERSON", "PROFILE", "SES", "SIGNIN"}
    assert left["SIGNIN"] == {"pk", "sk", "expires_at"}, "and DynamoDB takes that away"
    shown = ana.must("GET", f"/v1/people/{person}")
    assert (shown["state"], shown["finished"]) == ("removed", True)
    assert ana.must("GET", f"/v1/people/{me(ana)}")["finished"] is None


def test_who_leaves_is_out_at_once_and_as_gone_as_who_was_removed(stack: Stack) -> None:
    ana = owner(stack)
    ben, other = joined(ana, BEN, "owner"), Browser(stack)
    other.sign_in(BEN)
    person = me(ben)
    token = ben.must("POST", "/v1/me/tokens", {"name": "x", "scopes": ["people:read"]})["token"]

    assert ben.ask("DELETE", "/v1/me")[0] == 204
    assert "Max-Age=0" in ben.headers["Set-Cookie"][0]
    assert other.ask("GET", "/v1/me")[0] == 401
    assert stack.api("GET", "/v1/me", token=token)[0] == 401
    assert Browser(stack).sign_in(BEN)[0] == 401
    assert "you left it" in " ".join(stack.mailed()[-1].split())
    stack.finish_revocations(stack.published)
    shown = ana.must("GET", f"/v1/people/{person}")
    assert (shown["state"], shown["finished"]) == ("removed", True)
    (entry,) = [each for each in ana.must("GET", "/v1/audit")["entries"] if each["act"] == "person_left"]
    assert entry["actor"] == entry["subject"] == person


def test_the_last_owner_does_not_leave(stack: Stack) -> None:
    ana = owner(stack)
    joined(ana, BEN, "admin")
    status, answer = ana.ask("DELETE", "/v1/me")
    assert (status, answer["type"]) == (409, "urn:letterlock:problem:rule-broken")
    assert ana.must("GET", "/v1/me")


def test_who_was_removed_from_one_workspace_signs_in_to_the_other_without_naming_it(stack: Stack) -> None:
    first, second = owner(stack), owner(stack, "dora@team.example")
    ben = joined(first, BEN)
    joined(second, BEN)
    first.must("DELETE", f"/v1/people/{me(ben)}")
    stack.finish_revocations(stack.relay())

    status, answer = Browser(stack).sign_in(BEN)
    assert (status, answer["workspace"]) == (201, second.must("GET", "/v1/me")["workspace"]["id"])


def test_a_second_invitation_brings_nobody_back_who_was_removed_and_a_new_one_does(stack: Stack) -> None:
    ana = owner(stack)
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    second = {"token": link_mailed(stack), "name": "Ben", "password": PASSWORD}
    ben = joined(ana, BEN)
    ana.must("DELETE", f"/v1/people/{me(ben)}")
    told = stack.relay()
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    since = second | {"token": link_mailed(stack)}

    assert Browser(stack).ask("POST", "/v1/invitations/accept", second)[0] == 410, "at once"
    stack.finish_revocations(told)
    assert Browser(stack).ask("POST", "/v1/invitations/accept", second)[0] == 410, "and when nothing is left of them"
    states = [each["state"] for each in ana.must("GET", "/v1/invitations")["invitations"]]
    assert states == ["revoked", "used", "pending"]
    Browser(stack).must("POST", "/v1/invitations/accept", since)


def test_who_comes_back_before_it_is_finished_keeps_their_new_way_in(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN)
    ana.must("DELETE", f"/v1/people/{me(ben)}")
    told = stack.relay()
    joined(ana, BEN)
    stack.finish_revocations(told)
    assert Browser(stack).sign_in(BEN)[0] == 201
