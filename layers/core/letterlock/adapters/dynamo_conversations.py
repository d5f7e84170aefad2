"""Conversations in DynamoDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from letterlock.adapters import table_conversations as table
from letterlock.adapters.audit_entries import AuditEntries, steps_of
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.conversation_items import ConversationItems, added_of, sending_of
from letterlock.adapters.conversation_writes import ConversationWrites, meaning
from letterlock.adapters.copy_links import CopyLinks, copies_of
from letterlock.adapters.dynamo import Item, key, pages, put_once
from letterlock.adapters.ingest_items import ingest_item, ingest_record
from letterlock.adapters.ingested import ingested
from letterlock.adapters.sealing import Sealer
from letterlock.domain.audit import Entry
from letterlock.domain.conversations import Added, Card, Conversation, Message, Sending, SendState, Status, Thread
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.facts import Told
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.ledger import IngestRecord, Outcome
from letterlock.services.ports import Clock, Inbox, InboxPage, Ingest, KnownAs, Located, MessagePlace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ADDED_LOOKED_AT: Final = 100
ASSIGNED_LOOKED_AT: Final = 100
FURTHER_READS: Final = 2
"""How often a conversation that was read in the middle of a transaction is read again."""
MESSAGE_IDS_TRIED: Final = 20
"""A mail may name thousands; each costs a Query."""


class DynamoConversations:
    """`Conversations` in one table. Which operation costs what: see `make bill`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        sealer: Sealer,
        index: BlindIndex,
        now: Clock,
        audit: AuditEntries | None = None,
    ) -> None:
        """`audit`: where acts are recorded that are to be in the audit log."""
        self._client, self._table, self._now, self._audit = client, table_name, now, audit
        self._items = ConversationItems(sealer, index)
        self._writes = ConversationWrites(table_name, self._items, index)
        self._commits = Commits(client, table_name, index, now)
        self._links = CopyLinks(client, table_name, index)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def get(self, workspace: str, conversation: str) -> Conversation:
        """One consistent Query of two items: one read unit."""
        return self._head(workspace, conversation, consistent=True)

    def thread(self, workspace: str, conversation: str, *, before: str = "", limit: int = 100) -> Thread:
        """One Query backwards: the newest messages, and what stands below them if the oldest one is among them; if not,
        another one for that.

        A Query is not isolated from a transaction (AWS: "Managing complex workflows with DynamoDB transactions"): a
        head that knows of a message which the same answer lacks is read again, for its version would vouch for it.
        Where it takes a Query of its own, that one then comes first: what came before it, the other one shows.
        """
        thread, torn = self._thread(workspace, conversation, before, limit, consistent=False, head_first=bool(before))
        for _ in range(FURTHER_READS):
            if before or not torn:
                break
            thread, torn = self._thread(
                workspace, conversation, before, limit, consistent=True, head_first=thread.earlier
            )
        return thread

    def _thread(
        self, workspace: str, conversation: str, before: str, limit: int, *, consistent: bool, head_first: bool
    ) -> tuple[Thread, bool]:
        """As it was read, and whether the head tells of a message that its newest page lacks."""
        pk = table.conversation_key(workspace, conversation)
        head = self._head(workspace, conversation, consistent=consistent) if head_first else None
        head_and_beside = 3
        below = table.message_key(before) if before else ""
        found = self._backwards(pk, below, limit + head_and_beside, consistent=consistent)
        messages = [item for item in found if item["sk"]["S"].startswith(table.MESSAGES)]
        if head is None:
            below_them = {item["sk"]["S"]: item for item in found[len(messages) :]}
            head = (
                self._conversation(workspace, below_them)
                if table.HEAD in below_them
                else self._head(workspace, conversation, consistent=consistent)
            )
        newest = [self._items.message_of(workspace, conversation, item) for item in messages[:limit]]
        thread = Thread(head, tuple(reversed(newest)), earlier=len(messages) > limit)
        lacks = max((int(item["since"]["N"]) for item in messages), default=0) < head.last_since
        return thread, lacks or (not thread.earlier and len(messages) < head.count)

    def message(self, workspace: str, conversation: str, message: str) -> Message:
        pk = table.conversation_key(workspace, conversation)
        item = self._item(pk, table.message_key(message), consistent=True)
        if item is None:
            raise NotFound("no such message")
        return self._items.message_of(workspace, conversation, item)

    def added_since(self, workspace: str, conversation: str, version: int) -> list[Added]:
        """One consistent Query backwards. A mail that waited in a queue has an id older than its neighbours', so the
        version at which each came decides, not its place.
        """
        pk = table.conversation_key(workspace, conversation)
        found = self._backwards(pk, "", ADDED_LOOKED_AT, consistent=True)
        messages = [item for item in found if item["sk"]["S"].startswith(table.MESSAGES)]
        return [added_of(item) for item in reversed(messages) if int(item["since"]["N"]) > version]

    def inbox(self, workspace: str, inbox: Inbox) -> InboxPage:
        """One Query of an index (one a mailbox, merged, when several are asked for): half a read unit for 6 cards.

        Of what is assigned to somebody a hundred are looked at, where some mailboxes only are asked for.
        """
        if inbox.status is Status.DISCARDED:  # in the index, where every conversation is found; in no list
            return InboxPage((), "")
        wanted, one_more = set(inbox.mailboxes), inbox.limit + 1
        if inbox.assignee:
            hashed = table.assigned_key(workspace, inbox.assignee, inbox.status)
            count = max(one_more, ASSIGNED_LOOKED_AT) if wanted else one_more
            listed = self._listed(workspace, table.BY_ASSIGNEE, "assigned", hashed, inbox.before, count)
        else:
            count = one_more
            keys = [table.inbox_key(workspace, each, inbox.status) for each in dict.fromkeys(inbox.mailboxes)]
            lists = [self._listed(workspace, table.BY_MAILBOX, "inbox", each, inbox.before, count) for each in keys]
            listed = merge(*lists, key=lambda card: card.activity, reverse=True)
        seen = list(islice(listed, count))
        cards = tuple(card for card in seen if not wanted or card.mailbox in wanted)[: inbox.limit]
        if len(cards) == inbox.limit and cards[-1] is not seen[-1]:
            return InboxPage(cards, cards[-1].activity)
        return InboxPage(cards, seen[-1].activity if len(seen) == count else "")

    def _listed(
        self, workspace: str, index: str, attribute: str, hashed: str, before: str, count: int
    ) -> Iterator[Card]:
        condition, values = f"{attribute} = :hashed", {":hashed": {"S": hashed}}
        if before:
            condition, values = f"{condition} AND activity < :before", values | {":before": {"S": before}}
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": count,
        }
        for item in pages(self._client, request):
            yield self._items.card(workspace, item)

    def assigned(
        self, workspace: str, assignee: str, status: Status, *, after: str, limit: int
    ) -> list[tuple[str, str]]:
        """One Query of an index, for the keys only."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=table.BY_ASSIGNEE,
            KeyConditionExpression="assigned = :hashed AND activity > :after",
            ProjectionExpression="activity, pk",
            ExpressionAttributeValues={
                ":hashed": {"S": table.assigned_key(workspace, assignee, status)},
                ":after": {"S": after or " "},
            },
            Limit=limit,
        )
        return [(each["activity"]["S"], each["pk"]["S"].rpartition("#")[2]) for each in answer["Items"]]

    def _head(self, workspace: str, conversation: str, *, consistent: bool) -> Conversation:
        pk = table.conversation_key(workspace, conversation)
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :head)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":head": {"S": table.HEAD}},
            ConsistentRead=consistent,
        )
        found = {item["sk"]["S"]: item for item in answer["Items"]}
        if table.HEAD not in found:
            raise NotFound("no such conversation")
        return self._conversation(workspace, found)

    def _conversation(self, workspace: str, found: dict[str, Item]) -> Conversation:
        """From its head and what stands beside it, by sort key."""
        conversation = self._items.conversation(workspace, found[table.HEAD], found.get(table.PARTICIPANTS))
        conversation.copies = copies_of(found.get(table.COPIES))
        return conversation

    def _item(self, pk: str, sk: str, *, consistent: bool) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=key(pk, sk), ConsistentRead=consistent)
        return dict(answer["Item"]) if "Item" in answer else None

    def _backwards(self, pk: str, below: str, count: int, *, consistent: bool) -> list[Item]:
        """The last `count` items of a collection, or the last below a sort key."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if below:
            condition, values = f"{condition} AND sk < :below", values | {":below": {"S": below}}
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "ConsistentRead": consistent,
            "Limit": count,
        }
        return list(islice(pages(self._client, request), count))

    # ---- looking up -------------------------------------------------------------------------------------------------

    def locate(self, workspace: str, mailbox: str, message_ids: Sequence[str]) -> Located | None:
        """One Query a Message-ID, 20 at most, until one is known."""
        for message_id in list(dict.fromkeys(filter(None, message_ids)))[:MESSAGE_IDS_TRIED]:
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :mailbox)",
                ExpressionAttributeValues={
                    ":pk": {"S": table.lookup_key(workspace, self._writes.message_id(workspace, message_id))},
                    ":mailbox": {"S": table.lookup_entry(mailbox)},
                },
                Limit=1,
            )
            for item in answer["Items"]:
                return Located(message_id, item["conversation"]["S"], item["message"]["S"])
        return None

    def link_copies(self, ingest: Ingest) -> None:
        self._links.link(ingest)

    def next_number(self, workspace: str) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=key(table.counter_key(workspace), table.NUMBER),
            UpdateExpression="ADD #number :one",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["number"]["N"])

    # ---- writing ----------------------------------------------------------------------------------------------------

    def save(
        self,
        conversation: Conversation,
        told: Sequence[Told],
        ingest: Ingest | None = None,
        once: Once | None = None,
        entry: Entry | None = None,
    ) -> None:
        """One transaction; a GetItem before it for each message that is revised."""
        digest, steps = self._writes.conversation(
            conversation, [self._before(conversation, each) for each in conversation.revised]
        )
        steps += steps_of(self._audit, entry)
        workspace = conversation.workspace
        if ingest:
            refusals = self._commits.commit(steps + self._writes.ingest(workspace, ingest, told))
        else:
            done = Done(conversation.id, conversation.added[0].id if conversation.added else "")
            refusals = self._commits.keyed(steps, workspace, told, once, done)
        if refusals:
            raise meaning(refusals)
        conversation.version += 1
        if conversation.added:
            conversation.last_since = conversation.version
        conversation.digest = digest
        if conversation.people_changed:
            conversation.participants = [self._items.as_contact(workspace, each) for each in conversation.participants]
        conversation.known = tuple(conversation.participants)
        conversation.known_removed = tuple(conversation.removed)
        conversation.added.clear()
        conversation.revised.clear()
        conversation.facts.clear()

    def _before(self, conversation: Conversation, revised: Message) -> Item:
        """Raises Stale when it is not what was revised any more."""
        pk = table.conversation_key(conversation.workspace, conversation.id)
        item = self._item(pk, table.message_key(revised.id), consistent=True)
        if item is None or int(item["revision"]["N"]) != revised.revision - 1:
            raise Stale("the message has changed since it was read")
        return item

    def done(self, workspace: str, once: Once) -> Done | None:
        return self._commits.done(workspace, once)

    # ---- the ledger -------------------------------------------------------------------------------------------------

    def record(self, entry: IngestRecord, told: Sequence[Told] = ()) -> None:
        if told:
            self._commits.commit([self._writes.entry(entry, told)])
        else:
            put_once(self._client, self._table, ingest_item(entry))

    def ingested(self, workspace: str, mailbox: str, day: date) -> Counter[Outcome]:
        """One Query of an index: a read unit for about 30 entries, a request for about 4,000."""
        entries = ingested(self._client, self._table, table.ingested_key(workspace, mailbox, day.isoformat()))
        return Counter(Outcome(outcome) for outcome, _ in entries)

    def recorded(self, workspace: str, mailbox: str, ses_message_id: str) -> IngestRecord | None:
        item = self._item(table.ingest_key(workspace, ses_message_id), mailbox, consistent=True)
        return ingest_record(workspace, ses_message_id, item) if item else None

    # ---- sending ----------------------------------------------------------------------------------------------------

    def claim(self, workspace: str, conversation: str, message: str, lease: timedelta) -> Sending:
        """One UpdateItem. Raises Stale when a transaction holds the message at this moment.

        The SDK asks again when an answer is lost; the name of the claim tells our own from another sender's then.
        """
        claim = uuid4().hex
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=key(table.conversation_key(workspace, conversation), table.message_key(message)),
                UpdateExpression=(
                    "SET sending = :sending, lease_until = :until, lease_claim = :claim "
                    "ADD attempts :one REMOVE sending_reason"
                ),
                ConditionExpression="sending = :queued",
                ExpressionAttributeValues={
                    ":queued": {"S": SendState.QUEUED},
                    ":sending": {"S": SendState.SENDING},
                    ":until": {"S": instant(self._now() + lease)},
                    ":claim": {"S": claim},
                    ":one": {"N": "1"},
                },
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            standing: Any = error.response.get("Item") or {}
            if "sending" not in standing:
                raise NotFound("no such outgoing message") from None
            if standing.get("lease_claim") == {"S": claim}:
                by = sending_of(standing).by
                return Sending(SendState.QUEUED, int(standing["attempts"]["N"]) - 1, by=by)
            return sending_of(standing)
        except self._client.exceptions.TransactionConflictException:
            raise Stale("the message is being written at this moment") from None
        return sending_of(dict(answer["Attributes"]))

    def settle(self, conversation: Conversation, message: str, sending: Sending, told: Sequence[Told]) -> None:
        """One transaction; the conversation's head is not in it. Raises Stale when the message is not being sent."""
        steps = [self._writes.sending(conversation, message, sending, self._now())]
        if sending.message_id:
            place = MessagePlace(conversation.workspace, conversation.id, message)
            steps.append(self._writes.lookup_of_sent(place, KnownAs(conversation.mailbox, sending.message_id)))
        if self._commits.commit(steps, conversation.workspace, told):
            raise Stale("the message is not being sent")

    def advance(
        self,
        place: MessagePlace,
        before: Sending,
        after: Sending,
        told: Sequence[Told],
        known_as: KnownAs | None = None,
        once: Once | None = None,
    ) -> None:
        """One transaction; the conversation's head is not in it."""
        steps = [self._writes.advanced(place, before, after, self._now())]
        if known_as:
            steps.append(self._writes.lookup_of_sent(place, known_as))
        if self._commits.keyed(steps, place.workspace, told, once, Done(place.conversation, place.message)):
            raise Stale("the message's sending has moved since it was read")
