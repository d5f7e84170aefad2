"""Who is asking, and what they may do."""

from letterlock.domain.permissions import Action, Role, Scope
from tests.handlers.stack import Stack


def test_a_token_is_told_where_it_is_and_what_it_may(stack: Stack) -> None:
    status, me, _ = stack.api("GET", "/v1/me")

    assert status == 200
    assert me["workspace"] == {"id": stack.workspace, "name": "Acme"}
    assert me["id"].startswith("tok_")
    assert (me["role"], me["credential"]) == ("admin", "service")
    assert me["mailboxes"] == [stack.mailbox]
    assert set(me["scopes"]) == {scope.value for scope in Scope}
    assert Action.INVITE in me["may"]
    for needs_more in (Action.READ_AUDIT, Action.CHANGE_WORKSPACE, Action.MANAGE_OWN_TOKENS):
        assert needs_more not in me["may"]


def test_a_token_without_scopes_may_ask_who_it_is_and_nothing_else(stack: Stack) -> None:
    token = stack.token_with(frozenset(), Role.OWNER, frozenset())

    status, me, _ = stack.api("GET", "/v1/me", token=token)

    assert status == 200
    assert (me["scopes"], me["mailboxes"], me["may"]) == ([], [], ["read_me"])


def test_nobody_is_told_nothing(stack: Stack) -> None:
    for token in ("", "nonsense"):
        status, _, _ = stack.api("GET", "/v1/me", token=token)
        assert status == 401
