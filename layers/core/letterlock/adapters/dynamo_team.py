"""The people of a workspace as notifications need them, in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from letterlock.adapters import table_accounts as table
from letterlock.adapters.dynamo import Item, batch_get, key, pages
from letterlock.adapters.member_items import gate_of, member_of
from letterlock.adapters.people_items import PeopleItems
from letterlock.domain.accounts import Gate
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Address
from letterlock.domain.notifications import NotificationSettings
from letterlock.services.notify_ports import Colleague

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTeam:
    """`Team`, `TeamAddresses` and `NotificationChoices`."""

    def __init__(self, client: DynamoDBClient, items: PeopleItems) -> None:
        self._client, self._items = client, items

    def colleague(self, workspace: str, person: str) -> Colleague:
        """One BatchGetItem of three items."""
        if not person.startswith("per_"):
            raise NotFound("no such person")
        gate, member, profile = (
            (workspace, sk) for sk in (table.GATE, table.member_key(person), table.profile_key(person))
        )
        found = batch_get(self._client, self._items.table, [gate, member, profile], consistent=True)
        if len(found) < len((gate, member, profile)):
            raise NotFound("no such person")
        kept = found[profile]
        return Colleague(member_of(found[member]), self._items.profile_of(kept), wants_of(kept), gate_of(found[gate]))

    def gate(self, workspace: str) -> Gate:
        found = batch_get(self._client, self._items.table, [(workspace, table.GATE)], consistent=True)
        if not found:
            raise NotFound("no such workspace")
        return gate_of(found[workspace, table.GATE])

    def at(self, workspace: str, address: str) -> str:
        place = (self._items.route(address), workspace)
        found = batch_get(self._client, self._items.table, [place], consistent=True)
        return str(found[place]["person"]["S"]) if place in found else ""

    def everybody(self, workspace: str) -> list[str]:
        """A Query of profiles."""
        return list(self._people(workspace))

    def watching(self, workspace: str) -> list[str]:
        """A Query of profiles: which of them is theirs to answer for is not in a key."""
        return list(
            self._people(
                workspace,
                FilterExpression="contains(#notify, :unassigned)",
                ExpressionAttributeNames={"#notify": table.NOTIFY},
                values={":unassigned": {"S": "unassigned"}},
            )
        )

    def addresses(self, workspace: str) -> list[Address]:
        """The same Query, for who they are."""
        profiles = map(self._items.profile_of, self._profiles(workspace, ProjectionExpression="pk, sk, who"))
        return [Address(each.address, each.name) for each in profiles]

    def _people(self, workspace: str, values: Item | None = None, **more: object) -> Iterator[str]:
        for each in self._profiles(workspace, values, ProjectionExpression="sk", **more):
            yield each["sk"]["S"].removeprefix(table.PROFILES)

    def _profiles(self, workspace: str, values: Item | None = None, **more: object) -> Iterator[Item]:
        request: Item = {
            "TableName": self._items.table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :profiles)",
            "ExpressionAttributeValues": {":workspace": {"S": workspace}, ":profiles": {"S": table.PROFILES}}
            | (values or {}),
            **more,
        }
        yield from pages(self._client, request)

    # ---- what they want ---------------------------------------------------------------------------------------------

    def get(self, workspace: str, person: str) -> NotificationSettings:
        answer = self._client.get_item(
            TableName=self._items.table,
            Key=key(workspace, table.profile_key(person)),
            ProjectionExpression="pk, #notify",
            ExpressionAttributeNames={"#notify": table.NOTIFY},
            ConsistentRead=True,
        )
        if "Item" not in answer:
            raise NotFound("no such person")
        return wants_of(dict(answer["Item"]))

    def put(self, workspace: str, person: str, wants: NotificationSettings) -> None:
        try:
            self._client.update_item(
                TableName=self._items.table,
                Key=key(workspace, table.profile_key(person)),
                UpdateExpression="SET #notify = :wanted",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#notify": table.NOTIFY},
                ExpressionAttributeValues={":wanted": {"S": " ".join(sorted(wants.wanted))}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise NotFound("no such person") from None


def wants_of(profile: Item) -> NotificationSettings:
    """The names of those that are on, between spaces; absent: nobody has chosen yet."""
    if table.NOTIFY not in profile:
        return NotificationSettings()
    return NotificationSettings.of(frozenset(profile[table.NOTIFY]["S"].split()))
