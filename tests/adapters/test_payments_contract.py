"""What Stripe has to do for us: the fake, Stripe's stand-in, the same over HTTP, and Stripe itself in its test mode.

Stripe itself only with `STRIPE_API_KEY` set, a key of its test mode. It needs no more than that, but for one thing that
its API has no door for: the customer portal's default settings have been saved once, in the dashboard.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import stripe

from bench.stripe_wire import InProcess
from letterlock.adapters.outgoing_http import OutgoingHttp
from letterlock.adapters.stripe_http import BoundedClient
from letterlock.adapters.stripe_payments import StripePayments
from letterlock.adapters.stripe_version import API_VERSION
from letterlock.domain.billing import SeenCustomer, SeenSubscription
from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.errors import Conflict, NotFound, Unavailable
from letterlock.domain.plans import PLANS
from letterlock.services.billing_ports import (
    BillingContact,
    CustomerId,
    DisputeId,
    ItemId,
    Key,
    Order,
    Page,
    PageUrl,
    Payments,
    Seats,
    SessionId,
    SubscriptionId,
    WorkspaceId,
)
from local.ports import free_ports
from local.servers import Servers
from local.settings import HOST
from local.stripe.server import StripeServer
from local.stripe.stand_in import StandIn
from tests.fakes import START
from tests.fakes.billing import FakePayments

WORKSPACE = WorkspaceId("wsp_0")
TEAM = PLANS["team"]
BACK = PageUrl("https://app.acme.example/billing")
SECONDS = 20.0
NOBODY = CustomerId("cus_nobody")


@dataclass
class Shop:
    """`pays`: somebody does, for that order on that page. `closed`: the same with nobody behind it who answers."""

    payments: Payments
    pays: Callable[[Order, Page], object]
    closed: Callable[[], Payments]

    def customer(self) -> CustomerId:
        contact = BillingContact(f"owner-{uuid4().hex}@acme.example")
        return self.payments.create_customer(WORKSPACE, contact, Key(uuid4().hex))

    def bought(self, seats: int = 3) -> CustomerId:
        order = Order(WORKSPACE, self.customer(), TEAM, Seats(seats), trial=True, back=BACK)
        self.pays(order, self.payments.open_checkout(order, Key(uuid4().hex)))
        return order.customer


def _fake(_path: Path) -> Iterator[Shop]:
    fake = FakePayments()

    def pays(order: Order, _page: Page) -> None:
        one = SeenSubscription(
            "sub_1", "si_1", BillingStatus.TRIALING, order.plan.id, order.seats, START, trial_end=START
        )
        fake.customers[order.customer] = SeenCustomer(order.customer, (one,))

    yield Shop(fake, pays, lambda: replace(fake, down=True))


def _stand_in(_path: Path) -> Iterator[Shop]:
    stand_in = StandIn(START.timestamp)
    payments = StripePayments(lambda: "rk_test_nobodys", "https://api.stripe.com", InProcess(stand_in))

    def closed() -> Payments:
        stand_in.down = True
        return payments

    yield Shop(payments, lambda _, page: stand_in.pay(page.session), closed)


def _over_http(path: Path) -> Iterator[Shop]:
    servers, (port, nobody) = Servers(), free_ports(2)
    address = f"http://{HOST}:{port}"
    webhook = f"http://{HOST}:{nobody}/v1/stripe/webhooks"
    servers.start()
    server = StripeServer(address=address, webhook=webhook, secret="whsec_nobodys", path=path / "stripe.json")
    servers.serve_http(server.application(), port)

    def pays(_order: Order, page: Page) -> None:
        with urllib.request.urlopen(page.url, b"", timeout=SECONDS) as answer:  # noqa: S310 - our own
            assert answer.status == 200

    yield Shop(
        StripePayments(lambda: "rk_test_nobodys", address, BoundedClient(OutgoingHttp(SECONDS, local=True))),
        pays,
        lambda: _without(nobody),
    )
    servers.stop()


def _stripe_itself(_path: Path) -> Iterator[Shop]:
    key = os.environ.get("STRIPE_API_KEY", "")
    if not key:
        pytest.skip("STRIPE_API_KEY is not set")
    assert key.startswith(("sk_test_", "rk_test_")), "only a key of Stripe's test mode: here customers are made"
    client = stripe.StripeClient(key, stripe_version=API_VERSION)
    listed = client.v1.prices.list({"lookup_keys": [TEAM.lookup_key], "active": True})
    wanted: Any = {
        "currency": "eur",
        "unit_amount": 1_900,
        "recurring": {"interval": "month"},
        "lookup_key": TEAM.lookup_key,
        "product_data": {"name": "Letterlock, team"},
    }
    price = listed.data[0] if listed.data else client.v1.prices.create(wanted)

    def pays(order: Order, _page: Page) -> None:
        """A browser would do that. A trial begins without a way to pay."""
        item: Any = {"price": price.id, "quantity": int(order.seats)}
        client.v1.subscriptions.create(
            {"customer": order.customer, "items": [item], "trial_period_days": TEAM.trial_days}
        )

    payments = StripePayments(lambda: key, "https://api.stripe.com", BoundedClient(OutgoingHttp(SECONDS)))
    yield Shop(payments, pays, lambda: _without(free_ports(1)[0]))


def _without(port: int) -> Payments:
    return StripePayments(
        lambda: "rk_test_nobodys", f"http://{HOST}:{port}", BoundedClient(OutgoingHttp(1, local=True)), retries=0
    )


@pytest.fixture(
    params=[
        pytest.param(_fake, id="fake"),
        pytest.param(_stand_in, id="stand-in"),
        pytest.param(_over_http, id="over-http", marks=pytest.mark.e2e),
        pytest.param(_stripe_itself, id="stripe", marks=pytest.mark.e2e),
    ]
)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    yield from request.param(tmp_path)


def test_a_customer_who_bought_nothing_has_no_subscription(shop: Shop) -> None:
    customer = shop.customer()
    assert shop.payments.look(customer) == SeenCustomer(customer)


def test_what_was_bought_is_seen_with_its_plan_its_seats_and_its_trial(shop: Shop) -> None:
    one = shop.payments.look(shop.bought(seats=3)).subscription
    assert one is not None
    assert (one.status, one.plan, one.seats) == (BillingStatus.TRIALING, "team", 3)
    assert one.trial_end is not None
    assert one.unpaid_since is None
    assert one.item


def test_seats_that_are_set_are_seen_whichever_way_they_go(shop: Shop) -> None:
    customer = shop.bought(seats=3)
    one = shop.payments.look(customer).subscription
    assert one is not None
    for seats in (5, 2):
        wish = Key(uuid4().hex)
        for _ in range(2):
            shop.payments.set_seats(SubscriptionId(one.id), ItemId(one.item), Seats(seats), wish)
        after = shop.payments.look(customer).subscription
        assert after is not None
        assert (after.id, after.seats) == (one.id, seats)


def test_one_wish_is_one_page_and_another_wish_under_its_key_is_refused(shop: Shop) -> None:
    order = Order(WORKSPACE, shop.customer(), TEAM, Seats(3), trial=True, back=BACK)
    wish = Key(uuid4().hex)
    page = shop.payments.open_checkout(order, wish)
    assert page.url.startswith("http")
    assert page.until is not None
    assert shop.payments.open_checkout(order, wish) == page
    with pytest.raises(Conflict):
        shop.payments.open_checkout(replace(order, seats=Seats(4)), wish)


def test_a_page_is_closed_once_and_closing_it_again_is_no_error(shop: Shop) -> None:
    order = Order(WORKSPACE, shop.customer(), TEAM, Seats(3), trial=True, back=BACK)
    page = shop.payments.open_checkout(order, Key(uuid4().hex))
    for _ in range(2):
        shop.payments.close_checkout(SessionId(page.session))


def test_the_portal_opens_for_a_customer(shop: Shop) -> None:
    assert shop.payments.open_portal(shop.bought(), BACK, Key(uuid4().hex)).url.startswith("http")


def test_nobody_knows_a_customer_who_is_none_or_a_dispute_that_never_was(shop: Shop) -> None:
    assert shop.payments.look(NOBODY) == SeenCustomer(NOBODY)
    with pytest.raises(NotFound):
        shop.payments.open_checkout(Order(WORKSPACE, NOBODY, TEAM, Seats(3), trial=True, back=BACK), Key(uuid4().hex))
    with pytest.raises(NotFound):
        shop.payments.dispute(DisputeId("du_nothing"))


def test_where_nobody_answers_that_is_what_is_said(shop: Shop) -> None:
    customer = shop.customer()
    closed = shop.closed()
    asked: list[Callable[[], object]] = [
        lambda: closed.create_customer(WORKSPACE, BillingContact("owner@acme.example"), Key("k")),
        lambda: closed.look(customer),
        lambda: closed.dispute(DisputeId("du_1")),
        lambda: closed.open_checkout(Order(WORKSPACE, customer, TEAM, Seats(3), trial=True, back=BACK), Key("k")),
        lambda: closed.close_checkout(SessionId("cs_1")),
        lambda: closed.open_portal(customer, BACK, Key("k")),
        lambda: closed.set_seats(SubscriptionId("sub_1"), ItemId("si_1"), Seats(3), Key("k")),
    ]
    for ask in asked:
        with pytest.raises(Unavailable):
            ask()
