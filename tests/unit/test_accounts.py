"""Who may do what, and which addresses a mailbox may have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from letterlock.domain.accounts import (
    Admission,
    Credential,
    CredentialKind,
    Gate,
    Member,
    Principal,
    mailbox_address,
)
from letterlock.domain.errors import Forbidden, Invalid, NotFound
from letterlock.domain.permissions import PERMISSIONS, Action, AnyToken, Needs, Role, Scope

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
OWNER = Principal("wsp_1", "per_1", Role.OWNER, signed_in=True)
CREDENTIAL = Credential("ses_1", CredentialKind.SESSION, frozenset(), START)
MEMBER = Member("per_1", "wsp_1", Role.AGENT, credentials=(CREDENTIAL,), version=3)
ADMISSION = Admission(MEMBER, CREDENTIAL, Gate(True, ("mbx_1", "mbx_2")))


@pytest.mark.parametrize("action", Action)
def test_every_action_is_in_the_table_and_an_owner_who_is_signed_in_may_all_of_them(action: Action) -> None:
    assert action in PERMISSIONS
    OWNER.may(action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_table_gives_it_and_those_above_it(action: Action, role: Role) -> None:
    rank = [Role.OWNER, Role.ADMIN, Role.AGENT, Role.VIEWER]
    refused = bool(replace(OWNER, role=role).refusal(action))
    assert refused == (rank.index(role) > rank.index(PERMISSIONS[action].least))


@pytest.mark.parametrize("action", Action)
def test_a_token_may_only_what_one_of_its_scopes_says(action: Action) -> None:
    needed = PERMISSIONS[action]
    bare = replace(OWNER, signed_in=False)
    everything_else = frozenset(Scope) - ({needed.scope} if isinstance(needed, Needs) else set())
    assert bool(bare.refusal(action)) == (not isinstance(needed, AnyToken))
    assert bool(replace(bare, scopes=everything_else).refusal(action)) == (not isinstance(needed, AnyToken))
    only_in_person = isinstance(needed, Needs) and needed.scope is None
    assert bool(replace(bare, scopes=frozenset(Scope)).refusal(action)) == only_in_person


def test_a_scope_does_not_widen_a_role() -> None:
    viewer = Principal("wsp_1", "tok_1", Role.VIEWER, frozenset(Scope))
    with pytest.raises(Forbidden, match="agent"):
        viewer.may(Action.REPLY)


def test_an_action_that_nobody_listed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PERMISSIONS, Action.NOTE)
    with pytest.raises(Forbidden, match="nobody"):
        OWNER.may(Action.NOTE)


# ---- who is let in ----------------------------------------------------------------------------------------------------


def test_who_is_let_in_is_what_their_membership_says() -> None:
    assert ADMISSION.principal(START) == Principal(
        "wsp_1",
        "per_1",
        Role.AGENT,
        frozenset(),
        ("mbx_1", "mbx_2"),
        credential="ses_1",
        signed_in=True,
        since=START,
        version=3,
    )


def test_a_token_is_no_session() -> None:
    token = replace(CREDENTIAL, id="tok_1", kind=CredentialKind.PERSONAL, scopes=frozenset({Scope.READ}))
    principal = replace(ADMISSION, credential=token).principal(START)
    assert principal is not None
    assert not principal.signed_in
    assert (principal.id, principal.credential) == ("per_1", "tok_1")


def test_who_works_in_some_mailboxes_sees_those_and_no_other() -> None:
    member = replace(MEMBER, mailboxes=frozenset({"mbx_2", "mbx_gone"}))
    principal = replace(ADMISSION, member=member).principal(START)
    assert principal is not None
    assert principal.mailboxes == ("mbx_2",)
    assert principal.limited
    principal.must_see("mbx_2", "conversation")
    with pytest.raises(NotFound):
        principal.must_see("mbx_1", "conversation")


def test_nobody_is_let_in_who_was_removed_or_whose_credential_is_gone_or_ran_out_or_whose_gate_is_shut() -> None:
    ran_out = replace(CREDENTIAL, expires_at=START)
    for shut in (
        replace(ADMISSION, credential=None),
        replace(ADMISSION, credential=ran_out),
        replace(ADMISSION, member=replace(MEMBER, active=False)),
        replace(ADMISSION, gate=Gate(False, ("mbx_1",))),
        replace(ADMISSION, gate=Gate(True, ("mbx_1",), signed_out_at=START)),
    ):
        assert shut.principal(START) is None
    later = replace(CREDENTIAL, created_at=START + timedelta(milliseconds=1))
    assert replace(ADMISSION, credential=later, gate=Gate(True, (), signed_out_at=START)).principal(START)


@pytest.mark.parametrize(
    ("change", "works"),
    [
        ({}, True),
        ({"mailboxes": frozenset({"mbx_1"})}, True),
        ({"mailboxes": frozenset({"mbx_2"})}, False),
        ({"active": False}, False),
        ({"role": Role.VIEWER}, False),
    ],
)
def test_a_conversation_is_given_to_somebody_who_works_in_its_mailbox(change: dict[str, object], works: bool) -> None:
    assert replace(MEMBER, **change).works_in("mbx_1") is works  # type: ignore[arg-type]  # the test's own changes


# ---- mailboxes --------------------------------------------------------------------------------------------------------


def test_an_address_is_kept_in_lower_case() -> None:
    assert mailbox_address(" Support@Acme.Example ") == "support@acme.example"


@pytest.mark.parametrize(
    "address",
    [
        "support",
        "@acme.example",
        "support@",
        "support@acme",
        "a b@acme.example",
        "a@b@acme.example",
        "a\n@acme.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        mailbox_address(address)


def test_a_mailbox_may_not_have_a_plus_for_that_is_where_tokens_go() -> None:
    with pytest.raises(Invalid, match=r"\+"):
        mailbox_address("support+eu@acme.example")


def test_a_name_too_long_to_carry_a_token_is_refused() -> None:
    assert mailbox_address("m" * 23 + "@acme.example")
    with pytest.raises(Invalid, match="23"):
        mailbox_address("m" * 24 + "@acme.example")
