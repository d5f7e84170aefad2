"""Tries, counted in DynamoDB: an UpdateItem for what is tried, one for where it comes from, whatever they answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from letterlock.adapters import table_limits as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import key
from letterlock.domain.errors import TooManyRequests
from letterlock.domain.throttle import BY_ONE, FOR_ONE, FROM_ONE, Rule, Tried
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoLimits:
    """`Limits`. Two write units a count; addresses stand there as keyed hashes."""

    def __init__(self, client: DynamoDBClient, table_name: str, index: BlindIndex, now: Clock) -> None:
        self._client, self._table, self._index, self._now = client, table_name, index, now

    def count(self, tried: Tried, who: str, source: str, by: str = "") -> None:
        waits = [
            self._count(tried, "for", who, {"n": FOR_ONE[tried]}),
            self._count(tried, "from", source, {"n": FROM_ONE[tried]} | ({by: BY_ONE[tried]} if by else {})),
        ]
        if any(waits):
            raise TooManyRequests(max(waits))

    def _count(self, tried: Tried, counted: str, value: str, rules: Mapping[str, Rule]) -> int:
        """Seconds to wait; 0 when all of it is within its limits. `rules`: by the attribute that counts for each."""
        now, rule = self._now(), rules["n"]
        began = rule.began(now)
        hashed = self._index.router("limit", f"{tried}|{counted}|{value}")
        names = {f"#n{at}": name for at, name in enumerate(rules)}
        answer = self._client.update_item(
            TableName=self._table,
            Key=key(table.limit_key(tried, counted, hashed), table.window_key(began)),
            UpdateExpression=f"ADD {', '.join(f'{each} :one' for each in names)} SET expires_at = :until",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":until": {"N": str(int((began + rule.window + table.KEPT).timestamp()))},
            },
            ReturnValues="UPDATED_NEW",
        )
        counts = {name: int(answer["Attributes"][name]["N"]) for name in rules}
        return rule.seconds_left(now) if any(counts[name] > each.times for name, each in rules.items()) else 0
