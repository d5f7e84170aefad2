"""Mails that go out by themselves, counted in DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from letterlock.adapters import table_limits as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import day_of
from letterlock.adapters.dynamo import key
from letterlock.domain.automatic_mail import CAPS, Counted, windows
from letterlock.domain.checks.loop import Purpose
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoMailCaps:
    """`MailCaps`. One UpdateItem for each that is counted: an item a day has all its windows, in less than 2 kB."""

    def __init__(self, client: DynamoDBClient, table_name: str, index: BlindIndex, now: Clock) -> None:
        self._client, self._table, self._index, self._now = client, table_name, index, now

    def take(self, purpose: Purpose, workspace: str, causes: Mapping[Counted, str]) -> bool:
        return all(self._within(purpose, workspace, counted, value) for counted, value in causes.items())

    def _within(self, purpose: Purpose, workspace: str, counted: Counted, value: str) -> bool:
        now = self._now()
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        hashed = self._index.index(workspace, "automatic-mail", f"{purpose}|{counted}|{value}")
        most = windows(CAPS[purpose][counted], now)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(table.automatic_key(workspace, purpose, counted, hashed), day_of(now)),
                UpdateExpression=f"ADD {', '.join(f'{each} :one' for each in most)} SET expires_at = :until",
                ConditionExpression=" AND ".join(
                    f"(attribute_not_exists({each}) OR {each} < :{each})" for each in most
                ),
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":until": {"N": str(int((midnight + timedelta(days=1) + table.KEPT).timestamp()))},
                    **{f":{each}": {"N": str(times)} for each, times in most.items()},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
