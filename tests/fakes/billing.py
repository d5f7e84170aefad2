"""Billing in memory: Stripe as it shows itself, the copies of what it says, and seats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from letterlock.domain.audit import Entry
from letterlock.domain.billing import BillingAccount, SeenCustomer, StripeEvent
from letterlock.domain.errors import Conflict, NotFound, Stale, Unavailable
from letterlock.domain.facts import Fact, Told
from letterlock.services.billing_ports import (
    BillingContact,
    CustomerId,
    DisputeId,
    InvoiceId,
    ItemId,
    Key,
    Order,
    Page,
    PageUrl,
    Seats,
    SeatTurn,
    SeenDispute,
    SessionId,
    SubscriptionId,
    WorkspaceId,
)

MADE = datetime(2029, 12, 31).astimezone()


@dataclass
class FakePayments:
    """`customers` is how things stand. What was asked for is in `asked`, once for each key."""

    customers: dict[str, SeenCustomer] = field(default_factory=dict)
    disputes: dict[str, SeenDispute] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    """Invoices that somebody has to confirm."""
    down: bool = False
    asked: dict[str, tuple[object, ...]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    before_look: Callable[[], object] = lambda: None

    def create_customer(self, workspace: WorkspaceId, contact: BillingContact, key: Key) -> CustomerId:
        self._up()
        customer = f"cus_{workspace}"
        self.customers.setdefault(customer, SeenCustomer(customer))
        return CustomerId(customer)

    def look(self, customer: CustomerId) -> SeenCustomer:
        self._up()
        seen = self.customers.get(customer, SeenCustomer(customer))
        self.before_look()
        return seen

    def dispute(self, dispute: DisputeId) -> SeenDispute:
        self._up()
        if dispute not in self.disputes:
            raise NotFound("no such dispute")
        return self.disputes[dispute]

    def needs_action(self, invoice: InvoiceId) -> bool:
        self._up()
        return invoice in self.waiting

    def open_checkout(self, order: Order, key: Key) -> Page:
        self._up()
        if order.customer not in self.customers:
            raise NotFound("no such customer")
        wish = (order.customer, order.plan.id, order.seats)
        if self.asked.setdefault(key, wish) != wish:
            raise Conflict("this Idempotency-Key came with another request before")
        self.orders.append(order)
        session = f"cs_{list(self.asked).index(key)}"
        return Page(f"https://pay.example/{session}", session, MADE, datetime(2030, 1, 1).astimezone())

    def close_checkout(self, session: SessionId) -> None:
        self._up()
        self.closed.append(session)

    def open_portal(self, customer: CustomerId, back: PageUrl, key: Key) -> Page:
        self._up()
        return Page(f"https://portal.example/{customer}", f"bps_{key}", MADE)

    def set_seats(self, subscription: SubscriptionId, item: ItemId, seats: Seats, key: Key) -> None:
        self._up()
        self.asked[f"{key} {seats}"] = (subscription, item, seats)
        for id, seen in self.customers.items():  # noqa: A001 - the field's own name
            changed = [replace(one, seats=seats) if one.id == subscription else one for one in seen.subscriptions]
            self.customers[id] = replace(seen, subscriptions=tuple(changed))

    def _up(self) -> None:
        if self.down:
            raise Unavailable("Stripe does not answer: ask again")


@dataclass
class FakeBilling:
    """`BillingAccounts` and `StripeEvents`."""

    now: Callable[[], datetime]
    copies: dict[str, BillingAccount] = field(default_factory=dict)
    routes: dict[str, str] = field(default_factory=dict)
    events: dict[str, StripeEvent] = field(default_factory=dict)
    waits: dict[str, datetime] = field(default_factory=dict)
    looked_at: dict[str, datetime] = field(default_factory=dict)
    told: list[Fact] = field(default_factory=list)
    audited: list[Entry] = field(default_factory=list)

    def of_workspace(self, workspace: str) -> BillingAccount | None:
        return self.copies.get(workspace)

    def workspace_of(self, customer: str) -> str:
        return self.routes.get(customer, "")

    def save(self, account: BillingAccount, told: Sequence[Told] = (), entry: Entry | None = None) -> None:
        standing = self.copies.get(account.workspace)
        if (standing.version if standing else 0) != account.version:
            raise Stale("changed meanwhile")
        self.copies[account.workspace] = replace(account, version=account.version + 1)
        self.routes[account.customer] = account.workspace
        self.looked_at[account.workspace] = self.now()
        self.told += [each.fact for each in told]
        self.audited += [entry] if entry else []

    def due(self, limit: int) -> list[str]:
        found = sorted(self.looked_at, key=lambda each: self.looked_at[each])
        return [each for each in found if self.looked_at[each] + timedelta(days=1) <= self.now()][:limit]

    def record(self, event: StripeEvent, told: Sequence[Told]) -> bool:
        if event.id in self.events:
            return False
        self.events[event.id] = event
        if told:
            self.waits[event.id] = self.now()
        self.told += [each.fact for each in told]
        return True

    def get(self, event: str) -> StripeEvent:
        if event not in self.events:
            raise NotFound("no such event")
        return self.events[event]

    def applied(self, event: str) -> None:
        self.waits.pop(event, None)

    def overdue(self, limit: int) -> list[str]:
        late = [each for each, at in self.waits.items() if at + timedelta(minutes=15) <= self.now()]
        return late[:limit]


@dataclass
class FakeSeats:
    taken: int = 0
    turns: int = 0

    def turn(self, workspace: str) -> SeatTurn:
        return SeatTurn(self.turns)

    def used(self, workspace: str) -> int:
        return self.taken
