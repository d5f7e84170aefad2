"""Whose turn it is to be asked what it was told: notes in the conversations table, found by its index `due`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from letterlock.adapters import table_due
from letterlock.adapters.dynamo import ABSENT, Item, Step, key
from letterlock.services.channel_ports import Turn
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEAR: Final = "HEAR"
"""The sort key of a note, of `<ws>#connection#<con>`. In it is the place up to which everything is taken in, which is a
number of the network's, and the lease.
"""


class DynamoTurns:
    """`Turns`. The lease is the mark itself, moved on: who moved it is alone until it is due again."""

    def __init__(self, client: DynamoDBClient, notes_table: str, now: Clock) -> None:
        self._client, self._table, self._now = client, notes_table, now

    def due(self, until: datetime, limit: int) -> Sequence[Turn]:
        """One Query of the index."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=table_due.DUE,
            KeyConditionExpression=f"{table_due.SHARD} = :shard AND {table_due.AT} <= :until",
            ExpressionAttributeValues={":shard": {"S": table_due.HEAR}, ":until": {"S": table_due.minute(until)}},
            Limit=limit,
        )
        return [_turn(each) for each in answer["Items"]]

    def take(self, turn: Turn, until: datetime) -> Turn | None:
        lease = uuid4().hex
        found = self._changed(
            turn,
            f"SET {table_due.AT} = :until, lease = :lease",
            f"attribute_exists({table_due.SHARD}) AND ({table_due.AT} <= :now OR lease = :lease)",
            {":until": table_due.minute(until), ":lease": lease, ":now": table_due.minute(self._now())},
        )
        return _turn(found) if found else None

    def leave(self, turn: Turn, after: str, again_at: datetime) -> None:
        self._changed(
            turn,
            f"SET {table_due.AT} = :again, heard = :heard REMOVE lease",
            "lease = :lease",
            {":again": table_due.minute(again_at), ":heard": after, ":lease": turn.lease},
        )

    def drop(self, turn: Turn) -> None:
        """Nothing but the key is left, and DynamoDB takes that away."""
        self._client.update_item(
            TableName=self._table,
            Key=_place(turn.workspace, turn.connection),
            UpdateExpression=f"SET expires_at = :now REMOVE {table_due.SHARD}, {table_due.AT}, heard, lease",
            ExpressionAttributeValues={":now": {"N": str(int(self._now().timestamp()))}},
        )

    def _changed(self, turn: Turn, change: str, condition: str, words: dict[str, str]) -> Item | None:
        """As it is then; None where the condition does not hold."""
        try:
            answer: Any = self._client.update_item(
                TableName=self._table,
                Key=_place(turn.workspace, turn.connection),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: {"S": word} for name, word in words.items()},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return dict(answer["Attributes"])


def turn_step(table_name: str, workspace: str, connection: str, at: datetime) -> Step:
    """Rides in the transaction that connects: it is asked for the first time then."""
    item = _place(workspace, connection) | {
        table_due.SHARD: {"S": table_due.HEAR},
        table_due.AT: {"S": table_due.minute(at)},
    }
    return Step("turn", {"Put": {"TableName": table_name, "Item": item, "ConditionExpression": ABSENT}})


def _place(workspace: str, connection: str) -> Item:
    return key(f"{workspace}#connection#{connection}", HEAR)


def _turn(item: Item) -> Turn:
    workspace, _, connection = item["pk"]["S"].partition("#connection#")
    words = {name: item[name]["S"] if name in item else "" for name in ("heard", "lease")}
    return Turn(workspace, connection, words["heard"], words["lease"])
