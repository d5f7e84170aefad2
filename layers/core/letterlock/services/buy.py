"""An owner is sent to Stripe's pages: to buy, and to change or end what was bought."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.billing import BillingAccount
from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.errors import Invalid, NotFound, RuleBroken, Stale
from letterlock.domain.permissions import Action
from letterlock.domain.plans import PLANS, SOLD, Plan
from letterlock.services.audit_ports import Audit
from letterlock.services.billing_ports import (
    BillingAccounts,
    BillingContact,
    CustomerId,
    Key,
    Order,
    Page,
    PageUrl,
    Payments,
    SeatCount,
    Seats,
    SessionId,
    WorkspaceId,
)
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.people_ports import People

BOUGHT = "there is a subscription already: change it where POST /v1/billing/portal leads"


@dataclass(frozen=True, slots=True)
class OpenCheckout:
    """A page on which a plan is bought. Until Stripe says that it was, the workspace is `pending`.

    Raises Forbidden, Invalid, RuleBroken, Conflict (the key came with another order), Stale, Unavailable.
    """

    payments: Payments
    accounts: BillingAccounts
    people: People
    seats: SeatCount
    deeds: Deeds
    back: PageUrl

    def __call__(self, who: Principal, plan: str, seats: int, key: str, asked: Asked) -> Page:
        who.may(Action.MANAGE_BILLING)
        wanted = self._wanted(who, plan, seats)
        account = self._account(who, key)
        order = self._order(who, account, wanted, seats)
        try:
            page = self.payments.open_checkout(order, Key(key))
        except NotFound:  # the customer was deleted at Stripe
            account = replace(account, customer=self._new_customer(who, f"{key} again"))
            page = self.payments.open_checkout(self._order(who, account, wanted, seats), Key(f"{key} again"))
        self._opened(account, page, asked, f"{plan}, {seats} seats")
        return page

    def _wanted(self, who: Principal, plan: str, seats: int) -> Plan:
        wanted = PLANS.get(plan)
        if wanted is None or not wanted.lookup_key:
            raise Invalid(f"the plan is one of {', '.join(each.id for each in SOLD.values())}")
        if wanted.seats is not None and seats > wanted.seats:
            raise Invalid(f"this plan has {wanted.seats} seats at most")
        used = self.seats.used(who.workspace)
        if seats < used:
            raise Invalid(f"{used} seats are taken: by people, and by invitations that are open")
        return wanted

    def _account(self, who: Principal, key: str) -> BillingAccount:
        """Raises RuleBroken where something is bought already, also when we have not heard of it yet."""
        account = self.accounts.of_workspace(who.workspace)
        if account is None:
            return BillingAccount(who.workspace, self._new_customer(who, key))
        if self.payments.look(CustomerId(account.customer)).live:
            raise RuleBroken(BOUGHT)
        return account

    def _new_customer(self, who: Principal, key: str) -> str:
        contact = BillingContact(self.people.get(who.workspace, who.id).profile.address)
        return self.payments.create_customer(WorkspaceId(who.workspace), contact, Key(key))

    def _order(self, who: Principal, account: BillingAccount, plan: Plan, seats: int) -> Order:
        trial = not account.subscription
        customer = CustomerId(account.customer)
        return Order(WorkspaceId(who.workspace), customer, plan, Seats(seats), trial=trial, back=self.back)

    def _opened(self, account: BillingAccount, page: Page, asked: Asked, wanted: str) -> None:
        """Of two pages only the newer one takes a payment."""
        if account.checkout == page.session:
            return
        deed = self.deeds(account.workspace, asked, Act.CHECKOUT_OPENED, page.session, after=wanted)
        try:
            self.accounts.save(_waiting(account, page), entry=deed.entry)
        except Stale:
            self.payments.close_checkout(SessionId(page.session))
            raise
        if account.checkout:
            self.payments.close_checkout(SessionId(account.checkout))


def _waiting(account: BillingAccount, page: Page) -> BillingAccount:
    status = BillingStatus.PENDING if account.paid.status is BillingStatus.NONE else account.paid.status
    paid = replace(account.paid, status=status)
    return replace(account, paid=paid, checkout=page.session, checkout_until=page.until)


@dataclass(frozen=True, slots=True)
class OpenPortal:
    """A page on which cards, seats, plans and invoices are: on record before anybody is led there.

    Raises Forbidden, RuleBroken, Conflict, Unavailable.
    """

    payments: Payments
    accounts: BillingAccounts
    audit: Audit
    deeds: Deeds
    back: PageUrl

    def __call__(self, who: Principal, key: str, asked: Asked) -> Page:
        who.may(Action.MANAGE_BILLING)
        account = self.accounts.of_workspace(who.workspace)
        if account is None or not account.subscription:
            raise RuleBroken("nothing was bought yet: POST /v1/billing/checkout comes first")
        page = self.payments.open_portal(CustomerId(account.customer), self.back, Key(key))
        entry = self.deeds(who.workspace, asked, Act.PORTAL_OPENED, account.customer).entry
        own = self.deeds.ids.derived("aud", page.made_at, who.workspace, page.session)
        self.audit.record(replace(entry, id=own, at=page.made_at))  # of the same page, a second time changes nothing
        return page
