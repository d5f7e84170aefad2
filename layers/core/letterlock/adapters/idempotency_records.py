"""The record of a request under a key, which rides in its effect's transaction: no effect without it, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters import table_due
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import ABSENT, CONDITION_FAILED, Item, Key, Refusal, Step, put, raw
from letterlock.domain.errors import AlreadyDone, KeyReused
from letterlock.domain.facts import Told
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.domain.outbox import fold
from letterlock.services.ports import Clock

RECORD: Final = "idempotency"


class IdempotencyRecords:
    """Builds and reads them. What was asked, and by whom, is kept as keyed hashes only."""

    def __init__(self, table_name: str, index: BlindIndex, now: Clock) -> None:
        self._table, self._index, self._now = table_name, index, now

    def key(self, workspace: str, once: Once) -> Key:
        hashed = self._index.index(workspace, "idempotency-key", once.scope)
        return table.idempotency_key(workspace, hashed), table.IDEMPOTENCY

    def step(self, workspace: str, once: Once, done: Done, told: Sequence[Told]) -> Step:
        """The record of a key that nobody used; it carries the facts."""
        return put(self._table, RECORD, self._record(workspace, once, done, told), ABSENT)

    def step_over(self, lapsed: Item, workspace: str, once: Once, done: Done) -> Step:
        """The record of a key that is free again. The new facts go elsewhere, for the stream tells of new items only;
        those of the lapsed record stay until they are published.
        """
        fresh = raw(self._record(workspace, once, done, ()))
        gone = {"conversation", "message", "made"} - fresh.keys()
        if table_due.SHARD not in lapsed:
            gone.add(table_due.OUTBOX)  # published: stored again, it would be marked and published again
        item = {name: value for name, value in (lapsed | fresh).items() if name not in gone}
        operation = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "#until = :lapsed",
            "ExpressionAttributeNames": {"#until": "until"},
            "ExpressionAttributeValues": {":lapsed": lapsed["until"]},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return Step(RECORD, {"Put": operation})

    def _record(self, workspace: str, once: Once, done: Done, told: Sequence[Told]) -> table.IdempotencyItem:
        now = self._now()
        return table.IdempotencyItem(
            *self.key(workspace, once),
            request=self._request(workspace, once),
            conversation=done.conversation or None,
            message=done.message or None,
            made=done.made or None,
            until=int((now + HELD).timestamp()),
            outbox=fold(told) if told else None,
            expires_at=int((now + timedelta(days=table.OUTBOX_DAYS)).timestamp()),
        )

    def _request(self, workspace: str, once: Once) -> str:
        return self._index.index(workspace, "idempotency-request", once.body)

    def done(self, workspace: str, once: Once, item: Item) -> Done | None:
        """What the record says of this request; None when its key is free again. Raises KeyReused."""
        record = table.IdempotencyItem.from_raw_data(item)
        if int(record.until) <= self._now().timestamp():
            return None
        done = Done(record.conversation or "", record.message or "", record.made or "")
        if record.request != self._request(workspace, once):
            raise KeyReused(done)
        return done

    def lapsed(self, workspace: str, once: Once, refusals: Sequence[Refusal]) -> Item | None:
        """The record that refused a save although its key is free again. Raises AlreadyDone, KeyReused."""
        for each in refusals:
            if each.role == RECORD and each.code == CONDITION_FAILED:
                done = self.done(workspace, once, each.item)
                if done:
                    raise AlreadyDone(done)
                return each.item
        return None
