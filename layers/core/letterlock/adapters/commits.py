"""One transaction and what belongs to it: its facts, and the record of the key under which it was asked for.

Facts of every table lie in the conversations table: a transaction reaches over tables, and one relay publishes all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.due import due
from letterlock.adapters.dynamo import Refusal, Step, key, put, transact
from letterlock.adapters.idempotency_records import IdempotencyRecords
from letterlock.domain.facts import Told
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.outbox import fold
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTBOX: Final = "outbox"


class Commits:
    """Every transaction that tells facts goes through here, so that no outbox is ever stored without its marks.

    `table_name` is the conversations table's, whatever the steps are about.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, index: BlindIndex, now: Clock) -> None:
        self._client, self.table, self._now = client, table_name, now
        self._records = IdempotencyRecords(table_name, index, now)

    def now(self) -> datetime:
        return self._now()

    def commit(self, steps: Sequence[Step], workspace: str = "", told: Sequence[Told] = ()) -> list[Refusal]:
        """All of it or nothing: no refusals, or why."""
        return commit(self._client, self.table, steps, workspace, told, self._now())

    def keyed(
        self, steps: Sequence[Step], workspace: str, told: Sequence[Told], once: Once | None, done: Done
    ) -> list[Refusal]:
        """The same under a key; a second transaction where the key was used long ago. Raises AlreadyDone, KeyReused."""
        if once is None:
            return self.commit(steps, workspace, told)
        refusals = self.commit([*steps, self._records.step(workspace, once, done, told)])
        lapsed = self._records.lapsed(workspace, once, refusals)
        if lapsed:
            over = self._records.step_over(lapsed, workspace, once, done)
            refusals = self.commit([*steps, over], workspace, told)
            self._records.lapsed(workspace, once, refusals)
        return refusals

    def done(self, workspace: str, once: Once) -> Done | None:
        """What this request did before, unless its key is free. Raises KeyReused."""
        answer = self._client.get_item(
            TableName=self.table, Key=key(*self._records.key(workspace, once)), ConsistentRead=True
        )
        return self._records.done(workspace, once, dict(answer["Item"])) if "Item" in answer else None


def commit(
    client: DynamoDBClient, table_name: str, steps: Sequence[Step], workspace: str, told: Sequence[Told], now: datetime
) -> list[Refusal]:
    """What `Commits.commit` does, for those who have no key to hash with."""
    outbox = [_outbox(table_name, workspace, told, now)] if told else []
    return transact(client, due([*steps, *outbox], now))


def _outbox(table_name: str, workspace: str, told: Sequence[Told], now: datetime) -> Step:
    expires_at = now + timedelta(days=table.OUTBOX_DAYS)
    item = table.OutboxItem(
        table.outbox_key(workspace, told[0].id), outbox=fold(told), expires_at=int(expires_at.timestamp())
    )
    return put(table_name, OUTBOX, item)
