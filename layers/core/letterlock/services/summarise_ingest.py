"""What came in on a day, and how it ended: the ledger, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date

from letterlock.domain.accounts import Principal
from letterlock.domain.ledger import IngestSummary
from letterlock.domain.permissions import Action
from letterlock.services.ports import Clock, Conversations


@dataclass(frozen=True, slots=True)
class SummariseIngest:
    """One Query a mailbox. Raises Forbidden, NotFound (mailbox)."""

    conversations: Conversations
    now: Clock

    def __call__(
        self, principal: Principal, *, day: date | None, mailbox: str
    ) -> tuple[date, tuple[IngestSummary, ...]]:
        """The day (today in UTC unless told), and a line for each mailbox, also for one that got nothing."""
        principal.may(Action.READ_INGEST_SUMMARY)
        of = day or self.now().astimezone(UTC).date()
        workspace = principal.workspace
        if mailbox:
            principal.must_see(mailbox, "mailbox")
        asked = (mailbox,) if mailbox else principal.mailboxes
        return of, tuple(IngestSummary(each, self.conversations.ingested(workspace, each, of)) for each in asked)
