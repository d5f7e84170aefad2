"""Outboxes that wait to be published, in the conversations table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from letterlock.adapters import table_due as table
from letterlock.adapters.dynamo import Item, batch_get, key
from letterlock.domain.outbox import unfold
from letterlock.services.ports import Clock, Outbox, Publication

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STILL_DUE: Final = f"attribute_exists({table.SHARD})"
_TAKE_OFF: Final = f"REMOVE {table.SHARD}, {table.AT}"


class DynamoOutboxes:
    """`Outboxes`. A mark costs a write unit of the index `due` when it is set, and two when it is taken off."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def overdue(self, limit: int) -> list[Outbox]:
        """One Query a shard, then the items themselves: the index holds keys only, and may lag behind them."""
        keys = [found for shard in range(table.SHARDS) for found in self._due(shard, limit // table.SHARDS)]
        if not keys:
            return []
        items = batch_get(self._client, self._table, keys, consistent=True)
        return [outbox_of(item) for item in items.values() if table.SHARD in item and table.OUTBOX in item]

    def _due(self, shard: int, limit: int) -> Iterable[tuple[str, str]]:
        answer = self._client.query(
            TableName=self._table,
            IndexName=table.DUE,
            KeyConditionExpression=f"{table.SHARD} = :shard AND {table.AT} <= :now",
            ExpressionAttributeValues={
                ":shard": {"S": table.due_key(table.OUTBOX, shard)},
                ":now": {"S": table.minute(self._now())},
            },
            Limit=limit,
        )
        return [(each["pk"]["S"], each["sk"]["S"]) for each in answer["Items"]]

    def published(self, places: Sequence[tuple[str, str]]) -> int:
        """One UpdateItem each. A mark that stays does no harm: the sweep publishes those facts once more."""
        return sum(not self._take_off(place) for place in places)

    def _take_off(self, place: tuple[str, str]) -> bool:
        """Whether the mark is off. Without the condition an item that expired would come back as an empty one."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(*place),
                UpdateExpression=_TAKE_OFF,
                ConditionExpression=_STILL_DUE,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return True
        except ClientError:
            return False
        return True


def outbox_of(item: Item) -> Outbox:
    """From an item, or from the image of it that a stream shows. One without marks does not wait here: what Stripe told
    waits in its own table, until it is applied.
    """
    facts = tuple(Publication(*each) for each in unfold(item[table.OUTBOX]["S"]))
    return Outbox((item["pk"]["S"], item["sk"]["S"]), facts, marked=table.SHARD in item)
