"""Conversations as their items lie in DynamoDB, held against the digest of their head."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING, Final

from ulid import ULID

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.adapters.dynamo import Item, batch_get, key, pages
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

    def since(self, mailbox: str) -> date:
        """Told by the mailbox's id, a ULID."""
        return ULID.from_str(mailbox.partition("_")[2]).datetime.astimezone(UTC).date()

    def unlisted(self, workspace: str, mailbox: str, day: date, *, after: str, limit: int) -> tuple[list[str], str]:
        """One Query of the index by mailbox, then what each entry says, and the heads of what these name: half a read
        unit each. Entries are never taken away, so they know of heads that are gone.
        """
        hashed = table.ingested_key(workspace, mailbox, day.isoformat())
        request: Item = {
            "TableName": self._table,
            "IndexName": table.BY_MAILBOX,
            "KeyConditionExpression": "inbox = :hashed",
            "ExpressionAttributeValues": {":hashed": {"S": hashed}},
            "ProjectionExpression": "pk, sk, activity",
            "Limit": limit,
        }
        if after:
            activity, _, pk = after.rpartition("|")
            start = {**key(pk, mailbox), "inbox": {"S": hashed}, "activity": {"S": activity}}
            request |= {"ExclusiveStartKey": start}
        answer = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        places = [(item["pk"]["S"], item["sk"]["S"]) for item in answer["Items"]]
        entries = batch_get(self._client, self._table, places, consistent=False).values()
        named = dict.fromkeys(each["conversation"]["S"] for each in entries if "conversation" in each)
        heads = {each: (table.conversation_key(workspace, each), table.HEAD) for each in named}
        found = batch_get(self._client, self._table, heads.values(), consistent=False)
        unlisted = [each for each, place in heads.items() if not _listed_rightly(workspace, found.get(place))]
        return unlisted, f"{last['activity']['S']}|{last['pk']['S']}" if last else ""

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
            if not _listed_rightly(workspace, head):
                return int(row.version), Difference.ITEM
            if int(row.messages) != count:
                return int(row.version), Difference.COUNT
            return int(row.version), None if int.from_bytes(row.digest) == digest else Difference.DIGEST
        except IntegrityBroken:
            return _version(head), Difference.SEAL
        except (TypeError, ValueError, KeyError):
            # An attribute that every such item has is missing, or of another type.
            return _version(head), Difference.ITEM


def _listed_rightly(workspace: str, head: Item | None) -> bool:
    """Whether a head stands in the list of its mailbox and status, where every conversation is found."""
    if head is None:
        return False
    mailbox, status = (head.get(name, {}).get("S", "") for name in ("mailbox", "status"))
    return head.get("inbox") == {"S": table.inbox_key(workspace, mailbox, status)} and "activity" in head


def _version(head: Item) -> int:
    version = head.get("version", {}).get("N", "0")
    return int(version)
