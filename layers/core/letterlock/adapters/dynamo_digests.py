"""Conversations as their items lie in DynamoDB, held against the digest of their head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.adapters.dynamo import Item, pages
from letterlock.adapters.sealing import Sealer
from letterlock.domain.conversations import Status
from letterlock.domain.digests import Difference, with_added
from letterlock.domain.errors import IntegrityBroken

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READS: Final = 5
"""How often a conversation that somebody is writing to is read before it counts as it was read."""


class DynamoDigests:
    """`ConversationDigests`. Reads whole collections, a page at a time: no more than a megabyte is held at once."""

    def __init__(self, client: DynamoDBClient, table_name: str, sealer: Sealer, index: BlindIndex) -> None:
        self._client, self._table = client, table_name
        self._items = ConversationItems(sealer, index)

    def listed(self, workspace: str, mailbox: str, status: Status, *, after: str, limit: int) -> list[tuple[str, str]]:
        """One Query of the index by mailbox."""
        condition, values = "inbox = :inbox", {":inbox": {"S": table.inbox_key(workspace, mailbox, status)}}
        if after:
            condition, values = f"{condition} AND activity > :after", values | {":after": {"S": after}}
        answer = self._client.query(
            TableName=self._table,
            IndexName=table.BY_MAILBOX,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ProjectionExpression="pk, activity",
            Limit=limit,
        )
        return [(item["activity"]["S"], item["pk"]["S"].removeprefix(f"{workspace}#")) for item in answer["Items"]]

    def difference(self, workspace: str, conversation: str) -> Difference | None:
        """A Query may show a transaction half (DynamoDB: "Transaction isolation levels"), so what differs is read again
        until two reads show the head at one version.
        """
        before, found = self._compared(workspace, conversation)
        for _ in range(READS - 1):
            if found is None:
                break
            version, found = self._compared(workspace, conversation)
            if version == before:
                break
            before = version
        return found

    def _compared(self, workspace: str, conversation: str) -> tuple[int, Difference | None]:
        """The head's version, and what its messages' items say of its digest."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": table.conversation_key(workspace, conversation)}},
            "ConsistentRead": True,
        }
        head: Item = {}
        digest, count = 0, 0
        try:
            for item in pages(self._client, request):
                if item["sk"]["S"] == table.HEAD:
                    head = item
                elif item["sk"]["S"].startswith(table.MESSAGES):
                    digest = with_added(digest, [self._items.digest_of(workspace, conversation, item)])
                    count += 1
            if not head:
                return 0, Difference.HEAD
            row = table.Head.from_raw_data(head)
            if int(row.messages) != count:
                return int(row.version), Difference.COUNT
            return int(row.version), None if int.from_bytes(row.digest) == digest else Difference.DIGEST
        except IntegrityBroken:
            return _version(head), Difference.SEAL
        except (TypeError, ValueError, KeyError):
            # An attribute that every such item has is missing, or of another type.
            return _version(head), Difference.ITEM


def _version(head: Item) -> int:
    version = head.get("version", {}).get("N", "0")
    return int(version)
