"""The writes of a conversation's transactions, and what it means when DynamoDB refuses one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from letterlock.adapters import table_conversations as table
from letterlock.adapters import table_due
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.conversation_items import ConversationItems, sending_values
from letterlock.adapters.due import reply_marks
from letterlock.adapters.dynamo import ABSENT, CONDITION_FAILED, Item, Refusal, Step, key, put
from letterlock.adapters.ingest_items import ingest_item
from letterlock.domain.conversations import Conversation, Kind, Message, Sending, SendState
from letterlock.domain.digests import with_replaced
from letterlock.domain.errors import AlreadyIngested, Conflict, LetterlockError, SameMail, Stale
from letterlock.domain.facts import Told
from letterlock.domain.files import ScanState
from letterlock.domain.ledger import IngestRecord
from letterlock.domain.outbox import fold
from letterlock.services.ports import Ingest, KnownAs, MessagePlace

HEAD: Final = "head"
MESSAGE: Final = "message"
REVISED: Final = "revised"
PARTICIPANTS: Final = "participants"
CONTACT: Final = "contact"
LOOKUP: Final = "lookup"
INGEST: Final = "ingest"
UPLOAD: Final = "upload"


class ConversationWrites:
    """Builds the steps; `DynamoConversations` sends them."""

    def __init__(self, table_name: str, items: ConversationItems, index: BlindIndex) -> None:
        self._table, self._items, self._index = table_name, items, index

    def conversation(self, conversation: Conversation, before: Sequence[Item] = ()) -> tuple[int, list[Step]]:
        """The new digest; the head, if it still is at the version that was read, with the added messages, the revised
        ones (`before`: their items, as they are stored), and the participants where they changed, each of these with an
        item of their own under the contact.
        """
        version = conversation.version + 1
        messages = [
            self._items.message(conversation.workspace, conversation.id, each, since=version)
            for each in conversation.added
        ]
        digest = self._items.digest_with(conversation, messages)
        revised = []
        for message, item in zip(conversation.revised, before, strict=True):
            after = self._items.revised(conversation.workspace, conversation.id, message, item)
            digest = with_replaced(digest, *(self._digest(conversation, each) for each in (item, after)))
            revised.append(self._revised(conversation, message, after))
        steps = [self._head(conversation, digest), *[put(self._table, MESSAGE, each, ABSENT) for each in messages]]
        steps += revised
        if conversation.people_changed:
            steps.append(put(self._table, PARTICIPANTS, self._items.participants(conversation)))
            steps += [put(self._table, CONTACT, each) for each in self._items.changed_participants(conversation)]
        return digest, steps + self._uploads(conversation)

    def _uploads(self, conversation: Conversation) -> list[Step]:
        """What the team attaches to a message is used up with it: nobody attaches it again, and nobody drops it."""
        return [
            attached_step(self._table, conversation.workspace, file.id)
            for message in conversation.added
            if message.kind is not Kind.INBOUND
            for file in message.attachments
        ]

    def _digest(self, conversation: Conversation, item: Item) -> int:
        return self._items.digest_of(conversation.workspace, conversation.id, item)

    def _revised(self, conversation: Conversation, message: Message, after: Item) -> Step:
        """Refused where it has been revised meanwhile."""
        place = MessagePlace(conversation.workspace, conversation.id, message.id)
        values = {name: after[name] for name in ("said", "revision")}
        return update_step(
            self._table, place, values, "revision = :read", {":read": {"N": str(message.revision - 1)}}, role=REVISED
        )

    def _head(self, conversation: Conversation, digest: int) -> Step:
        item = self._items.head(conversation, conversation.version + 1, digest)
        if conversation.version == 0:
            return put(self._table, HEAD, item, ABSENT)
        return put(self._table, HEAD, item, "version = :read", {":read": {"N": str(conversation.version)}})

    def ingest(self, workspace: str, ingest: Ingest, told: Sequence[Told]) -> list[Step]:
        """The ledger's entry, which carries the facts, and the lookup that knows this mail in another delivery.

        A mail without a Message-ID is known by its delivery only: nothing else tells a copy from a like mail.
        """
        steps = [self.entry(ingest.entry, told)]
        if ingest.message_id:
            content = self._index.index(workspace, "content", ingest.fingerprint.hex())
            lookup = table.Lookup(
                table.lookup_key(workspace, self.message_id(workspace, ingest.message_id)),
                table.lookup_entry(ingest.entry.mailbox, content),
                conversation=ingest.entry.conversation,
                message=ingest.entry.message,
            )
            steps.insert(0, put(self._table, LOOKUP, lookup, ABSENT))
        return steps

    def entry(self, entry: IngestRecord, told: Sequence[Told]) -> Step:
        return put(self._table, INGEST, ingest_item(entry, fold(told) if told else ""), ABSENT)

    def message_id(self, workspace: str, message_id: str) -> str:
        """What stands for a Message-ID in the lookups of a workspace."""
        return self._index.index(workspace, "message-id", message_id)

    def sending(self, conversation: Conversation, message: str, sending: Sending, now: datetime) -> Step:
        """The state of a message that is being sent; refused for one that is not."""
        place = MessagePlace(conversation.workspace, conversation.id, message)
        values = sending_values(sending) | reply_marks(sending, now)
        return update_step(
            self._table, place, values, "sending = :claimed", {":claimed": {"S": SendState.SENDING.value}}
        )

    def advanced(self, place: MessagePlace, before: Sending, after: Sending, now: datetime) -> Step:
        """All that is known of a message's sending; refused when it is no longer as it was read."""
        values = self._items.advanced_values(place, before, after) | reply_marks(after, now)
        return update_step(self._table, place, values, *as_read(before))

    def lookup_of_sent(self, place: MessagePlace, known_as: KnownAs) -> Step:
        """By this an answer to a mail of ours is known (rule 3)."""
        lookup = table.Lookup(
            table.lookup_key(place.workspace, self.message_id(place.workspace, known_as.message_id)),
            table.lookup_entry(known_as.mailbox, place.message),
            conversation=place.conversation,
            message=place.message,
        )
        return put(self._table, LOOKUP, lookup)


def attached_step(table_name: str, workspace: str, attachment: str) -> Step:
    """Refused unless it is clean, and no message has it."""
    operation = {
        "TableName": table_name,
        "Key": key(table.upload_key(workspace, attachment), table.UPLOAD),
        "UpdateExpression": f"SET #state = :attached REMOVE {table_due.SHARD}, {table_due.AT}",
        "ConditionExpression": "#state = :clean",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":attached": {"S": table.ATTACHED}, ":clean": {"S": ScanState.CLEAN}},
    }
    return Step(UPLOAD, {"Update": operation})


def as_read(sending: Sending) -> tuple[str, Item]:
    """The condition that a message's sending is still as it was read, and its values."""
    condition = "sending = :state AND attempts = :attempts AND "
    condition += "sending_version = :version" if sending.version else "attribute_not_exists(sending_version)"
    read: Item = {":state": {"S": sending.state.value}, ":attempts": {"N": str(sending.attempts)}}
    if sending.version:
        read[":version"] = {"N": str(sending.version)}
    return condition, read


def update_step(
    table_name: str,
    place: MessagePlace,
    values: Mapping[str, Item | None],
    condition: str,
    read: Item,
    role: str = MESSAGE,
) -> Step:
    """A message's attributes, None for one that must not be there; refused where the condition does not hold."""
    kept = {f":new_{name}": value for name, value in values.items() if value is not None}
    gone = [name for name, value in values.items() if value is None]
    changes = "SET " + ", ".join(f"{name} = :new_{name}" for name in values if f":new_{name}" in kept)
    changes += " REMOVE " + ", ".join(gone) if gone else ""
    operation = {
        "TableName": table_name,
        "Key": key(table.conversation_key(place.workspace, place.conversation), table.message_key(place.message)),
        "UpdateExpression": changes,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": kept | read,
    }
    return Step(role, {"Update": operation})


def meaning(refusals: Sequence[Refusal]) -> LetterlockError:
    """What a refused save means: first that this delivery is done, then that the mail is, then that the head moved."""
    failed = {each.role: each for each in refusals if each.code == CONDITION_FAILED}
    if INGEST in failed:
        return AlreadyIngested("the ledger has this delivery")
    if LOOKUP in failed:
        item = failed[LOOKUP].item
        return SameMail(item["conversation"]["S"], item["message"]["S"])
    if HEAD in failed or UPLOAD in failed or REVISED in failed or not failed:
        return Stale("the conversation, or a file that is attached to it, has changed since it was read")
    return Conflict("a message of that id exists")
