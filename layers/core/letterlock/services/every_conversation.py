"""All conversations of a workspace, one after the other, in runs of bounded time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from letterlock.domain.conversations import Status
from letterlock.domain.errors import Invalid, NotFound
from letterlock.services.ports import ConversationDigests, Cursors, Mailboxes

PAGE = 100
"""Conversations of a list that are asked for at once."""


@dataclass(frozen=True, slots=True)
class Listed:
    conversation: str
    cursor: str
    """Leads to those after it."""


@dataclass(frozen=True, slots=True)
class EveryConversation:
    """Found through the list of each mailbox and status, oldest activity first, so nothing is scanned. One that moves
    to another list meanwhile may come twice, or is left for the next run. Raises NotFound, Invalid (cursor).

    `asked` names what is done with them: a cursor of something else does not open.
    """

    digests: ConversationDigests
    mailboxes: Mailboxes
    cursors: Cursors
    asked: str

    def __call__(self, workspace: str, cursor: str) -> Iterator[Listed]:
        lists = [(each.id, status) for each in self.mailboxes.all(workspace) for status in Status]
        if not lists:
            raise NotFound("no such workspace, or it has no mailbox")
        after = ""
        if cursor:
            mailbox, status, after = self.cursors.open(workspace, self.asked, cursor).split("|")
            if (mailbox, status) not in lists:
                raise Invalid("this cursor's mailbox is no more: start again without it")
            lists = lists[lists.index((mailbox, Status(status))) :]
        for mailbox, status in lists:
            for activity, conversation in self._listed(workspace, mailbox, status, after):
                place = "|".join((mailbox, status, activity))
                yield Listed(conversation, self.cursors.seal(workspace, self.asked, place))
            after = ""

    def _listed(self, workspace: str, mailbox: str, status: str, after: str) -> Iterator[tuple[str, str]]:
        while page := self.digests.listed(workspace, mailbox, Status(status), after=after, limit=PAGE):
            yield from page
            after, _ = page[-1]
