"""Which facts were mailed about, in the accounts table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import key
from letterlock.domain.errors import SendDelayed
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = timedelta(days=15)
"""A day longer than the queue and its dead letters keep a fact."""
FOR_EVER: Final = "settled"
"""Sorts after every instant."""


class DynamoMailClaims:
    """`MailClaims`. One write unit each."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def claim(self, workspace: str, fact: str, lease: timedelta) -> bool:
        now = self._now()
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(workspace, table.mail_key(fact)),
                UpdateExpression="SET lease_until = :until, expires_at = :kept",
                ConditionExpression="attribute_not_exists(lease_until) OR lease_until <= :now",
                ExpressionAttributeValues={
                    ":now": {"S": instant(now)},
                    ":until": {"S": instant(now + lease)},
                    ":kept": {"N": str(int((now + KEPT).timestamp()))},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            answer: Any = refused.response
            if answer["Item"]["lease_until"]["S"] == FOR_EVER:
                return False
            raise SendDelayed("another sender holds the lease") from refused
        return True

    def settle(self, workspace: str, fact: str) -> None:
        self._lease(workspace, fact, FOR_EVER)

    def release(self, workspace: str, fact: str) -> None:
        self._lease(workspace, fact, instant(self._now()))

    def _lease(self, workspace: str, fact: str, until: str) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=key(workspace, table.mail_key(fact)),
            UpdateExpression="SET lease_until = :until",
            ExpressionAttributeValues={":until": {"S": until}},
        )
