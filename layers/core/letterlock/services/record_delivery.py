"""What the mail service says of a mail that we sent, kept on its message and on those it could not reach."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.conversations import Sending, SendState
from letterlock.domain.delivery import DeliveryEvent, facts_of, merged
from letterlock.domain.errors import NotFound, Stale
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Contacts, Conversations, Ids, KnownAs, MessagePlace

TRIES = 3
"""Events of one mail come close together: one that meets another is merged anew, then left to the queue."""


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """Merge one event into its message: how the message stands then, or None when there is no such message.

    An event that comes twice, or late, changes nothing that it has changed before. Raises Stale.
    """

    conversations: Conversations
    contacts: Contacts
    ids: Ids
    now: Clock

    def __call__(self, event: DeliveryEvent) -> SendState | None:
        place = MessagePlace(event.workspace, event.conversation, event.message)
        marked = False
        for _ in range(TRIES):
            try:
                message = self.conversations.message(place.workspace, place.conversation, place.message)
            except NotFound:
                return None
            if message.sending is None:
                return None
            said = event.spelt_as((*message.to, *message.cc))
            if not marked:
                # Before the message: were it the other way round, a death in between would leave the contact unmarked.
                self._mark(said)
                marked = True
            try:
                return self._advance(place, message.sending, said)
            except Stale:
                continue
        raise Stale("the message is being written at this moment")

    def _advance(self, place: MessagePlace, before: Sending, event: DeliveryEvent) -> SendState:
        after = merged(before, event)
        unknown = event.message_id not in ("", before.message_id)
        if after == before and not unknown:
            return before.state
        facts = facts_of(place.workspace, place.conversation, place.message, before, after)
        told = announce(facts, self.ids, self.now, correlation=event.id)
        self.conversations.advance(place, before, after, told, self._known_as(place, event) if unknown else None)
        return after.state

    def _known_as(self, place: MessagePlace, event: DeliveryEvent) -> KnownAs:
        """A Message-ID that the sender never heard, or of an earlier try: answers to it must thread all the same."""
        head = self.conversations.get(place.workspace, place.conversation)
        return KnownAs(head.mailbox, event.message_id)

    def _mark(self, event: DeliveryEvent) -> None:
        for address, reason in event.undeliverable:
            self.contacts.mark_undeliverable(event.workspace, address, reason, event.at)
