"""Contacts in DynamoDB, in the conversations table: a conversation's transaction says who takes part in it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.contact_items import ContactItems
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.adapters.dynamo import Item, batch_get, key
from letterlock.adapters.sealing import Sealer
from letterlock.domain.contacts import Contact
from letterlock.domain.conversations import Status
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Address
from letterlock.services.ports import ContactPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAMES_LOOKED_AT: Final = 100
"""Of so many conversations the first that named a contact is looked for."""


class DynamoContacts:
    """`Contacts`. What they take part in is written by `DynamoConversations`, in the transaction that lets them in."""

    def __init__(self, client: DynamoDBClient, table_name: str, sealer: Sealer, index: BlindIndex) -> None:
        self._client, self._table = client, table_name
        self._items, self._heads = ContactItems(sealer, index), ConversationItems(sealer, index)

    def id_of(self, workspace: str, address: Address) -> str:
        return self._items.id_of(workspace, address)

    def get(self, workspace: str, contact: str) -> Contact:
        """One Query: the profile, which sorts first, and the first conversation; where neither names them, a second
        one for the next that may: whoever comes first with a name keeps it.
        """
        pk = table.contact_key(workspace, contact)
        found = self._query(pk, forward=True, limit=2)
        if not found:
            raise NotFound("no such contact")
        known = self._items.contact(workspace, contact, found)
        if known.address.name:
            return known
        return self._items.contact(workspace, contact, self._query(pk, forward=True, limit=NAMES_LOOKED_AT))

    def conversations(self, workspace: str, contact: str, *, before: str = "", limit: int = 25) -> ContactPage:
        """One Query for which they are, and a BatchGetItem for what they show: half a read unit for each of those."""
        pk = table.contact_key(workspace, contact)
        found = self._query(pk, forward=False, limit=limit + 1, below=table.takes_part_key(before) if before else "")
        if not found and not before:
            raise NotFound("no such contact")
        ids = [each["sk"]["S"].removeprefix(table.TAKES_PART) for each in found if each["sk"]["S"] != table.PROFILE]
        left = {each["sk"]["S"].removeprefix(table.TAKES_PART) for each in found if "left" in each}
        heads = [(table.conversation_key(workspace, each), table.HEAD) for each in ids[:limit] if each not in left]
        stored = batch_get(self._client, self._table, heads, consistent=False)
        shown = [stored[each] for each in heads if each in stored and stored[each]["status"]["S"] != Status.DISCARDED]
        cards = tuple(self._heads.card(workspace, each) for each in shown)
        return ContactPage(cards, ids[limit - 1] if len(ids) > limit else "")

    def mark_undeliverable(self, workspace: str, address: str, reason: str, at: datetime) -> None:
        """One UpdateItem of an item that no transaction holds: events in any order, or twice, leave the newest."""
        who = Address(address)
        contact = self._items.id_of(workspace, who)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(table.contact_key(workspace, contact), table.PROFILE),
                UpdateExpression=(
                    "SET who = if_not_exists(who, :who), #at = if_not_exists(#at, :at),"
                    " undeliverable = :reason, undeliverable_at = :at"
                ),
                ConditionExpression=(
                    "attribute_not_exists(undeliverable_at) OR undeliverable_at < :at"
                    " OR (undeliverable_at = :at AND undeliverable < :reason)"
                ),
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={
                    ":who": {"B": self._items.sealed_address(workspace, contact, who)},
                    ":at": {"S": instant(at)},
                    ":reason": {"S": reason},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _query(self, pk: str, *, forward: bool, limit: int, below: str = "") -> list[Item]:
        """Items of a contact in the order of their sort keys. Each is some 300 bytes, so one page of a megabyte holds
        more than is ever asked for.
        """
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if below:
            condition, values = f"{condition} AND sk < :below", values | {":below": {"S": below}}
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": forward,
            "Limit": limit,
        }
        return [dict(item) for item in self._client.query(**request)["Items"]]
