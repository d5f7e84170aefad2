"""What a workspace pays for, as the API takes and gives it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.plans import SOLD
from letterlock.services.billing_ports import Page
from letterlock.services.read_billing import Standing

SEATS_AT_MOST = max(each.seats or 0 for each in SOLD.values())


class CheckoutIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: str = Field(max_length=40, json_schema_extra={"enum": [each.id for each in SOLD.values()]})
    seats: int = Field(ge=1, le=SEATS_AT_MOST, description="Not fewer than are taken")


class PageOut(BaseModel):
    """A page of Stripe's: send a browser there. Cards are typed in there, and nowhere here."""

    url: str
    expires_at: datetime | None = None

    @classmethod
    def of(cls, page: Page) -> PageOut:
        return cls(url=page.url, expires_at=page.until)


class SeatsOut(BaseModel):
    used: int = Field(description="People who may come in, and invitations that are open")
    paid: int | None = Field(description="Null: as many as one likes")


class BillingOut(BaseModel):
    plan: str = Field(description="`everything` where the operator charges for nothing")
    status: BillingStatus | None = Field(
        description="`pending`: bought, and not known to be paid yet. Null where the operator charges for nothing"
    )
    seats: SeatsOut
    mailboxes: int | None = Field(description="How many the plan has at most. Null: as many as one likes")
    trial_end: datetime | None
    read_only: bool = Field(description="Nothing can be changed until a payment is made; mail still comes in")
    read_only_from: datetime | None = Field(description="When it will be, or became, so")
    needs_action: bool = Field(description="A payment waits for somebody to confirm it with their bank: in the portal")

    @classmethod
    def of(cls, standing: Standing, *, billed: bool) -> BillingOut:
        paid, allowed = standing.paid, standing.allowance
        status = (paid.status if paid else BillingStatus.NONE) if billed else None
        return cls(
            plan=allowed.plan.id,
            status=status,
            seats=SeatsOut(used=standing.used, paid=allowed.seats),
            mailboxes=allowed.plan.mailboxes,
            trial_end=paid.trial_end if paid else None,
            read_only=allowed.read_only,
            read_only_from=paid.read_only_from if paid else None,
            needs_action=bool(paid and paid.needs_action),
        )
