"""Stripe's library asks through the one way out."""

import socket

import pytest
import stripe

from letterlock.adapters.outgoing_http import OutgoingHttp
from letterlock.adapters.stripe_http import BoundedClient


def refuses(_address: tuple[str, int], _seconds: float) -> socket.socket:
    raise ConnectionRefusedError


def client(address: str) -> BoundedClient:
    return BoundedClient(OutgoingHttp(5, resolve=lambda _host, _port: [address], connect=refuses))


def test_stripe_that_is_not_reached_is_asked_again_and_nothing_of_the_request_is_told() -> None:
    with pytest.raises(stripe.APIConnectionError) as failed:
        client("93.184.216.34").request("get", "https://api.stripe.com/v1/customers/cus_secret", {})
    assert failed.value.should_retry
    assert str(failed.value) == "NoAnswer"


def test_a_name_of_stripes_that_leads_elsewhere_is_not_called() -> None:
    with pytest.raises(stripe.APIConnectionError) as refused:
        client("10.0.0.1").request("post", "https://api.stripe.com/v1/checkout/sessions", {}, "a=b")
    assert not refused.value.should_retry
