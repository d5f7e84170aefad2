"""Who was let in, and is revoked before what they asked for is written, finds nothing written."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.browser import PASSWORD
from bench.connection_paths import an_account_is_connected_and_revoked
from bench.mailbox_paths import mailboxes_come_to_be
from bench.paths import an_owner_goes_and_everybody_is_signed_out, tokens
from bench.people import SignedIn
from bench.people_paths import a_password_is_forgotten, people_come_in, people_sign_in_and_out, somebody_leaves
from bench.scenarios import Desk
from letterlock.adapters import table_accounts as table
from letterlock.domain.accounts import Member
from letterlock.domain.audit import Act
from letterlock.domain.permissions import Role
from letterlock.entry import people_wiring, token_wiring, wiring
from letterlock.services.deeds import Asked
from letterlock.services.people_ports import PersonChange
from letterlock.services.revoke import Revocable
from tests.handlers.stack import Stack
from tests.handlers.test_api_refusals import assert_problem
from tests.handlers.test_revocation import at_the_next_transaction, revoke
from tests.handlers.test_tokens import ask

CHANGES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/invitations"): {"email": "ben@team.example", "role": "agent"},
    ("PATCH", "/v1/people/{other}"): {"role": "viewer"},
    ("PATCH", "/v1/people/{self}"): {"role": "admin"},
    ("DELETE", "/v1/people/{other}"): None,
    ("DELETE", "/v1/me"): None,
    ("PATCH", "/v1/workspace"): {"name": "Ours"},
    ("POST", "/v1/me/tokens"): {"name": "x", "scopes": ["conversations:read"]},
    ("POST", "/v1/tokens"): {"name": "x", "scopes": ["conversations:read"]},
    ("POST", "/v1/mailboxes"): {"address": "sales@acme.example"},
    ("PATCH", "/v1/mailboxes/{mailbox}"): {"name": "Support"},
    ("POST", "/v1/domains"): {"domain": "own.example"},
    ("PUT", "/v1/me/password"): {"current": PASSWORD, "new": f"{PASSWORD} more"},
    ("POST", "/v1/me/totp"): {"password": PASSWORD},
}
"""Of one route each that decides who may do what."""


@pytest.fixture(name="owner")
def _owner(stack: Stack) -> SignedIn:
    """One of two; their password is known."""
    stack.person(Role.OWNER)
    owner = stack.person(Role.OWNER)
    ins = people_wiring.sign_ins()
    before = ins.of_person(stack.workspace, owner.id)
    item = people_wiring.items().sign_in_item(before, f"{owner.id.lower()}@team.example")
    item["password"] = {"S": people_wiring.passwords().hash(PASSWORD)}
    wiring.client("dynamodb").put_item(TableName="AccountsTable", Item=item)
    return owner


@pytest.mark.parametrize("meanwhile", ["session", "person", "workspace", "role"])
@pytest.mark.parametrize(("method", "path"), CHANGES, ids=[" ".join(each) for each in CHANGES])
def test_what_is_asked_for_before_a_revocation_is_not_done_after_it(
    stack: Stack, owner: SignedIn, method: str, path: str, meanwhile: str
) -> None:
    body = CHANGES[method, path]
    other = stack.person(Role.AGENT).id
    where = path.format(other=other, self=owner.id, mailbox=stack.mailbox)
    stands: list[str] = []

    def happens() -> None:
        match meanwhile:
            case "session":
                revoke(stack, Revocable.SESSION, owner.session, owner.id)
            case "person":
                revoke(stack, Revocable.PERSON, owner.id)
            case "workspace":
                revoke(stack, Revocable.WORKSPACE, stack.workspace)
            case _:
                demote(stack, wiring.members().get(stack.workspace, owner.id))
        stands.append(stack.fingerprint())

    at_the_next_transaction(stack, happens)
    answer = ask(stack, owner, method, where, body)

    assert _struck_out(stack, Act.ACCESS_REFUSED) == (meanwhile == "role"), (
        "whom nobody knows any more is not on record"
    )
    assert stands == [stack.fingerprint()], "nothing else was written after that"
    if meanwhile == "role":
        assert_problem(answer, 403, "forbidden")
    else:
        assert_problem(answer, 401, "unauthenticated")


def _struck_out(stack: Stack, act: Act) -> int:
    """How many entries of it the audit log had."""
    found = [each for each in stack.items("AuditTable") if each.get("act") == {"S": act}]
    for each in found:
        key = {name: each[name] for name in ("pk", "sk")}
        wiring.client("dynamodb").delete_item(TableName="AuditTable", Key=key)
    return len(found)


def demote(stack: Stack, member: Member) -> None:
    """By another owner, in another process."""
    by = stack.person(Role.OWNER)
    admission = Asked(by.id, "request-2")
    owners = token_wiring.revocations().owners(stack.workspace)
    asker = wiring.authenticate()("", by.secret)
    deed = people_wiring.deeds()(stack.workspace, admission, Act.ROLE_CHANGED, member.id)
    people_wiring.people().change(PersonChange(member, Role.VIEWER, None, asker, owners), deed)


# ---- all of them, by what they ask of the tables --------------------------------------------------------------------

TAKES_AWAY = {
    Act.TOKEN_REVOKED,
    Act.TOKEN_LEAKED,
    Act.SESSION_ENDED,
    Act.INVITATION_REVOKED,
    Act.RESET_LINK_REVOKED,
    Act.ACCOUNT_REVOKED,
    Act.ACCOUNT_ENDED,
    Act.EVERYBODY_SIGNED_OUT,
    Act.FACTOR_RESET_STOPPED,
}
PROVEN_OTHERWISE = {Act.SIGNED_IN, Act.RECOVERY_CODE_USED, Act.INVITATION_ACCEPTED, Act.SIGNED_UP}
"""By a password, a code or a link, which is a condition of the same transaction."""
BY_NOBODY_KNOWN = {
    Act.FACTOR_RESET_ASKED,
    Act.WORKSPACE_CREATED,
    Act.SIGN_UP_REQUESTED,
    Act.PASSWORD_RESET_REQUESTED,
    Act.SIGN_IN_REFUSED,
    Act.ACCESS_REFUSED,
    Act.LINK_REFUSED,
    Act.ANSWER_REFUSED,
    Act.LEAK_REPORT_REFUSED,
}
OF_A_CONVERSATION = {Act.PARTICIPANT_ADDED, Act.PARTICIPANT_REMOVED, Act.SENDER_CONFIRMED}
"""Who takes part in a conversation: its version is the condition, and nobody of the team may do more by it."""
OF_A_FILE = {Act.FILE_RELEASED}
"""What was found in it is the condition, and nobody of the team may do more by it."""
TO_STRIPES_PAGES = {Act.CHECKOUT_OPENED, Act.PORTAL_OPENED}
"""Nobody may do more by that: what is bought there is the workspace's, and who pays for it is Stripe's to ask."""
HELD = set(Act) - TAKES_AWAY - PROVEN_OTHERWISE - BY_NOBODY_KNOWN - OF_A_CONVERSATION - OF_A_FILE - TO_STRIPES_PAGES


def test_whoever_changes_who_may_do_what_is_a_condition_of_it(stack: Stack) -> None:
    """Of each transaction in which such an act goes on record, on every way through the API that is known."""
    asked: list[list[Any]] = []

    def note(params: Any, **_: Any) -> None:
        asked.append(params["TransactItems"])

    def attach(session: Any) -> None:
        hooks = session.get_component("event_emitter")
        hooks.register("provide-client-params.dynamodb.TransactWriteItems", note)

    stack.watchers.append(attach)
    stack.restart()
    ways: tuple[Callable[[Desk], object], ...] = (
        people_come_in,
        people_sign_in_and_out,
        somebody_leaves,
        a_password_is_forgotten,
        mailboxes_come_to_be,
        tokens,
        an_account_is_connected_and_revoked,
        an_owner_goes_and_everybody_is_signed_out,
    )
    for way in ways:
        way(Desk(stack))

    seen = set()
    for steps in asked:
        operations = [operation for step in steps for operation in step.values()]
        entries = [each["Item"] for each in operations if each["TableName"] == "AuditTable"]
        by_link = any(_key(each).startswith(table.RESETS) for each in operations)
        for entry in entries:
            act, actor = Act(entry["act"]["S"]), entry["actor"]["S"]
            if act in HELD and actor.startswith(("per_", "tok_")) and not by_link:
                seen.add(act)
                conditions = {_key(each): each.get("ConditionExpression", "") for each in operations}
                assert "attribute_exists(credentials.#by)" in conditions[table.member_key(actor)], act
                assert "signed_out_at < :by_since" in conditions[table.GATE], act
    assert seen == HELD, "each of these was done"


def _key(operation: Any) -> str:
    key: str = (operation.get("Key") or operation["Item"])["sk"]["S"]
    return key
