"""What was found in a message's files, on the message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.commits import Commits
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.adapters.dynamo import CONDITION_FAILED, Step, key
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.facts import Told
from letterlock.domain.files import Scans
from letterlock.services.ports import MessagePlace

SCANS: Final = "scans"


class DynamoMessageScans:
    """`MessageScans`. One transaction, in which the conversation's head is not."""

    def __init__(self, table_name: str, items: ConversationItems, commits: Commits) -> None:
        self._table, self._items, self._commits = table_name, items, commits

    def mark(self, place: MessagePlace, scans: Scans, told: Sequence[Told]) -> bool:
        operation = {
            "TableName": self._table,
            "Key": key(table.conversation_key(place.workspace, place.conversation), table.message_key(place.message)),
            "UpdateExpression": "SET scans = :scans",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(scans)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeValues": {":scans": {"B": self._items.scans_value(place, scans)}},
        }
        refusals = self._commits.commit([Step(SCANS, {"Update": operation})], place.workspace, told)
        failed = next((each for each in refusals if each.code == CONDITION_FAILED), None)
        if failed is not None and not failed.item:
            raise NotFound("no such message")
        if refusals and failed is None:
            raise Stale("the message is being written at this moment")
        return not refusals
