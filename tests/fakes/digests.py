"""Conversations and whether their items differ, in memory: what the test says of them."""

from letterlock.domain.conversations import Status
from letterlock.domain.digests import Difference


class FakeDigests:
    """`ConversationDigests`. `lists` by workspace, mailbox and status; `differing` by workspace and conversation."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, str, Status], list[tuple[str, str]]] = {}
        self.differing: dict[tuple[str, str], Difference] = {}
        self.asked: list[str] = []
        """The conversations that were checked, in order."""

    def listed(self, workspace: str, mailbox: str, status: Status, *, after: str, limit: int) -> list[tuple[str, str]]:
        return [each for each in sorted(self.lists.get((workspace, mailbox, status), [])) if each[0] > after][:limit]

    def difference(self, workspace: str, conversation: str) -> Difference | None:
        self.asked.append(conversation)
        return self.differing.get((workspace, conversation))
