"""What the sweep has done about each orphaned mail, in the conversations table, under the stack's own keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import batch_get, key, put_once
from letterlock.adapters.dynamo_stack_ledger import stack_entry
from letterlock.domain.ledger import Reason
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES: Final = 5
FIRST_PAUSE: Final = timedelta(minutes=15)
"""Each further one is twice as long: the last try comes after about four hours."""
KEPT: Final = timedelta(days=21)
"""Longer than the inbound bucket keeps a mail."""


class DynamoSweepNotes:
    """`SweepNotes`."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def due(self, ses_message_ids: Sequence[str]) -> list[str]:
        """One BatchGetItem for a hundred: half a read unit each."""
        notes = batch_get(self._client, self._table, map(_place, ses_message_ids), consistent=False)
        now = instant(self._now())
        return [
            each
            for each in ses_message_ids
            if (note := notes.get(_place(each))) is None
            or (int(note["tries"]["N"]) < TRIES and note["again_at"]["S"] <= now)
        ]

    def tried(self, ses_message_id: str) -> None:
        place = _place(ses_message_id)
        before = batch_get(self._client, self._table, [place], consistent=True).get(place)
        tries = int(before["tries"]["N"]) if before else 0
        self._note(ses_message_id, tries + 1, self._now() + FIRST_PAUSE * 2**tries)

    def waits(self, ses_message_id: str, until: datetime) -> None:
        self._note(ses_message_id, 0, until)

    def gave_up(self, ses_message_id: str, at: datetime) -> None:
        """The entry in the ledger first: it is put once, however often this is tried."""
        put_once(self._client, self._table, stack_entry(ses_message_id, table.UNATTRIBUTED, Reason.UNATTRIBUTED, at))
        self._note(ses_message_id, TRIES, self._now() + KEPT)

    def _note(self, ses_message_id: str, tries: int, again_at: datetime) -> None:
        item = {
            **key(*_place(ses_message_id)),
            "tries": {"N": str(tries)},
            "again_at": {"S": instant(again_at)},
            "expires_at": {"N": str(int((self._now() + KEPT).timestamp()))},
        }
        self._client.put_item(TableName=self._table, Item=item)


def _place(ses_message_id: str) -> tuple[str, str]:
    return table.swept_key(ses_message_id), table.SWEPT
