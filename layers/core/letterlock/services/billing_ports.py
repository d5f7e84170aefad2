"""What the services need of Stripe and of the store of what it says.

What goes to Stripe has types of its own, and they are all there is: ids, a plan, a number of seats, addresses of pages,
and the billing contact. A test holds every parameter of `Payments` to them, so content has no way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from letterlock.domain.audit import Entry
from letterlock.domain.billing import BillingAccount, SeenCustomer, StripeEvent
from letterlock.domain.facts import Told
from letterlock.domain.plans import Plan

WorkspaceId = NewType("WorkspaceId", str)
CustomerId = NewType("CustomerId", str)
SubscriptionId = NewType("SubscriptionId", str)
ItemId = NewType("ItemId", str)
SessionId = NewType("SessionId", str)
DisputeId = NewType("DisputeId", str)
InvoiceId = NewType("InvoiceId", str)
Seats = NewType("Seats", int)
PageUrl = NewType("PageUrl", str)
"""Where Stripe leads back to: the operator's setting, never anybody's words."""
Key = NewType("Key", str)
"""An idempotency key: the same wish has the same one."""


@dataclass(frozen=True, slots=True)
class BillingContact:
    """Whom Stripe writes to about invoices."""

    email: str


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to buy."""

    workspace: WorkspaceId
    customer: CustomerId
    plan: Plan
    seats: Seats
    trial: bool
    back: PageUrl


@dataclass(frozen=True, slots=True)
class Page:
    """One of Stripe's pages, to send a browser to."""

    url: str
    session: str
    made_at: datetime
    """As Stripe has it: the same for the same wish."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenDispute:
    customer: str
    open: bool


class Payments(Protocol):
    """Stripe. Each method raises Unavailable when it does not answer, NotFound for what it does not know."""

    def create_customer(self, workspace: WorkspaceId, contact: BillingContact, key: Key) -> CustomerId: ...

    def look(self, customer: CustomerId) -> SeenCustomer:
        """How things stand now."""
        ...

    def dispute(self, dispute: DisputeId) -> SeenDispute: ...

    def needs_action(self, invoice: InvoiceId) -> bool:
        """Whether a payment of it waits for somebody to confirm it with their bank."""
        ...

    def open_checkout(self, order: Order, key: Key) -> Page: ...

    def close_checkout(self, session: SessionId) -> None:
        """Nobody can pay there any more. One that is paid or over stays as it is."""
        ...

    def open_portal(self, customer: CustomerId, back: PageUrl, key: Key) -> Page: ...

    def set_seats(self, subscription: SubscriptionId, item: ItemId, seats: Seats, key: Key) -> None:
        """Prorated."""
        ...


class BillingAccounts(Protocol):
    def of_workspace(self, workspace: str) -> BillingAccount | None:
        """Consistently read."""
        ...

    def workspace_of(self, customer: str) -> str:
        """Empty for a customer that is nobody's."""
        ...

    def save(self, account: BillingAccount, told: Sequence[Told] = (), entry: Entry | None = None) -> None:
        """As the next version, with the gate, the way from the customer to it, and the entry in the audit log, in one
        transaction.

        Raises Stale when somebody else stored one meanwhile.
        """
        ...

    def due(self, limit: int) -> list[str]:
        """Workspaces whose copy was not held against Stripe for a day."""
        ...


class StripeEvents(Protocol):
    def record(self, event: StripeEvent, told: Sequence[Told]) -> bool:
        """Whether it was not there before."""
        ...

    def get(self, event: str) -> StripeEvent:
        """Raises NotFound once it is gone, after 30 days."""
        ...

    def applied(self, event: str) -> None:
        """It waits for nothing any more."""
        ...

    def overdue(self, limit: int) -> list[str]:
        """Those that wait although they should have been applied."""
        ...


@dataclass(frozen=True, slots=True)
class SeatTurn:
    """How many invitations a workspace had made when its seats were counted: of two at once one counts again."""

    made: int


class SeatCount(Protocol):
    def turn(self, workspace: str) -> SeatTurn:
        """Read before they are counted."""
        ...

    def used(self, workspace: str) -> int:
        """People who may come in, and invitations that are open."""
        ...
