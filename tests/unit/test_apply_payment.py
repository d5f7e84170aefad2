"""How things stand at Stripe is copied; the order and the number of its events decide nothing."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.billing import (
    APPLIED,
    GRACE,
    BillingAccount,
    Paid,
    SeenCustomer,
    SeenSubscription,
    StripeEvent,
    allowance,
)
from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.errors import Stale, Unavailable
from letterlock.domain.facts import PaymentActionRequired, PaymentDisputed, SubscriptionChanged, WorkspaceReadOnly
from letterlock.domain.plans import FREE, PLANS
from letterlock.services.apply_payment import Applied, ApplyPayment, LookAtStripe
from letterlock.services.billing_ports import SeenDispute
from letterlock.services.follow_seats import FollowSeats
from letterlock.services.reconcile_billing import ReconcileBilling
from letterlock.services.take_stripe_event import TakeStripeEvent
from tests.fakes.billing import FakeBilling, FakePayments, FakeSeats
from tests.fakes.clock import START, FakeClock, FakeIds

WORKSPACE = "wsp_01JAB3C4D5E6F7G8H9J0KMNPQR"
CUSTOMER = "cus_1"
ACTIVE = SeenSubscription("sub_1", "si_1", BillingStatus.ACTIVE, "team", 3, START)


class Office:
    def __init__(self) -> None:
        self.clock = FakeClock()
        ids = FakeIds(self.clock)
        self.payments, self.billing, self.seats = FakePayments(), FakeBilling(self.clock), FakeSeats(1)
        self.stands()
        self.billing.save(BillingAccount(WORKSPACE, CUSTOMER))
        self.look = LookAtStripe(self.payments, self.billing, ids, self.clock)
        self.apply = ApplyPayment(self.billing, self.payments, self.billing, self.look)
        self.take = TakeStripeEvent(self.billing, ids, self.clock)
        self.follow = FollowSeats(self.payments, self.billing, self.seats, self.look)
        self.reconcile = ReconcileBilling(self.billing, self.billing, self.apply, self.look, self.follow)

    def stands(self, *subscriptions: SeenSubscription) -> None:
        self.payments.customers[CUSTOMER] = SeenCustomer(CUSTOMER, subscriptions)

    def told(self, kind: str = "invoice.paid", subject: str = "in_1", customer: str = CUSTOMER, **more: str) -> str:
        event = more.get("id", "evt_1")
        self.take(StripeEvent(event, kind, subject, customer, START))
        return event

    @property
    def paid(self) -> Paid:
        return self.billing.copies[WORKSPACE].paid

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(each.before, each.status) for each in self.billing.told if isinstance(each, SubscriptionChanged)]


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


def test_whatever_event_it_is_the_copy_is_what_stripe_says(office: Office) -> None:
    office.stands(ACTIVE)
    for number, kind in enumerate(sorted(APPLIED - {each for each in APPLIED if "dispute" in each})):
        assert office.apply(office.told(kind, id=f"evt_{number}")) is Applied.COPIED
        assert (office.paid.status, office.paid.plan, office.paid.seats) == (BillingStatus.ACTIVE, "team", 3)
    assert office.changes == [("none", "active")]
    assert office.billing.waits == {}


def test_an_event_of_a_customer_that_is_not_ours_is_done_with(office: Office) -> None:
    assert office.apply(office.told(customer="cus_another")) is Applied.NOBODYS
    assert office.billing.waits == {}
    assert office.apply("evt_never") is Applied.GONE


def test_an_event_that_nobody_applies_waits_for_nobody(office: Office) -> None:
    office.told("payout.paid")
    assert office.billing.waits == {}
    assert office.billing.told == []


def test_who_asked_stripe_before_somebody_stored_more_asks_again(office: Office) -> None:
    """The slower one has seen an older state, and must not put it over the newer one."""
    office.stands(ACTIVE)
    newer = replace(ACTIVE, status=BillingStatus.PAST_DUE, unpaid_since=START)

    def overtaken() -> None:
        office.payments.before_look = lambda: None
        office.stands(newer)
        office.apply(office.told(id="evt_2"))

    office.payments.before_look = overtaken
    office.apply(office.told(id="evt_1"))
    assert office.paid.status is BillingStatus.PAST_DUE


def test_a_state_that_stands_again_is_not_overwritten_by_one_in_between(office: Office) -> None:
    """The faster one finds what was stored before, and stores it all the same: else the slower one would win."""
    office.stands(ACTIVE)
    office.apply(office.told(id="evt_0"))
    office.stands(replace(ACTIVE, status=BillingStatus.PAST_DUE, unpaid_since=START))

    def overtaken() -> None:
        office.payments.before_look = lambda: None
        office.stands(ACTIVE)
        office.apply(office.told(id="evt_2"))

    office.payments.before_look = overtaken
    office.apply(office.told(id="evt_1"))
    assert office.paid.status is BillingStatus.ACTIVE


def test_who_never_gets_a_turn_comes_again_later(office: Office) -> None:
    office.payments.before_look = lambda: office.billing.save(office.billing.copies[WORKSPACE])
    with pytest.raises(Stale):
        office.apply(office.told())
    assert list(office.billing.waits) == ["evt_1"]


def test_while_stripe_is_down_an_event_waits_and_then_is_swept_up(office: Office) -> None:
    office.stands(ACTIVE)
    event = office.told()
    office.payments.down = True
    with pytest.raises(Unavailable):
        office.apply(event)
    office.payments.down = False
    assert office.reconcile("run", lambda: False).events == 0
    office.clock.passes(minutes=16)
    assert office.reconcile("run", lambda: False).events == 1
    assert office.paid.status is BillingStatus.ACTIVE


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_any_number_of_events_ends_alike(seed: int) -> None:
    office, chance = Office(), random.Random(seed)
    history = [
        ACTIVE,
        replace(ACTIVE, status=BillingStatus.PAST_DUE, unpaid_since=START),
        replace(ACTIVE, seats=5),
    ]
    events = []
    for number, seen in enumerate(history):
        office.stands(seen)
        events += [
            office.told(kind, id=f"evt_{number}_{at}")
            for at, kind in enumerate(sorted(APPLIED))
            if "dispute" not in kind
        ]
        for event in chance.sample(events, 4):
            office.apply(event)
    again = events * 2
    chance.shuffle(again)
    for event in again:
        office.apply(event)
    assert (office.paid.status, office.paid.seats) == (BillingStatus.ACTIVE, 5)
    assert office.changes[-1][1] == "active"
    assert {before for before, _ in office.changes} <= {"none", "active", "past_due"}


# ---- what it means --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "since"),
    [
        (
            replace(ACTIVE, status=BillingStatus.PAST_DUE, unpaid_since=START + timedelta(days=3)),
            START + timedelta(days=3),
        ),
        (replace(ACTIVE, status=BillingStatus.PAUSED, trial_end=START + timedelta(days=4)), START + timedelta(days=4)),
        (replace(ACTIVE, status=BillingStatus.CANCELED, ended_at=START + timedelta(days=5)), START + timedelta(days=5)),
    ],
)
def test_two_weeks_are_counted_from_what_stripe_says_not_from_when_we_heard(
    office: Office, seen: SeenSubscription, since: object
) -> None:
    office.stands(seen)
    office.clock.passes(minutes=60)
    office.apply(office.told())
    end = office.paid.read_only_from
    assert end is not None
    assert end - GRACE == since
    assert allowance(office.paid, end - timedelta(seconds=1), billed=True).read_only is False
    assert allowance(office.paid, end, billed=True).read_only is True
    assert allowance(office.paid, end, billed=False).read_only is False


def test_what_a_workspace_may_is_the_lesser_of_what_it_pays_for_and_its_plan() -> None:
    most = PLANS["team"].seats or 0
    for seats, may in ((3, 3), (most + 1, most)):
        assert allowance(Paid(BillingStatus.ACTIVE, "team", seats), START, billed=True).seats == may
    for paid in (None, Paid(BillingStatus.NONE), Paid(BillingStatus.PENDING, "team", 9)):
        assert allowance(paid, START, billed=True).seats == FREE.seats
    assert allowance(Paid(BillingStatus.ACTIVE, "a plan that is no more", 9), START, billed=True).plan is FREE


def test_of_several_subscriptions_the_one_that_gives_most_counts_and_the_others_are_named(office: Office) -> None:
    ended = replace(ACTIVE, id="sub_0", status=BillingStatus.CANCELED, ended_at=START)
    late = replace(ACTIVE, id="sub_2", status=BillingStatus.PAST_DUE, unpaid_since=START)
    for order in ((ended, ACTIVE, late), (late, ended, ACTIVE)):
        office.stands(*order)
        look = office.look(WORKSPACE, "evt_1")
        assert (look.after.subscription, [each.id for each in look.extra]) == ("sub_1", ["sub_2"])


def test_a_customer_that_is_gone_pays_for_nothing_any_more(office: Office) -> None:
    office.stands(ACTIVE)
    office.apply(office.told())
    del office.payments.customers[CUSTOMER]
    office.apply(office.told("customer.deleted", CUSTOMER, id="evt_2"))
    assert (office.paid.status, office.paid.plan) == (BillingStatus.CANCELED, "team")
    first = office.paid.read_only_from
    office.clock.passes(minutes=90)
    office.apply(office.told("customer.deleted", CUSTOMER, id="evt_3"))
    assert office.paid.read_only_from == first


def test_a_payment_that_somebody_must_confirm_is_told_once_and_forgotten_when_paid(office: Office) -> None:
    office.stands(replace(ACTIVE, status=BillingStatus.PAST_DUE, unpaid_since=START))
    office.payments.waiting.add("in_1")
    for number in range(2):
        office.apply(office.told("invoice.payment_action_required", id=f"evt_{number}"))
    assert office.paid.needs_action is True
    assert office.billing.told.count(PaymentActionRequired(WORKSPACE)) == 1
    office.stands(ACTIVE)
    office.apply(office.told("invoice.payment_action_required", id="evt_late"))
    assert office.paid.needs_action is False


def test_a_dispute_is_told_once_whatever_order_its_events_come_in(office: Office) -> None:
    office.stands(ACTIVE)
    office.payments.disputes["du_1"] = SeenDispute(CUSTOMER, open=True)
    for number, kind in enumerate(("updated", "created")):
        office.apply(office.told(f"charge.dispute.{kind}", "du_1", "", id=f"evt_{number}"))
    assert office.billing.told.count(PaymentDisputed(WORKSPACE)) == 1
    office.payments.disputes["du_1"] = SeenDispute(CUSTOMER, open=False)
    for number, kind in enumerate(("closed", "created")):
        office.apply(office.told(f"charge.dispute.{kind}", "du_1", "", id=f"evt_late_{number}"))
    assert office.billing.copies[WORKSPACE].disputes == frozenset()
    assert office.billing.told.count(PaymentDisputed(WORKSPACE)) == 1


def test_that_the_time_is_over_is_told_once(office: Office) -> None:
    office.stands(replace(ACTIVE, status=BillingStatus.PAST_DUE, unpaid_since=START))
    office.apply(office.told())
    office.clock.passes(minutes=int(GRACE.total_seconds() // 60))
    for _ in range(2):
        office.look(WORKSPACE, "run")
    assert office.billing.told.count(WorkspaceReadOnly(WORKSPACE)) == 1


# ---- seats ----------------------------------------------------------------------------------------------------------


def followed(office: Office, used: int, *, freed: bool, cause: str = "fct_1") -> int | None:
    office.seats.taken = used
    return office.follow(WORKSPACE, cause, freed=freed)


def test_seats_follow_members_both_ways_but_spare_ones_stay_until_somebody_leaves(office: Office) -> None:
    office.stands(ACTIVE)
    office.apply(office.told())
    assert followed(office, 2, freed=False) is None
    assert followed(office, 5, freed=False, cause="fct_2") == 5
    assert followed(office, 2, freed=True, cause="fct_3") == 2
    assert followed(office, 0, freed=True, cause="fct_4") == 1
    assert office.paid.seats == 1


def test_the_same_cause_asks_stripe_for_the_same_once(office: Office) -> None:
    office.stands(ACTIVE)
    office.apply(office.told())
    for _ in range(3):
        followed(office, 5, freed=False)
    assert list(office.payments.asked) == ["fct_1 5"]


@pytest.mark.parametrize(
    "status", [BillingStatus.NONE, BillingStatus.PENDING, BillingStatus.PAUSED, BillingStatus.CANCELED]
)
def test_what_is_not_paid_for_by_seat_is_left_alone(office: Office, status: BillingStatus) -> None:
    office.stands(replace(ACTIVE, status=status))
    office.apply(office.told())
    assert followed(office, 9, freed=False) is None
    assert office.payments.asked == {}


# ---- held against Stripe once a day ---------------------------------------------------------------------------------


def test_a_copy_is_held_against_stripe_once_a_day_and_what_drifted_is_named_once(office: Office) -> None:
    office.stands(ACTIVE)
    office.apply(office.told())
    office.stands(replace(ACTIVE, seats=7))
    assert office.reconcile("run", lambda: False).accounts == 0
    office.clock.passes(minutes=24 * 60)
    assert office.reconcile("run", lambda: False).drifted == (WORKSPACE,)
    office.clock.passes(minutes=24 * 60)
    found = office.reconcile("run", lambda: False)
    assert (found.accounts, found.drifted, found.doubled) == (1, (), ())


def test_a_run_whose_time_is_up_leaves_the_rest_to_the_next_one(office: Office) -> None:
    office.told()
    office.clock.passes(minutes=24 * 60)
    found = office.reconcile("run", lambda: True)
    assert (found.events, found.accounts) == (0, 0)
    assert list(office.billing.waits) == ["evt_1"]
