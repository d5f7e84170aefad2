"""Only account-class data can reach Stripe: every parameter of the port, and of its adapter, has a type that holds no other."""

import inspect
from dataclasses import fields, is_dataclass
from typing import Any, NewType, get_type_hints

import pytest

from letterlock.adapters.stripe_payments import StripePayments
from letterlock.domain.plans import Plan
from letterlock.services import billing_ports
from letterlock.services.billing_ports import BillingContact, Order, Payments

IDS = {each for each in vars(billing_ports).values() if isinstance(each, NewType) and each.__supertype__ in (str, int)}
"""Each is made on purpose, where somebody says that it is one: no text is one by chance."""
RECORDS = {BillingContact: {"email": str}, Order: {}, Plan: {}}
METHODS = [name for name, _ in inspect.getmembers(Payments, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("port", [Payments, StripePayments])
def test_every_parameter_is_an_id_a_plan_a_number_or_the_billing_contact(port: Any, name: str) -> None:
    taken = {each: kind for each, kind in get_type_hints(getattr(port, name)).items() if each != "return"}
    assert taken
    assert {each for each, kind in taken.items() if kind not in IDS and kind not in RECORDS} == set()


def test_an_order_holds_nothing_else_either() -> None:
    assert is_dataclass(Order)
    assert set(get_type_hints(Order).values()) <= IDS | {Plan, bool}


def test_the_billing_contact_is_an_address_and_nothing_more() -> None:
    assert [each.name for each in fields(BillingContact)] == ["email"]


def test_the_adapter_has_no_other_way_to_stripe() -> None:
    public = {name for name, _ in inspect.getmembers(StripePayments, inspect.isfunction) if not name.startswith("_")}
    assert public == set(METHODS)
