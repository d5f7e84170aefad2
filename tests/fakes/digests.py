"""Conversations and whether their items differ, in memory: what the test says of them."""

from datetime import date

from letterlock.domain.conversations import Status
from letterlock.domain.digests import Difference
from tests.fakes.clock import START


class FakeDigests:
    """`ConversationDigests`. `lists` by workspace, mailbox and status; `differing` by workspace and conversation."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, str, Status], list[tuple[str, str]]] = {}
        self.differing: dict[tuple[str, str], Difference] = {}
        self.lost: dict[tuple[str, str, date], list[str]] = {}
        """By workspace, mailbox and day of the ledger."""
        self.asked: list[str] = []
        """The conversations that were checked, in order."""

    def listed(self, workspace: str, mailbox: str, status: Status, *, after: str, limit: int) -> list[tuple[str, str]]:
        return [each for each in sorted(self.lists.get((workspace, mailbox, status), [])) if each[0] > after][:limit]

    def since(self, mailbox: str) -> date:
        return START.date()

    def unlisted(self, workspace: str, mailbox: str, day: date, *, after: str, limit: int) -> tuple[list[str], str]:
        """As if every entry of a day told of a conversation that no list shows."""
        start = int(after or 0)
        found = self.lost.get((workspace, mailbox, day), [])
        return found[start : start + limit], str(start + limit) if start + limit < len(found) else ""

    def difference(self, workspace: str, conversation: str) -> Difference | None:
        self.asked.append(conversation)
        return self.differing.get((workspace, conversation))
