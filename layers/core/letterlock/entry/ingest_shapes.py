"""The ingest summary as the API gives it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from letterlock.domain.ledger import IngestSummary, Outcome


class MailboxIngestOut(BaseModel):
    """How the deliveries to one mailbox ended. The four outcomes sum to `received`."""

    mailbox: str
    received: int
    stored: int
    duplicate: Annotated[int, Field(description="the very mail, Message-ID and content, was there already")]
    quarantined: Annotated[int, Field(description="could not be read, or must not be: kept raw")]
    rejected: int

    @classmethod
    def of(cls, summary: IngestSummary) -> MailboxIngestOut:
        return cls(
            mailbox=summary.mailbox,
            received=summary.received,
            stored=summary.outcomes[Outcome.STORED],
            duplicate=summary.outcomes[Outcome.DUPLICATE],
            quarantined=summary.outcomes[Outcome.QUARANTINED],
            rejected=summary.outcomes[Outcome.REJECTED],
        )


class IngestSummaryOut(BaseModel):
    """A day (UTC), mailbox by mailbox: the ledger, counted."""

    day: date
    mailboxes: list[MailboxIngestOut]
