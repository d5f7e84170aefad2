"""What Stripe says is copied: asked for anew each time, so neither order nor number of its events decides anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from letterlock.domain.billing import (
    ACTION_REQUIRED,
    DISPUTES,
    BillingAccount,
    Remark,
    SeenSubscription,
    StripeEvent,
    copied,
    facts_of,
)
from letterlock.domain.errors import NotFound, Stale
from letterlock.services.announce import announce
from letterlock.services.billing_ports import (
    BillingAccounts,
    CustomerId,
    DisputeId,
    InvoiceId,
    Payments,
    StripeEvents,
)
from letterlock.services.changes import FRESH_READS
from letterlock.services.ports import Clock, Ids


@dataclass(frozen=True, slots=True)
class Look:
    """The copy before and after one."""

    before: BillingAccount
    after: BillingAccount
    extra: tuple[SeenSubscription, ...] = ()
    """Subscriptions that are paid for beside the one that counts."""


@dataclass(frozen=True, slots=True)
class LookAtStripe:
    """The copy's version is read before Stripe is asked, and the next copy must follow it: who was slower asks again.

    Raises NotFound for a workspace that never bought anything, Unavailable, Stale.
    """

    payments: Payments
    accounts: BillingAccounts
    ids: Ids
    now: Clock

    def __call__(self, workspace: str, cause: str, remark: Remark | None = None) -> Look:
        for attempt in range(1 + FRESH_READS):
            before = self.accounts.of_workspace(workspace)
            if before is None:
                raise NotFound("this workspace has bought nothing")
            seen = self.payments.look(CustomerId(before.customer))
            after = copied(before, seen, self.now(), remark)
            told = announce(facts_of(before, after), self.ids, self.now, correlation=cause)
            try:
                self.accounts.save(after, told)
            except Stale:
                if attempt == FRESH_READS:
                    raise
            else:
                return Look(before, after, tuple(seen.extra))
        raise AssertionError("unreachable")


class Applied(StrEnum):
    COPIED = "copied"
    NOBODYS = "nobodys"
    """A customer of Stripe's account whom we did not make."""
    GONE = "gone"
    """It is no longer kept."""


@dataclass(frozen=True, slots=True)
class ApplyPayment:
    """One event. Raises Unavailable, Stale: it is to come again."""

    events: StripeEvents
    payments: Payments
    accounts: BillingAccounts
    look: LookAtStripe

    def __call__(self, id: str) -> Applied:  # noqa: A002 - the field's own name
        try:
            event = self.events.get(id)
        except NotFound:
            return Applied.GONE
        customer, remark = self._about(event)
        workspace = self.accounts.workspace_of(customer) if customer else ""
        if workspace:
            self.look(workspace, event.id, remark)
        self.events.applied(event.id)
        return Applied.COPIED if workspace else Applied.NOBODYS

    def _about(self, event: StripeEvent) -> tuple[str, Remark | None]:
        """The customer; and what a look at them does not show, asked for as well."""
        if event.kind.startswith(DISPUTES):
            seen = self.payments.dispute(DisputeId(event.subject))
            return seen.customer, Remark(dispute=event.subject, open=seen.open)
        if event.kind == ACTION_REQUIRED:
            return event.customer, Remark(needs_action=self.payments.needs_action(InvoiceId(event.subject)))
        return event.customer, None
