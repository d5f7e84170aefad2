"""The stack's own ledger: mail for nobody we know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import day_of, instant
from letterlock.adapters.dynamo import key, put_once
from letterlock.adapters.ingested import ingested
from letterlock.adapters.keyring import STACK
from letterlock.domain.ledger import Outcome, Reason

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def stack_entry(ses_message_id: str, recipient: str, reason: Reason, at: datetime) -> table.StackIngestItem:
    """`recipient` as its keyed hash."""
    return table.StackIngestItem(
        table.stack_ingest_key(ses_message_id),
        recipient,
        outcome=Outcome.REJECTED.value,
        reason=reason.value,
        inbox=table.ingested_key(STACK, "", day_of(at)),
        activity=table.ingested_entry(Outcome.REJECTED.value, reason.value, instant(at)),
        expires_at=int((at + timedelta(days=table.STACK_INGEST_DAYS)).timestamp()),
    )


class StackArchive(Protocol):
    def keep_stack_raw(self, ses_message_id: str, chunks: Iterable[bytes]) -> None: ...


class DynamoStackLedger:
    """`StackLedger`: entries in the conversations table for 90 days, raw mails in `archive`."""

    def __init__(self, client: DynamoDBClient, table_name: str, index: BlindIndex, archive: StackArchive) -> None:
        self._client, self._table, self._index, self._archive = client, table_name, index, archive

    def record(self, ses_message_id: str, recipient: str, reason: Reason, at: datetime) -> bool:
        return put_once(self._client, self._table, stack_entry(ses_message_id, self._hashed(recipient), reason, at))

    def recorded(self, ses_message_id: str, recipient: str) -> bool:
        answer = self._client.get_item(
            TableName=self._table,
            Key=key(table.stack_ingest_key(ses_message_id), self._hashed(recipient)),
            ProjectionExpression="pk",
            ConsistentRead=True,
        )
        return "Item" in answer

    def ingested(self, day: date) -> Counter[Reason]:
        entries = ingested(self._client, self._table, table.ingested_key(STACK, "", day.isoformat()))
        return Counter(Reason(reason) for _, reason in entries)

    def keep_raw(self, ses_message_id: str, chunks: Iterable[bytes]) -> None:
        self._archive.keep_stack_raw(ses_message_id, chunks)

    def _hashed(self, recipient: str) -> str:
        return self._index.router("recipient", recipient.strip().casefold())
