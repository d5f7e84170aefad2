"""A conversation: what came in, what was answered, who takes part, whose turn it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from letterlock.domain.channels import channel_of
from letterlock.domain.checks.examination import Checks
from letterlock.domain.errors import RuleBroken
from letterlock.domain.facts import (
    AcknowledgementQueued,
    ConversationAssigned,
    ConversationOpened,
    Fact,
    MailDiscarded,
    MailImported,
    MailQuarantined,
    MailReleased,
    MessageReceived,
    NoteAdded,
    PersonMentioned,
    ReplyQueued,
    StatusChanged,
)
from letterlock.domain.files import Scans
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Address, Protection, Verdicts
from letterlock.domain.outcomes import Outcomes, RecipientState
from letterlock.domain.participants import PARTICIPANTS_AT_MOST, REMOVED_KEPT, Participant
from letterlock.domain.spans import Spans, visible
from letterlock.domain.threading import Threading, Trust

INLINE_TEXT_BYTES = 4096
"""Up to this much visible text is sealed into the message's item; a longer body lies whole in its sealed object."""
PREVIEW_CHARACTERS = 120
SUBJECT_CHARACTERS = 998
"""RFC 5322, section 2.1.1: the longest line a mail may have."""

_LINK_ADDRESS = re.compile(r"<https?://[^\s<>]*>")
"""As HTML and RFC 3986, appendix C, would have it in text."""
_UNSEEN = "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Letters that show nothing: soft hyphen, joiners, marks of direction, spaces without width."""


class Status(StrEnum):
    OPEN = "open"
    """Waits on the team."""
    PENDING = "pending"
    """Waits on the customer."""
    CLOSED = "closed"
    SPAM = "spam"
    QUARANTINED = "quarantined"
    """Its mail could not be read, or must not be: kept raw, out of the inbox."""
    DISCARDED = "discarded"
    """Left the quarantine for good: in no list any more, still there under its id."""


class Kind(StrEnum):
    INBOUND = "inbound"
    REPLY = "reply"
    NOTE = "note"


class SendState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    """Claimed by a sender whose lease has not run out."""
    SENT = "sent"
    """The mail service took it; what it says later makes it one of those below."""
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    """The mail service may have taken it: never tried again unasked, so that nobody gets it twice."""
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Sending:
    """Where an outgoing message stands. `reason` is a word of the mail service, or ours; never content."""

    state: SendState
    attempts: int = 0
    reason: str = ""
    lease_until: datetime | None = None
    """Until then nobody may try (again): a sender's lease, or the wait of an unconfirmed message for SES's word."""
    message_id: str = ""
    """The Message-ID under which it went out: SES overwrites ours."""
    outcomes: Outcomes = ()
    """What SES said of each recipient."""
    by: str = ""
    """Who had it sent again. Empty: its author had it sent."""
    closed: int = 0
    """What is said of tries up to this one is old news: somebody had it sent again since."""
    version: int = field(default=0, compare=False)
    """Kept by the store: how often it was advanced."""

    @property
    def bounce(self) -> str:
        """`hard`, `soft`, or empty when nothing came back."""
        states = {each.state for each in self.outcomes}
        if RecipientState.HARD_BOUNCE in states:
            return "hard"
        return "soft" if RecipientState.SOFT_BOUNCE in states else ""


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """A file of a message. Its bytes lie sealed in the archive; `sha256` is that of the plain bytes, in hex."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation. What is content here is sealed wherever it is stored."""

    id: str
    kind: Kind
    at: datetime
    text: str
    """The whole text where it fits into `INLINE_TEXT_BYTES`, else its beginning: `has_content` says that the archive
    holds more.
    """
    hidden: Spans = ()
    """Inbound: what of the whole text is history or signature."""
    excerpt: bool = False
    """`text` is the beginning of the visible part: the whole did not fit, and had something to hide."""
    subject: str = ""
    sender: Address | None = None
    """Inbound: the From address. None where the mail had none, and for replies and notes."""
    co_authors: tuple[Address, ...] = ()
    """Inbound: further addresses of From."""
    date: datetime | None = None
    """Inbound: when it was written, by the mail's own word; `at` is when it came."""
    protection: Protection | None = None
    author: str = ""
    """Replies and notes: the principal's id."""
    mentions: tuple[str, ...] = ()
    """Notes: the people who are to be told of it, by id."""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    """Inbound: where its author wants answers to go (RFC 5322, section 3.6.2)."""
    attachments: tuple[StoredAttachment, ...] = ()
    scans: Scans = ()
    """What was found in them; of one that is not named here, nobody knows yet."""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    threading: Threading | None = None
    verdicts: Verdicts | None = None
    checks: Checks | None = None
    """Inbound: None where the mail was not read."""
    quarantine: Reason | None = None
    has_content: bool = False
    content_sha256: str = ""
    has_raw: bool = False
    sending: Sending | None = None
    revision: int = 1

    @property
    def visible_text(self) -> str:
        """As much as there is of it in the message itself."""
        return self.text if self.excerpt else visible(self.text, self.hidden)

    @property
    def is_anybodys_turn(self) -> bool:
        """Of a mail that came in: whether somebody of the team is to see to it."""
        return not self.imported and (self.checks is None or self.checks.is_anybodys_turn)

    @property
    def imported(self) -> bool:
        """An old mail, brought in from an archive."""
        return self.threading is not None and self.threading.trust is Trust.IMPORTED

    @property
    def in_a_loop(self) -> bool:
        """It is a mail of ours that came back."""
        return self.checks is not None and self.checks.loop is not None

    @property
    def trusted(self) -> bool:
        return self.threading is None or self.threading.trust is not Trust.UNVERIFIED

    def seen_by(self, address: Address) -> bool:
        """Whoever wrote a mail knows what it says, and so does whom its author sent it to, or names for answers."""
        wrote = (self.sender, *self.co_authors) if self.sender else ()
        people = (*wrote, *self.to, *self.cc, *self.reply_to)
        return any(each.key == address.key for each in people)


@dataclass(frozen=True, slots=True)
class Added:
    """That a message was added, and of which kind: what somebody needs to know who decided without it."""

    id: str
    kind: Kind
    at: datetime


def inline_text(text: str) -> tuple[str, bool]:
    """As much of a text as is kept in the message itself, and whether anything was cut."""
    octets = text.encode("utf-8", "replace")
    if len(octets) <= INLINE_TEXT_BYTES:
        return text, False
    return octets[:INLINE_TEXT_BYTES].decode("utf-8", "ignore"), True


def preview_of(text: str) -> str:
    """The first words of a text, without addresses of links, and letters that show nothing and only fill a preview."""
    words = _LINK_ADDRESS.sub(" ", text).split()
    return " ".join(each for each in words if each.strip(_UNSEEN))[:PREVIEW_CHARACTERS].rstrip()


@dataclass(frozen=True, slots=True)
class Card:
    """One line of the inbox list."""

    conversation: str
    mailbox: str
    number: int
    subject: str
    sender: str
    preview: str
    status: Status
    assignee: str
    count: int
    activity: str
    """Its place in the list: see `Conversation.activity`."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Where else in the workspace a mail of a conversation lies: in a conversation of another mailbox."""

    mailbox: str
    conversation: str


@dataclass(slots=True)
class Conversation:
    """The head of a conversation: everything but its messages. `version` guards every write."""

    id: str
    workspace: str
    mailbox: str
    number: int
    subject: str
    opened_at: datetime
    status: Status = Status.OPEN
    assignee: str = ""
    participants: list[Participant] = field(default_factory=list)
    removed: list[Address] = field(default_factory=list)
    """Whom the team sent off: no mail brings them back."""
    count: int = 0
    digest: int = 0
    """Kept by the store: the sum, modulo 2^256, of every message's keyed digest."""
    version: int = 0
    """0: not stored yet."""
    last_since: int = field(default=0, compare=False)
    """Kept by the store: the version that last added a message."""
    last_at: datetime | None = None
    last_sender: str = ""
    preview: str = ""
    linked: str = ""
    """The conversation a stranger's mail named by a bare Message-ID: shown beside it, never merged into it."""
    imported: bool = False
    """Opened by an old mail from an archive: later ones of it that answer one in here belong here as well."""
    copies: tuple[Copy, ...] = field(default=(), compare=False)
    """Kept by the store, and written apart: see `Conversations.link_copies`."""
    added: list[Message] = field(default_factory=list)
    revised: list[Message] = field(default_factory=list)
    """Messages that were there before, as they are now."""
    facts: list[Fact] = field(default_factory=list)
    known: tuple[Participant, ...] = field(default=(), repr=False, compare=False)
    """Kept by the store: the participants as it has them, so that it writes them only when they changed."""
    known_removed: tuple[Address, ...] = field(default=(), repr=False, compare=False)

    @property
    def activity(self) -> str:
        """Sorts as text, newest greatest: the time of the last message (ISO 8601, UTC, milliseconds), then the id."""
        at = (self.last_at or self.opened_at).astimezone(UTC).replace(tzinfo=None)
        return f"{at.isoformat(timespec='milliseconds')}Z#{self.id}"

    @property
    def requester(self) -> Address | None:
        return next((each.address for each in self.participants if each.requester), None)

    def has_participant(self, address: Address | None) -> bool:
        return address is not None and any(each.address.key == address.key for each in self.participants)

    @property
    def people_changed(self) -> bool:
        return (tuple(self.participants), tuple(self.removed)) != (self.known, self.known_removed)

    def let_in(self) -> list[Address]:
        """Who takes part now and did not when this was read. Of a mail that nobody vouches for the address counts, for
        that is where it came from, or says so, and no name: a stranger must not name the team's customers.
        """
        known = {each.address.key for each in self.known}
        people = {each.address.key: each.address for each in self.participants if each.address.key not in known}
        named = all(each.trusted for each in self.added)
        return [each if named else Address(each.address) for each in people.values()]

    def sent_off(self) -> list[Address]:
        """Who took part when this was read and does not now."""
        left = {each.address.key for each in self.participants}
        return [each.address for each in self.known if each.address.key not in left]

    def open_with(self, message: Message, participants: Iterable[Participant]) -> None:
        """The first mail of a conversation; who wrote it, and whom it copied, take part from here on."""
        self.participants = list(participants)
        self.imported = message.imported
        if not self.imported:
            self.facts.append(ConversationOpened(self.workspace, self.id, self.mailbox))
        self._receive(message)

    def acknowledge(self, message: Message) -> None:
        """The mailbox says by itself that this mail has come."""
        self.facts.append(AcknowledgementQueued(self.workspace, self.id, message.id))

    def receive(self, message: Message, copied: Iterable[Address] = ()) -> None:
        """A further mail: it is the team's turn again, unless nobody need see to it. Whom its author copied takes part
        from here on.
        """
        self._receive(message)
        self.participants += [Participant(each) for each in copied]
        if message.is_anybodys_turn and self.status in (Status.PENDING, Status.CLOSED, Status.DISCARDED):
            self._become(Status.OPEN)

    def _receive(self, message: Message) -> None:
        self._add(message, message.sender.name or message.sender.address if message.sender else "")
        if message.quarantine:
            self.status = Status.QUARANTINED
            self.facts.append(
                MailQuarantined(self.workspace, self.id, message.id, self.mailbox, message.quarantine.value)
            )
        come = MailImported if message.imported else MessageReceived
        self.facts.append(come(self.workspace, self.id, message.id, self.mailbox))

    def refuse_sending(self) -> None:
        """Raises RuleBroken where nothing may go out."""
        if self.status in (Status.QUARANTINED, Status.DISCARDED):
            raise RuleBroken(f"a conversation with status {self.status} takes no reply: release it first")
        if self.status is Status.SPAM:
            raise RuleBroken("a conversation with status spam takes no reply: set its status to open first")

    def reply(self, message: Message) -> None:
        """The team answers: the conversation waits on the customer."""
        self.refuse_sending()
        if self.requester is None:
            raise RuleBroken("this conversation has nobody to answer: its mail named no sender")
        self._add(message, message.author)
        self.facts.append(ReplyQueued(self.workspace, self.id, message.id))
        self._become(Status.PENDING)

    def note(self, message: Message) -> None:
        """A word among the team; it never leaves."""
        self._add(message, message.author, moves=False)
        self.facts.append(NoteAdded(self.workspace, self.id, message.id))
        for person in message.mentions:
            self.facts.append(PersonMentioned(self.workspace, self.id, message.id, person, message.author))

    def add_participant(self, address: Address, by: str, *, requester: bool = False) -> bool:
        """Somebody of the team lets them in, or says that answers go to them. False when it stands so already."""
        self._refuse_in_quarantine()
        known = next((each for each in self.participants if each.address.key == address.key), None)
        if known and (known.requester or not requester):
            return False
        if known is None and len(self.participants) >= PARTICIPANTS_AT_MOST:
            raise RuleBroken(f"a conversation has {PARTICIPANTS_AT_MOST} participants at most")
        if any(channel_of(each.address) is not channel_of(address) for each in self.participants):
            raise RuleBroken("everybody who takes part in a conversation is reached the same way")
        new = replace(known, requester=requester) if known else Participant(address, requester, by)
        others = [each for each in self.participants if each is not known]
        if requester:
            others = [replace(each, requester=False) for each in others]
        self.participants = [new, *others] if requester else [*others, new]
        self.removed = [each for each in self.removed if each.key != address.key]
        return True

    def remove_participant(self, contact: str) -> bool:
        """They get no more answers, and their mails are a stranger's. False when they do not take part."""
        gone = next((each for each in self.participants if each.contact == contact), None)
        if gone is None:
            return False
        if gone.requester:
            raise RuleBroken("answers go to this participant: let somebody else be the requester first")
        self.participants = [each for each in self.participants if each is not gone]
        self.removed = [*self.removed, gone.address][-REMOVED_KEPT:]
        return True

    def confirm(self, message: Message, by: str) -> bool:
        """Somebody of the team knows who wrote it: they take part, and it counts as theirs. False when it did."""
        self._refuse_in_quarantine()
        if message.kind is not Kind.INBOUND or message.sender is None or message.threading is None:
            raise RuleBroken("only a mail that names its sender can be confirmed")
        added = self.add_participant(message.sender, by)
        if message.trusted:
            return added
        confirmed = replace(message.threading, trust=Trust.CONFIRMED, by=by)
        self.revised.append(replace(message, threading=confirmed, revision=message.revision + 1))
        return True

    def _refuse_in_quarantine(self) -> None:
        if self.status in (Status.QUARANTINED, Status.DISCARDED):
            raise RuleBroken(f"nobody is let into a conversation with status {self.status}: release it first")

    def assign(self, assignee: str, by: str = "") -> bool:
        """Give it to one of the team, or to nobody (empty). False when that is how it stands already."""
        if self.assignee == assignee:
            return False
        self.assignee = assignee
        self.facts.append(ConversationAssigned(self.workspace, self.id, assignee, by))
        return True

    def change_status(self, status: Status) -> bool:
        """False when that is how it stands already. The quarantine has doors of its own: `release` and `discard`."""
        if status is Status.QUARANTINED:
            raise RuleBroken("only a mail that could not be read is quarantined")
        if status is Status.DISCARDED:
            raise RuleBroken("only a quarantined conversation is discarded, by its own route")
        if self.status in (Status.QUARANTINED, Status.DISCARDED):
            raise RuleBroken(f"a conversation with status {self.status} changes by being released or discarded only")
        return self._become(status)

    def release(self) -> None:
        """Out of the quarantine, or back from having been discarded, into the inbox, for the team to look at."""
        if self.status not in (Status.QUARANTINED, Status.DISCARDED):
            raise RuleBroken("only a quarantined or discarded conversation is released")
        self.facts.append(MailReleased(self.workspace, self.id, self.mailbox))
        self._become(Status.OPEN)

    def discard(self) -> None:
        """Out of every list. Its messages and the raw mail stay, under its id, until they are erased."""
        if self.status is not Status.QUARANTINED:
            raise RuleBroken("only a quarantined conversation is discarded")
        self.facts.append(MailDiscarded(self.workspace, self.id, self.mailbox))
        self._become(Status.DISCARDED)

    def _become(self, status: Status) -> bool:
        if self.status is status:
            return False
        self.status = status
        self.facts.append(StatusChanged(self.workspace, self.id, status.value))
        return True

    def _add(self, message: Message, shown_as: str, *, moves: bool = True) -> None:
        self.added.append(message)
        self.count += 1
        if moves:
            self.last_at = max(message.at, self.last_at or message.at)
            self.last_sender = shown_as
            self.preview = preview_of(message.visible_text)


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation as read: its head and its newest messages, oldest of them first."""

    conversation: Conversation
    messages: tuple[Message, ...]
    earlier: bool = False
    """There are messages before the first of these."""
