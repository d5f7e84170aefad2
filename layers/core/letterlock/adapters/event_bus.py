"""The bus on which facts travel: EventBridge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from letterlock.services.ports import Publication

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "letterlock"
ENTRIES_A_CALL = 10
"""EventBridge API reference, PutEvents: at most 10 entries a request."""


class EventBridgeBus:
    """`Bus`. PutEvents answers 200 although it refused some entries: each refused one is reported."""

    def __init__(self, client: EventBridgeClient, bus_name: str) -> None:
        self._client, self._bus_name = client, bus_name

    def publish(self, details: Sequence[Publication]) -> list[int]:
        refused: list[int] = []
        for start in range(0, len(details), ENTRIES_A_CALL):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus_name,
                        "Source": SOURCE,
                        "DetailType": each.detail_type,
                        "Detail": each.detail,
                    }
                    for each in details[start : start + ENTRIES_A_CALL]
                ]
            )
            if answer["FailedEntryCount"]:
                refused += [start + at for at, entry in enumerate(answer["Entries"]) if entry.get("ErrorCode")]
        return refused
