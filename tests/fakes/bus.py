"""The bus, and what waits for it, in memory."""

from collections.abc import Sequence

from letterlock.services.ports import Outbox, Publication


class FakeBus:
    """`Bus`. Facts whose detail-type is in `refuses` are not taken."""

    def __init__(self, *refuses: str) -> None:
        self.refuses = set(refuses)
        self.published: list[Publication] = []

    def publish(self, details: Sequence[Publication]) -> list[int]:
        refused = [at for at, each in enumerate(details) if each.detail_type in self.refuses]
        self.published += [each for at, each in enumerate(details) if at not in refused]
        return refused


class FakeOutboxes:
    """`Outboxes`. `due` are those that wait, oldest first; places in `stuck` keep their mark."""

    def __init__(self, *due: Outbox, stuck: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.due = list(due)
        self.stuck = stuck

    def overdue(self, limit: int) -> list[Outbox]:
        return self.due[:limit]

    def published(self, places: Sequence[tuple[str, str]]) -> int:
        off = set(places) - self.stuck
        self.due = [each for each in self.due if each.place not in off]
        return len(set(places) & self.stuck)
