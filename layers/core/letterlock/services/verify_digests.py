"""Does every conversation still say what it said? Its messages, held against the digest that its head keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from letterlock.domain.conversations import Status
from letterlock.domain.digests import Difference
from letterlock.domain.errors import Invalid, NotFound
from letterlock.services.ports import ConversationDigests, Cursors, Mailboxes

PAGE = 100
"""Conversations of a list that are asked for at once."""
NAMED_AT_MOST = 1000
"""Differing conversations of one run; those after them are the next run's."""
_ASKED = "digests"


@dataclass(frozen=True, slots=True)
class Differing:
    conversation: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Verified:
    """`cursor` leads to those that are still to be checked, and is empty when there are none."""

    checked: int
    differing: tuple[Differing, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class VerifyDigests:
    """One conversation after the other, whatever its status, as long as there is time: at least one.

    Found through the list of each mailbox and status, oldest activity first, so nothing is scanned. One that moves to
    another list meanwhile may be checked twice, or is left for the next run. Raises NotFound, Invalid (cursor).
    """

    digests: ConversationDigests
    mailboxes: Mailboxes
    cursors: Cursors

    def __call__(self, workspace: str, *, cursor: str, time_left: Callable[[], bool]) -> Verified:
        checked, place, differing = 0, "", list[Differing]()
        for mailbox, status, activity, conversation in self._conversations(workspace, cursor):
            if checked and (len(differing) == NAMED_AT_MOST or not time_left()):
                return Verified(checked, tuple(differing), self.cursors.seal(workspace, _ASKED, place))
            difference = self.digests.difference(workspace, conversation)
            if difference:
                differing.append(Differing(conversation, difference))
            checked, place = checked + 1, "|".join((mailbox, status, activity))
        return Verified(checked, tuple(differing), "")

    def _conversations(self, workspace: str, cursor: str) -> Iterator[tuple[str, Status, str, str]]:
        """Mailbox, status, activity and id of each one after the cursor's place."""
        lists = [(each.id, status) for each in self.mailboxes.all(workspace) for status in Status]
        if not lists:
            raise NotFound("no such workspace, or it has no mailbox")
        after = ""
        if cursor:
            mailbox, status, after = self.cursors.open(workspace, _ASKED, cursor).split("|")
            if (mailbox, status) not in lists:
                raise Invalid("this cursor's mailbox is no more: start again without it")
            lists = lists[lists.index((mailbox, Status(status))) :]
        for mailbox, status in lists:
            for activity, conversation in self._listed(workspace, mailbox, status, after):
                yield mailbox, status, activity, conversation
            after = ""

    def _listed(self, workspace: str, mailbox: str, status: Status, after: str) -> Iterator[tuple[str, str]]:
        while page := self.digests.listed(workspace, mailbox, status, after=after, limit=PAGE):
            yield from page
            after, _ = page[-1]
