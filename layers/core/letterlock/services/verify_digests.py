"""Does every conversation still say what it said? Its messages, held against the digest that its head keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from letterlock.domain.conversations import Status
from letterlock.domain.digests import Difference
from letterlock.domain.errors import Invalid, NotFound
from letterlock.services.ports import Clock, ConversationDigests, Cursors, Mailboxes

PAGE = 100
"""Conversations of a list that are asked for at once."""
NAMED_AT_MOST = 1000
"""Differing conversations of one run; those after them are the next run's."""
LEDGER = "ledger"
"""Stands for a status where the ledger is read."""
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

    Found through the list of each mailbox and status, oldest activity first, so nothing is scanned; and through the
    ledger, day by day, which knows of those that stand in no list any more. One that moves to another list meanwhile
    may be checked twice, or is left for the next run. Raises NotFound, Invalid (cursor).
    """

    digests: ConversationDigests
    mailboxes: Mailboxes
    cursors: Cursors
    now: Clock

    def __call__(self, workspace: str, *, cursor: str, time_left: Callable[[], bool]) -> Verified:
        checked, stop, differing = 0, "", dict[str, Difference]()
        for reached, conversation in self._walk(workspace, cursor):
            if stop and (len(differing) >= NAMED_AT_MOST or not time_left()):
                return _verified(checked, differing, self.cursors.seal(workspace, _ASKED, stop))
            if conversation:
                difference = self.digests.difference(workspace, conversation)
                if difference:
                    differing[conversation] = difference
                checked += 1
            stop = reached
        return _verified(checked, differing, "")

    def _walk(self, workspace: str, cursor: str) -> Iterator[tuple[str, str]]:
        """Each conversation after the cursor's place, and the place that is reached with it, where one may stop there.

        After a page of the ledger that held any comes its place alone.
        """
        lists = [(each.id, status) for each in self.mailboxes.all(workspace) for status in (*Status, LEDGER)]
        if not lists:
            raise NotFound("no such workspace, or it has no mailbox")
        after = ""
        if cursor:
            mailbox, status, after = self.cursors.open(workspace, _ASKED, cursor).split("|", 2)
            if (mailbox, status) not in lists:
                raise Invalid("this cursor's mailbox is no more: start again without it")
            lists = lists[lists.index((mailbox, status)) :]
        for mailbox, status in lists:
            found = (
                self._unlisted(workspace, mailbox, after)
                if status == LEDGER
                else self._listed(workspace, mailbox, Status(status), after)
            )
            for place, conversation in found:
                yield f"{mailbox}|{status}|{place}" if place else "", conversation
            after = ""

    def _listed(self, workspace: str, mailbox: str, status: Status, after: str) -> Iterator[tuple[str, str]]:
        while page := self.digests.listed(workspace, mailbox, status, after=after, limit=PAGE):
            yield from page
            after, _ = page[-1]

    def _unlisted(self, workspace: str, mailbox: str, after: str) -> Iterator[tuple[str, str]]:
        """The place is a day, and how far it has been read."""
        said, _, place = after.partition("|")
        day = date.fromisoformat(said) if said else self.digests.since(mailbox)
        while day <= self.now().date():
            found, place = self.digests.unlisted(workspace, mailbox, day, after=place, limit=PAGE)
            yield from (("", each) for each in found)
            day += timedelta(days=0 if place else 1)
            if found or place:
                yield f"{day}|{place}", ""


def _verified(checked: int, differing: dict[str, Difference], cursor: str) -> Verified:
    return Verified(checked, tuple(Differing(*each) for each in differing.items()), cursor)
