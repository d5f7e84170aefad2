"""Uploads that no message has, after a day, in the conversations table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letterlock.adapters import table_conversations as table
from letterlock.adapters import table_due
from letterlock.adapters.dynamo import Item, batch_get, key
from letterlock.services.file_ports import Abandoned
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoAbandonedUploads:
    """`AbandonedUploads`. Unseals nothing."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def overdue(self, limit: int) -> list[Abandoned]:
        """One Query, then the items themselves: the index holds keys only, and may lag behind them."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=table_due.DUE,
            KeyConditionExpression=f"{table_due.SHARD} = :shard AND {table_due.AT} <= :now",
            ExpressionAttributeValues={
                ":shard": {"S": table_due.UPLOAD},
                ":now": {"S": table_due.minute(self._now())},
            },
            Limit=limit,
        )
        keys = [(each["pk"]["S"], each["sk"]["S"]) for each in answer["Items"]]
        items = batch_get(self._client, self._table, keys, consistent=True)
        return [_abandoned(item) for item in items.values() if table_due.SHARD in item]

    def drop(self, upload: Abandoned) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(upload),
                UpdateExpression="SET #state = :dropped",
                ConditionExpression="attribute_exists(pk) AND #state <> :attached",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":dropped": {"S": table.DROPPED}, ":attached": {"S": table.ATTACHED}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def forget(self, upload: Abandoned) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=_key(upload),
            UpdateExpression=f"REMOVE {table_due.SHARD}, {table_due.AT}",
        )


def _key(upload: Abandoned) -> Item:
    return key(table.upload_key(upload.workspace, upload.attachment), table.UPLOAD)


def _abandoned(item: Item) -> Abandoned:
    workspace, _, attachment = item["pk"]["S"].partition("#upload#")
    return Abandoned(workspace, attachment, item["kept_version"]["S"] if "kept_version" in item else "")
