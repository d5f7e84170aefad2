"""Tries, counted in DynamoDB: one UpdateItem each, whatever it answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from letterlock.adapters import table_limits as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import key
from letterlock.domain.errors import TooManyRequests
from letterlock.domain.throttle import FOR_ONE, FROM_ONE, Rule, Tried
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(hours=1)
"""After its window: DynamoDB deletes late anyway."""


class DynamoLimits:
    """`Limits`. One write unit a count; addresses stand there as keyed hashes."""

    def __init__(self, client: DynamoDBClient, table_name: str, index: BlindIndex, now: Clock) -> None:
        self._client, self._table, self._index, self._now = client, table_name, index, now

    def count(self, tried: Tried, who: str, source: str) -> None:
        waits = [
            self._count(tried, counted, value, rule)
            for counted, value, rule in (("for", who, FOR_ONE[tried]), ("from", source, FROM_ONE[tried]))
        ]
        if any(waits):
            raise TooManyRequests(max(waits))

    def _count(self, tried: Tried, counted: str, value: str, rule: Rule) -> int:
        """Seconds to wait; 0 when it is within its limit."""
        now = self._now()
        began = rule.began(now)
        hashed = self._index.router("limit", f"{tried}|{counted}|{value}")
        answer = self._client.update_item(
            TableName=self._table,
            Key=key(table.limit_key(tried, counted, hashed), table.window_key(began)),
            UpdateExpression="ADD n :one SET expires_at = :until",
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":until": {"N": str(int((began + rule.window + _KEPT).timestamp()))},
            },
            ReturnValues="UPDATED_NEW",
        )
        return rule.seconds_left(now) if int(answer["Attributes"]["n"]["N"]) > rule.times else 0
