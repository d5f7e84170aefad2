"""From the outbox to the bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letterlock.services.ports import Bus, Publication


@dataclass(frozen=True, slots=True)
class PublishFacts:
    """Hand over every fact of some outbox records; returns the positions of records that must come again.

    A record comes again whole, so a fact may be published twice, never none: consumers dedupe on its id.
    """

    bus: Bus

    def __call__(self, records: Sequence[Sequence[Publication]]) -> set[int]:
        origin = [position for position, facts in enumerate(records) for _ in facts]
        refused = self.bus.publish([fact for facts in records for fact in facts])
        return {origin[each] for each in refused}
