"""The marks by which unpublished facts are found, and replies that nobody sent.

Each item with an outbox is due until it has been published, each reply until it has left the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from letterlock.adapters import table_due as table
from letterlock.adapters.dynamo import Item, Step
from letterlock.domain.conversations import Sending, SendState

PATIENCE: Final = timedelta(minutes=5)
"""How long the stream has to bring an outbox to the relay before the sweep looks at it."""

REPLY_PATIENCE: Final = timedelta(hours=3)
"""Longer than the outbound queue tries: what is not sent by then, no sender will be told to send."""


def due(steps: Sequence[Step], now: datetime) -> list[Step]:
    """The same steps; every put of an item with an outbox, or of a queued reply, carries the marks."""
    return [_marked(step, now) for step in steps]


def reply_marks(sending: Sending, now: datetime) -> dict[str, Item | None]:
    """The marks of a message whose sending is this; None for one that must not be there."""
    if sending.state is not SendState.QUEUED:
        return {table.SHARD: None, table.AT: None}
    return {table.SHARD: {"S": table.REPLY}, table.AT: {"S": table.minute(now + REPLY_PATIENCE)}}


def _marked(step: Step, now: datetime) -> Step:
    put = step.operation.get("Put", {})
    item: Item = put.get("Item", {})
    if table.OUTBOX in item:
        key, at = table.due_key(table.OUTBOX, table.shard_of(item["pk"]["S"])), now + PATIENCE
    elif item.get("sending") == {"S": SendState.QUEUED.value}:
        key, at = table.REPLY, now + REPLY_PATIENCE
    else:
        return step
    marks: Item = {table.SHARD: {"S": key}, table.AT: {"S": table.minute(at)}}
    return replace(step, operation={"Put": put | {"Item": item | marks}})
