"""Who may do what, and which addresses a mailbox may have."""

import pytest

from letterlock.domain.accounts import SCOPE_OF, Action, Principal, Scope, mailbox_address
from letterlock.domain.errors import Forbidden, Invalid


@pytest.mark.parametrize("action", Action)
def test_every_action_needs_a_scope_and_no_scope_is_not_enough(action: Action) -> None:
    assert action in SCOPE_OF
    with pytest.raises(Forbidden):
        Principal("wsp_1", "tok_1", frozenset()).may(action)


def test_a_token_that_may_read_may_not_answer() -> None:
    reader = Principal("wsp_1", "tok_1", frozenset({Scope.READ}))
    reader.may(Action.READ_CONVERSATION)
    with pytest.raises(Forbidden, match=Scope.WRITE):
        reader.may(Action.REPLY)


def test_an_action_that_nobody_listed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SCOPE_OF, Action.NOTE)
    with pytest.raises(Forbidden):
        Principal("wsp_1", "tok_1", frozenset(Scope)).may(Action.NOTE)


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
