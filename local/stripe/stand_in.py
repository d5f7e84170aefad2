"""What the stand-in keeps, what its API answers, and what happens at it: payments that succeed or fail."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from letterlock.adapters.stripe_version import API_VERSION
from letterlock.domain.plans import SOLD
from local.stripe import objects
from local.stripe.objects import Json

DAY: Final = 86_400
PERIOD: Final = 30 * DAY
CHECKOUT_LASTS: Final = DAY
AMOUNT: Final = 1_900
Answer = tuple[int, Json]


class Refused(Exception):
    """As Stripe refuses: a status, and its error object."""

    def __init__(self, status: int, kind: str, code: str, message: str = "refused") -> None:
        super().__init__(code)
        self.answer: Answer = status, objects.error(kind, code, message)


def missing(what: str) -> Refused:
    return Refused(404, "invalid_request_error", "resource_missing", f"No such {what}")


@dataclass
class StandIn:
    """`now` in seconds. `pages`: where its pages are. `changed`: each request that changed something, by its path."""

    now: Callable[[], float]
    pages: str = "https://checkout.stripe.example"
    kept: dict[str, dict[str, Json]] = field(default_factory=dict)
    """By kind, then by id."""
    events: list[Json] = field(default_factory=list)
    down: bool = False
    changed: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Every query and form that was sent."""
    once: dict[str, tuple[Any, Answer]] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        for plan in SOLD.values():
            made = objects.price(plan.lookup_key, AMOUNT)
            self._of("price")[made["id"]] = made

    # ---- the API ----------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, sent: str, headers: dict[str, str]) -> Answer:
        """`sent`: the query or the form. Stripe API reference, "Idempotent requests", "Errors", "Versioning"."""
        if self.down:
            return 503, objects.error("api_error", "", "unavailable")
        self.heard.append(sent)
        said = {name.lower(): value for name, value in headers.items()}
        if not said.get("authorization", "").startswith("Bearer "):
            return 401, objects.error("invalid_request_error", "", "no key")
        if said.get("stripe-version") != API_VERSION:
            return 400, objects.error("invalid_request_error", "", "another version")
        form, key = _nested(parse_qsl(sent, keep_blank_values=True)), said.get("idempotency-key", "")
        if method.upper() == "GET":
            return self._answered(method, path, form)
        if not key:
            return 400, objects.error("invalid_request_error", "", "a change without an idempotency key")
        return self._once_only(key, method, path, form)

    def _once_only(self, key: str, method: str, path: str, form: Json) -> Answer:
        wish = (path, form)
        if key in self.once:
            before, answer = self.once[key]
            if before != wish:
                return 400, objects.error("idempotency_error", "", "the key came with another request")
            return copy.deepcopy(answer)
        answer = self._answered(method, path, form)
        self.once[key] = wish, copy.deepcopy(answer)
        self.changed.append(path)
        return answer

    def _answered(self, method: str, path: str, form: Json) -> Answer:
        for verb, pattern, name in _ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method.upper() and found:
                try:
                    answer: Json = getattr(self, name)(*found.groups(), form)
                except Refused as refused:
                    return refused.answer
                return 200, copy.deepcopy(answer)
        return 404, objects.error("invalid_request_error", "", "Unrecognized request URL")

    def _create_customer(self, form: Json) -> Json:
        made = objects.customer(self._id("cus"), self._seconds(), form)
        self._of("customer")[made["id"]] = made
        self.tell("customer.created", made)
        return made

    def _list_prices(self, form: Json) -> Json:
        found = [each for each in self._of("price").values() if each["lookup_key"] in form["lookup_keys"]]
        return _list(found, "/v1/prices")

    def _list_subscriptions(self, form: Json) -> Json:
        if form["customer"] not in self._of("customer"):
            raise missing("customer")
        found = [each for each in self._of("subscription").values() if each["customer"] == form["customer"]]
        return _list([self._shown(each, "data.", form) for each in reversed(found)], "/v1/subscriptions")

    def _shown(self, one: Json, prefix: str, form: Json) -> Json:
        """With its invoice, where that was asked for."""
        shown = copy.deepcopy(one)
        if f"{prefix}latest_invoice" in form.get("expand", []) and shown["latest_invoice"]:
            shown["latest_invoice"] = self._of("invoice")[shown["latest_invoice"]]
        return shown

    def _change_subscription(self, id: str, form: Json) -> Json:  # noqa: A002 - the field's own name
        one = self._get("subscription", id)
        for wanted in form.get("items", []):
            item = next((each for each in one["items"]["data"] if each["id"] == wanted["id"]), None)
            if item is None:
                raise missing("subscription item")
            item["quantity"] = int(wanted["quantity"])
        self.tell("customer.subscription.updated", one)
        return one

    def _list_invoices(self, form: Json) -> Json:
        wanted = (form["subscription"], form["status"])
        return _list([each for each in self._of("invoice").values() if (_paid_by(each), each["status"]) == wanted], "")

    def _get_invoice(self, id: str, _form: Json) -> Json:  # noqa: A002
        return self._get("invoice", id)

    def _get_dispute(self, id: str, form: Json) -> Json:  # noqa: A002
        found = copy.deepcopy(self._get("dispute", id))
        if "charge" not in form.get("expand", []):
            found["charge"] = found["charge"]["id"]
        return found

    def _create_checkout(self, form: Json) -> Json:
        if form["customer"] not in self._of("customer"):
            raise missing("customer")
        id = self._id("cs_test")  # noqa: A001 - the field's own name
        made = objects.checkout_session(id, self._seconds(), CHECKOUT_LASTS, form, f"{self.pages}/pay/{id}")
        self._of("checkout")[id] = made
        self._of("order")[id] = form
        return made

    def _expire_checkout(self, id: str, _form: Json) -> Json:  # noqa: A002
        one = self._get("checkout", id)
        if one["status"] != "open":
            raise Refused(400, "invalid_request_error", "", "only open sessions expire")
        one["status"], one["url"] = "expired", None
        self.tell("checkout.session.expired", one)
        return one

    def _create_portal(self, form: Json) -> Json:
        if form["customer"] not in self._of("customer"):
            raise missing("customer")
        id = self._id("bps")  # noqa: A001 - the field's own name
        made = objects.portal_session(id, self._seconds(), form, f"{self.pages}/portal/{id}")
        self._of("portal")[id] = made
        return made

    # ---- what happens at Stripe -------------------------------------------------------------------------------------

    def pay(self, session: str) -> Json:
        """Somebody pays on a checkout page. Raises Refused for one that is over."""
        page, form = self._get("checkout", session), self._get("order", session)
        if page["status"] != "open":
            raise Refused(400, "invalid_request_error", "", "this page is over")
        line, data = form["line_items"][0], form.get("subscription_data", {})
        trial = int(data.get("trial_period_days", 0))
        now = self._seconds()
        ends = now + (trial * DAY if trial else PERIOD)
        item = objects.subscription_item(
            self._id("si"), now, self._get("price", line["price"]), int(line["quantity"]), ends
        )
        made = objects.subscription(
            self._id("sub"), now, page["customer"], item, data.get("metadata", {}), ends if trial else None
        )
        self._of("subscription")[made["id"]] = made
        paid = self._invoice(made, "paid")
        page |= {"status": "complete", "payment_status": "paid", "subscription": made["id"], "url": None}
        self.tell("customer.subscription.created", made)
        self.tell("invoice.paid", paid)
        self.tell("checkout.session.completed", page)
        return made

    def renew(self, subscription: str, outcome: str = "paid") -> Json:
        """Its next period begins: `paid`, `failed`, or `action_required` first."""
        one = self._get("subscription", subscription)
        one["trial_end"] = None if one["status"] == "trialing" and outcome == "paid" else one["trial_end"]
        one["status"] = "active" if outcome == "paid" else "past_due"
        made = self._invoice(one, "paid" if outcome == "paid" else "open")
        if outcome == "action_required":
            made["payments"]["data"] = [objects.payment(self._id("pi"), "requires_action")]
        self.tell("customer.subscription.updated", one)
        kinds = {"paid": "invoice.paid", "failed": "invoice.payment_failed"}
        self.tell(kinds.get(outcome, "invoice.payment_action_required"), made)
        return made

    def fail_again(self, subscription: str) -> Json:
        """The same invoice was tried once more."""
        made = self._get("invoice", self._get("subscription", subscription)["latest_invoice"])
        self.tell("invoice.payment_failed", made)
        return made

    def settle(self, subscription: str) -> Json:
        """What is open is paid after all."""
        one = self._get("subscription", subscription)
        for each in self._of("invoice").values():
            if _paid_by(each) == subscription:
                each["status"] = "paid"
        made = self._get("invoice", one["latest_invoice"])
        made["payments"]["data"] = [objects.payment(self._id("pi"), "succeeded")]
        one["status"] = "active"
        self.tell("customer.subscription.updated", one)
        self.tell("invoice.paid", made)
        return made

    def end(self, subscription: str) -> Json:
        one = self._get("subscription", subscription)
        one |= {"status": "canceled", "ended_at": self._seconds(), "canceled_at": self._seconds()}
        self.tell("customer.subscription.deleted", one)
        return one

    def pause(self, subscription: str) -> Json:
        """A trial ended without a way to pay."""
        one = self._get("subscription", subscription)
        one |= {"status": "paused", "trial_end": self._seconds()}
        self.tell("customer.subscription.paused", one)
        return one

    def set_quantity(self, subscription: str, seats: int) -> Json:
        """In the portal, or by the operator at Stripe."""
        one = self._get("subscription", subscription)
        one["items"]["data"][0]["quantity"] = seats
        self.tell("customer.subscription.updated", one)
        return one

    def open_dispute(self, customer: str, status: str = "needs_response") -> Json:
        made = objects.dispute(self._id("du"), self._seconds(), customer, status)
        self._of("dispute")[made["id"]] = made
        self.tell("charge.dispute.created", made | {"charge": made["charge"]["id"]})
        return made

    def close_dispute(self, dispute: str, status: str = "lost") -> Json:
        made = self._get("dispute", dispute)
        made["status"] = status
        self.tell("charge.dispute.closed", made | {"charge": made["charge"]["id"]})
        return made

    def delete_customer(self, customer: str) -> Json:
        gone = self._of("customer").pop(customer)
        self.tell("customer.deleted", gone)
        return gone

    def tell(self, kind: str, shown: Json) -> Json:
        made = objects.event(self._id("evt"), self._seconds(), API_VERSION, kind, copy.deepcopy(shown))
        self.events.append(made)
        return made

    def subscriptions_of(self, customer: str) -> list[Json]:
        return [each for each in self._of("subscription").values() if each["customer"] == customer]

    def checkout(self, session: str) -> Json:
        """Raises Refused."""
        return self._get("checkout", session)

    def portal(self, session: str) -> Json:
        """Raises Refused."""
        return self._get("portal", session)

    # ---- what is kept -----------------------------------------------------------------------------------------------

    def _invoice(self, one: Json, status: str) -> Json:
        quantity = one["items"]["data"][0]["quantity"]
        amount = 0 if one["status"] == "trialing" else AMOUNT * quantity
        made = objects.invoice(self._id("in"), self._seconds(), one, amount, status)
        self._of("invoice")[made["id"]] = made
        one["latest_invoice"] = made["id"]
        return made

    def _get(self, kind: str, id: str) -> Json:  # noqa: A002 - the field's own name
        if id not in self._of(kind):
            raise missing(kind)
        return self._of(kind)[id]

    def _of(self, kind: str) -> dict[str, Json]:
        return self.kept.setdefault(kind, {})

    def _seconds(self) -> int:
        return int(self.now())

    def _id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_1{self.made:023d}"


_ROUTES: Final = (
    ("POST", "/v1/customers", "_create_customer"),
    ("GET", "/v1/prices", "_list_prices"),
    ("GET", "/v1/subscriptions", "_list_subscriptions"),
    ("POST", r"/v1/subscriptions/(\w+)", "_change_subscription"),
    ("GET", "/v1/invoices", "_list_invoices"),
    ("GET", r"/v1/invoices/(\w+)", "_get_invoice"),
    ("GET", r"/v1/disputes/(\w+)", "_get_dispute"),
    ("POST", "/v1/checkout/sessions", "_create_checkout"),
    ("POST", r"/v1/checkout/sessions/(\w+)/expire", "_expire_checkout"),
    ("POST", "/v1/billing_portal/sessions", "_create_portal"),
)


def _paid_by(invoice: Json) -> str:
    return str(invoice["parent"]["subscription_details"]["subscription"])


def _list(found: Iterable[Json], url: str) -> Json:
    return {"object": "list", "data": list(found), "has_more": False, "url": url}


def _nested(pairs: Iterable[tuple[str, str]]) -> Json:
    """`items[0][id]=si_1` as Stripe reads it: `{"items": [{"id": "si_1"}]}`."""
    made: Json = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        at: Any = made
        path = [first, *rest]
        for part in path[:-1]:
            at = at.setdefault(part, {})
        at[path[-1]] = value
    return {name: _lists(value) for name, value in made.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(each) for name, each in value.items()}
