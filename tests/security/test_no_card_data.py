"""There is no field for a card anywhere, and no number of one in anything that a workspace's whole billing leaves behind."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.billing_paths import BILLING
from bench.scenarios import Desk
from tests.handlers.stack import Stack, stack_on_moto
from tools.event_schemas import SCHEMAS
from tools.lambda_target import ROOT
from tools.openapi import DESCRIPTION

CARD_FIELD = re.compile(
    r"^(pan|cvc|cvv2?|csc|exp|expiry|exp_?month|exp_?year|expiration(_?(date|month|year))?"
    r"|(card|account)_?(number|no|code|holder.*|expiry|security.*)|number_of_card|credit_?card.*|iban|bic|last4|sort_?code)$",
    re.IGNORECASE,
)
"""Names that hold a card's number, its expiry or its code (PCI DSS, "account data"). `expires_at` is of a token or a page."""
DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")
"""13 to 19 digits by themselves (ISO/IEC 7812); inside an id they are a part of it."""
VISA = "4242424242424242"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, no_account: None) -> Iterator[Stack]:
    with stack_on_moto(monkeypatch) as made:
        yield made


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def cards(text: str) -> list[str]:
    """Numbers that a card may have, but for seconds since 1970, which are shorter, and milliseconds."""
    found = [re.sub(r"[ -]", "", each) for each in DIGITS.findall(text)]
    return [each for each in found if luhn(each) and not re.fullmatch(r"1[6-9][0-9]{11}", each)]


def names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from names(each)
    if isinstance(value, list):
        for each in value:
            yield from names(each)


def test_the_search_finds_what_it_looks_for() -> None:
    assert cards(f"pay with {VISA} now") == [VISA]
    assert cards("4242-4242 4242 4242") == [VISA]
    assert cards("4242424242424241 evt_14242424242424242 1793611800500") == []
    assert [each for each in ("cvc", "Card_Number", "exp_month", "PAN", "last4") if not CARD_FIELD.match(each)] == []


def described() -> dict[str, Any]:
    found: dict[str, Any] = {"openapi": json.loads(DESCRIPTION.read_text())}
    found |= {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    return found


@pytest.mark.parametrize("name", sorted(described()))
def test_no_schema_has_a_field_for_a_card(name: str) -> None:
    assert [each for each in names(described()[name]) if CARD_FIELD.match(each)] == []


@pytest.mark.parametrize("folder", ["layers/core", "functions", "local/stripe"])
def test_no_line_of_ours_names_a_field_for_a_card(folder: str) -> None:
    """As a word of its own between quotes, or as a name that something is given to."""
    words = re.compile(r"""["'](\w+)["']|\b(\w+)\s*[:=](?!=)""")
    found = [
        f"{path.name}: {word}"
        for path in sorted(Path(ROOT / folder).rglob("*.py"))
        for pair in words.findall(path.read_text(encoding="utf-8"))
        for word in pair
        if word and CARD_FIELD.match(word)
    ]
    assert found == []


def test_nothing_that_billing_leaves_behind_is_a_card(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    """Tables, facts, mails, what went to Stripe and what was logged, after all that can happen to a subscription."""
    desk = Desk(stack)
    for path in BILLING:
        path(desk)
    tables = ("AccountsTable", "AuditTable", "BillingTable", "ConversationsTable", "LimitsTable")
    items = {table: stack.items(table) for table in tables}
    assert items["BillingTable"]
    assert [each for each in names(items) if CARD_FIELD.match(each)] == []
    left = [
        json.dumps([items, stack.published], default=str),
        *(each.raw_data for each in stack.sent()),
        *stack.stripe.heard,
        "".join(capfd.readouterr()),
    ]
    assert len(left) > 10
    assert [each for text in left for each in cards(text)] == []


def test_what_goes_to_stripe_names_ids_seats_and_the_contact_and_nothing_else(stack: Stack) -> None:
    desk = Desk(stack)
    for path in BILLING:
        path(desk)
    asked = {
        re.sub(r"%5B|%5D|[\[\]]", ".", pair.partition("=")[0]).rstrip(".").replace("..", ".")
        for sent in stack.stripe.heard
        for pair in sent.split("&")
    }
    assert {re.sub(r"\.[0-9]+", "", each) for each in asked if each} == {
        "active", "cancel_url", "client_reference_id", "customer", "email", "expand", "items.id", "items.quantity",
        "limit", "line_items.price", "line_items.quantity", "lookup_keys", "metadata.workspace", "mode",
        "proration_behavior", "return_url", "status", "subscription", "subscription_data.metadata.workspace",
        "subscription_data.trial_period_days", "success_url",
    }  # fmt: skip
