"""The ways through the functions of billing, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.scenarios import Desk
from letterlock.domain.permissions import Role

BILLED = "/v1/billing"


@contextmanager
def _own_workspace(desk: Desk, name: str) -> Iterator[None]:
    """One that has bought nothing yet, whatever others have; the operator charges."""
    first = desk.stack.workspace
    asked = {"workspace": {"name": name}, "mailbox": {"address": f"{name}@acme.example"}}
    desk.stack.workspace = desk.stack.call("workspace_setup", asked)["workspace"]
    desk.stack.bills()
    yield
    desk.stack.bills("false")
    desk.stack.workspace = first


def bought(desk: Desk, seats: int = 3) -> str:
    """The subscription that an owner has just bought; Stripe has still to tell of it."""
    owner = desk.stack.person(Role.OWNER)
    wanted = {"plan": "team", "seats": seats}
    desk.asked("POST", f"{BILLED}/checkout", wanted, token="", headers=owner.headers)
    return str(desk.stack.stripe.pay(next(reversed(desk.stack.stripe.kept["checkout"])))["id"])


def a_plan_is_bought_used_and_not_paid(desk: Desk) -> None:
    """And Stripe's portal is opened, members come and go, somebody confirms, somebody wants their money back."""
    with _own_workspace(desk, "bought"):
        stripe = desk.stack.stripe
        subscription = bought(desk, seats=20)
        desk.stack.stripe_told()
        owner, other = desk.stack.person(Role.OWNER), desk.stack.person()
        desk.asked("GET", BILLED, token="", headers=owner.headers)
        desk.asked("POST", f"{BILLED}/portal", token="", headers=owner.headers)
        wanted = {"email": "billed@team.example", "role": "agent"}
        desk.asked("POST", "/v1/invitations", wanted, token="", headers=owner.headers)
        desk.asked("DELETE", f"/v1/people/{other.id}", token="", headers=owner.headers)
        desk.stack.apply_billing()
        for outcome in ("failed", "action_required"):
            stripe.renew(subscription, outcome)
            desk.stack.stripe_told()
        stripe.settle(subscription)
        dispute = stripe.open_dispute(next(reversed(stripe.kept["customer"])))
        desk.stack.stripe_told()
        stripe.close_dispute(dispute["id"])
        desk.stack.stripe_told()
        desk.stack.mailed()


def what_stripe_told_is_applied_late(desk: Desk) -> None:
    """The queue never brought it, and an hour later somebody looks; a day later, whether the copy is still true."""
    with _own_workspace(desk, "late"):
        subscription = bought(desk)
        desk.stack.stripe_told()
        desk.stack.stripe.renew(subscription, "failed")
        for event in desk.stack.stripe.events:
            desk.stack.stripe_says(event)
        desk.stack.stripe.events.clear()
        for _ in range(2):
            desk.stack.billing_missed()
            desk.stack.call("billing_reconciliation", {})


def an_event_of_nobodys(desk: Desk) -> None:
    """Twice: the second time it is there; and one that is not signed."""
    event = desk.stack.stripe.tell("invoice.paid", {"id": "in_1", "object": "invoice", "customer": "cus_nobodys"})
    desk.stack.stripe.events.clear()
    for _ in range(2):
        desk.stack.stripe_says(event)
    desk.stack.stripe_says(event, signed="t=1,v1=0")
    desk.stack.apply_billing()


BILLING = (a_plan_is_bought_used_and_not_paid, what_stripe_told_is_applied_late, an_event_of_nobodys)
