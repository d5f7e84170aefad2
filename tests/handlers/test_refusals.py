"""What the audit log has of refusals: of those who are known, once in a while, and whether or not it can be written."""

import json
from typing import Any

import pytest

from bench.browser import PASSWORD, Browser, enrolled, link_mailed, owner
from bench.leaks import KEY_NAME, report, signed
from bench.recorder import refusal
from letterlock.domain.audit import Entry
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import wiring
from tests.handlers.stack import Stack
from tests.handlers.test_answers_by_mail import Told
from tests.handlers.test_answers_by_mail import bea as bea  # noqa: PLC0414 - a fixture
from tests.handlers.test_tokens import ask

WRONG = "another long phrase"


def on_record(stack: Stack, act: str, workspace: str = "") -> list[Entry]:
    """Oldest first, and each opens. In the log itself they stand at the beginning of their ten minutes."""
    found = wiring.audit().listed(workspace or stack.workspace, limit=100)
    return sorted((each for each in found if each.act == act), key=lambda each: each.at)


def why(found: list[Entry]) -> list[tuple[str, str]]:
    return [(each.actor, each.detail.reason) for each in found]


# ---- who may not ----------------------------------------------------------------------------------------------------


def test_who_wants_what_they_may_not_is_on_record_by_what_they_asked_for(stack: Stack) -> None:
    viewer = stack.person(Role.VIEWER)
    conversation = _conversation(stack)
    asked: list[tuple[str, str, Any]] = [
        ("POST", f"/v1/conversations/{conversation}/replies", {"text": "Soon."}),
        ("POST", "/v1/invitations", {"email": "ben@team.example", "role": "owner"}),
        ("POST", "/v1/mailboxes", {"address": "x@acme.example"}),
        ("DELETE", "/v1/credentials", None),
        ("GET", "/v1/audit/export", None),
        ("POST", "/v1/billing/portal", None),
        ("POST", "/v1/attachments", {"name": "x.txt", "media_type": "text/plain", "size": 1}),
    ]
    for _ in range(3):
        for method, path, body in asked:
            assert ask(stack, viewer, method, path, body)[0] == 403

    assert why(on_record(stack, "access_refused")) == [
        (viewer.id, "reply: this needs the role agent"),
        (viewer.id, "invite: this needs the role admin"),
        (viewer.id, "manage_mailboxes: this needs the role admin"),
        (viewer.id, "sign_everybody_out: this needs the role owner"),
        (viewer.id, "read_audit: this needs the role owner"),
        (viewer.id, "manage_billing: this needs the role owner"),
        (viewer.id, "upload: this needs the role agent"),
    ]


def _conversation(stack: Stack) -> str:
    stack.mail(b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order\r\n\r\nWhere?\r\n")
    found: str = stack.api("GET", "/v1/conversations")[1]["conversations"][0]["id"]
    return found


def test_also_what_a_service_refuses_and_what_a_token_is_not_for(stack: Stack) -> None:
    admin, token = stack.person(), stack.token_with(frozenset(Scope), Role.OWNER)
    wanted = {"email": "ben@team.example", "role": "owner"}
    assert ask(stack, admin, "POST", "/v1/invitations", wanted)[0] == 403
    assert stack.api("POST", "/v1/invitations", wanted, token=token)[0] == 403
    [first, second] = on_record(stack, "access_refused")
    assert (first.actor, first.detail.reason) == (admin.id, "invite: this needs the role owner")
    assert second.actor.startswith("tok_")
    assert "signed in" in second.detail.reason


def test_what_is_not_there_and_who_is_nobody_are_not_on_record(stack: Stack) -> None:
    assert ask(stack, stack.person(), "DELETE", "/v1/people/per_" + "0" * 26)[0] == 404
    for token in ("", "llp_" + "0" * 101, stack.token[:-1] + "x"):
        assert stack.api("POST", "/v1/invitations", {}, token=token)[0] == 401
    assert on_record(stack, "access_refused") == []


def test_another_page_that_uses_a_session_is_on_record(stack: Stack) -> None:
    ana = stack.person(Role.OWNER)
    for _ in range(2):
        assert ask(stack, ana, "DELETE", "/v1/credentials", Origin="https://evil.example")[0] == 403
    [entry] = on_record(stack, "access_refused")
    assert entry.actor == ana.id
    assert entry.detail.reason.startswith("another page: ")


# ---- who does not prove it ------------------------------------------------------------------------------------------


def test_a_wrong_password_and_a_wrong_code_of_who_is_signed_in_are_on_record(stack: Stack) -> None:
    ana = owner(stack)
    workspace = ana.must("GET", "/v1/me")["workspace"]["id"]
    assert ana.ask("PUT", "/v1/me/password", {"current": WRONG, "new": PASSWORD})[0] == 403
    enrolled(ana)
    assert ana.ask("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": "wrong-code"})[0] == 401

    reasons = [each.detail.reason for each in on_record(stack, "access_refused", workspace)]
    assert [each.partition(":")[0] for each in reasons] == ["manage_own_sign_in"] * 2
    assert "password" in reasons[0]
    assert "code" in reasons[1]


def test_a_wrong_code_at_the_door_is_on_record(stack: Stack) -> None:
    ana = owner(stack)
    workspace = ana.must("GET", "/v1/me")["workspace"]["id"]
    enrolled(ana)
    assert Browser(stack).sign_in(code="wrong-code")[0] == 401
    [entry] = on_record(stack, "sign_in_refused", workspace)
    assert entry.detail.reason == "code"


def test_a_link_that_was_used_is_on_record_where_it_led(stack: Stack) -> None:
    ana = owner(stack)
    workspace = ana.must("GET", "/v1/me")["workspace"]["id"]
    invited = ana.must("POST", "/v1/invitations", {"email": "ben@team.example", "role": "agent"})["id"]
    new = {"token": link_mailed(stack), "name": "Ben", "password": PASSWORD}
    Browser(stack).must("POST", "/v1/invitations/accept", new)
    for _ in range(2):
        assert Browser(stack).ask("POST", "/v1/invitations/accept", new)[0] == 410
    forged = new | {"token": "lli_" + "0" * 101}
    assert Browser(stack).ask("POST", "/v1/invitations/accept", forged)[0] == 410

    [entry] = on_record(stack, "link_refused", workspace)
    assert (entry.actor, entry.subject, entry.detail.reason) == ("", invited, "invitation: used")


# ---- who is nobody of ours ------------------------------------------------------------------------------------------


def test_a_report_that_a_scanners_key_did_not_sign_is_on_record_under_the_stack(stack: Stack) -> None:
    body, another = report(stack.token), report("x")
    for headers in (signed(another), signed(another), {}, {"Github-Public-Key-Identifier": "unknown"}):
        assert stack.api("POST", "/v1/secret-scanning", body, token="", headers=headers)[0] == 401
    [entry] = on_record(stack, "leak_report_refused", "stack")
    assert (entry.actor, entry.detail.reason) == ("", f"signed by another: {KEY_NAME}")
    assert stack.api("GET", "/v1/mailboxes")[0] == 200


@pytest.mark.parametrize(
    ("text", "sender", "verdicts", "reason"),
    [
        ("Hello", "", {"dmarc": "FAIL", "spf": "FAIL", "dkim": "FAIL"}, "not_authenticated"),
        ("Hello", "eve@else.example", {}, "another_sender"),
        ("", "", {}, ""),
    ],
)
def test_an_answer_by_mail_in_somebodys_name_is_on_record(
    bea: Told, text: str, sender: str, verdicts: Any, reason: str
) -> None:
    """What is a mishap of its sender's is not."""
    for number in range(2):
        bea.answers(text, sender=sender, name=f"first-{number}", **verdicts)
    found = on_record(bea.stack, "answer_refused")
    assert [(each.actor, each.subject, each.detail.reason) for each in found] == (
        [("", bea.person.id, reason)] if reason else []
    )


def test_of_somebody_who_was_removed_it_says_who(bea: Told) -> None:
    assert ask(bea.stack, bea.stack.person(), "DELETE", f"/v1/people/{bea.person.id}")[0] == 204
    bea.answers("Hello")
    [entry] = on_record(bea.stack, "answer_refused")
    assert (entry.subject, entry.detail.reason) == (bea.person.id, "removed")


# ---- when the log cannot be written -------------------------------------------------------------------------------


def test_who_is_refused_is_told_so_at_once_all_the_same_and_the_operator_hears_of_it(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    viewer, wanted = stack.person(Role.VIEWER), {"name": "Mine"}
    refused = ask(stack, viewer, "PATCH", "/v1/workspace", wanted)
    wiring.record_refusal.cache_clear()
    start = len(stack.recorder.calls)
    stack.recorder.faults["dynamodb", "PutItem"] = refusal(500, "InternalServerError")
    capsys.readouterr()
    assert ask(stack, viewer, "PATCH", "/v1/workspace", wanted)[:2] == refused[:2]
    assert [each.operation for each in stack.recorder.calls[start:]] == ["BatchGetItem", "PutItem"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [metric] = [each for each in lines if "RefusalsNotRecorded" in each]
    assert (metric["check"], metric["_aws"]["CloudWatchMetrics"][0]["Namespace"]) == ("audit", "Letterlock")

    stack.recorder.faults.clear()
    for _ in range(2):
        assert ask(stack, viewer, "GET", "/v1/tokens")[0] == 403
    assert len(on_record(stack, "access_refused")) == 2


def test_a_loop_asks_nothing_more_of_the_log(stack: Stack) -> None:
    viewer = stack.person(Role.VIEWER)
    start = len(stack.recorder.calls)
    for _ in range(5):
        assert ask(stack, viewer, "POST", "/v1/invitations", {"email": "ben@team.example", "role": "agent"})[0] == 403
    assert [each.operation for each in stack.recorder.calls[start:]].count("PutItem") == 1


def test_a_mail_that_is_refused_comes_again_until_that_is_on_record(bea: Told) -> None:
    """Nobody waits for it."""
    forged: Any = {"dmarc": "FAIL", "spf": "FAIL", "dkim": "FAIL"}
    bea.stack.recorder.faults["dynamodb", "PutItem"] = refusal(500, "InternalServerError")
    with pytest.raises(AssertionError, match="batchItemFailures"):
        bea.answers("Hello", name="forged", **forged)
    bea.stack.recorder.faults.clear()
    bea.answers("Hello", name="forged", **forged)
    assert [each.detail.reason for each in on_record(bea.stack, "answer_refused")] == ["not_authenticated"]
