"""To whom something went out by itself, in the limits table: for a while, nothing more does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from letterlock.adapters import table_limits as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import Item, key
from letterlock.domain.errors import SendDelayed
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoQuietClaims:
    """`MailClaims` whose name is an address, and that are free again some time after they were settled.

    One write unit each. Nobody else can hold two leases of one address at once, whichever facts they come by.
    """

    def __init__(
        self, client: DynamoDBClient, table_name: str, index: BlindIndex, now: Clock, quiet: timedelta
    ) -> None:
        self._client, self._table, self._index, self._now, self._quiet = client, table_name, index, now, quiet

    def claim(self, workspace: str, fact: str, lease: timedelta) -> bool:
        now = self._now()
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key(workspace, fact),
                UpdateExpression="SET lease_until = :until, expires_at = :kept",
                ConditionExpression=(
                    "(attribute_not_exists(lease_until) OR lease_until <= :now) AND "
                    "(attribute_not_exists(quiet_until) OR quiet_until <= :now)"
                ),
                ExpressionAttributeValues={
                    ":now": {"S": instant(now)},
                    ":until": {"S": instant(now + lease)},
                    ":kept": {"N": str(int((now + self._quiet + table.KEPT).timestamp()))},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            answer: Any = refused.response
            if answer["Item"].get("quiet_until", {"S": ""})["S"] > instant(now):
                return False
            raise SendDelayed("another sender holds the lease") from None
        return True

    def settle(self, workspace: str, fact: str) -> None:
        self._update(workspace, fact, "SET quiet_until = :until REMOVE lease_until", self._now() + self._quiet)

    def release(self, workspace: str, fact: str) -> None:
        self._update(workspace, fact, "SET lease_until = :until", self._now())

    def _update(self, workspace: str, fact: str, expression: str, until: Any) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=self._key(workspace, fact),
            UpdateExpression=expression,
            ExpressionAttributeValues={":until": {"S": instant(until)}},
        )

    def _key(self, workspace: str, address: str) -> Item:
        return key(table.quiet_key(workspace, self._index.index(workspace, "automatic-mail", address)), table.QUIET)
