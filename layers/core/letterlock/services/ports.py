"""What the services need of the world, as Protocols. Adapters fulfil them; fakes are held to the same contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from letterlock.domain.accounts import Admission, Mailbox, Member
from letterlock.domain.audit import Entry
from letterlock.domain.contacts import Contact
from letterlock.domain.conversations import Added, Card, Conversation, Message, Sending, Status, Thread
from letterlock.domain.digests import Difference
from letterlock.domain.facts import Told
from letterlock.domain.forwarding import Confirmation
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.domain.mail import Address, Content, Delivery, Mail
from letterlock.domain.replies import OutgoingMail
from letterlock.domain.tokens import Presented

Clock = Callable[[], datetime]
"""The time now, in UTC, aware."""


class Ids(Protocol):
    """Typed ULIDs: `cnv_01J…`."""

    def new(self, prefix: str) -> str: ...

    def derived(self, prefix: str, at: datetime, *parts: str) -> str:
        """The same id for the same time and parts: a redelivered mail writes its objects where the first try did."""
        ...


@dataclass(frozen=True, slots=True)
class Located:
    """Where a Message-ID is known from."""

    message_id: str
    conversation: str
    message: str


@dataclass(frozen=True, slots=True)
class Inbox:
    """What to list. `mailboxes` may be empty (any) only with an assignee; `before` is the `activity` of the last card
    seen, or empty.
    """

    mailboxes: tuple[str, ...]
    status: Status
    assignee: str = ""
    before: str = ""
    limit: int = 25


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`before` leads to the next page, and is empty on the last. A page may be short although another one follows."""

    cards: tuple[Card, ...]
    before: str


class Conversations(Protocol):
    """Conversations, their messages, the lookups that lead to them, and the ledger of what came in."""

    def get(self, workspace: str, conversation: str) -> Conversation:
        """The head alone, consistently read. Raises NotFound."""
        ...

    def thread(self, workspace: str, conversation: str, *, before: str = "", limit: int = 100) -> Thread:
        """The head and the newest `limit` messages (those before the message id `before`). Raises NotFound.

        For reading only: it may lag a moment behind the last write. What is changed is read by `get`.
        """
        ...

    def message(self, workspace: str, conversation: str, message: str) -> Message:
        """Raises NotFound."""
        ...

    def inbox(self, workspace: str, inbox: Inbox) -> InboxPage:
        """Newest activity first."""
        ...

    def assigned(
        self, workspace: str, assignee: str, status: Status, *, after: str, limit: int
    ) -> list[tuple[str, str]]:
        """Activity and id of what is theirs, also what was discarded, after that activity (empty: from the first),
        oldest first. It may lag a moment behind the last write.
        """
        ...

    def locate(self, workspace: str, mailbox: str, message_ids: Sequence[str]) -> Located | None:
        """The first of these Message-IDs that this mailbox knows."""
        ...

    def link_copies(self, ingest: Ingest) -> None:
        """This mail may lie in other mailboxes of the workspace as well: their conversations are linked with its own,
        each with the other, a few at most. Again changes nothing. It is asked for once the mail is there, consistently:
        of two that come at the same moment, the later one finds both.
        """
        ...

    def next_number(self, workspace: str) -> int:
        """A short number for a new conversation. Gaps are fine, repeats are not."""
        ...

    def save(
        self,
        conversation: Conversation,
        told: Sequence[Told],
        ingest: Ingest | None = None,
        once: Once | None = None,
        entry: Entry | None = None,
    ) -> None:
        """One transaction: head, added and revised messages, participants, lookups, facts, and the ledger's entry where
        a mail caused it, or the record of the key under which it was asked for, and the audit log's `entry` of it.

        Raises Stale when the head moved since it was read, AlreadyIngested when the ledger has this delivery,
        SameMail when this mailbox has this very mail from another delivery, AlreadyDone when the key stands for a save
        of this very request, KeyReused when it stands for another.
        """
        ...

    def done(self, workspace: str, once: Once) -> Done | None:
        """What this request did before, unless its key is free. Raises KeyReused."""
        ...

    def added_since(self, workspace: str, conversation: str, version: int) -> list[Added]:
        """Of the newest hundred messages, those that are not part of that version, oldest first."""
        ...

    def record(self, entry: IngestRecord, told: Sequence[Told] = ()) -> None:
        """A ledger entry that comes with no message: duplicate or rejected; with its facts. A second one changes
        nothing, and tells nothing.
        """
        ...

    def recorded(self, workspace: str, mailbox: str, ses_message_id: str) -> IngestRecord | None: ...

    def ingested(self, workspace: str, mailbox: str, day: date) -> Counter[Outcome]:
        """How many of the ledger's entries of that day (UTC) ended as what. It may lag a moment behind the last."""
        ...

    def claim(self, workspace: str, conversation: str, message: str, lease: timedelta) -> Sending:
        """Take the sending of a message for `lease`: QUEUED becomes SENDING. Returns what stood **before**.

        Only a caller who gets QUEUED holds the lease; one that ran out is shown, not taken over. Raises NotFound, and
        Stale when a transaction holds the message at this moment.
        """
        ...

    def settle(self, conversation: Conversation, message: str, sending: Sending, told: Sequence[Told]) -> None:
        """End or release a claim: the message's new sending state, its Message-ID's lookup, the facts, in one.

        What is known of recipients stays. Raises Stale when the message is not being sent.
        """
        ...

    def advance(
        self,
        place: MessagePlace,
        before: Sending,
        after: Sending,
        told: Sequence[Told],
        known_as: KnownAs | None = None,
        once: Once | None = None,
    ) -> None:
        """A message's sending moves on, from `before`, as it was read, with its facts, a lookup and the record of the
        key under which it was asked for, in one transaction.

        Raises Stale when it has moved since it was read; AlreadyDone, KeyReused.
        """
        ...


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A Message-ID by which answers to a message of ours find it, in its mailbox."""

    mailbox: str
    message_id: str


class ConversationDigests(Protocol):
    """Conversations as their items lie in the store, held against the digest that each head keeps."""

    def listed(self, workspace: str, mailbox: str, status: Status, *, after: str, limit: int) -> list[tuple[str, str]]:
        """Activity and id of conversations after that activity (empty: from the first), oldest first."""
        ...

    def difference(self, workspace: str, conversation: str) -> Difference | None:
        """None when the items add up to the digest. What is being written to at this moment does not differ by that."""
        ...


@dataclass(frozen=True, slots=True)
class ContactPage:
    """`before` leads to the next page, and is empty on the last. A page may be short although another one follows."""

    cards: tuple[Card, ...]
    before: str


class Contacts(Protocol):
    """People outside the team, one an address and workspace. They come to be by taking part in a conversation."""

    def id_of(self, workspace: str, address: Address) -> str:
        """Of whoever has that address: it follows from it, and nothing is read."""
        ...

    def get(self, workspace: str, contact: str) -> Contact:
        """Raises NotFound."""
        ...

    def conversations(self, workspace: str, contact: str, *, before: str = "", limit: int = 25) -> ContactPage:
        """What they take part in, opened last first. Raises NotFound."""
        ...

    def mark_undeliverable(self, workspace: str, address: str, reason: str, at: datetime) -> None:
        """Mail to that address comes back. `reason` is a fixed word, never content.

        The latest `at` stays, whatever the order in which it is told, and however often.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ingest:
    """The ledger entry that rides in a conversation's transaction, and what tells this mail from every other."""

    entry: IngestRecord
    message_id: str
    fingerprint: bytes
    """SHA-256 over what the mail says: see `domain.fingerprints`."""


class Original(Protocol):
    """A raw mail in the inbound bucket, not read yet."""

    size: int
    """Octets."""

    def read(self) -> bytes: ...

    def chunks(self) -> Iterator[bytes]: ...

    def discard(self) -> None:
        """Delete that very version, for good."""
        ...


class Originals(Protocol):
    """The inbound bucket: where SES leaves the raw mail before any of our code runs."""

    def open(self, object_key: str) -> Original:
        """Raises OriginalGone."""
        ...


class Archive(Protocol):
    """The archive bucket: sealed raw mails, bodies and files. `message` lies under its workspace and conversation."""

    def keep_raw(self, place: MessagePlace, chunks: Iterable[bytes]) -> None: ...

    def raw_mail(self, place: MessagePlace) -> bytes:
        """The mail as it came. Raises NotFound, IntegrityBroken."""
        ...

    def keep_content(self, place: MessagePlace, content: Content) -> None: ...

    def content(self, place: MessagePlace) -> Content:
        """Raises NotFound."""
        ...

    def keep_attachment(self, place: MessagePlace, attachment: str, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class MessagePlace:
    workspace: str
    conversation: str
    message: str


class Parser(Protocol):
    def parse(self, raw: bytes) -> Mail:
        """RFC 5322 and MIME, decoded. Raises Unparsable with one of the ledger's reasons."""
        ...


class ReplyTokens(Protocol):
    """The keyed tokens that reply addresses and references carry."""

    def mint(self, workspace: str, mailbox: str, conversation: str) -> str: ...

    def verify(self, workspace: str, mailbox: str, token: str) -> str:
        """The conversation a token was minted for, or empty when it was not minted for this mailbox."""
        ...


class Mailboxes(Protocol):
    def route(self, addresses: Sequence[str]) -> dict[str, Mailbox]:
        """Of these addresses, those that are mailboxes of ours; the keys are the addresses as given."""
        ...

    def receives(self, address: str) -> bool:
        """Whether mail to it comes to a mailbox of ours, in any workspace: its own address, the one that is forwarded
        to, or either of them with a subaddress. Consistently read; nothing is unsealed.
        """
        ...

    def ours(self, workspace: str, addresses: Sequence[str]) -> set[str]:
        """Those of these addresses that lead to a mailbox of that workspace. One made just now may be missed."""
        ...

    def get(self, workspace: str, mailbox: str) -> Mailbox:
        """Raises NotFound."""
        ...

    def all(self, workspace: str) -> list[Mailbox]: ...

    def add(self, mailbox: Mailbox, entry: Entry | None = None) -> None:
        """With the audit log's entry of it. Raises Conflict when any workspace has that address, NotFound when there is
        no such workspace.
        """
        ...

    def note_confirmation(self, mailbox: Mailbox, confirmation: Confirmation) -> None:
        """What a provider asks before it forwards there: the newest stays, whatever the order in which they come."""
        ...


class Workspaces(Protocol):
    def prepare_stack(self) -> None:
        """Make the stack's own keys, without which nobody can be looked up. A second time changes nothing."""
        ...

    def create(self, workspace: str, name: str, entry: Entry | None = None) -> None:
        """With keys of its own, made before anything is sealed under them, and with the audit log's entry of it."""
        ...

    def name(self, workspace: str) -> str:
        """Raises NotFound."""
        ...


class Members(Protocol):
    """Who may come into a workspace, and with what. A secret passes through; what is stored is its keyed hash."""

    def admit(self, presented: Presented) -> Admission | None:
        """One consistent read of the holder, with the credential that has this secret, and of the workspace's gate;
        None unless both are there.

        Raises Unavailable when the store did not answer for both.
        """
        ...

    def get(self, workspace: str, member: str) -> Member:
        """A person or a service of the workspace, consistently read, also one that was removed. Raises NotFound."""
        ...

    def add_service(self, member: Member, name: str, secret: str, entry: Entry | None = None) -> None:
        """A workspace's own token: its one credential, of the member's id, comes with it, and so does the audit log's
        entry. Raises Conflict.
        """
        ...

    def note_use(self, workspace: str, member: str, credential: str, day: date) -> None:
        """As well as it goes: a use that could not be noted keeps nobody out."""
        ...


class StackLedger(Protocol):
    """What came for nobody we know. Addresses are kept as keyed hashes, the raw mail sealed under the stack's key."""

    def record(self, ses_message_id: str, recipient: str, reason: Reason, at: datetime) -> bool:
        """Whether it is new: a second entry of one mail and recipient changes nothing."""
        ...

    def recorded(self, ses_message_id: str, recipient: str) -> bool: ...

    def ingested(self, day: date) -> Counter[Reason]:
        """How many of the ledger's entries of that day (UTC) have what reason. It may lag a moment behind the last."""
        ...

    def keep_raw(self, ses_message_id: str, chunks: Iterable[bytes]) -> None: ...


class Cursors(Protocol):
    """Opaque places in a list, good for the workspace and the question they were made for only."""

    def seal(self, workspace: str, asked: str, place: str) -> str: ...

    def open(self, workspace: str, asked: str, cursor: str) -> str:
        """Raises Invalid."""
        ...


@dataclass(frozen=True, slots=True)
class MailTags:
    """What each mail is tagged with, so that the mail service's events say whose they are."""

    workspace: str
    conversation: str
    message: str
    attempt: int


class Mailer(Protocol):
    def send(self, mail: OutgoingMail, *, tags: MailTags) -> str:
        """Hand over to the mail service; returns the Message-ID, without brackets, that the recipient will see.

        Raises SendRefused, SendDelayed or SendUncertain.
        """
        ...


class Bus(Protocol):
    def publish(self, details: Sequence[Publication]) -> list[int]:
        """Returns the positions of those the bus did not take."""
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """One fact on its way out: the event's detail-type and its detail, as JSON."""

    detail_type: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """The facts of one commit. `place` is the store's own name for where they lie."""

    place: tuple[str, str]
    facts: tuple[Publication, ...]
    marked: bool = True
    """Whether they are due there until they are published."""


class Outboxes(Protocol):
    """Outboxes are due from a few minutes after their commit until they are marked as published."""

    def overdue(self, limit: int) -> list[Outbox]:
        """At most `limit`, those that wait longest first, as far as the store's shards tell."""
        ...

    def published(self, places: Sequence[tuple[str, str]]) -> int:
        """Mark them. Returns how many marks could not be set; never raises, for the facts are out."""
        ...


@dataclass(frozen=True, slots=True)
class OverdueReply:
    """A reply that is still `queued` or `sending` although the queue gave up on it long ago."""

    place: MessagePlace
    sending: Sending


class OverdueReplies(Protocol):
    def overdue(self, limit: int) -> list[OverdueReply]:
        """At most `limit`, those that wait longest first."""
        ...

    def settle(self, reply: OverdueReply, after: Sending, told: Sequence[Told]) -> bool:
        """The end of its sending and the facts, in one. False when it has moved since it was read."""
        ...


@dataclass(frozen=True, slots=True)
class Orphan:
    """A raw mail that has lain in the inbound bucket for longer than it takes to commit one."""

    ses_message_id: str
    object_key: str
    stored_at: datetime


class Orphans(Protocol):
    def stored_before(self, at: datetime) -> Iterator[list[Orphan]]:
        """A page after the other, in no order that means anything; some may be empty."""
        ...

    def delivery(self, orphan: Orphan) -> Delivery | None:
        """As SES's own lines at the top of the stored mail tell it; None when they do not tell for whom it came.

        Raises OriginalGone when it has been taken in meanwhile.
        """
        ...


class InboundQueue(Protocol):
    """Where notifications of mail wait to be taken in."""

    def put(self, delivery: Delivery) -> None: ...

    def waiting(self) -> int:
        """How many notifications wait or are being handled, roughly."""
        ...


class SweepNotes(Protocol):
    """What the sweep has done about each orphan already, by SES message id."""

    def due(self, ses_message_ids: Sequence[str]) -> list[str]:
        """Those of them that may be queued (again): not tried yet, or the pause after the last try is over."""
        ...

    def tried(self, ses_message_id: str) -> None:
        """It has been queued: each pause is twice as long as the one before, and after a few tries it is let lie."""
        ...

    def waits(self, ses_message_id: str, until: datetime) -> None:
        """It is not due before that, and what was tried does not count then."""
        ...

    def gave_up(self, ses_message_id: str, at: datetime) -> None:
        """Nobody can tell for whom it came: an entry in the stack's ledger, once, and no further try."""
        ...
