"""Who is asking, read with every request."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Credential, CredentialKind, Member, Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import Conflict, Invalid, Unauthenticated, Unavailable
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.tokens import spell
from letterlock.services.authenticate import Authenticate
from letterlock.services.deeds import Deeds
from letterlock.services.invite import MakeInvitation
from letterlock.services.set_up_workspace import SetUpWorkspace
from tests.fakes.accounts import FakeMailboxes, FakeMembers, FakeWorkspaces
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.mailboxes import FakeKeyedNames
from tests.fakes.people import FakeOpenings, FakePeople

WORKSPACE = "wsp_01JABCDEFGHJKMNPQRSTVWXYZ0"
SERVICE_ID, PERSON_ID = "tok_01JZYCDEFGHJKMNPQRSTVWXYZ0", "per_01JZYCDEFGHJKMNPQRSTVWXYZ0"
TOKEN = spell(CredentialKind.SERVICE, WORKSPACE, SERVICE_ID, bytes(32))
SESSION = spell(CredentialKind.SESSION, WORKSPACE, PERSON_ID, bytes(32))
CREDENTIAL = Credential(SERVICE_ID, CredentialKind.SERVICE, frozenset({Scope.READ}), START)


class Given:
    """A workspace with a service and a person who is signed in."""

    def __init__(self, credential: Credential = CREDENTIAL, *, gate: bool = True) -> None:
        workspaces, self.clock = FakeWorkspaces(), FakeClock()
        if gate:
            workspaces.create(WORKSPACE, "Acme")
        self.members = FakeMembers(workspaces)
        self.members.put(Member(SERVICE_ID, WORKSPACE, Role.AGENT, credentials=(credential,)), **{credential.id: TOKEN})
        session = Credential("ses_1", CredentialKind.SESSION, frozenset(), START, START + timedelta(hours=12))
        self.members.put(Member(PERSON_ID, WORKSPACE, Role.OWNER, credentials=(session,)), ses_1=SESSION)
        self.authenticate = Authenticate(self.members, self.clock)


def test_a_token_names_its_principal_and_what_it_may() -> None:
    authenticate = Given().authenticate
    assert authenticate(f"Bearer {TOKEN}") == Principal(
        WORKSPACE, SERVICE_ID, Role.AGENT, frozenset({Scope.READ}), credential=SERVICE_ID, since=START
    )
    assert authenticate(f"bearer {TOKEN}")


def test_a_session_comes_as_its_cookie_and_a_token_as_a_bearer_token_never_the_other_way_round() -> None:
    authenticate = Given().authenticate
    assert authenticate("", SESSION).signed_in
    assert authenticate("", SESSION).id == PERSON_ID
    for header, cookie in (("", TOKEN), (f"Bearer {SESSION}", ""), (f"Bearer {SESSION}", SESSION)):
        with pytest.raises(Unauthenticated):
            authenticate(header, cookie)


def test_a_header_that_is_there_decides_and_a_cookie_beside_it_does_not() -> None:
    authenticate = Given().authenticate
    assert authenticate(f"Bearer {TOKEN}", SESSION).id == SERVICE_ID
    with pytest.raises(Unauthenticated):
        authenticate("Bearer nonsense", SESSION)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", "Bearer nonsense"])
def test_what_is_no_bearer_token_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        Given().authenticate(header)


def test_a_well_formed_token_that_was_never_issued_is_refused_like_one_that_was_revoked() -> None:
    given = Given()
    with pytest.raises(Unauthenticated) as unknown:
        given.authenticate("Bearer " + spell(CredentialKind.SERVICE, WORKSPACE, SERVICE_ID, b"\x01" * 32))
    given.members.put(Member(SERVICE_ID, WORKSPACE, Role.AGENT))
    with pytest.raises(Unauthenticated) as revoked:
        given.authenticate(f"Bearer {TOKEN}")
    with pytest.raises(Unauthenticated) as nobody:
        given.authenticate("Bearer " + spell(CredentialKind.SERVICE, WORKSPACE, "tok_" + "0" * 26, bytes(32)))
    assert str(revoked.value) == str(unknown.value) == str(nobody.value)


def test_a_token_dies_at_the_moment_it_expires() -> None:
    given = Given(replace(CREDENTIAL, expires_at=START + timedelta(hours=1)))
    assert given.authenticate(f"Bearer {TOKEN}")
    given.clock.passes(hours=1)
    with pytest.raises(Unauthenticated):
        given.authenticate(f"Bearer {TOKEN}")


def test_a_workspace_whose_gate_is_shut_lets_nobody_in() -> None:
    with pytest.raises(Unauthenticated):
        Given(gate=False).authenticate(f"Bearer {TOKEN}")


def test_when_everybody_is_signed_out_what_was_made_before_is_dead() -> None:
    given = Given()
    given.members.signed_out[WORKSPACE] = START
    for header, cookie in ((f"Bearer {TOKEN}", ""), ("", SESSION)):
        with pytest.raises(Unauthenticated):
            given.authenticate(header, cookie)


def test_the_day_of_the_last_use_is_noted_once_a_day() -> None:
    given = Given()
    for _ in range(3):
        given.authenticate(f"Bearer {TOKEN}")
    assert given.members.noted == [(SERVICE_ID, START.date())]
    given.clock.passes(hours=24)
    given.authenticate(f"Bearer {TOKEN}")
    assert len(given.members.noted) == 2


# ---- the operator's door ----------------------------------------------------------------------------------------------


def set_up() -> tuple[SetUpWorkspace, Authenticate]:
    workspaces, mailboxes = FakeWorkspaces(), FakeMailboxes()
    members = FakeMembers(workspaces, mailboxes)
    randoms = iter(bytes([n]) * 32 for n in range(9))
    ids, now = FakeIds(), FakeClock()
    people = FakePeople(members, workspaces, now)
    verb = SetUpWorkspace(
        workspaces,
        mailboxes,
        members,
        people,
        ids,
        now,
        lambda _: next(randoms),
        MakeInvitation(Deeds(ids, now), ids, now),
        FakeOpenings(mailboxes, people),
        lambda: "invitation",
        FakeKeyedNames(),
    )
    return verb, Authenticate(members, FakeClock())


def ask(verb: SetUpWorkspace, address: str, name: str = "Acme") -> str:
    made = verb(
        name=name,
        address=address,
        mailbox_name="Support",
        token_name="first",
        scopes=frozenset(Scope),
        request="request-1",
    )
    return made.token


def test_the_operators_token_opens_the_new_workspace() -> None:
    verb, authenticate = set_up()
    principal = authenticate(f"Bearer {ask(verb, 'Support@Acme.example')}")
    assert principal.scopes == frozenset(Scope)
    (mailbox,) = verb.mailboxes.all(principal.workspace)
    assert mailbox.address == "support@acme.example"
    assert principal.mailboxes == (mailbox.id,)


def test_what_the_operator_made_is_in_the_audit_log() -> None:
    verb, authenticate = set_up()
    principal = authenticate(f"Bearer {ask(verb, 'support@acme.example')}")
    fakes = (verb.workspaces, verb.mailboxes, verb.members)
    entries = [entry for fake in fakes for entry in fake.audited]  # type: ignore[union-attr]  # the fakes' own
    assert [(each.act, each.subject) for each in entries] == [
        (Act.WORKSPACE_CREATED, principal.workspace),
        (Act.MAILBOX_ADDED, principal.mailboxes[0]),
        (Act.TOKEN_ISSUED, principal.id),
    ]
    assert {(each.workspace, each.actor, each.request) for each in entries} == {
        (principal.workspace, "operator", "request-1")
    }


def test_an_address_that_is_taken_leaves_no_second_workspace_behind() -> None:
    verb, _ = set_up()
    ask(verb, "support@acme.example")
    with pytest.raises(Conflict):
        ask(verb, "SUPPORT@acme.example", name="Other")
    assert isinstance(verb.workspaces, FakeWorkspaces)
    assert list(verb.workspaces.names.values()) == ["Acme"]


@pytest.mark.parametrize(
    ("address", "name"),
    [("support", "Acme"), ("s@acme.example", "A" * 101), ("s@acme.example", "A\n"), ("s@acme.example", " ")],
)
def test_what_cannot_be_a_mailbox_or_a_name_is_refused(address: str, name: str) -> None:
    with pytest.raises(Invalid):
        ask(set_up()[0], address, name)


def test_a_set_up_that_fails_half_way_leaves_the_address_to_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    verb, authenticate = set_up()
    with monkeypatch.context() as down:
        down.setattr(FakeMembers, "add_service", _raises)
        with pytest.raises(Unavailable):
            ask(verb, "support@acme.example")
    assert authenticate(f"Bearer {ask(verb, 'support@acme.example')}")


def _raises(*_: object) -> None:
    raise Unavailable("the store is too busy to answer")
