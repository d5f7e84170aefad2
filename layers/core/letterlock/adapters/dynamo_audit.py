"""The audit log in DynamoDB, to be written to and read by those who may open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letterlock.adapters import table_audit as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.dynamo import Item, batch_get
from letterlock.domain.audit import Entry
from letterlock.domain.errors import IntegrityBroken
from letterlock.services.audit_ports import ExportedEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoAudit:
    """`Audit`."""

    def __init__(self, client: DynamoDBClient, table_name: str, entries: AuditEntries) -> None:
        self._client, self._table, self._entries = client, table_name, entries

    def record(self, entry: Entry, under: str = "") -> None:
        """One PutItem of one write unit."""
        try:
            self._client.put_item(**self._entries.put_of(entry, under))
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def listed(self, workspace: str, *, before: str = "", limit: int = 25) -> list[Entry]:
        """One Query, about half a read unit for eight entries."""
        last = table.entry_key(before) if before else table.LAST_ENTRY
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :workspace AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":workspace": {"S": workspace},
                ":first": {"S": table.ENTRIES},
                ":last": {"S": last},
            },
            ScanIndexForward=False,
            Limit=limit + 1,
        )
        # BETWEEN takes in both of its ends.
        return [self._entries.entry_of(dict(item)) for item in answer["Items"] if item["sk"]["S"] != last][:limit]

    def exported(self, workspace: str, *, after: int = 0, limit: int = 100) -> list[ExportedEntry]:
        """One Query of links, one BatchGetItem of up to 100 entries."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :workspace AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":workspace": {"S": workspace},
                ":first": {"S": table.link_key(after + 1)},
                ":last": {"S": table.LAST_LINK},
            },
            Limit=limit,
            ConsistentRead=True,
        )
        links = [table.link_of(dict(item)) for item in answer["Items"]]
        keys = [(workspace, each.entry) for each in links if each.entry]
        items = batch_get(self._client, self._table, keys, consistent=True)
        found = []
        for each in links:
            item = items.get((workspace, each.entry))
            stored = table.canonical(item) if item else ""
            found.append(ExportedEntry(each, self._readable(item), stored))
        return found

    def _readable(self, item: Item | None) -> Entry | None:
        """None for one that is gone or was changed: an export shows the rest all the same."""
        if item is None:
            return None
        try:
            return self._entries.entry_of(item)
        except (IntegrityBroken, KeyError, TypeError, ValueError):
            return None
