"""Replies that no sender is told of any more show what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.delivery import given_up, told_by_us
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Ids, OverdueReplies, OverdueReply

OVERDUE_A_RUN = 50
"""The next run comes a minute later."""


@dataclass(frozen=True, slots=True)
class SettleOverdue:
    """The last try may end without a word: the function was stopped, or the store did not answer. The queue then sets
    the reply aside, and the team would wait for good for something that they can only send again.

    Returns how many replies were settled. A sender who comes later finds that, and sends nothing.
    """

    replies: OverdueReplies
    ids: Ids
    now: Clock

    def __call__(self) -> int:
        return sum(self._settle(each) for each in self.replies.overdue(OVERDUE_A_RUN))

    def _settle(self, reply: OverdueReply) -> bool:
        after = given_up(reply.sending, self.now())
        if after is None:
            return False
        place = reply.place
        facts = told_by_us(place.workspace, place.conversation, place.message, after)
        told = announce(facts, self.ids, self.now, correlation=place.message)
        return self.replies.settle(reply, after, told)
