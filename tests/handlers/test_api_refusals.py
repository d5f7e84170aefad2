"""What the API answers to a bad request: a problem document that says what to do, and nothing changed."""

import json
from typing import Any

import boto3
import pytest

from letterlock.domain.accounts import CredentialKind
from letterlock.domain.permissions import Scope
from letterlock.domain.tokens import spell
from letterlock.entry.rest import HEADERS
from tests.handlers.stack import Stack, rest_event

MAIL = b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"


def never_issued(workspace: str) -> str:
    return spell(CredentialKind.SERVICE, workspace, "tok_" + "0" * 26, bytes(32))


@pytest.fixture
def conversation(stack: Stack) -> str:
    stack.mail(MAIL)
    _, listed, _ = stack.api("GET", "/v1/conversations")
    found: str = listed["conversations"][0]["id"]
    return found


def assert_problem(answer: tuple[int, Any, dict[str, list[str]]], status: int, kind: str) -> dict[str, Any]:
    code, body, headers = answer
    assert code == status, body
    assert headers["Content-Type"] == ["application/problem+json"]
    assert body["type"] == f"urn:letterlock:problem:{kind}"
    assert body["status"] == status
    assert body["detail"]
    for name, value in HEADERS.items():
        assert headers[name] == [value]
    found: dict[str, Any] = body
    return found


def test_every_good_answer_holds_browsers_to_https_too(stack: Stack, conversation: str) -> None:
    _, _, headers = stack.api("GET", f"/v1/conversations/{conversation}")
    for name, value in HEADERS.items():
        assert headers[name] == [value]


@pytest.mark.parametrize("token", ["", "nonsense", "llw_" + "0" * 75])
def test_without_a_good_token_everything_is_401(stack: Stack, conversation: str, token: str) -> None:
    for method, path, body in (
        ("GET", "/v1/conversations", None),
        ("GET", f"/v1/conversations/{conversation}", None),
        ("POST", f"/v1/conversations/{conversation}/replies", {"text": "x"}),
        ("POST", f"/v1/conversations/{conversation}/replies", "not even JSON"),
    ):
        answer = stack.api(method, path, body, token=token)
        assert_problem(answer, 401, "unauthenticated")
        assert answer[2]["WWW-Authenticate"] == ['Bearer realm="letterlock"']


def test_a_token_that_was_never_issued_is_401(stack: Stack) -> None:
    assert_problem(stack.api("GET", "/v1/conversations", token=never_issued(stack.workspace)), 401, "unauthenticated")


def test_a_token_pointed_at_another_workspace_is_401(stack: Stack) -> None:
    forged = never_issued("wsp_" + "0" * 26)
    assert_problem(stack.api("GET", "/v1/conversations", token=forged), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", None),
        ("GET", "/messages/{message}", None),
        ("POST", "/replies", {"text": "x"}),
        ("POST", "/notes", {"text": "x"}),
        ("PUT", "/status", {"status": "closed"}),
        ("PUT", "/assignee", {"assignee": "me"}),
    ],
)
@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_with_one_scope_may_do_what_that_scope_says_and_nothing_is_written_otherwise(
    stack: Stack, conversation: str, scope: Scope, method: str, suffix: str, body: Any
) -> None:
    _, before, _ = stack.api("GET", f"/v1/conversations/{conversation}")
    token = stack.token_with(frozenset({scope}))
    path = f"/v1/conversations/{conversation}" + suffix.format(message=before["messages"][0]["id"])
    answer = stack.api(method, path, body, token=token)
    if scope is (Scope.READ if method == "GET" else Scope.WRITE):
        assert answer[0] < 300, answer[1]
    else:
        assert_problem(answer, 403, "forbidden")
        assert stack.api("GET", f"/v1/conversations/{conversation}")[1] == before


def test_another_workspaces_conversation_is_the_same_404_as_none(stack: Stack, conversation: str) -> None:
    made = stack.call("workspace_setup", {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}})
    missing = "cnv_" + "0" * 26
    for suffix, method, body in (
        ("", "GET", None),
        ("/messages/msg_1", "GET", None),
        ("/replies", "POST", {"text": "x"}),
        ("/notes", "POST", {"text": "x"}),
        ("/status", "PUT", {"status": "closed"}),
        ("/assignee", "PUT", {"assignee": None}),
    ):
        foreign = stack.api(method, f"/v1/conversations/{conversation}{suffix}", body, token=made["token"])
        none = stack.api(method, f"/v1/conversations/{missing}{suffix}", body, token=made["token"])
        assert_problem(foreign, 404, "not-found")
        assert foreign == none


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("POST", "/replies", "[]"),
        ("POST", "/replies", {}),
        ("POST", "/replies", {"text": ""}),
        ("POST", "/replies", {"text": " \n "}),
        ("POST", "/replies", {"text": "\x00"}),
        ("POST", "/replies", {"text": "Bell\x07"}),
        ("POST", "/replies", {"text": 7}),
        ("POST", "/replies", {"text": "x" * 200_001}),
        ("POST", "/replies", {"text": "x", "author": "somebody else"}),
        ("POST", "/notes", {"body": "x"}),
        ("PUT", "/status", {"status": "gone"}),
        ("PUT", "/assignee", {}),
    ],
)
def test_a_body_that_does_not_fit_is_400_and_says_where_without_quoting_it(
    stack: Stack, conversation: str, method: str, suffix: str, body: Any
) -> None:
    problem = assert_problem(stack.api(method, f"/v1/conversations/{conversation}{suffix}", body), 400, "invalid")
    assert problem["errors"]
    assert "somebody else" not in json.dumps(problem)
    assert stack.api("GET", f"/v1/conversations/{conversation}")[1]["version"] == 1


@pytest.mark.parametrize("body", ["{", '{"text": }', "[" * 100_000, '{"text": ' + "9" * 10_000 + "}", "\x00"])
def test_a_body_that_is_no_json_is_400_and_says_so(stack: Stack, conversation: str, body: str) -> None:
    answer = stack.api("POST", f"/v1/conversations/{conversation}/notes", body)
    assert "not JSON" in assert_problem(answer, 400, "invalid")["detail"]


def test_a_query_parameter_that_nobody_knows_is_400_on_every_route(stack: Stack, conversation: str) -> None:
    for method, path, body in (
        ("GET", "/v1/mailboxes", None),
        ("GET", "/v1/conversations", None),
        ("GET", f"/v1/conversations/{conversation}", None),
        ("POST", f"/v1/conversations/{conversation}/notes", {"text": "x"}),
    ):
        assert_problem(stack.api(method, path, body, query={"conversation": "x"}), 400, "invalid")
    assert stack.api("GET", f"/v1/conversations/{conversation}")[1]["version"] == 1


def test_a_bad_cursor_an_unknown_filter_and_a_bad_limit_are_400(stack: Stack, conversation: str) -> None:
    for query in (
        {"cursor": "bm9uc2Vuc2U"},
        {"cursor": "é"},
        {"cursor": "x" * 513},
        {"stauts": "open"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "many"},
        {"status": "gone"},
    ):
        assert_problem(stack.api("GET", "/v1/conversations", query=query), 400, "invalid")
    assert_problem(stack.api("GET", f"/v1/conversations/{conversation}", query={"cursor": "AAAA"}), 400, "invalid")


def test_nobody_can_be_assigned_who_is_nobody_here(stack: Stack, conversation: str) -> None:
    answer = stack.api("PUT", f"/v1/conversations/{conversation}/assignee", {"assignee": "tok_" + "0" * 26})
    assert_problem(answer, 400, "invalid")


def test_a_reply_to_quarantined_mail_is_409(stack: Stack) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(300))
    assert stack.mail(nested) == {"batchItemFailures": []}
    _, listed, _ = stack.api("GET", "/v1/conversations", query={"status": "quarantined"})
    (card,) = listed["conversations"]
    answer = stack.api("POST", f"/v1/conversations/{card['id']}/replies", {"text": "x"})
    problem = assert_problem(answer, 409, "rule-broken")
    assert problem["current"] == {"version": 1, "status": "quarantined", "assignee": None}


def test_a_path_that_leads_nowhere_is_404(stack: Stack) -> None:
    assert_problem(stack.api("GET", "/v1/nothing"), 404, "not-found")


def test_what_nobody_foresaw_is_500_without_a_word_of_it(
    stack: Stack, conversation: str, caplog: pytest.LogCaptureFixture
) -> None:
    boto3.client("dynamodb").delete_table(TableName="ConversationsTable")
    caplog.clear()
    answer = stack.api("POST", f"/v1/conversations/{conversation}/notes", {"text": "secret-word"})
    problem = assert_problem(answer, 500, "internal")
    (record,) = caplog.records
    assert (record.getMessage(), vars(record)["aws_code"]) == ("unhandled", "ResourceNotFoundException")
    assert record.exc_info is None
    assert "Requested resource" not in str(vars(record)) + json.dumps(problem)


def test_a_base64_body_is_read_like_a_plain_one(stack: Stack, conversation: str) -> None:
    event = rest_event("POST", f"/v1/conversations/{conversation}/notes", None, token=stack.token)
    event |= {"body": "eyJ0ZXh0IjogImhlbGxvIn0=", "isBase64Encoded": True}
    assert stack.call("conversations_api", event)["statusCode"] == 201


def test_docs_and_description_are_public_and_run_no_script(stack: Stack) -> None:
    docs = stack.call("api_docs", rest_event("GET", "/docs", None, token=""))
    assert docs["statusCode"] == 200
    assert "script-src" not in docs["multiValueHeaders"]["Content-Security-Policy"][0]
    assert docs["multiValueHeaders"]["Content-Security-Policy"][0].startswith("default-src 'none'")
    assert "<script" not in docs["body"]
    description = stack.call("api_docs", rest_event("GET", "/openapi.json", None, token=""))
    assert json.loads(description["body"])["openapi"].startswith("3.1")
