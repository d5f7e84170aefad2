"""Stripe says that something happened: checked, kept, answered. What follows is billing_events' to find out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, Field

from letterlock.entry import billing_wiring
from letterlock.entry.rest import serve
from letterlock.entry.routes import PUBLIC, Api
from letterlock.entry.stripe_webhook import BODY, event_of

api = Api()
app = api.app
metrics = Metrics()
REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""Of these an alarm rings: somebody else sent it, or the signing secret is not the one that Stripe has."""


class ReceivedOut(BaseModel):
    received: bool = True
    new: bool = Field(description="False when it came before")


@api.post(
    "/v1/stripe/webhooks",
    PUBLIC,
    summary="For Stripe: its events",
    description="400 for what Stripe did not sign, for us, within the last five minutes.",
    tags=["billing"],
    openapi_extensions={"requestBody": BODY},
)
def post_event() -> ReceivedOut:
    return ReceivedOut(new=billing_wiring.take_stripe_event()(event_of(app)))


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    answered = serve(api, event, context)
    refused = answered["statusCode"] in REFUSED
    metrics.add_metric(name="StripeEventsRefused", unit=MetricUnit.Count, value=int(refused))
    return answered
