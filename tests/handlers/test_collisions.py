"""Two who change one conversation: the second is told what they did not know."""

from datetime import datetime
from typing import Any

import pytest

from letterlock.domain.errors import Stale
from letterlock.entry import wiring
from tests.handlers.stack import MAILBOX, Stack, notification_of
from tests.handlers.test_api_refusals import assert_problem

MAIL = (
    b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order 7\r\n"
    b"Message-ID: <m1@customer.example>\r\n\r\nWhere is it?\r\n"
)
SECOND = (
    b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Re: Order 7\r\n"
    b"In-Reply-To: <m1@customer.example>\r\n\r\nIt came, never mind.\r\n"
)
CHANGES = [
    ("POST", "replies", {"text": "On its way."}),
    ("POST", "notes", {"text": "Careful."}),
    ("PUT", "status", {"status": "closed"}),
    ("PUT", "assignee", {"assignee": "me"}),
]


@pytest.fixture
def path(stack: Stack) -> str:
    stack.mail(MAIL)
    return f"/v1/conversations/{stack.api('GET', '/v1/conversations')[1]['conversations'][0]['id']}"


def known(stack: Stack, path: str) -> str:
    (tag,) = stack.api("GET", path)[2]["ETag"]
    return tag


def change(stack: Stack, path: str, what: tuple[str, str, Any], if_match: str | None) -> Any:
    method, last, body = what
    headers = {"If-Match": if_match} if if_match is not None else {}
    return stack.api(method, f"{path}/{last}", body, headers=headers)


def test_a_change_of_what_has_changed_is_412_and_says_what_came_since(stack: Stack, path: str) -> None:
    tag = known(stack, path)
    stack.mail(SECOND, ses_message_id="ses2")
    before = stack.api("GET", path)
    newest = before[1]["messages"][-1]
    for what in CHANGES:
        problem = assert_problem(change(stack, path, what, tag), 412, "stale")

        assert problem["current"] == {"version": 2, "status": "open", "assignee": None}
        at = datetime.fromisoformat(problem["messages"][0].pop("at"))
        assert at == datetime.fromisoformat(newest["at"])
        assert problem["messages"] == [{"id": newest["id"], "kind": "inbound"}]
    assert stack.api("GET", path) == before


def test_every_409_says_how_the_conversation_stands(stack: Stack, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = stack.api("POST", f"{path}/replies", {"text": "Soon."})[1]
    stands = {"version": 2, "status": "pending", "assignee": None}
    for method, last, body in (
        ("PUT", "status", {"status": "quarantined"}),
        ("POST", "quarantine/release", None),
        ("POST", f"messages/{sent['id']}/retry", None),
    ):
        assert assert_problem(stack.api(method, f"{path}/{last}", body), 409, "rule-broken")["current"] == stands

    def moves(*_: Any, **__: Any) -> None:
        raise Stale("moved")

    monkeypatch.setattr(wiring.conversations(), "save", moves)
    for what in CHANGES:
        assert assert_problem(change(stack, path, what, None), 409, "busy")["current"] == stands


@pytest.mark.parametrize("stars", [False, True])
def test_a_change_of_what_one_knows_goes_in(stack: Stack, path: str, *, stars: bool) -> None:
    for version, what in enumerate(CHANGES, start=1):
        assert known(stack, path) == f'"{version}"'
        status, _, _ = change(stack, path, what, "*" if stars else f'"never-ours", "{version}"')
        assert status in (200, 201, 202)


def test_an_if_match_that_is_none_is_400(stack: Stack, path: str) -> None:
    for tag in ("1", '"1', "", '"1" "2"'):
        for what in CHANGES:
            assert_problem(change(stack, path, what, tag), 400, "invalid")
    assert known(stack, path) == '"1"'


def test_a_weak_tag_matches_nothing(stack: Stack, path: str) -> None:
    assert_problem(change(stack, path, CHANGES[0], f"W/{known(stack, path)}"), 412, "stale")


def test_what_a_change_answers_is_what_the_next_one_is_meant_for(stack: Stack, path: str) -> None:
    (tag,) = change(stack, path, CHANGES[2], known(stack, path))[2]["ETag"]
    status, assigned, headers = change(stack, path, CHANGES[3], tag)
    assert (status, assigned["version"], headers["ETag"]) == (200, 3, ['"3"'])


def test_what_stands_already_is_200_and_no_new_version(stack: Stack, path: str) -> None:
    tag = known(stack, path)
    for _ in range(2):
        status, closed, headers = change(stack, path, CHANGES[2], tag)
        assert (status, closed["version"], headers["ETag"]) == (200, 2, ['"2"'])


def test_what_is_quarantined_is_let_in_by_those_who_have_seen_it_as_it_stands(stack: Stack, path: str) -> None:
    stack.store("ses2", SECOND)
    stack.notify(notification_of("ses2", (MAILBOX,), virus="FAIL"))
    listed = stack.api("GET", "/v1/conversations", query={"status": "quarantined"})[1]["conversations"]
    quarantined = f"/v1/conversations/{listed[0]['id']}"
    tag = known(stack, quarantined)
    change(stack, quarantined, CHANGES[1], None)
    for decision in ("release", "discard"):
        what = ("POST", f"quarantine/{decision}", None)
        assert_problem(change(stack, quarantined, what, tag), 412, "stale")
    status, released, headers = change(stack, quarantined, ("POST", "quarantine/release", None), '"2"')
    assert (status, released["status"], headers["ETag"]) == (200, "open", ['"3"'])


def test_a_reply_sent_again_with_its_key_is_answered_though_it_is_stale_by_its_own_doing(
    stack: Stack, path: str
) -> None:
    headers = {"If-Match": known(stack, path), "Idempotency-Key": "key-1"}
    first = stack.api("POST", f"{path}/replies", {"text": "Soon."}, headers=headers)
    again = stack.api("POST", f"{path}/replies", {"text": "Soon."}, headers=headers)
    assert again[:2] == first[:2]
    assert again[2]["Idempotency-Replayed"] == ["true"]


def test_an_earlier_page_vouches_for_nothing(stack: Stack, path: str) -> None:
    change(stack, path, CHANGES[1], None)
    _, page, headers = stack.api("GET", path, query={"limit": "1"})
    assert headers["ETag"] == ['"2"']
    assert "ETag" not in stack.api("GET", path, query={"limit": "1", "cursor": page["cursor"]})[2]


def test_a_conversation_that_is_none_is_404_whatever_it_was_meant_for(stack: Stack, path: str) -> None:
    for tag in ('"1"', "*"):
        for what in CHANGES:
            assert_problem(change(stack, f"/v1/conversations/cnv_{'0' * 26}", what, tag), 404, "not-found")
