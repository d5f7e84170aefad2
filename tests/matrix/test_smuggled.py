"""Ids of what one may not see, brought in by another way than the path: they lead nowhere, and nothing is written."""

import json
from collections.abc import Iterator

import pytest

from letterlock.domain.people import Link, LinkKind
from letterlock.domain.tokens import checksum
from letterlock.entry import people_wiring
from tests.handlers.stack import MAILBOX
from tests.matrix.asking import REFUSED, on_record, stored
from tests.matrix.world import OTHERS, SALES, World, _json, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


@pytest.mark.parametrize("caller", ["foreign", "elsewhere"])
@pytest.mark.parametrize("path", ["/v1/conversations", "/v1/ingest-summary"])
def test_a_mailbox_as_a_filter(world: World, caller: str, path: str) -> None:
    hidden = world.ask(caller, "GET", path, mailbox=world.stack.mailbox)
    assert hidden == world.ask(caller, "GET", path, mailbox="mbx_" + "0" * 26)
    assert hidden[0] == 404


@pytest.mark.parametrize("caller", ["foreign", "elsewhere"])
def test_an_assignee_as_a_filter(world: World, caller: str) -> None:
    conversation = world.target("conversation", "")
    head = _json(world.ask("agent", "PUT", f"/v1/conversations/{conversation}/assignee", {"assignee": "me"}))
    listed = _json(world.ask(caller, "GET", "/v1/conversations", assignee=head["assignee"]))
    assert listed["conversations"] == []
    assert _json(world.ask("agent", "GET", "/v1/conversations", assignee="me"))["conversations"] != []


def test_a_cursor_of_another_workspaces_list(world: World) -> None:
    world.conversation_at(SALES, "elsewhere")
    for _ in range(2):
        world.target("conversation", "")
    cursor = _json(world.ask("agent", "GET", "/v1/conversations", limit="1"))["cursor"]
    assert world.ask("foreign", "GET", "/v1/conversations", limit="1", cursor=cursor)[0] == 400
    seen = set()
    while cursor:
        page = _json(world.ask("elsewhere", "GET", "/v1/conversations", limit="1", cursor=cursor))
        seen |= {each["mailbox"] for each in page["conversations"]}
        cursor = page["cursor"]
    assert seen == {world.sales}


@pytest.mark.parametrize("path", ["/v1/people", "/v1/invitations", "/v1/tokens", "/v1/audit", "/v1/audit/export"])
def test_a_cursor_of_another_workspaces_other_lists(world: World, path: str) -> None:
    for _ in range(2):
        world.target("invitation", "")
        world.target("token", "")
    world.linked()
    cursor = _cursor(world, "owner", path)
    assert world.ask("owner", "GET", path, limit="1", cursor=cursor)[0] == 200
    status, said = world.ask("foreign", "GET", path, limit="1", cursor=cursor)
    assert (status, world.stack.workspace in said) == (400, False)


def _cursor(world: World, caller: str, path: str) -> str:
    status, said = world.ask(caller, "GET", path, limit="1")
    assert status == 200
    found: str = json.loads(said.splitlines()[-1])["cursor"]
    assert found
    return found


@pytest.mark.parametrize("caller", ["foreign", "admin", "elsewhere"])
def test_a_file_that_somebody_else_uploaded_in_a_message(world: World, caller: str) -> None:
    """Into a conversation that the caller may write into."""
    file = world.upload(scanned=True)
    to = {"foreign": OTHERS, "admin": MAILBOX, "elsewhere": SALES}[caller]
    path = f"/v1/conversations/{world.conversation_at(to, caller)}/notes"
    before = stored()
    refused = world.ask(caller, "POST", path, {"text": "See.", "attachments": [file]})
    assert refused == world.ask(caller, "POST", path, {"text": "See.", "attachments": ["att_" + "0" * 26]})
    assert refused[0] == 404
    assert stored() == before
    assert world.ask(caller, "POST", path, {"text": "See."})[0] == 201


def test_a_file_under_another_ones_message(world: World) -> None:
    conversation, other = world.target("conversation", ""), world.target("conversation", "")
    message, elsewhere = world.message(conversation, "{attachment}"), world.message(other, "")
    path = "/v1/conversations/{}/messages/{}/attachments/{}"
    assert world.ask("owner", "GET", path.format(conversation, message, world.file))[0] == 303
    for where in ((other, elsewhere), (other, message), (conversation, elsewhere)):
        assert world.ask("owner", "GET", path.format(*where, world.file))[0] == 404


@pytest.mark.parametrize("swapped", ["workspace", "kind"])
def test_a_link_that_is_spelt_as_if_it_led_elsewhere(world: World, swapped: str) -> None:
    made = _json(world.ask("owner", "POST", "/v1/invitations", {"email": world.address(), "role": "viewer"}))["id"]
    secret = people_wiring.link_secrets().secret(Link(LinkKind.INVITATION, world.stack.workspace, made))
    kind, workspace, rest = secret[:4], secret[4:30], secret[30:-6]
    where = {"workspace": kind + world.other.removeprefix("wsp_"), "kind": f"llr_{workspace}"}[swapped]
    body = {"token": f"{where}{rest}{checksum(where + rest)}", "password": "a password of nobody's"}
    before = stored()
    if swapped == "kind":
        assert world.ask("anonymous", "POST", "/v1/password-resets/complete", body)[0] == 410
        assert world.ask("anonymous", "POST", "/v1/password-resets/complete", body | {"token": secret})[0] == 410
    else:
        assert world.ask("anonymous", "POST", "/v1/invitations/accept", body | {"name": "Eve"})[0] == 410
    assert stored() == before
    assert world.ask("anonymous", "POST", "/v1/invitations/accept", body | {"name": "E", "token": secret})[0] == 201


def test_a_person_of_another_workspace_as_an_assignee(world: World) -> None:
    conversation = world.target("conversation", "")
    stranger = _json(world.ask("foreign", "GET", "/v1/me"))["id"]
    before = stored()
    assert world.ask("agent", "PUT", f"/v1/conversations/{conversation}/assignee", {"assignee": stranger})[0] == 400
    assert stored() == before


@pytest.mark.parametrize("mailbox", ["of another workspace", "that never was"])
def test_a_mailbox_in_a_tokens_body(world: World, mailbox: str) -> None:
    id = world.stack.mailbox if mailbox == "of another workspace" else "mbx_" + "0" * 26  # noqa: A001 - its own name
    before = stored()
    body = {"name": "CI", "scopes": ["conversations:read"], "mailboxes": [id]}
    assert world.ask("foreign", "POST", "/v1/tokens", body)[0] in REFUSED
    assert stored() == before


@pytest.mark.parametrize("caller", ["foreign", "elsewhere", "limited"])
def test_a_mailbox_that_one_does_not_see_to_connect_an_account_to(world: World, caller: str) -> None:
    """Nothing is asked of a provider either: its app is not registered for that."""
    before, asked = stored(), list(world.stack.instance.asked)
    hidden = world.ask(caller, "POST", "/v1/connections", world.account())
    assert hidden == world.ask(caller, "POST", "/v1/connections", world.account() | {"mailbox": "mbx_" + "0" * 26})
    assert hidden[0] == 404
    assert (stored(), world.stack.instance.asked) == (before, asked)


@pytest.mark.parametrize("caller", ["foreign", "viewer", "elsewhere", "agent", "limited"])
def test_a_connection_of_somebody_elses(world: World, caller: str) -> None:
    """Neither seen in the list, nor by its id, nor ended; `limited` does not see the mailbox that it leads to."""
    theirs = world.connection("owner")
    before = stored()
    listed = _json(world.ask(caller, "GET", "/v1/connections"))["connections"]
    assert theirs not in [each["id"] for each in listed]
    for method in ("GET", "DELETE"):
        hidden = world.ask(caller, method, f"/v1/connections/{theirs}")
        assert hidden == world.ask(caller, method, "/v1/connections/con_" + "0" * 26)
        assert hidden[0] == 404
    assert stored() == before
    assert _json(world.ask("owner", "GET", f"/v1/connections/{theirs}"))["state"] == "active"


@pytest.mark.parametrize("id", ["MEMBER", "GATE", "con_/../GATE", "con_%23", "ses_" + "0" * 26, "con_"])
def test_what_is_no_id_of_a_connection(world: World, id: str) -> None:  # noqa: A002 - the field's own name
    before = stored()
    for method in ("GET", "DELETE"):
        assert world.ask("owner", method, f"/v1/connections/{id}")[0] == 404
    assert stored() == before


def test_an_admin_sees_an_agents_connection_and_ends_it_and_that_agent_is_told(world: World) -> None:
    theirs = world.connection("agent")
    world.stack.mailed()
    assert theirs in [each["id"] for each in _json(world.ask("admin", "GET", "/v1/connections"))["connections"]]
    assert world.ask("admin", "DELETE", f"/v1/connections/{theirs}")[0] == 204
    assert _json(world.ask("agent", "GET", f"/v1/connections/{theirs}"))["state"] == "revoking"
    [mail] = [each for each in world.stack.mailed() if theirs in each]
    assert "Somebody else revoked the account" in mail


@pytest.mark.parametrize("caller", ["agent", "foreign", "admin"])
def test_what_somebody_elses_browser_was_sent_back_with(world: World, caller: str) -> None:
    brought = world.brought("owner")
    before = stored()
    assert world.ask(caller, "GET", f"/v1/connections/callback?{brought}")[0] == 409
    assert stored() == before
    assert world.ask("owner", "GET", f"/v1/connections/callback?{brought}")[0] == 200


def test_a_conversation_under_another_ones_message(world: World) -> None:
    conversation, other = world.target("conversation", ""), world.target("conversation", "")
    message = world.message(conversation, "")
    assert world.ask("owner", "GET", f"/v1/conversations/{other}/messages/{message}")[0] == 404


def test_a_key_that_somebody_else_used_is_ones_own(world: World) -> None:
    """Under the same Idempotency-Key another caller gets an effect of their own, and nothing of the first one's."""
    conversation = world.target("conversation", "")
    path, made = f"/v1/conversations/{conversation}/notes", set()
    for caller in ("agent", "admin"):
        headers = world.callers[caller] | {"Idempotency-Key": "the-same"}
        made.add(_json(world.ask(headers, "POST", path, {"text": "Mine"}))["id"])
    assert len(made) == 2
    headers = world.callers["elsewhere"] | {"Idempotency-Key": "the-same"}
    assert world.ask(headers, "POST", path, {"text": "Mine"})[0] == 404


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Workspace": "{workspace}"},
        {"X-Forwarded-User": "per_00000000000000000000000000"},
        {"X-Amzn-Oidc-Identity": "owner"},
        {"Forwarded": "for=127.0.0.1"},
    ],
)
def test_forged_headers_of_identity_are_worth_nothing(world: World, forged: dict[str, str]) -> None:
    sent = {name: value.format(workspace=world.stack.workspace) for name, value in forged.items()}
    assert world.ask(sent, "GET", "/v1/me")[0] == 401
    seen = _json(world.ask(world.callers["foreign"] | sent, "GET", "/v1/me"))
    assert (
        seen["workspace"]["id"] == world.other
        if isinstance(seen["workspace"], dict)
        else seen["workspace"] == world.other
    )


@pytest.mark.parametrize("field", ["workspace", "id", "role", "kind", "holder"])
def test_a_field_that_nobody_asked_for_is_refused(world: World, field: str) -> None:
    before = stored()
    body = {"name": "Mine", "scopes": ["conversations:read"], field: "owner"}
    assert world.ask("viewer", "POST", "/v1/me/tokens", body)[0] == 400
    assert stored() == before


@pytest.mark.parametrize("origin", ["", "https://evil.example", "https://api.acme.example.evil.example", "null"])
def test_a_session_changes_nothing_for_another_origins_page(world: World, origin: str) -> None:
    conversation = world.target("conversation", "")
    headers = world.callers["owner"] | {"Origin": origin}
    before = stored()
    status, _ = world.ask(headers, "PUT", f"/v1/conversations/{conversation}/status", {"status": "closed"})
    assert status == 403
    assert stored() | {"AuditTable": before["AuditTable"]} == before
    assert ("access_refused", world.id_of("owner")) in on_record(world).values()
    assert world.ask(headers, "GET", f"/v1/conversations/{conversation}")[0] == 200
