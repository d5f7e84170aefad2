"""Contacts in memory, over the conversations in memory."""

from dataclasses import dataclass
from datetime import datetime

from letterlock.domain.contacts import Contact, Undeliverable
from letterlock.domain.conversations import Status
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Address
from letterlock.services.ports import ContactPage
from tests.fakes.conversations import FakeConversations, card_of, contact_id


@dataclass(frozen=True)
class _Mark:
    address: Address
    first: datetime
    undeliverable: Undeliverable


class FakeContacts:
    """`Contacts`: derived from who takes part in what, but for what was marked."""

    def __init__(self, conversations: FakeConversations) -> None:
        self._conversations = conversations
        self.marks: dict[tuple[str, str], _Mark] = {}
        """By workspace and contact."""

    def id_of(self, workspace: str, address: Address) -> str:
        return contact_id(workspace, address)

    def get(self, workspace: str, contact: str) -> Contact:
        mark = self.marks.get((workspace, contact))
        seen = self._conversations.entries_of(workspace, contact)
        if not seen and mark is None:
            raise NotFound("no such contact")
        addresses = [address for _, _, address in seen] + ([mark.address] if mark else [])
        return Contact(
            id=contact,
            workspace=workspace,
            address=next((each for each in addresses if each.name), addresses[0]),
            first_seen=min([at for _, at, _ in seen[:1]] + ([mark.first] if mark else [])),
            undeliverable=mark.undeliverable if mark else None,
        )

    def conversations(self, workspace: str, contact: str, *, before: str = "", limit: int = 25) -> ContactPage:
        seen = self._conversations.entries_of(workspace, contact)
        if not before and not seen and (workspace, contact) not in self.marks:
            raise NotFound("no such contact")
        ids = [each for each, _, _ in reversed(seen) if not before or each < before]
        taking_part = [each for each in ids[:limit] if not self._conversations.has_left(workspace, contact, each)]
        heads = [self._conversations.get(workspace, each) for each in taking_part]
        shown = [each for each in heads if each.status is not Status.DISCARDED]
        return ContactPage(tuple(map(card_of, shown)), ids[limit - 1] if len(ids) > limit else "")

    def mark_undeliverable(self, workspace: str, address: str, reason: str, at: datetime) -> None:
        who = Address(address)
        place, told = (workspace, contact_id(workspace, who)), Undeliverable(reason, at)
        if place not in self.marks:
            self.marks[place] = _Mark(who, at, told)
            return
        before = self.marks[place]
        latest = max(before.undeliverable, told, key=lambda each: (each.at, each.reason))
        self.marks[place] = _Mark(before.address, before.first, latest)
