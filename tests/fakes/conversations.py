"""Conversations in memory, held to the same contract as the table (tests/adapters/test_conversations_contract.py)."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from letterlock.domain.audit import Entry
from letterlock.domain.conversations import (
    Added,
    Card,
    Conversation,
    Copy,
    Kind,
    Message,
    Sending,
    SendState,
    Status,
    Thread,
)
from letterlock.domain.digests import message_digest, with_added, with_replaced
from letterlock.domain.errors import AlreadyDone, AlreadyIngested, Conflict, KeyReused, NotFound, SameMail, Stale
from letterlock.domain.facts import Fact, Told
from letterlock.domain.files import Scans
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.domain.ledger import IngestRecord, Outcome
from letterlock.domain.mail import Address
from letterlock.services.ports import Clock, Inbox, InboxPage, Ingest, KnownAs, Located, MessagePlace
from tests.fakes.clock import FakeClock


class FakeConversations:
    """`Conversations`. What goes in and what comes out are copies: nobody changes what is stored by holding on to it."""

    def __init__(self, now: Clock | None = None) -> None:
        self.announced: list[Fact] = []
        """Every fact that was committed, in order."""
        self.told: list[Told] = []
        """The same, with their metadata."""
        self.ledger: dict[tuple[str, str, str], IngestRecord] = {}
        """By workspace, mailbox and SES message id."""
        self.attach: Callable[[str, list[str]], bool] = lambda _workspace, _attachments: True
        """Uses up uploads: whether they could be."""
        self._now = now or FakeClock()
        self._heads: dict[tuple[str, str], Conversation] = {}
        self._messages: dict[tuple[str, str], dict[str, Message]] = {}
        self._lookups: dict[tuple[str, str, str], dict[str, Located]] = {}
        self._numbers: dict[str, int] = {}
        self._entries: dict[tuple[str, str], dict[str, tuple[datetime, Address]]] = {}
        """By workspace and contact: when which conversation let them in, and as whom."""
        self._left: set[tuple[str, str, str]] = set()
        """Workspace, contact and conversation of those who were sent off."""
        self.audited: list[Entry] = []
        self._copies: dict[tuple[str, str], set[Copy]] = {}
        self._since: dict[tuple[str, str], dict[str, int]] = {}
        self._keyed: dict[tuple[str, str], tuple[str, Done, datetime]] = {}

    def get(self, workspace: str, conversation: str) -> Conversation:
        if (workspace, conversation) not in self._heads:
            raise NotFound("no such conversation")
        head = deepcopy(self._heads[workspace, conversation])
        head.copies = tuple(sorted(self._copies.get((workspace, conversation), set()), key=lambda each: each.mailbox))
        head.participants = [replace(each, contact=contact_id(workspace, each.address)) for each in head.participants]
        return head

    def entries_of(self, workspace: str, contact: str) -> list[tuple[str, datetime, Address]]:
        """Conversation, time and address, in the order of the conversations' ids."""
        found = self._entries.get((workspace, contact), {})
        return [(conversation, *found[conversation]) for conversation in sorted(found)]

    def has_left(self, workspace: str, contact: str, conversation: str) -> bool:
        return (workspace, contact, conversation) in self._left

    def thread(self, workspace: str, conversation: str, *, before: str = "", limit: int = 100) -> Thread:
        head = self.get(workspace, conversation)
        stored = self._messages[workspace, conversation]
        ids = sorted(each for each in stored if not before or each < before)
        return Thread(head, tuple(stored[each] for each in ids[-limit:]), earlier=len(ids) > limit)

    def message(self, workspace: str, conversation: str, message: str) -> Message:
        try:
            return self._messages[workspace, conversation][message]
        except KeyError:
            raise NotFound("no such message") from None

    def inbox(self, workspace: str, inbox: Inbox) -> InboxPage:
        found = [
            card_of(head)
            for (owner, _), head in self._heads.items()
            if owner == workspace
            and head.status is inbox.status is not Status.DISCARDED
            and (head.assignee == inbox.assignee if inbox.assignee else True)
            and (head.mailbox in inbox.mailboxes or (inbox.assignee and not inbox.mailboxes))
            and (not inbox.before or head.activity < inbox.before)
        ]
        listed = sorted(found, key=lambda card: card.activity, reverse=True)
        cards = tuple(listed[: inbox.limit])
        return InboxPage(cards, cards[-1].activity if len(listed) > inbox.limit else "")

    def assigned(
        self, workspace: str, assignee: str, status: Status, *, after: str, limit: int
    ) -> list[tuple[str, str]]:
        found = [
            (head.activity, head.id)
            for (owner, _), head in self._heads.items()
            if (owner, head.assignee, head.status) == (workspace, assignee, status) and head.activity > after
        ]
        return sorted(found)[:limit]

    def locate(self, workspace: str, mailbox: str, message_ids: Sequence[str]) -> Located | None:
        for message_id in message_ids:
            for located in self._lookups.get((workspace, mailbox, message_id), {}).values():
                return located
        return None

    def link_copies(self, ingest: Ingest) -> None:
        workspace, own = ingest.entry.workspace, ingest.entry.mailbox
        if not ingest.message_id:
            return
        content = ingest.fingerprint.hex()
        found = {
            Copy(mailbox, lookups[content].conversation)
            for (owner, mailbox, message_id), lookups in self._lookups.items()
            if (owner, message_id) == (workspace, ingest.message_id) and content in lookups
        }
        for one in [each for each in found if each.mailbox == own]:
            for other in found - {one}:
                self._copies.setdefault((workspace, one.conversation), set()).add(other)
                self._copies.setdefault((workspace, other.conversation), set()).add(one)

    def next_number(self, workspace: str) -> int:
        self._numbers[workspace] = self._numbers.get(workspace, 0) + 1
        return self._numbers[workspace]

    def save(
        self,
        conversation: Conversation,
        told: Sequence[Told],
        ingest: Ingest | None = None,
        once: Once | None = None,
        entry: Entry | None = None,
    ) -> None:
        place = (conversation.workspace, conversation.id)
        self._refuse_done(conversation.workspace, once)
        self._refuse(conversation, ingest)
        files = [file.id for each in conversation.added if each.kind is not Kind.INBOUND for file in each.attachments]
        if files and not self.attach(conversation.workspace, files):
            raise Stale("a file that is attached has changed since it was read")
        added = conversation.added[0].id if conversation.added else ""
        self._remember(conversation.workspace, once, Done(conversation.id, added))
        self._since.setdefault(place, {}).update({each.id: conversation.version + 1 for each in conversation.added})
        stored = self._messages.setdefault(place, {})
        stored |= {each.id: each for each in conversation.added}
        for each in conversation.revised:
            before = _digest(stored[each.id])
            conversation.digest = with_replaced(conversation.digest, before, _digest(each))
            stored[each.id] = each
        self.audited += [entry] if entry else []
        if ingest:
            self.ledger[_ledger_key(ingest.entry)] = ingest.entry
            lookups, content = self._lookup_of(ingest)
            lookups[content] = Located(ingest.message_id or content, ingest.entry.conversation, ingest.entry.message)
        self._let_in(conversation)
        conversation.version += 1
        conversation.digest = with_added(conversation.digest, map(_digest, conversation.added))
        conversation.participants = [
            replace(each, contact=contact_id(conversation.workspace, each.address))
            for each in conversation.participants
        ]
        conversation.known = tuple(conversation.participants)
        conversation.known_removed = tuple(conversation.removed)
        conversation.added.clear()
        conversation.revised.clear()
        conversation.facts.clear()
        self._heads[place] = deepcopy(conversation)
        self._announce(told)

    def _let_in(self, conversation: Conversation) -> None:
        at = conversation.last_at or conversation.opened_at
        for address in conversation.let_in():
            place = (conversation.workspace, contact_id(conversation.workspace, address))
            self._entries.setdefault(place, {})[conversation.id] = (at, address)
            self._left.discard((*place, conversation.id))
        for address in conversation.sent_off():
            self._left.add((conversation.workspace, contact_id(conversation.workspace, address), conversation.id))

    def _refuse(self, conversation: Conversation, ingest: Ingest | None) -> None:
        """In the order of the contract: the delivery is done, the mail is there, the head moved."""
        place = (conversation.workspace, conversation.id)
        if ingest and _ledger_key(ingest.entry) in self.ledger:
            raise AlreadyIngested("the ledger has this delivery")
        if ingest:
            lookups, content = self._lookup_of(ingest)
            if content in lookups:
                raise SameMail(lookups[content].conversation, lookups[content].message)
        if (self._heads[place].version if place in self._heads else 0) != conversation.version:
            raise Stale("the conversation has changed since it was read")
        stored = self._messages.get(place, {})
        if any(each.id not in stored or stored[each.id].revision != each.revision - 1 for each in conversation.revised):
            raise Stale("the message has changed since it was read")
        if any(each.id in stored for each in conversation.added):
            raise Conflict("a message of that id exists")

    def _lookup_of(self, ingest: Ingest) -> tuple[dict[str, Located], str]:
        """The lookups of the mail's Message-ID in its mailbox, and what tells it from others of that Message-ID.

        Without one, a mail is known by its delivery alone.
        """
        content = ingest.fingerprint.hex()
        named = (ingest.entry.workspace, ingest.entry.mailbox, ingest.message_id or ingest.entry.ses_message_id)
        return self._lookups.setdefault(named, {}), content

    def _refuse_done(self, workspace: str, once: Once | None) -> None:
        if once and (done := self._done(workspace, once)):
            raise AlreadyDone(done)

    def _remember(self, workspace: str, once: Once | None, done: Done) -> None:
        if once:
            self._keyed[workspace, once.scope] = (once.body, done, self._now() + HELD)

    def done(self, workspace: str, once: Once) -> Done | None:
        return self._done(workspace, once)

    def _done(self, workspace: str, once: Once) -> Done | None:
        body, done, until = self._keyed.get((workspace, once.scope), ("", None, self._now()))
        if done is None or until <= self._now():
            return None
        if body != once.body:
            raise KeyReused(done)
        return done

    def added_since(self, workspace: str, conversation: str, version: int) -> list[Added]:
        place = (workspace, conversation)
        newest = sorted(self._messages.get(place, {}).values(), key=lambda each: each.id)[-100:]
        return [Added(each.id, each.kind, each.at) for each in newest if self._since[place][each.id] > version]

    def record(self, entry: IngestRecord, told: Sequence[Told] = ()) -> None:
        if _ledger_key(entry) not in self.ledger:
            self.ledger[_ledger_key(entry)] = entry
            self._announce(told)

    def recorded(self, workspace: str, mailbox: str, ses_message_id: str) -> IngestRecord | None:
        return self.ledger.get((workspace, mailbox, ses_message_id))

    def ingested(self, workspace: str, mailbox: str, day: date) -> Counter[Outcome]:
        return Counter(
            entry.outcome
            for entry in self.ledger.values()
            if (entry.workspace, entry.mailbox, entry.at.astimezone(UTC).date()) == (workspace, mailbox, day)
        )

    def claim(self, workspace: str, conversation: str, message: str, lease: timedelta) -> Sending:
        found = self._messages.get((workspace, conversation), {}).get(message)
        before = found.sending if found else None
        if found is None or before is None:
            raise NotFound("no such outgoing message")
        if before.state is SendState.QUEUED:
            until = self._now() + lease
            after = replace(before, state=SendState.SENDING, attempts=before.attempts + 1, reason="", lease_until=until)
            self._messages[workspace, conversation][message] = replace(found, sending=after)
        return before

    def settle(self, conversation: Conversation, message: str, sending: Sending, told: Sequence[Told]) -> None:
        stored = self._messages.get((conversation.workspace, conversation.id), {})
        before = stored[message].sending if message in stored else None
        if before is None or before.state is not SendState.SENDING:
            raise Stale("the message is not being sent")
        after = replace(sending, outcomes=before.outcomes, by=before.by, closed=before.closed, version=before.version)
        stored[message] = replace(stored[message], sending=after)
        if sending.message_id:
            place = MessagePlace(conversation.workspace, conversation.id, message)
            self._know(place, KnownAs(conversation.mailbox, sending.message_id))
        self._announce(told)

    def advance(
        self,
        place: MessagePlace,
        before: Sending,
        after: Sending,
        told: Sequence[Told],
        known_as: KnownAs | None = None,
        once: Once | None = None,
    ) -> None:
        self._refuse_done(place.workspace, once)
        stored = self._messages.get((place.workspace, place.conversation), {})
        standing = stored[place.message].sending if place.message in stored else None
        if standing is None or _moment(standing) != _moment(before):
            raise Stale("the message's sending has moved since it was read")
        self._remember(place.workspace, once, Done(place.conversation, place.message))
        stored[place.message] = replace(stored[place.message], sending=replace(after, version=before.version + 1))
        if known_as:
            self._know(place, known_as)
        self._announce(told)

    def mark_scanned(self, place: MessagePlace, scans: Scans, told: Sequence[Told]) -> bool:
        stored = self._messages.get((place.workspace, place.conversation), {})
        if place.message not in stored:
            raise NotFound("no such message")
        if stored[place.message].scans:
            return False
        stored[place.message] = replace(stored[place.message], scans=scans)
        self._announce(told)
        return True

    def amend_scanned(self, place: MessagePlace, before: Scans, after: Scans, told: Sequence[Told]) -> bool:
        stored = self._messages.get((place.workspace, place.conversation), {})
        if place.message not in stored:
            raise NotFound("no such message")
        if not before or stored[place.message].scans != before:
            return False
        stored[place.message] = replace(stored[place.message], scans=after)
        self._announce(told)
        return True

    def _know(self, place: MessagePlace, known_as: KnownAs) -> None:
        located = Located(known_as.message_id, place.conversation, place.message)
        lookups = self._lookups.setdefault((place.workspace, known_as.mailbox, known_as.message_id), {})
        lookups[place.message] = located

    def _announce(self, told: Sequence[Told]) -> None:
        self.told += told
        self.announced += [each.fact for each in told]


def contact_id(workspace: str, address: Address) -> str:
    """26 characters, one for each address of a workspace."""
    return f"ctc_{hashlib.sha256(f'{workspace}|{address.key}'.encode()).hexdigest()[:26].upper()}"


def _ledger_key(entry: IngestRecord) -> tuple[str, str, str]:
    return entry.workspace, entry.mailbox, entry.ses_message_id


def _moment(sending: Sending) -> tuple[SendState, int, int]:
    return sending.state, sending.attempts, sending.version


def _digest(message: Message) -> int:
    said = repr(replace(message, sending=None, scans=())).encode()
    return message_digest(lambda data: hashlib.sha256(data).digest(), message.id, message.revision, said)


def card_of(head: Conversation) -> Card:
    return Card(
        conversation=head.id,
        mailbox=head.mailbox,
        number=head.number,
        subject=head.subject,
        sender=head.last_sender,
        preview=head.preview,
        status=head.status,
        assignee=head.assignee,
        count=head.count,
        activity=head.activity,
    )
