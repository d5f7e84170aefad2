"""Billing over REST: the way to Stripe's pages. How things stand is read in accounts_api, which knows no Stripe."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from letterlock.domain.permissions import Action
from letterlock.entry import billing_wiring
from letterlock.entry.billing_shapes import CheckoutIn, PageOut
from letterlock.entry.conditions import IdempotencyKey
from letterlock.entry.rest import asked, principal, request_id, serve
from letterlock.entry.routes import Api

api = Api()
app = api.app


@api.post(
    "/v1/billing/checkout",
    Action.MANAGE_BILLING,
    summary="Buy a plan: a page of Stripe's, on which it is paid",
    description="Until Stripe says that it was paid, `/v1/billing` says `pending`. An earlier page takes no payment.",
    tags=["billing"],
    status_code=HTTPStatus.CREATED,
)
def post_checkout(wanted: CheckoutIn, key: IdempotencyKey = None) -> PageOut:
    who = principal(app)
    return PageOut.of(billing_wiring.open_checkout()(who, wanted.plan, wanted.seats, _wish(key), asked(app)))


@api.post(
    "/v1/billing/portal",
    Action.MANAGE_BILLING,
    summary="Change what was bought: a page of Stripe's, with cards, seats and invoices",
    tags=["billing"],
    status_code=HTTPStatus.CREATED,
)
def post_portal(key: IdempotencyKey = None) -> PageOut:
    return PageOut.of(billing_wiring.open_portal()(principal(app), _wish(key), asked(app)))


def _wish(key: str | None) -> str:
    """The same for the same request of the same person: Stripe then answers with the same page."""
    return f"{principal(app).id} {key or request_id(app)}"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
