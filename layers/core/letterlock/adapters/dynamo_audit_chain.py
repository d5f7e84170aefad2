"""The audit log's chains in DynamoDB. Nothing here opens what is sealed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from letterlock.adapters import table_audit as table
from letterlock.adapters.dynamo import ABSENT, Item, Step, batch_get, pages, transact
from letterlock.domain.audit import Link, StoredEntry
from letterlock.domain.errors import Stale

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoAuditChain:
    """`AuditChain`."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client, self._table = client, table_name

    def head(self, workspace: str) -> Link | None:
        """One Query: one read unit."""
        found = self._range(workspace, table.LINKS, table.LAST_LINK, limit=1, forward=False)
        return table.link_of(found[0]) if found else None

    def linked(self, workspace: str, entries: Sequence[str]) -> dict[str, int]:
        found = self._at(workspace, [table.linked_key(each) for each in entries])
        return {
            each: table.linked_by(found[table.linked_key(each)]) for each in entries if table.linked_key(each) in found
        }

    def append(self, workspace: str, links: Sequence[Link]) -> None:
        """One TransactWriteItems of two puts a link: four write units each. The first link also enters the list of
        chains, where it may stand already.
        """
        steps = [step for each in links for step in self._steps(workspace, each)]
        if links[0].seq == 1:
            steps.append(Step("chain", {"Put": {"TableName": self._table, "Item": table.chain_item(workspace)}}))
        if transact(self._client, steps):
            raise Stale("the chain has been added to meanwhile")

    def _steps(self, workspace: str, link: Link) -> Iterator[Step]:
        yield self._put_once("link", table.link_item(workspace, link))
        yield self._put_once("linked", table.linked_item(workspace, link))

    def _put_once(self, role: str, item: Item) -> Step:
        return Step(role, {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT}})

    def chains(self) -> Iterator[str]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :chains",
            "ExpressionAttributeValues": {":chains": {"S": table.CHAINS}},
        }
        return (item["sk"]["S"] for item in pages(self._client, request))

    def links(self, workspace: str, *, after: int, limit: int) -> list[Link]:
        found = self._range(workspace, table.link_key(after + 1), table.LAST_LINK, limit=limit)
        return [table.link_of(item) for item in found]

    def links_at(self, workspace: str, numbers: Sequence[int]) -> dict[int, Link]:
        found = self._at(workspace, [table.link_key(each) for each in numbers])
        return {link.seq: link for link in map(table.link_of, found.values())}

    def entries(self, workspace: str, *, after: str, limit: int) -> list[StoredEntry]:
        # A space is below every character of a key: the first place after that key.
        first = f"{after} " if after else table.ENTRIES
        found = self._range(workspace, first, table.LAST_ENTRY, limit=limit)
        return [table.stored_entry_of(item) for item in found]

    def entries_at(self, workspace: str, keys: Sequence[str]) -> dict[str, StoredEntry]:
        named = [each for each in keys if each.startswith(table.ENTRIES)]
        return {at: table.stored_entry_of(item) for at, item in self._at(workspace, named).items()}

    def since(self, at: datetime) -> str:
        return table.first_key(at)

    def _at(self, workspace: str, keys: Iterable[str]) -> dict[str, Item]:
        found = batch_get(self._client, self._table, [(workspace, each) for each in keys], consistent=True)
        return {sk: item for (_, sk), item in found.items()}

    def _range(self, workspace: str, first: str, last: str, *, limit: int, forward: bool = True) -> list[Item]:
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :workspace AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":workspace": {"S": workspace}, ":first": {"S": first}, ":last": {"S": last}},
            ScanIndexForward=forward,
            Limit=limit,
            ConsistentRead=True,
        )
        return [dict(item) for item in answer["Items"]]
