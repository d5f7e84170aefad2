"""The sweep's surroundings in memory."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from letterlock.domain.errors import OriginalGone
from letterlock.domain.mail import Delivery
from letterlock.services.ports import Orphan


class FakeOrphans:
    """`Orphans`. `told` holds what SES's lines say of each, by SES message id; those in `taken` are gone when read."""

    def __init__(self) -> None:
        self.found: list[Orphan] = []
        self.told: dict[str, Delivery] = {}
        self.taken: set[str] = set()

    def stored_before(self, at: datetime) -> Iterator[list[Orphan]]:
        """A hundred a page."""
        for start in range(0, len(self.found), 100):
            yield [each for each in self.found[start : start + 100] if each.stored_at < at]

    def delivery(self, orphan: Orphan) -> Delivery | None:
        if orphan.ses_message_id in self.taken:
            raise OriginalGone(orphan.object_key)
        return self.told.get(orphan.ses_message_id)


class FakeInboundQueue:
    """`InboundQueue`."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.behind = 0

    def waiting(self) -> int:
        return self.behind

    def put(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)


class FakeSweepNotes:
    """`SweepNotes` without pauses: what was tried or given up is not due again until a test says so."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.given_up: list[str] = []
        self.waiting: dict[str, datetime] = {}
        self.looked_up = 0

    def due(self, ses_message_ids: Sequence[str]) -> list[str]:
        self.looked_up += len(ses_message_ids)
        return [each for each in ses_message_ids if each not in (*self.noted, *self.given_up, *self.waiting)]

    def tried(self, ses_message_id: str) -> None:
        self.noted.append(ses_message_id)

    def waits(self, ses_message_id: str, until: datetime) -> None:
        self.waiting[ses_message_id] = until

    def gave_up(self, ses_message_id: str, at: datetime) -> None:
        self.given_up.append(ses_message_id)
