"""The marks by which unpublished facts are found: each item with an outbox is due until it has been published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from letterlock.adapters import table_due as table
from letterlock.adapters.dynamo import Item, Step

PATIENCE: Final = timedelta(minutes=5)
"""How long the stream has to bring an outbox to the relay before the sweep looks at it."""


def due(steps: Sequence[Step], now: datetime) -> list[Step]:
    """The same steps; every put of an item with an outbox carries the marks."""
    return [_marked(step, now) if _has_outbox(step) else step for step in steps]


def _has_outbox(step: Step) -> bool:
    return table.OUTBOX in step.operation.get("Put", {}).get("Item", {})


def _marked(step: Step, now: datetime) -> Step:
    put = step.operation["Put"]
    shard = table.shard_of(put["Item"]["pk"]["S"])
    marks: Item = {
        table.SHARD: {"S": table.due_key(table.OUTBOX, shard)},
        table.AT: {"S": table.minute(now + PATIENCE)},
    }
    return replace(step, operation={"Put": put | {"Item": put["Item"] | marks}})
