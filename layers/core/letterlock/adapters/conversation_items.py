"""Conversations, messages and cards as items of the table, sealed on the way in, unsealed on the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from letterlock.adapters import codec
from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.contact_items import ContactItems
from letterlock.adapters.dynamo import Item
from letterlock.adapters.sealing import HEADER, TAG_BYTES, Place, Sealer
from letterlock.domain.conversations import (
    Added,
    Card,
    Conversation,
    Kind,
    Message,
    Sending,
    SendState,
    Status,
)
from letterlock.domain.digests import DIGEST_BYTES, message_digest, with_added
from letterlock.domain.files import Scans
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Address
from letterlock.domain.participants import Participant
from letterlock.services.ports import MessagePlace

CARD_BYTES: Final = 480
"""A sealed card. With one of this size, and no subject beside it, a head stays below 1 kB."""
SEAL_BYTES: Final = HEADER.size + TAG_BYTES + 1
"""What sealing adds at most: header, tag, and the byte that names the codec."""


class ConversationItems:
    """Knows how each thing is spelt as an item. Raises KeyMissing, SealBroken."""

    def __init__(self, sealer: Sealer, index: BlindIndex) -> None:
        self._sealer, self._index = sealer, index
        self._contacts = ContactItems(sealer, index)

    # ---- heads ------------------------------------------------------------------------------------------------------

    def head(self, conversation: Conversation, version: int, digest: int) -> table.Head:
        workspace, mailbox, status = conversation.workspace, conversation.mailbox, conversation.status
        assignee = conversation.assignee
        card = codec.card_bytes(conversation, CARD_BYTES - SEAL_BYTES)
        whole = codec.card(card).subject == conversation.subject
        listed = status is not Status.DISCARDED
        return table.Head(
            table.conversation_key(workspace, conversation.id),
            version=version,
            last_since=version if conversation.added else conversation.last_since,
            status=status.value,
            mailbox=mailbox,
            assignee=assignee or None,
            linked=conversation.linked or None,
            imported=conversation.imported or None,
            number=conversation.number,
            messages=conversation.count,
            digest=digest.to_bytes(DIGEST_BYTES),
            opened_at=instant(conversation.opened_at),
            inbox=table.inbox_key(workspace, mailbox, status),
            assigned=table.assigned_key(workspace, assignee, status) if assignee and listed else None,
            activity=conversation.activity,
            card=self._seal(_head_place(workspace, conversation.id, "card"), card),
            subject=None
            if whole
            else self._seal(_head_place(workspace, conversation.id, "subject"), codec.encode(conversation.subject)),
        )

    def conversation(self, workspace: str, head: Item, participants: Item | None) -> Conversation:
        """`participants` is None only where an item got lost; the conversation can still be read then."""
        item = table.Head.from_raw_data(head)
        id = item.pk.removeprefix(f"{workspace}#")  # noqa: A001 - the field's own name
        shown = codec.card(self._sealer.unseal(_head_place(workspace, id, "card"), item.card))
        subject = shown.subject
        if item.subject is not None:
            subject = codec.decode(self._sealer.unseal(_head_place(workspace, id, "subject"), item.subject))
        people, removed = self._people(workspace, id, participants) if participants else ((), ())
        return Conversation(
            id=id,
            workspace=workspace,
            mailbox=item.mailbox,
            number=int(item.number),
            subject=subject,
            opened_at=datetime.fromisoformat(item.opened_at),
            status=Status(item.status),
            assignee=item.assignee or "",
            participants=list(people),
            removed=list(removed),
            count=int(item.messages),
            digest=int.from_bytes(item.digest),
            version=int(item.version),
            last_since=int(item.last_since),
            last_at=datetime.fromisoformat(item.activity.partition("#")[0]),
            last_sender=shown.sender,
            preview=shown.preview,
            linked=item.linked or "",
            imported=bool(item.imported),
            known=people,
            known_removed=removed,
        )

    def participants(self, conversation: Conversation) -> table.Participants:
        place = _head_place(conversation.workspace, conversation.id, "participants")
        sealed = self._seal(place, codec.people_bytes(conversation.participants, conversation.removed))
        return table.Participants(table.conversation_key(conversation.workspace, conversation.id), people=sealed)

    def _people(
        self, workspace: str, conversation: str, item: Item
    ) -> tuple[tuple[Participant, ...], tuple[Address, ...]]:
        sealed = table.Participants.from_raw_data(item).people
        found, removed = codec.people(self._sealer.unseal(_head_place(workspace, conversation, "participants"), sealed))
        return tuple(self.as_contact(workspace, each) for each in found), removed

    def as_contact(self, workspace: str, participant: Participant) -> Participant:
        return replace(participant, contact=self._contacts.id_of(workspace, participant.address))

    def changed_participants(self, conversation: Conversation) -> list[table.TakesPart]:
        """One item for each who takes part now and did not when the conversation was read, or the other way round."""
        workspace, at = conversation.workspace, conversation.last_at or conversation.opened_at
        came, left = conversation.let_in(), conversation.sent_off()
        return [self._contacts.takes_part(workspace, each, conversation.id, at) for each in came] + [
            self._contacts.takes_part(workspace, each, conversation.id, at, left=True) for each in left
        ]

    def card(self, workspace: str, item: Item) -> Card:
        """From an index's projection: its keys and the sealed card. No model, for a list has a hundred of them."""
        conversation = item["pk"]["S"].removeprefix(f"{workspace}#")
        shown = codec.card(self._sealer.unseal(_head_place(workspace, conversation, "card"), item["card"]["B"]))
        status = (item.get("inbox") or item["assigned"])["S"].rpartition("#")[2]
        return Card(
            conversation=conversation,
            mailbox=shown.mailbox,
            number=shown.number,
            subject=shown.subject,
            sender=shown.sender,
            preview=shown.preview,
            status=Status(status),
            assignee=shown.assignee,
            count=shown.count,
            activity=item["activity"]["S"],
        )

    # ---- messages ---------------------------------------------------------------------------------------------------

    def message(self, workspace: str, conversation: str, message: Message, since: int) -> table.MessageItem:
        """`since`: the version of the head that is committed with it."""
        sealed = self._seal(_message_place(workspace, conversation, message.id), codec.message_bytes(message))
        return table.MessageItem(
            table.conversation_key(workspace, conversation),
            table.message_key(message.id),
            kind=message.kind.value,
            at=instant(message.at),
            revision=message.revision,
            since=since,
            said=sealed,
            quarantine=message.quarantine.value if message.quarantine else None,
            scans=self.scans_value(MessagePlace(workspace, conversation, message.id), message.scans)
            if message.scans
            else None,
            has_content=message.has_content or None,
            has_raw=message.has_raw or None,
            **(_sending_attributes(message.sending) if message.sending else {}),
        )

    def message_of(self, workspace: str, conversation: str, item: Item) -> Message:
        row = table.MessageItem.from_raw_data(item)
        id = row.sk.removeprefix(table.MESSAGES)  # noqa: A001 - the field's own name
        said = self._sealer.unseal(_message_place(workspace, conversation, id), row.said)
        return Message(
            id=id,
            kind=Kind(row.kind),
            at=datetime.fromisoformat(row.at),
            quarantine=Reason(row.quarantine) if row.quarantine else None,
            scans=self.scans_of(MessagePlace(workspace, conversation, id), row.scans) if row.scans else (),
            has_content=bool(row.has_content),
            has_raw=bool(row.has_raw),
            sending=self._sending(workspace, conversation, id, item) if row.sending else None,
            revision=int(row.revision),
            **codec.message_fields(said),
        )

    def scans_value(self, place: MessagePlace, scans: Scans) -> bytes:
        """Sealed, so that nobody makes a file clean by writing to the table."""
        return self._seal(_scans_place(place), codec.scans_bytes(scans))

    def scans_of(self, place: MessagePlace, sealed: bytes) -> Scans:
        return codec.scans(self._sealer.unseal(_scans_place(place), sealed))

    def _sending(self, workspace: str, conversation: str, message: str, item: Item) -> Sending:
        """With what was said of the recipients."""
        sending = sending_of(item)
        if "outcomes" not in item:
            return sending
        sealed = self._sealer.unseal(_outcomes_place(workspace, conversation, message), item["outcomes"]["B"])
        return replace(sending, outcomes=codec.outcomes(sealed))

    def advanced_values(self, place: MessagePlace, before: Sending, after: Sending) -> dict[str, Item | None]:
        """All that is known of a message's sending, as attributes; None for one that must not be there."""
        sealed = None
        if after.outcomes:
            record = _outcomes_place(place.workspace, place.conversation, place.message)
            sealed = self._seal(record, codec.outcomes_bytes(after.outcomes))
        return sending_values(after) | {
            "outcomes": {"B": sealed} if sealed else None,
            "closed": {"N": str(after.closed)} if after.closed else None,
            "sent_by": {"S": after.by} if after.by else None,
            "sending_version": {"N": str(before.version + 1)},
        }

    def revised(self, workspace: str, conversation: str, message: Message, before: Item) -> Item:
        """A message's item after it was revised, from the item as it was before."""
        sealed = self._seal(_message_place(workspace, conversation, message.id), codec.message_bytes(message))
        return before | {"said": {"B": sealed}, "revision": {"N": str(message.revision)}}

    # ---- the digest -------------------------------------------------------------------------------------------------

    def digest_with(self, conversation: Conversation, added: Iterable[table.MessageItem]) -> int:
        """The conversation's digest after these messages."""
        workspace = conversation.workspace
        return with_added(
            conversation.digest, [self.digest_of(workspace, conversation.id, item.serialize()) for item in added]
        )

    def digest_of(self, workspace: str, conversation: str, item: Item) -> int:
        """The digest of one message, from its item alone: what it says and what stands beside it in plain, but for the
        state of its sending, which changes by itself.
        """
        row = table.MessageItem.from_raw_data(item)
        id = row.sk.removeprefix(table.MESSAGES)  # noqa: A001 - the field's own name
        plain = [row.kind, row.at, row.quarantine, row.has_content, row.has_raw]
        said = codec.encode(plain) + self._sealer.unseal(_message_place(workspace, conversation, id), row.said)
        return message_digest(lambda data: self._index.integrity(workspace, data), id, int(row.revision), said)

    def _seal(self, place: Place, octets: bytes) -> bytes:
        return self._sealer.seal(place, octets)


# ---- what is not sealed ---------------------------------------------------------------------------------------------


def sending_of(item: Item) -> Sending:
    """The state of a message's sending, from its item or from the part of it that an update returned; without what was
    said of its recipients, which is sealed.
    """
    lease = item.get("lease_until")
    return Sending(
        state=SendState(item["sending"]["S"]),
        attempts=int(item["attempts"]["N"]) if "attempts" in item else 0,
        reason=item["sending_reason"]["S"] if "sending_reason" in item else "",
        lease_until=datetime.fromisoformat(lease["S"]) if lease else None,
        message_id=item["sent_as"]["S"] if "sent_as" in item else "",
        by=item["sent_by"]["S"] if "sent_by" in item else "",
        closed=int(item["closed"]["N"]) if "closed" in item else 0,
        version=int(item["sending_version"]["N"]) if "sending_version" in item else 0,
    )


def sending_values(sending: Sending) -> dict[str, Item | None]:
    """A sending as attributes; None for one that must not be there."""
    attributes = _sending_attributes(sending)
    item = table.MessageItem(**attributes).serialize(null_check=False)
    return {name: item.get(name) for name in attributes}


def _sending_attributes(sending: Sending) -> dict[str, Any]:
    return {
        "sending": sending.state.value,
        "attempts": sending.attempts,
        "sending_reason": sending.reason or None,
        "lease_until": instant(sending.lease_until) if sending.lease_until else None,
        "lease_claim": None,
        "sent_as": sending.message_id or None,
    }


def added_of(item: Item) -> Added:
    """That a message was added, from its item: nothing of it is unsealed."""
    id = item["sk"]["S"].removeprefix(table.MESSAGES)  # noqa: A001 - the field's own name
    return Added(id, Kind(item["kind"]["S"]), datetime.fromisoformat(item["at"]["S"]))


def _head_place(workspace: str, conversation: str, field: str) -> Place:
    return Place(workspace, "conversation", conversation, field)


def _outcomes_place(workspace: str, conversation: str, message: str) -> Place:
    return Place(workspace, "message", f"{conversation}/{message}", "outcomes")


def _scans_place(place: MessagePlace) -> Place:
    return Place(place.workspace, "message", f"{place.conversation}/{place.message}", "scans")


def _message_place(workspace: str, conversation: str, message: str) -> Place:
    """The conversation is part of the record's name: a message moved to another conversation does not open there."""
    return Place(workspace, "message", f"{conversation}/{message}", "said")
