"""API tokens over REST: made, listed, revoked; what is refused leaves nothing behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from bench.people import SignedIn
from letterlock.domain.permissions import Role, Scope
from tests.handlers.stack import Stack
from tests.handlers.test_api_refusals import assert_problem

WANTED = {"name": "My laptop", "scopes": ["conversations:read"]}


def ask(stack: Stack, who: SignedIn, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return stack.api(method, path, body, token="", headers=who.headers | headers)


def made(stack: Stack, who: SignedIn, path: str = "/v1/me/tokens", **more: Any) -> Any:
    status, issued, _ = ask(stack, who, "POST", path, WANTED | more)
    assert status == 201, issued
    return issued


def everything(*tables: str) -> list[Any]:
    return [item for table in tables for item in boto3.client("dynamodb").scan(TableName=table)["Items"]]


def test_a_personal_token_works_until_it_is_revoked(stack: Stack) -> None:
    ana = stack.person(Role.AGENT)
    issued = made(stack, ana)

    assert issued["state"] == "live"
    assert issued["kind"] == "personal"
    assert issued["holder"] == issued["maker"] == ana.id
    ends = datetime.fromisoformat(issued["expires_at"])
    assert timedelta(days=89) < ends - datetime.now(UTC) <= timedelta(days=90)
    status, me, _ = stack.api("GET", "/v1/me", token=issued["token"])
    assert (status, me["id"], me["credential"], me["scopes"]) == (200, ana.id, "personal", ["conversations:read"])
    status, shown, _ = ask(stack, ana, "GET", f"/v1/me/tokens/{issued['id']}")
    assert shown["last_used"] == datetime.now(UTC).date().isoformat()
    assert "token" not in shown

    for _ in range(2):
        assert ask(stack, ana, "DELETE", f"/v1/me/tokens/{issued['id']}")[0] == 204
        assert_problem(stack.api("GET", "/v1/me", token=issued["token"]), 401, "unauthenticated")
    _, shown, _ = ask(stack, ana, "GET", f"/v1/me/tokens/{issued['id']}")
    assert (shown["state"], shown["finished"], shown["revoked_at"]) == ("revoked", False, None)
    assert ask(stack, ana, "GET", "/v1/me")[0] == 200


def test_a_service_token_is_the_workspaces_and_an_admin_sees_all_tokens(stack: Stack) -> None:
    ana, bea = stack.person(Role.ADMIN), stack.person(Role.AGENT)
    own = made(stack, bea)
    service = made(stack, ana, "/v1/tokens", role="viewer", mailboxes=[stack.mailbox], expires_at=None)

    assert (service["kind"], service["role"], service["expires_at"]) == ("service", "viewer", None)
    assert service["holder"] == service["id"]
    assert stack.api("GET", "/v1/conversations", token=service["token"])[0] == 200
    _, page, _ = ask(stack, ana, "GET", "/v1/tokens")
    assert {own["id"], service["id"]} < {each["id"] for each in page["tokens"]}
    assert {each["id"] for each in ask(stack, bea, "GET", "/v1/me/tokens")[1]["tokens"]} == {own["id"]}
    for token in (own, service):
        assert ask(stack, ana, "DELETE", f"/v1/tokens/{token['id']}")[0] == 204
        assert ask(stack, ana, "DELETE", f"/v1/tokens/{token['id']}")[0] == 204
        assert stack.api("GET", "/v1/me", token=token["token"])[0] == 401
        assert ask(stack, ana, "GET", f"/v1/tokens/{token['id']}")[1]["state"] == "revoked"


def test_a_list_comes_in_pages(stack: Stack) -> None:
    ana = stack.person()
    ids = [made(stack, ana)["id"] for _ in range(5)]
    seen, cursor = [], ""
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        _, page, _ = stack.api("GET", "/v1/me/tokens", token="", headers=ana.headers, query=query)
        seen += [each["id"] for each in page["tokens"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == ids


def test_a_secret_is_shown_once_whatever_the_key_says(stack: Stack) -> None:
    ana = stack.person()
    for path in ("/v1/me/tokens", "/v1/tokens"):
        key = {"Idempotency-Key": f"key of {path}".replace(" ", "-")}
        status, issued, _ = stack.api("POST", path, WANTED, token="", headers=ana.headers | key)
        assert status == 201
        again = assert_problem(stack.api("POST", path, WANTED, token="", headers=ana.headers | key), 409, "shown-once")
        assert again["made"] == issued["id"]
        assert issued["token"] not in str(again)
        other = stack.api("POST", path, WANTED | {"name": "x"}, token="", headers=ana.headers | key)
        assert_problem(other, 409, "idempotency-key-reused")
    assert len(ask(stack, ana, "GET", "/v1/me/tokens")[1]["tokens"]) == 1


def test_no_secret_and_no_name_lies_open(stack: Stack) -> None:
    ana = stack.person()
    issued = made(stack, ana, name="zebra laptop")
    stored = str(everything("AccountsTable", "ConversationsTable", "AuditTable"))
    assert issued["token"] not in stored
    assert issued["token"][-49:-6] not in stored
    assert "zebra" not in stored


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/me/tokens", {}),
        ("/v1/me/tokens", WANTED | {"scopes": []}),
        ("/v1/me/tokens", WANTED | {"scopes": ["everything"]}),
        ("/v1/me/tokens", WANTED | {"name": ""}),
        ("/v1/me/tokens", WANTED | {"name": "a" * 101}),
        ("/v1/me/tokens", WANTED | {"expires_at": None}),
        ("/v1/me/tokens", WANTED | {"expires_at": "2020-01-01T00:00:00Z"}),
        ("/v1/me/tokens", WANTED | {"expires_at": "2099-01-01T00:00:00Z"}),
        ("/v1/me/tokens", WANTED | {"expires_at": "2026-12-01T00:00:00"}),
        ("/v1/me/tokens", WANTED | {"role": "owner"}),
        ("/v1/me/tokens", WANTED | {"mailboxes": []}),
        ("/v1/me/tokens", WANTED | {"holder": "per_1"}),
        ("/v1/tokens", WANTED | {"workspace": "wsp_1"}),
        ("/v1/tokens", WANTED | {"mailboxes": ["mbx_none"]}),
        ("/v1/tokens", WANTED | {"mailboxes": []}),
        ("/v1/tokens", WANTED | {"role": "god"}),
    ],
)
def test_a_token_that_cannot_be_made_is_not_made(stack: Stack, path: str, body: Any) -> None:
    ana = stack.person()
    before = everything("AccountsTable")
    assert ask(stack, ana, "POST", path, body)[0] == 400
    assert everything("AccountsTable") == before


def test_no_token_makes_tokens_and_no_agent_those_of_the_workspace(stack: Stack) -> None:
    owner, agent = stack.person(Role.OWNER), stack.person(Role.AGENT)
    mine = made(stack, owner, scopes=[scope.value for scope in Scope])
    before = everything("AccountsTable")
    for method, path in (
        ("GET", "/v1/me/tokens"),
        ("POST", "/v1/me/tokens"),
        ("DELETE", f"/v1/me/tokens/{mine['id']}"),
        ("GET", "/v1/tokens"),
        ("POST", "/v1/tokens"),
        ("DELETE", f"/v1/tokens/{mine['id']}"),
        ("DELETE", "/v1/credentials"),
    ):
        body = WANTED if method == "POST" else None
        assert_problem(stack.api(method, path, body, token=mine["token"]), 403, "forbidden")
        if not path.startswith("/v1/me"):
            assert_problem(ask(stack, agent, method, path, body), 403, "forbidden")
    # The token's first use of the day was noted, and nothing else.
    changed = [each for each in everything("AccountsTable") if each not in before]
    assert [each["sk"]["S"] for each in changed] == [f"PERSON#{owner.id}"]


def test_another_pages_request_makes_and_revokes_nothing(stack: Stack) -> None:
    ana = stack.person()
    mine = made(stack, ana)
    for origin in ({"Origin": "https://evil.example"}, {"Origin": ""}):
        for method, path in (("POST", "/v1/me/tokens"), ("DELETE", f"/v1/me/tokens/{mine['id']}")):
            assert_problem(ask(stack, ana, method, path, WANTED, **origin), 403, "forbidden")
    assert stack.api("GET", "/v1/me", token=mine["token"])[0] == 200


def test_what_is_anothers_is_404_as_what_never_was(stack: Stack) -> None:
    ana, bea = stack.person(), stack.person()
    of_bea = made(stack, bea)
    foreign = stack.call("workspace_setup", {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}})
    mine = [each for each in everything("AccountsTable") if each["sk"]["S"].startswith("TOK#")]
    [of_others] = [each["sk"]["S"].removeprefix("TOK#") for each in mine if each["pk"]["S"] == foreign["workspace"]]
    for token in (of_bea["id"], "tok_" + "0" * 26, ana.session, ana.id, "x" * 64):
        for method in ("GET", "DELETE"):
            assert_problem(ask(stack, ana, method, f"/v1/me/tokens/{token}"), 404, "not-found")
    for token in (of_others, ana.session, "tok_" + "0" * 26):
        for method in ("GET", "DELETE"):
            assert_problem(ask(stack, ana, method, f"/v1/tokens/{token}"), 404, "not-found")
    assert stack.api("GET", "/v1/me", token=of_bea["token"])[0] == 200
    assert stack.api("GET", "/v1/me", token=foreign["token"])[0] == 200


def test_there_are_twenty_personal_tokens_at_most(stack: Stack) -> None:
    ana = stack.person()
    for _ in range(20):
        last = made(stack, ana)
    assert_problem(ask(stack, ana, "POST", "/v1/me/tokens", WANTED), 409, "rule-broken")
    ask(stack, ana, "DELETE", f"/v1/me/tokens/{last['id']}")
    made(stack, ana)


def test_each_act_is_in_the_audit_log_with_who_and_where_from(stack: Stack) -> None:
    ana = stack.person()
    issued = made(stack, ana)
    ask(stack, ana, "DELETE", f"/v1/me/tokens/{issued['id']}")
    ask(stack, ana, "DELETE", f"/v1/me/tokens/{issued['id']}")
    acts = [
        (each["act"]["S"], each["actor"]["S"], each["subject"]["S"])
        for each in everything("AuditTable")
        if each["actor"]["S"] == ana.id
    ]
    assert sorted(acts) == [("token_issued", ana.id, issued["id"]), ("token_revoked", ana.id, issued["id"])]
    assert "192.0.2.7" not in str(everything("AuditTable"))
