"""Replies that the outbound queue should have brought to an end long ago, in the conversations table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from letterlock.adapters import table_conversations as table
from letterlock.adapters import table_due
from letterlock.adapters.commits import commit
from letterlock.adapters.conversation_items import sending_of, sending_values
from letterlock.adapters.conversation_writes import as_read, update_step
from letterlock.adapters.due import reply_marks
from letterlock.adapters.dynamo import Item, batch_get
from letterlock.domain.conversations import Sending
from letterlock.domain.facts import Told
from letterlock.services.ports import Clock, MessagePlace, OverdueReply

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoOverdueReplies:
    """`OverdueReplies`. Unseals nothing: what was said of recipients stays as it is."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def overdue(self, limit: int) -> list[OverdueReply]:
        """One Query, then the items themselves: the index holds keys only, and may lag behind them."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=table_due.DUE,
            KeyConditionExpression=f"{table_due.SHARD} = :shard AND {table_due.AT} <= :now",
            ExpressionAttributeValues={
                ":shard": {"S": table_due.REPLY},
                ":now": {"S": table_due.minute(self._now())},
            },
            Limit=limit,
        )
        keys = [(each["pk"]["S"], each["sk"]["S"]) for each in answer["Items"]]
        items = batch_get(self._client, self._table, keys, consistent=True)
        return [OverdueReply(_place(item), sending_of(item)) for item in items.values() if table_due.SHARD in item]

    def settle(self, reply: OverdueReply, after: Sending, told: Sequence[Told]) -> bool:
        """One transaction."""
        place, now = reply.place, self._now()
        values = sending_values(after) | reply_marks(after, now)
        step = update_step(self._table, place, values, *as_read(reply.sending))
        return not commit(self._client, self._table, [step], place.workspace, told, now)


def _place(item: Item) -> MessagePlace:
    workspace, _, conversation = item["pk"]["S"].partition("#")
    return MessagePlace(workspace, conversation, item["sk"]["S"].removeprefix(table.MESSAGES))
