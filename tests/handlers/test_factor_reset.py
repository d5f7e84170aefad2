"""The operator lets an owner in again who lost authenticator and recovery codes; any owner can stop it for a day."""

from typing import Any

import pytest

from bench.browser import ANA, PASSWORD, Browser, code_of, enrolled, joined, me, owner
from bench.people import a_day_passed
from letterlock.domain.audit import OPERATOR
from letterlock.entry import wiring
from tests.handlers.stack import Stack

BEN = "ben@team.example"


def asked(stack: Stack, ana: Browser, do: str = "ask", **more: str) -> Any:
    given = {"do": do, "workspace": ana.must("GET", "/v1/me")["workspace"]["id"], "owner": ANA} | more
    return stack.call("factor_reset", given)


def test_a_sole_owner_comes_back_by_the_password_a_day_later(stack: Stack) -> None:
    ana = owner(stack)
    enrolled(ana)
    stack.mailed()
    given, person = {"workspace": ana.must("GET", "/v1/me")["workspace"]["id"], "owner": ANA}, me(ana)
    answer = stack.call("factor_reset", given | {"do": "ask"})
    assert answer.keys() == {"person", "asked_at", "finish_from", "finish_until"}
    assert answer["person"] == person
    (mail,) = stack.mailed()
    assert f"/v1/people/{person}/factor-reset" in mail

    early = stack.call("factor_reset", given | {"do": "finish"})
    assert early["error"]["type"] == "rulebroken"
    assert Browser(stack).sign_in()[0] == 401
    a_day_passed(given["workspace"], person)
    assert stack.call("factor_reset", given | {"do": "finish"}) == {"person": person, "removed": True}

    assert ana.ask("GET", "/v1/me")[0] == 401
    assert Browser(stack).sign_in()[0] == 201
    (mail,) = stack.mailed()
    assert "was removed" in mail
    assert stack.call("factor_reset", given | {"do": "finish"})["error"]["type"] == "rulebroken"


def test_both_acts_are_in_the_audit_log_as_the_operators(stack: Stack) -> None:
    ana = owner(stack)
    enrolled(ana)
    workspace, person = ana.must("GET", "/v1/me")["workspace"]["id"], me(ana)
    asked(stack, ana)
    a_day_passed(workspace, person)
    asked(stack, ana, "finish")
    browser = Browser(stack)
    browser.sign_in()

    found = browser.must("GET", "/v1/audit")["entries"]
    acts = {each["act"]: each for each in found if each["act"] in ("factor_reset_asked", "totp_removed")}
    assert acts.keys() == {"factor_reset_asked", "totp_removed"}
    assert {(each["actor"], each["subject"]) for each in acts.values()} == {(OPERATOR, person)}


def test_another_owner_stops_it_and_the_code_is_asked_for_as_before(stack: Stack) -> None:
    ana = owner(stack)
    ben, agent = joined(ana, BEN, "owner"), joined(ana, "cleo@team.example", "admin")
    secret, _ = enrolled(ana)
    workspace, person = ana.must("GET", "/v1/me")["workspace"]["id"], me(ana)
    asked(stack, ana)
    stack.mailed()
    path = f"/v1/people/{person}/factor-reset"

    assert agent.ask("DELETE", path)[0] == 403
    assert owner(stack, "gus@team.example").ask("DELETE", path)[0] == 404
    stack.mailed()
    for _ in range(2):
        assert ben.ask("DELETE", path)[0] == 204
    assert len(stack.mailed()) == 2
    assert asked(stack, ana, "finish")["error"]["type"] == "rulebroken"
    assert Browser(stack).sign_in()[0] == 401
    assert Browser(stack).sign_in(code=code_of(secret, 30))[0] == 201
    assert workspace


def test_an_owner_who_signs_in_with_a_code_stops_it_without_knowing(stack: Stack) -> None:
    ana = owner(stack)
    secret, _ = enrolled(ana)
    workspace, person = ana.must("GET", "/v1/me")["workspace"]["id"], me(ana)
    asked(stack, ana)
    assert Browser(stack).sign_in(code=code_of(secret, 30))[0] == 201
    sign_in = wiring.client("dynamodb").get_item(
        TableName="AccountsTable", Key={"pk": {"S": workspace}, "sk": {"S": f"SIGNIN#{person}"}}
    )["Item"]
    assert "totp" in sign_in
    assert "factor_reset" not in sign_in
    assert asked(stack, ana, "finish")["error"]["type"] == "rulebroken"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"do": "at once"}, "invalid"),
        ({"more": "x"}, "invalid"),
        ({"owner": "nobody@team.example"}, "notfound"),
        ({"workspace": "wsp_" + "0" * 26}, "notfound"),
        ({"workspace": ""}, "invalid"),
        ({}, "rulebroken"),
    ],
)
def test_what_the_operator_mistypes_changes_nothing(stack: Stack, given: dict[str, str], error: str) -> None:
    """The last one: there is no second factor."""
    ana = owner(stack)
    answer = asked(stack, ana, **given)
    assert answer["error"]["type"] == error
    assert ANA not in answer["error"]["detail"]
    assert Browser(stack).sign_in(password=PASSWORD)[0] == 201
