"""Stripe says that something happened: kept once, and told to whoever applies it."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.billing import APPLIED, StripeEvent
from letterlock.domain.facts import StripeEventRecorded
from letterlock.domain.sign_in import NOBODY
from letterlock.services.announce import announce
from letterlock.services.billing_ports import StripeEvents
from letterlock.services.ports import Clock, Ids


@dataclass(frozen=True, slots=True)
class TakeStripeEvent:
    """Whether it is new. One that nobody applies is kept all the same."""

    events: StripeEvents
    ids: Ids
    now: Clock

    def __call__(self, event: StripeEvent) -> bool:
        facts = [StripeEventRecorded(NOBODY, event.id)] if event.kind in APPLIED else []
        return self.events.record(event, announce(facts, self.ids, self.now, correlation=event.id))
