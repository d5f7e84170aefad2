"""How many seats of a workspace are taken: counted where its people and invitations are, and kept nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from letterlock.adapters import table_accounts as table
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import key
from letterlock.services.billing_ports import SeatTurn
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSeats:
    """`SeatCount`. Two Queries: a read unit for about ten people."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def turn(self, workspace: str) -> SeatTurn:
        answer = self._client.get_item(TableName=self._table, Key=key(workspace, table.GATE), ConsistentRead=True)
        return SeatTurn(int(answer.get("Item", {}).get("invitations_made", {"N": "0"})["N"]))

    def used(self, workspace: str) -> int:
        return self._count(workspace, table.PEOPLE, "#state = :state", {":state": {"S": table.ACTIVE}}) + self._count(
            workspace,
            table.INVITATIONS,
            "#state = :state AND #until > :now",
            {":state": {"S": table.PENDING}, ":now": {"S": instant(self._now())}},
        )

    def _count(self, workspace: str, begins: str, condition: str, values: dict[str, Any]) -> int:
        names = {"#state": "state"} | ({"#until": "until"} if "#until" in condition else {})
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :begins)",
            "FilterExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values | {":workspace": {"S": workspace}, ":begins": {"S": begins}},
            "ConsistentRead": True,
            "Select": "COUNT",
        }
        counted = 0
        while True:
            answer = self._client.query(**request)
            counted += answer["Count"]
            if "LastEvaluatedKey" not in answer:
                return counted
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
