"""What was found in a message's files, on the message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.audit_entries import AuditEntries, steps_of
from letterlock.adapters.commits import Commits
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.adapters.dynamo import CONDITION_FAILED, Item, Step, key
from letterlock.domain.audit import Entry
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.facts import Told
from letterlock.domain.files import Scans
from letterlock.services.ports import MessagePlace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCANS: Final = "scans"


class DynamoMessageScans:
    """`MessageScans`. One transaction, in which the conversation's head is not.

    `audit` only for who does what has an entry.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        items: ConversationItems,
        commits: Commits,
        audit: AuditEntries | None = None,
    ) -> None:
        self._client, self._table, self._items, self._commits, self._audit = client, table_name, items, commits, audit

    def mark(self, place: MessagePlace, scans: Scans, told: Sequence[Told]) -> bool:
        operation = self._update(place, scans, "attribute_not_exists(scans)", {})
        return self._noted([Step(SCANS, {"Update": operation})], place, told)

    def amend(
        self, place: MessagePlace, before: Scans, after: Scans, told: Sequence[Told] = (), entry: Entry | None = None
    ) -> bool:
        """One more read: what is sealed anew is spelt anew, so the condition is on what lies there."""
        answer = self._client.get_item(
            TableName=self._table, Key=self._key(place), ProjectionExpression="scans", ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such message")
        lies = answer["Item"].get("scans")
        if lies is None or self._items.scans_of(place, bytes(lies["B"])) != before:
            return False
        operation = self._update(place, after, "scans = :before", {":before": lies})
        return self._noted([Step(SCANS, {"Update": operation}), *steps_of(self._audit, entry)], place, told)

    def _key(self, place: MessagePlace) -> Item:
        return key(table.conversation_key(place.workspace, place.conversation), table.message_key(place.message))

    def _update(self, place: MessagePlace, scans: Scans, condition: str, values: Item) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": self._key(place),
            "UpdateExpression": "SET scans = :scans",
            "ConditionExpression": f"attribute_exists(pk) AND {condition}",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeValues": {":scans": {"B": self._items.scans_value(place, scans)}, **values},
        }

    def _noted(self, steps: list[Step], place: MessagePlace, told: Sequence[Told]) -> bool:
        refusals = self._commits.commit(steps, place.workspace, told)
        failed = next((each for each in refusals if each.code == CONDITION_FAILED), None)
        if failed is not None and not failed.item:
            raise NotFound("no such message")
        if refusals and failed is None:
            raise Stale("the message is being written at this moment")
        return not refusals
