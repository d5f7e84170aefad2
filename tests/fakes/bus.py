"""The bus in memory."""

from collections.abc import Sequence

from letterlock.services.ports import Publication


class FakeBus:
    """`Bus`. Facts whose detail-type is in `refuses` are not taken."""

    def __init__(self, *refuses: str) -> None:
        self.refuses = set(refuses)
        self.published: list[Publication] = []

    def publish(self, details: Sequence[Publication]) -> list[int]:
        refused = [at for at, each in enumerate(details) if each.detail_type in self.refuses]
        self.published += [each for at, each in enumerate(details) if at not in refused]
        return refused
