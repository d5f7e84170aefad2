"""Whom the team lets into a conversation, and whom it sends off."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.conversations import Conversation, Message
from letterlock.domain.errors import Invalid
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail import Address
from letterlock.domain.people import shown_name, sign_in_address
from letterlock.domain.permissions import Action
from letterlock.services.changes import Change, commit, message_seen, seen
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.ports import Clock, Contacts, Conversations, Ids, Mailboxes


@dataclass(frozen=True, slots=True)
class ConfirmSender:
    """Somebody of the team knows who wrote a mail that nobody vouches for: its sender takes part from then on.

    Raises Forbidden, NotFound, RuleBroken, Moved, Stale, AlreadyDone, KeyReused.
    """

    conversations: Conversations
    deeds: Deeds
    ids: Ids
    now: Clock

    def __call__(
        self,
        who: Principal,
        conversation: str,
        message: str,
        asked: Asked,
        versions: frozenset[int] | None = None,
        once: Once | None = None,
    ) -> tuple[Conversation, Message]:
        who.may(Action.CHANGE_PARTICIPANTS)
        entry = self.deeds(who.workspace, asked, Act.SENDER_CONFIRMED, conversation, after=message).entry
        change = Change(who, conversation, asked.request, versions, once, entry=entry)
        shown: list[Message] = []

        def confirm(head: Conversation) -> bool:
            found = self.conversations.message(who.workspace, conversation, message)
            changed = head.confirm(found, who.id)
            shown[:] = [*head.revised, found]
            return changed

        return commit(self, change, confirm), shown[0]

    def again(self, who: Principal, done: Done, message: str) -> tuple[Conversation, Message]:
        """As an earlier request left it, as it stands now. Raises Forbidden, NotFound."""
        who.may(Action.CHANGE_PARTICIPANTS)
        head = seen(who, self.conversations, done.conversation)
        return head, message_seen(who, self.conversations, done.conversation, message)


@dataclass(frozen=True, slots=True)
class AddParticipant:
    """By address. Raises as `ConfirmSender` does, and Invalid."""

    conversations: Conversations
    contacts: Contacts
    mailboxes: Mailboxes
    deeds: Deeds
    ids: Ids
    now: Clock

    def __call__(
        self,
        who: Principal,
        conversation: str,
        participant: Address,
        asked: Asked,
        *,
        requester: bool = False,
        versions: frozenset[int] | None = None,
        once: Once | None = None,
    ) -> Conversation:
        """`requester`: answers go to them from now on, and to who was it before as a copy."""
        who.may(Action.CHANGE_PARTICIPANTS)
        address = Address(
            sign_in_address(participant.address), shown_name(participant.name) if participant.name else ""
        )
        if self.mailboxes.ours(who.workspace, [address.key]):
            raise Invalid("that is a mailbox of your own: an answer would come back as a mail")
        contact = self.contacts.id_of(who.workspace, address)
        entry = self.deeds(who.workspace, asked, Act.PARTICIPANT_ADDED, conversation, after=contact).entry
        change = Change(who, conversation, asked.request, versions, once, entry=entry)
        return commit(self, change, lambda head: head.add_participant(address, who.id, requester=requester))

    def again(self, who: Principal, done: Done) -> Conversation:
        who.may(Action.CHANGE_PARTICIPANTS)
        return seen(who, self.conversations, done.conversation)


@dataclass(frozen=True, slots=True)
class RemoveParticipant:
    """By contact. Raises as `ConfirmSender` does."""

    conversations: Conversations
    deeds: Deeds
    ids: Ids
    now: Clock

    def __call__(
        self, who: Principal, conversation: str, contact: str, asked: Asked, versions: frozenset[int] | None = None
    ) -> Conversation:
        who.may(Action.CHANGE_PARTICIPANTS)
        entry = self.deeds(who.workspace, asked, Act.PARTICIPANT_REMOVED, conversation, after=contact).entry
        change = Change(who, conversation, asked.request, versions, entry=entry)
        return commit(self, change, lambda head: head.remove_participant(contact))
