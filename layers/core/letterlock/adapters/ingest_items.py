"""Entries of the ledger of what came in, as items of the table: nothing of them is sealed, for nothing is content."""

from __future__ import annotations

from datetime import datetime

from letterlock.adapters import table_conversations as table
from letterlock.adapters.codec import day_of, instant
from letterlock.adapters.dynamo import Item
from letterlock.domain.ledger import IngestRecord, Outcome, reason_of


def ingest_item(entry: IngestRecord, outbox: str = "") -> table.IngestItem:
    at, reason = instant(entry.at), entry.reason.value if entry.reason else ""
    return table.IngestItem(
        table.ingest_key(entry.workspace, entry.ses_message_id),
        entry.mailbox,
        outcome=entry.outcome.value,
        reason=reason or None,
        conversation=entry.conversation or None,
        message=entry.message or None,
        outbox=outbox or None,
        inbox=table.ingested_key(entry.workspace, entry.mailbox, day_of(entry.at)),
        activity=table.ingested_entry(entry.outcome.value, reason, at),
    )


def ingest_record(workspace: str, ses_message_id: str, item: Item) -> IngestRecord:
    row = table.IngestItem.from_raw_data(item)
    return IngestRecord(
        workspace=workspace,
        mailbox=row.sk,
        ses_message_id=ses_message_id,
        outcome=Outcome(row.outcome),
        at=datetime.fromisoformat(table.written_at(row.activity)),
        reason=reason_of(row.reason) if row.reason else None,
        conversation=row.conversation or "",
        message=row.message or "",
    )
