"""Raw mails whose notification got lost, or whose taking in never ended, come into the queue again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from letterlock.domain.errors import OriginalGone
from letterlock.services.ports import Clock, InboundQueue, Orphan, Orphans, SweepNotes

PATIENCE = timedelta(minutes=15)
"""A mail that lies in the inbound bucket for longer has been forgotten, or waits, or fails again and again."""
NOTICES_KEPT = timedelta(days=4)
"""As long, the queue or its dead letters may still bring a mail, and say for whom it is: see the template."""
REQUEUED_A_RUN = 50
"""The next run comes a minute later."""
BACKLOG = 50
"""A queue in which more than this waits is behind: what lies in the bucket is in it, and would only be in it twice."""


@dataclass(frozen=True, slots=True)
class Swept:
    queued: int
    unattributed: int


@dataclass(frozen=True, slots=True)
class RequeueOrphans:
    """Queue each orphan as SES would have told of it, as far as it left word on the mail itself.

    A mail that is in the ledger already is queued too: it ends there as it ended before, and its raw form is dropped.
    One that does not say for whom it came is given up only when nothing else can bring it any more: each mail is to
    have one outcome, and a redrive may still give it another.
    """

    orphans: Orphans
    notes: SweepNotes
    queue: InboundQueue
    now: Clock

    def __call__(self) -> Swept:
        due = self._due()
        if not due or self.queue.waiting() > BACKLOG:
            return Swept(0, 0)
        done = [self._requeue(each) for each in due]
        return Swept(queued=done.count(True), unattributed=done.count(False))

    def _due(self) -> list[Orphan]:
        """Those that were let lie long ago do not keep the others from being looked at."""
        due: list[Orphan] = []
        for page in self.orphans.stored_before(self.now() - PATIENCE):
            of = {each.ses_message_id: each for each in page}
            due += [of[each] for each in self.notes.due(list(of))]
            if len(due) >= REQUEUED_A_RUN:
                break
        return due[:REQUEUED_A_RUN]

    def _requeue(self, orphan: Orphan) -> bool | None:
        """Whether it was queued; None when it is gone, or may still be brought.

        The note comes last: a crash in between queues twice.
        """
        try:
            delivery = self.orphans.delivery(orphan)
        except OriginalGone:
            return None
        if delivery is None:
            over = orphan.stored_at + NOTICES_KEPT
            if self.now() < over:
                self.notes.waits(orphan.ses_message_id, over)
                return None
            self.notes.gave_up(orphan.ses_message_id, self.now())
            return False
        self.queue.put(delivery)
        self.notes.tried(orphan.ses_message_id)
        return True
