"""Raw mails whose notification got lost, or whose taking in never ended, come into the queue again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from letterlock.domain.errors import OriginalGone
from letterlock.services.ports import Clock, InboundQueue, Orphan, Orphans, SweepNotes

PATIENCE = timedelta(minutes=15)
"""A mail that lies in the inbound bucket for longer has been forgotten, or fails again and again."""
LISTED_A_RUN = 1000
REQUEUED_A_RUN = 50
"""The next run comes a minute later."""


@dataclass(frozen=True, slots=True)
class Swept:
    queued: int
    unattributed: int


@dataclass(frozen=True, slots=True)
class RequeueOrphans:
    """Queue each orphan as SES would have told of it, as far as it left word on the mail itself.

    A mail that is in the ledger already is queued too: it ends there as it ended before, and its raw form is dropped.
    """

    orphans: Orphans
    notes: SweepNotes
    queue: InboundQueue
    now: Clock

    def __call__(self) -> Swept:
        found = {each.ses_message_id: each for each in self.orphans.stored_before(self.now() - PATIENCE, LISTED_A_RUN)}
        due = self.notes.due(list(found))[:REQUEUED_A_RUN]
        done = [self._requeue(found[each]) for each in due]
        return Swept(queued=done.count(True), unattributed=done.count(False))

    def _requeue(self, orphan: Orphan) -> bool | None:
        """Whether it was queued; None when it is gone. The note comes last: a crash in between queues twice."""
        try:
            delivery = self.orphans.delivery(orphan)
        except OriginalGone:
            return None
        if delivery is None:
            self.notes.gave_up(orphan.ses_message_id, self.now())
            return False
        self.queue.put(delivery)
        self.notes.tried(orphan.ses_message_id)
        return True
