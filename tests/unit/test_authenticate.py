"""Who is asking, read with every request."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Credential, Principal, Scope
from letterlock.domain.api_tokens import spell
from letterlock.domain.errors import Conflict, Invalid, Unauthenticated
from letterlock.services.authenticate import Authenticate
from letterlock.services.set_up_workspace import SetUpWorkspace
from tests.fakes.accounts import FakeCredentials, FakeMailboxes, FakeWorkspaces
from tests.fakes.clock import START, FakeClock, FakeIds

WORKSPACE = "wsp_01JABCDEFGHJKMNPQRSTVWXYZ0"
TOKEN = spell(WORKSPACE, bytes(32))
CREDENTIAL = Credential("tok_1", WORKSPACE, frozenset({Scope.READ}), "first", START)


def given(credential: Credential = CREDENTIAL, *, gate: bool = True) -> tuple[Authenticate, FakeClock]:
    workspaces, clock = FakeWorkspaces(), FakeClock()
    if gate:
        workspaces.create(WORKSPACE, "Acme")
    credentials = FakeCredentials(workspaces)
    credentials.add(credential, TOKEN)
    return Authenticate(credentials, clock), clock


def test_a_token_names_its_principal_and_what_it_may() -> None:
    authenticate, _ = given()
    assert authenticate(f"Bearer {TOKEN}") == Principal(WORKSPACE, "tok_1", frozenset({Scope.READ}))
    assert authenticate(f"bearer {TOKEN}")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", "Bearer nonsense"])
def test_what_is_no_bearer_token_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        given()[0](header)


def test_a_well_formed_token_that_was_never_issued_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        given()[0]("Bearer " + spell(WORKSPACE, b"\x01" * 32))


def test_a_revoked_token_is_dead_and_answers_like_an_unknown_one() -> None:
    authenticate, _ = given(replace(CREDENTIAL, revoked_at=START))
    with pytest.raises(Unauthenticated) as revoked:
        authenticate(f"Bearer {TOKEN}")
    with pytest.raises(Unauthenticated) as unknown:
        given()[0]("Bearer " + spell(WORKSPACE, b"\x01" * 32))
    assert str(revoked.value) == str(unknown.value)


def test_a_token_dies_at_the_moment_it_expires() -> None:
    authenticate, clock = given(replace(CREDENTIAL, expires_at=START + timedelta(hours=1)))
    assert authenticate(f"Bearer {TOKEN}")
    clock.passes(hours=1)
    with pytest.raises(Unauthenticated):
        authenticate(f"Bearer {TOKEN}")


def test_a_workspace_whose_gate_is_shut_lets_nobody_in() -> None:
    with pytest.raises(Unauthenticated):
        given(gate=False)[0](f"Bearer {TOKEN}")


def set_up() -> tuple[SetUpWorkspace, Authenticate]:
    workspaces, mailboxes = FakeWorkspaces(), FakeMailboxes()
    credentials = FakeCredentials(workspaces)
    randoms = iter(bytes([n]) * 32 for n in range(9))
    verb = SetUpWorkspace(workspaces, mailboxes, credentials, FakeIds(), FakeClock(), lambda _: next(randoms))
    return verb, Authenticate(credentials, FakeClock())


def ask(verb: SetUpWorkspace, address: str, name: str = "Acme") -> str:
    made = verb(name=name, address=address, mailbox_name="Support", token_name="first", scopes=frozenset(Scope))
    return made.token


def test_the_operators_token_opens_the_new_workspace() -> None:
    verb, authenticate = set_up()
    token = ask(verb, "Support@Acme.example")
    assert authenticate(f"Bearer {token}").scopes == frozenset(Scope)
    (mailbox,) = verb.mailboxes.all(authenticate(f"Bearer {token}").workspace)
    assert mailbox.address == "support@acme.example"


def test_an_address_that_is_taken_leaves_no_second_workspace_behind() -> None:
    verb, _ = set_up()
    ask(verb, "support@acme.example")
    with pytest.raises(Conflict):
        ask(verb, "SUPPORT@acme.example", name="Other")
    assert isinstance(verb.workspaces, FakeWorkspaces)
    assert list(verb.workspaces.names.values()) == ["Acme"]


@pytest.mark.parametrize(
    ("address", "name"), [("support", "Acme"), ("s@acme.example", "A" * 101), ("s@acme.example", "A\n")]
)
def test_what_cannot_be_a_mailbox_or_a_name_is_refused(address: str, name: str) -> None:
    with pytest.raises(Invalid):
        ask(set_up()[0], address, name)
