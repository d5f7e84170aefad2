"""What a workspace pays for: bought on Stripe's page, copied when Stripe tells of it, and what follows from it here."""

from datetime import timedelta
from typing import Any

import pytest

from bench.people import SignedIn
from letterlock.domain.billing import GRACE
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import wiring
from tests.handlers.stack import Stack
from tests.handlers.test_api_refusals import assert_problem

MAIL = b"From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"
TEAM = {"plan": "team", "seats": 3}


def ask(stack: Stack, who: SignedIn, method: str, path: str, body: Any = None, **headers: str) -> Any:
    sent = who.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    return stack.api(method, path, body, token="", headers=sent)


@pytest.fixture(name="owner")
def _owner(stack: Stack) -> SignedIn:
    stack.bills()
    return stack.person(Role.OWNER)


def standing(stack: Stack, who: SignedIn) -> dict[str, Any]:
    status, said, _ = ask(stack, who, "GET", "/v1/billing")
    assert status == 200, said
    return dict(said)


def checkout(stack: Stack, owner: SignedIn, **more: Any) -> str:
    """The id of Stripe's page."""
    key = f"order-{len(stack.stripe.changed)}"
    status, said, _ = ask(stack, owner, "POST", "/v1/billing/checkout", TEAM | more, Idempotency_Key=key)
    assert status == 201, said
    return str(said["url"].rpartition("/")[2])


def subscribed(stack: Stack, owner: SignedIn, **more: Any) -> str:
    subscription = str(stack.stripe.pay(checkout(stack, owner, **more))["id"])
    stack.stripe_told()
    return subscription


def later(stack: Stack, monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    now = wiring.now
    monkeypatch.setattr(wiring, "now", lambda: now() + time)
    stack.restart()


def invite(stack: Stack, who: SignedIn, name: str, **headers: str) -> Any:
    return ask(stack, who, "POST", "/v1/invitations", {"email": f"{name}@team.example", "role": "agent"}, **headers)


# ---- not charged ----------------------------------------------------------------------------------------------------


def test_where_the_operator_charges_for_nothing_everybody_has_everything(stack: Stack) -> None:
    owner = stack.person(Role.OWNER)
    said = standing(stack, owner)
    assert (said["plan"], said["status"], said["seats"], said["mailboxes"]) == (
        "everything",
        None,
        {"used": 1, "paid": None},
        None,
    )
    for name in "abcdef":
        assert invite(stack, owner, name)[0] == 201
    assert stack.stripe.kept.get("customer") is None


def test_a_workspace_that_was_read_only_has_everything_once_nothing_is_charged(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.stripe.renew(subscribed(stack, owner), "failed")
    stack.stripe_told()
    later(stack, monkeypatch, GRACE)
    assert invite(stack, owner, "ben")[0] == 402
    stack.bills("false")
    assert invite(stack, owner, "ben")[0] == 201
    assert standing(stack, owner)["plan"] == "everything"


# ---- buying ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_bought_on_stripes_page_and_pending_until_stripe_tells(stack: Stack, owner: SignedIn) -> None:
    assert standing(stack, owner)["status"] == "none"
    page = checkout(stack, owner)
    assert standing(stack, owner)["status"] == "pending"
    stack.stripe.pay(page)
    assert standing(stack, owner)["status"] == "pending"
    stack.stripe_told()
    said = standing(stack, owner)
    assert (said["plan"], said["status"], said["seats"]["paid"], said["read_only"]) == ("team", "trialing", 3, False)
    assert said["trial_end"] is not None


def test_what_is_asked_for_under_one_key_is_one_page(stack: Stack, owner: SignedIn) -> None:
    pages = {ask(stack, owner, "POST", "/v1/billing/checkout", TEAM, Idempotency_Key="k")[1]["url"] for _ in range(3)}
    assert len(pages) == len(stack.stripe.kept["checkout"]) == 1
    other = ask(stack, owner, "POST", "/v1/billing/checkout", TEAM | {"seats": 9}, Idempotency_Key="k")
    assert_problem(other, 409, "conflict")


def test_who_opens_stripes_pages_is_in_the_audit_log_each_page_once(stack: Stack, owner: SignedIn) -> None:
    for _ in range(2):
        ask(stack, owner, "POST", "/v1/billing/checkout", TEAM, Idempotency_Key="k")
    (page,) = stack.stripe.kept["checkout"]
    stack.stripe.pay(page)
    stack.stripe_told()
    for _ in range(2):
        ask(stack, owner, "POST", "/v1/billing/portal", Idempotency_Key="p")
    _, said, _ = ask(stack, owner, "GET", "/v1/audit")
    opened = [each for each in said["entries"] if each["act"] in ("checkout_opened", "portal_opened")]
    assert sorted((each["act"], each["actor"], each["subject"], each["after"]) for each in opened) == [
        ("checkout_opened", owner.id, page, "team, 3 seats"),
        ("portal_opened", owner.id, next(iter(stack.stripe.kept["customer"])), None),
    ]


def test_of_two_pages_only_the_newer_takes_a_payment(stack: Stack, owner: SignedIn) -> None:
    first, second = checkout(stack, owner), checkout(stack, owner)
    assert stack.stripe.checkout(first)["status"] == "expired"
    stack.stripe.pay(second)
    stack.stripe_told()
    assert standing(stack, owner)["status"] == "trialing"


def test_nobody_buys_twice(stack: Stack, owner: SignedIn) -> None:
    stack.stripe.pay(checkout(stack, owner))  # Stripe has not told of it yet
    assert_problem(ask(stack, owner, "POST", "/v1/billing/checkout", TEAM), 409, "rule-broken")
    stack.stripe_told()
    assert_problem(ask(stack, owner, "POST", "/v1/billing/checkout", TEAM), 409, "rule-broken")
    assert len(stack.stripe.kept["subscription"]) == 1


def test_a_page_on_which_nobody_pays_leaves_everything_as_it_was(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout(stack, owner)
    later(stack, monkeypatch, timedelta(days=1, minutes=1))
    stack.billing_missed()
    assert stack.call("billing_reconciliation", {})["BillingDrifted"] == 0
    assert standing(stack, owner)["status"] == "none"


@pytest.mark.parametrize(
    "body",
    [{}, {"plan": "team"}, TEAM | {"seats": 0}, TEAM | {"seats": 51}, TEAM | {"seats": 1e9}, TEAM | {"plan": "free"},
     TEAM | {"plan": "everything"}, TEAM | {"plan": "gold"}, TEAM | {"card": "4242"}, TEAM | {"seats": "many"}],
    ids=str,
)  # fmt: skip
def test_an_order_that_cannot_be_is_refused_and_stripe_hears_of_none(
    stack: Stack, owner: SignedIn, body: dict[str, Any]
) -> None:
    assert_problem(ask(stack, owner, "POST", "/v1/billing/checkout", body), 400, "invalid")
    assert stack.stripe.changed == []


def test_fewer_seats_than_are_taken_are_not_sold(stack: Stack, owner: SignedIn) -> None:
    stack.person()
    assert_problem(ask(stack, owner, "POST", "/v1/billing/checkout", TEAM | {"seats": 1}), 400, "invalid")


def test_only_an_owner_who_is_signed_in_buys_and_a_token_reads_at_most(stack: Stack, owner: SignedIn) -> None:
    admin = stack.person(Role.ADMIN)
    for path in ("checkout", "portal"):
        body = TEAM if path == "checkout" else None
        assert ask(stack, admin, "POST", f"/v1/billing/{path}", body)[0] == 403
        assert (
            stack.api("POST", f"/v1/billing/{path}", body, token=stack.token_with(frozenset(Scope), Role.OWNER))[0]
            == 403
        )
    assert stack.api("GET", "/v1/billing", token=stack.token_with(frozenset({Scope.PEOPLE_READ})))[0] == 200
    assert stack.stripe.changed == []


def test_the_portal_opens_once_something_was_bought(stack: Stack, owner: SignedIn) -> None:
    assert_problem(ask(stack, owner, "POST", "/v1/billing/portal"), 409, "rule-broken")
    subscribed(stack, owner)
    status, said, _ = ask(stack, owner, "POST", "/v1/billing/portal")
    assert status == 201
    assert said["url"].startswith(stack.stripe.pages)


def test_a_customer_that_was_deleted_at_stripe_can_buy_again_and_has_no_second_trial(
    stack: Stack, owner: SignedIn
) -> None:
    subscription = subscribed(stack, owner)
    stack.stripe.end(subscription)
    stack.stripe.delete_customer(next(iter(stack.stripe.kept["customer"])))
    stack.stripe_told()
    assert standing(stack, owner)["status"] == "canceled"
    subscribed(stack, owner)
    said = standing(stack, owner)
    assert (said["status"], said["trial_end"], said["read_only_from"]) == ("active", None, None)


# ---- Stripe is down -------------------------------------------------------------------------------------------------


def test_where_stripe_is_down_nothing_is_half_done_and_the_same_again_works(stack: Stack, owner: SignedIn) -> None:
    stack.stripe.down = True
    assert_problem(ask(stack, owner, "POST", "/v1/billing/checkout", TEAM, Idempotency_Key="k"), 503, "unavailable")
    assert standing(stack, owner)["status"] == "none"
    stack.stripe.down = False
    assert ask(stack, owner, "POST", "/v1/billing/checkout", TEAM, Idempotency_Key="k")[0] == 201
    assert [len(stack.stripe.kept[kind]) for kind in ("customer", "checkout")] == [1, 1]


def test_an_event_that_comes_while_stripe_is_down_waits_and_the_api_says_pending(stack: Stack, owner: SignedIn) -> None:
    stack.stripe.pay(checkout(stack, owner))
    told, stack.stripe.events[:] = list(stack.stripe.events), []
    for event in told:
        assert stack.stripe_says(event)[0] == 200
    stack.stripe.down = True
    assert len(stack.apply_billing()) == 3
    assert standing(stack, owner)["status"] == "pending"
    stack.stripe.down = False
    stack.billing_missed()
    assert stack.call("billing_reconciliation", {})["StripeEventsAppliedLate"] == 3
    assert standing(stack, owner)["status"] == "trialing"


# ---- seats ----------------------------------------------------------------------------------------------------------


def test_an_invitation_takes_a_seat_and_where_none_is_free_it_is_402(stack: Stack, owner: SignedIn) -> None:
    assert invite(stack, owner, "ben")[0] == 201
    assert_problem(invite(stack, owner, "cleo"), 402, "plan-limit")
    subscribed(stack, owner)
    assert invite(stack, owner, "cleo")[0] == 201
    assert_problem(invite(stack, owner, "dora"), 402, "plan-limit")
    assert standing(stack, owner)["seats"] == {"used": 3, "paid": 3}


def test_an_invitation_for_the_last_seat_sent_again_under_its_key_is_that_invitation(
    stack: Stack, owner: SignedIn
) -> None:
    first = invite(stack, owner, "ben", Idempotency_Key="k")
    again = invite(stack, owner, "ben", Idempotency_Key="k")
    assert (first[0], again[0], again[1]["id"]) == (201, 201, first[1]["id"])


def test_a_revoked_invitation_gives_its_seat_back(stack: Stack, owner: SignedIn) -> None:
    made = invite(stack, owner, "ben")[1]["id"]
    assert invite(stack, owner, "cleo")[0] == 402
    assert ask(stack, owner, "DELETE", f"/v1/invitations/{made}")[0] == 204
    assert invite(stack, owner, "cleo")[0] == 201


def test_who_leaves_gives_their_seat_back_prorated_and_once(stack: Stack, owner: SignedIn) -> None:
    other = stack.person()
    subscription = subscribed(stack, owner)
    assert ask(stack, owner, "DELETE", f"/v1/people/{other.id}")[0] == 204
    told = [each for each in stack.relay() if each["detail-type"] == "PersonRemoved"]
    for _ in range(2):
        stack.handed(told, "billing_events")
    assert stack.stripe.kept["subscription"][subscription]["items"]["data"][0]["quantity"] == 1
    assert stack.stripe.changed.count(f"/v1/subscriptions/{subscription}") == 1
    assert standing(stack, owner)["seats"] == {"used": 1, "paid": 1}


def test_more_members_than_seats_are_paid_for_a_day_later_at_most(stack: Stack, owner: SignedIn) -> None:
    subscription = subscribed(stack, owner)
    for _ in range(3):
        stack.person()
    stack.billing_missed()
    stack.call("billing_reconciliation", {})
    assert stack.stripe.kept["subscription"][subscription]["items"]["data"][0]["quantity"] == 4
    assert standing(stack, owner)["seats"] == {"used": 4, "paid": 4}


def test_a_plan_has_as_many_mailboxes_as_its_line_in_the_table_says(stack: Stack, owner: SignedIn) -> None:
    wanted = {"address": "second@acme.example"}
    assert_problem(ask(stack, owner, "POST", "/v1/mailboxes", wanted), 402, "plan-limit")
    subscribed(stack, owner)
    assert ask(stack, owner, "POST", "/v1/mailboxes", wanted)[0] == 201


# ---- not paying -----------------------------------------------------------------------------------------------------


def test_a_payment_that_fails_changes_nothing_for_two_weeks_then_the_workspace_is_read_only_until_it_is_paid(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = subscribed(stack, owner)
    stack.mailed()
    stack.stripe.renew(subscription, "failed")
    stack.stripe_told()
    said = standing(stack, owner)
    assert (said["status"], said["read_only"]) == ("past_due", False)
    assert invite(stack, owner, "ben")[0] == 201
    later(stack, monkeypatch, GRACE)
    assert standing(stack, owner)["read_only"] is True
    assert_problem(invite(stack, owner, "cleo"), 402, "read-only")
    stack.stripe.settle(subscription)
    stack.stripe_told()
    said = standing(stack, owner)
    assert (said["status"], said["read_only"], said["read_only_from"]) == ("active", False, None)
    assert invite(stack, owner, "cleo")[0] == 201


def test_a_second_invoice_that_is_not_paid_gives_no_further_two_weeks(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = subscribed(stack, owner)
    stack.stripe.renew(subscription, "failed")
    stack.stripe_told()
    first = standing(stack, owner)["read_only_from"]
    later(stack, monkeypatch, timedelta(days=30))
    stack.stripe.renew(subscription, "failed")
    stack.stripe_told()
    said = standing(stack, owner)
    assert (said["read_only"], said["read_only_from"]) == (True, first)


def test_a_read_only_workspace_still_gets_its_mail_and_shows_it_and_keeps_itself_safe(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = stack.person()
    stack.stripe.renew(subscribed(stack, owner), "failed")
    stack.stripe_told()
    later(stack, monkeypatch, GRACE)
    stack.mail(MAIL)
    [card] = stack.api("GET", "/v1/conversations")[1]["conversations"]
    path = f"/v1/conversations/{card['id']}"
    assert stack.api("GET", path)[0] == 200
    for method, what, body in (
        ("POST", "/replies", {"text": "Soon."}),
        ("POST", "/notes", {"text": "Hm."}),
        ("PUT", "/assignee", {"assignee": "me"}),
        ("PUT", "/status", {"status": "closed"}),
    ):
        assert_problem(stack.api(method, path + what, body), 402, "read-only")
    assert_problem(ask(stack, owner, "POST", "/v1/mailboxes", {"address": "b@acme.example"}), 402, "read-only")
    assert ask(stack, owner, "PATCH", f"/v1/people/{other.id}", {"role": "viewer"})[0] == 200
    assert ask(stack, owner, "DELETE", f"/v1/people/{other.id}")[0] == 204
    assert ask(stack, owner, "POST", "/v1/billing/portal")[0] == 201
    assert ask(stack, owner, "DELETE", "/v1/credentials")[0] == 204


def test_the_owners_are_told_of_each_change_once_and_nobody_else_is(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.person()
    subscription = subscribed(stack, owner)
    assert stack.mailed() == []
    stack.stripe.renew(subscription, "failed")
    stack.stripe_told()
    assert [words(each) for each in stack.mailed()] == ["failed"]
    stack.stripe.renew(subscription, "action_required")
    stack.stripe_told()
    assert [words(each) for each in stack.mailed()] == ["bank wants"]
    later(stack, monkeypatch, GRACE)
    stack.billing_missed()
    for _ in range(2):
        stack.call("billing_reconciliation", {})
    assert [words(each) for each in stack.mailed()] == ["can be read"]
    stack.stripe.settle(subscription)
    stack.stripe_told()
    assert [words(each) for each in stack.mailed()] == ["Thank you"]


def words(text: str) -> str:
    known = ("can be read", "Thank you", "bank wants", "failed", "disputed", "back. Nothing", "has ended", "is over")
    return next((each for each in known if each in text), text)


def test_a_dispute_is_told_of_and_forgotten_when_it_is_closed(stack: Stack, owner: SignedIn) -> None:
    subscribed(stack, owner)
    stack.mailed()
    dispute = stack.stripe.open_dispute(next(iter(stack.stripe.kept["customer"])))
    stack.stripe_told()
    assert [words(each) for each in stack.mailed()] == ["back. Nothing"]
    assert disputes(stack) == [dispute["id"]]
    stack.stripe.close_dispute(dispute["id"])
    stack.stripe_told()
    assert (disputes(stack), stack.mailed()) == ([], [])


def disputes(stack: Stack) -> list[str]:
    [account] = [item for item in stack.items("BillingTable") if item["sk"]["S"] == "ACCOUNT"]
    return sorted(account.get("disputes", {"SS": []})["SS"])


@pytest.mark.parametrize(("ends", "status", "told"), [("end", "canceled", "has ended"), ("pause", "paused", "is over")])
def test_what_ends_goes_on_for_two_weeks(
    stack: Stack, owner: SignedIn, monkeypatch: pytest.MonkeyPatch, ends: str, status: str, told: str
) -> None:
    subscription = subscribed(stack, owner)
    getattr(stack.stripe, ends)(subscription)
    stack.stripe_told()
    said = standing(stack, owner)
    assert (said["status"], said["plan"], said["read_only"]) == (status, "team", False)
    assert [words(each) for each in stack.mailed()] == [told]
    later(stack, monkeypatch, GRACE)
    assert standing(stack, owner)["read_only"] is True


# ---- drift ----------------------------------------------------------------------------------------------------------


def test_what_no_event_told_of_is_found_within_a_day_and_mended_and_rings(
    stack: Stack, owner: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = subscribed(stack, owner)
    stack.stripe.set_quantity(subscription, 9)
    stack.stripe.events.clear()
    assert stack.call("billing_reconciliation", {})["BillingAccountsLookedAt"] == 0
    stack.billing_missed()
    assert stack.call("billing_reconciliation", {})["BillingDrifted"] == 1
    assert standing(stack, owner)["seats"]["paid"] == 9
    [line] = [each for each in caplog.records if each.getMessage() == "billing drifted"]
    assert vars(line)["drifted"] == (stack.workspace,)
    stack.billing_missed()
    assert stack.call("billing_reconciliation", {})["BillingDrifted"] == 0


def test_a_second_subscription_of_one_customer_rings(stack: Stack, owner: SignedIn) -> None:
    subscription = subscribed(stack, owner)
    [kept] = stack.stripe.kept["subscription"].values()
    stack.stripe.kept["subscription"]["sub_second"] = kept | {"id": "sub_second", "created": kept["created"] + 1}
    stack.billing_missed()
    assert stack.call("billing_reconciliation", {})["BillingDoubled"] == 1
    assert subscription
