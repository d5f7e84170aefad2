"""Links between the conversations in which one mail lies, in several mailboxes of a workspace.

A set of a conversation's own, beside its head, so that no head moves for it and no transaction meets another there: an
addition is idempotent, whoever makes it. It is found with the head, by the same Query.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import Item, key
from letterlock.domain.conversations import Copy
from letterlock.services.ports import Ingest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COPIES_AT_MOST: Final = 20
"""Of a conversation: who sends one mail to many mailboxes again and again makes no item grow for ever."""


class CopyLinks:
    def __init__(self, client: DynamoDBClient, table_name: str, index: BlindIndex) -> None:
        self._client, self._table, self._index = client, table_name, index

    def link(self, ingest: Ingest) -> None:
        """One Query of the mail's lookups; where others have it, one UpdateItem for each of the conversations."""
        if not ingest.message_id:
            return
        workspace, mailbox = ingest.entry.workspace, ingest.entry.mailbox
        found = self._copies(workspace, ingest)
        own = next((each for each in found if each.mailbox == mailbox), None)
        others = [each for each in found if each.mailbox != mailbox][:COPIES_AT_MOST]
        if own is None or not others:
            return
        self._add(workspace, own, others)
        for each in others:
            self._add(workspace, each, [own])

    def _copies(self, workspace: str, ingest: Ingest) -> list[Copy]:
        """Where this very mail lies: the lookups of its Message-ID that have its content."""
        hashed = self._index.index(workspace, "message-id", ingest.message_id)
        content = self._index.index(workspace, "content", ingest.fingerprint.hex())
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": table.lookup_key(workspace, hashed)}},
            ConsistentRead=True,
        )
        found = []
        for each in answer["Items"]:
            mailbox, _, told_apart_by = each["sk"]["S"].partition("#")
            if told_apart_by == content:
                found.append(Copy(mailbox, each["conversation"]["S"]))
        return found

    def _add(self, workspace: str, to: Copy, copies: Iterable[Copy]) -> None:
        """Refused in silence where there are as many as a conversation has at most."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(table.conversation_key(workspace, to.conversation), table.COPIES),
                UpdateExpression="ADD copies :copies",
                ConditionExpression="attribute_not_exists(copies) OR size(copies) < :most",
                ExpressionAttributeValues={
                    ":copies": {"SS": [f"{each.mailbox}#{each.conversation}" for each in copies]},
                    ":most": {"N": str(COPIES_AT_MOST)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def copies_of(item: Item | None) -> tuple[Copy, ...]:
    """From a conversation's item of them, where it has one."""
    kept = sorted(item["copies"]["SS"]) if item else []
    return tuple(Copy(mailbox, conversation) for mailbox, _, conversation in (each.partition("#") for each in kept))
