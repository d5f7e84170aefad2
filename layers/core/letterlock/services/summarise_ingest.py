"""What came in on a day, and how it ended: the ledger, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.ledger import IngestSummary
from letterlock.services.ports import Clock, Conversations, Mailboxes


@dataclass(frozen=True, slots=True)
class SummariseIngest:
    """One Query a mailbox. Raises Forbidden, NotFound (mailbox)."""

    conversations: Conversations
    mailboxes: Mailboxes
    now: Clock

    def __call__(
        self, principal: Principal, *, day: date | None, mailbox: str
    ) -> tuple[date, tuple[IngestSummary, ...]]:
        """The day (today in UTC unless told), and a line for each mailbox, also for one that got nothing."""
        principal.may(Action.READ_INGEST_SUMMARY)
        of = day or self.now().astimezone(UTC).date()
        workspace = principal.workspace
        asked = [self.mailboxes.get(workspace, mailbox)] if mailbox else self.mailboxes.all(workspace)
        return of, tuple(IngestSummary(each.id, self.conversations.ingested(workspace, each.id, of)) for each in asked)
