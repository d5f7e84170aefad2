"""From the outbox to the bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letterlock.services.ports import Bus, Outbox, Outboxes

OVERDUE_A_RUN = 200
"""How many forgotten outboxes one run takes up; the next comes a minute later."""


@dataclass(frozen=True, slots=True)
class Published:
    refused: frozenset[int]
    """The positions of outboxes of which the bus did not take every fact: they must come again."""
    still_marked: int
    """How many are published, but could not be marked so: the sweep publishes them once more."""


@dataclass(frozen=True, slots=True)
class PublishFacts:
    """Hand over every fact of some outboxes, and only then take them off the list of what is due.

    An outbox comes again whole, so a fact may be published twice, never none: consumers dedupe on its id.
    """

    bus: Bus
    outboxes: Outboxes

    def __call__(self, records: Sequence[Outbox]) -> Published:
        origin = [position for position, outbox in enumerate(records) for _ in outbox.facts]
        not_taken = self.bus.publish([fact for outbox in records for fact in outbox.facts])
        refused = frozenset(origin[each] for each in not_taken)
        done = [each.place for position, each in enumerate(records) if position not in refused and each.marked]
        return Published(refused, self.outboxes.published(done))


@dataclass(frozen=True, slots=True)
class RepublishOverdue:
    """What the stream did not bring to the relay in time is published from the table. Returns how many outboxes
    that were, and what became of them.
    """

    outboxes: Outboxes
    publish: PublishFacts

    def __call__(self) -> tuple[int, Published]:
        overdue = self.outboxes.overdue(OVERDUE_A_RUN)
        return len(overdue), self.publish(overdue)
