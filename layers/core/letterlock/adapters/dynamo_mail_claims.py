"""Which facts were mailed about, in the accounts table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.dynamo import key
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = timedelta(days=15)
"""A day longer than the queue and its dead letters keep a fact."""


class DynamoMailClaims:
    """`MailClaims`. One write unit each."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def claim(self, workspace: str, fact: str) -> bool:
        until = str(int((self._now() + KEPT).timestamp()))
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(workspace, table.mail_key(fact)),
                UpdateExpression="SET claimed = :yes, expires_at = :until",
                ConditionExpression="attribute_not_exists(claimed) OR claimed = :no",
                ExpressionAttributeValues={":yes": {"BOOL": True}, ":no": {"BOOL": False}, ":until": {"N": until}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def release(self, workspace: str, fact: str) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=key(workspace, table.mail_key(fact)),
            UpdateExpression="SET claimed = :no",
            ExpressionAttributeValues={":no": {"BOOL": False}},
        )
