"""The conversations table: its keys and the shapes of its items, here and nowhere else.

| pk | sk | item |
|---|---|---|
| `<ws>#<cnv>` | `HEAD` | `Head` |
| `<ws>#<cnv>` | `HEAD#COPIES` | where else its mails lie, in `copies`: `<mbx>#<cnv>` each |
| `<ws>#<cnv>` | `HEAD#PARTICIPANTS` | `Participants` |
| `<ws>#<cnv>` | `MSG#<msg>` | `MessageItem` |
| `<ws>#mid#<keyed hash of a Message-ID>` | `<mbx>#<keyed hash of the content>` | `Lookup` of a mail that came in |
| `<ws>#mid#<keyed hash of a Message-ID>` | `<mbx>#<msg>` | `Lookup` of a mail that we sent |
| `<ws>#ingest#<SES message id>` | `<mbx>` | `IngestItem` |
| `<ws>#outbox#<id of the first fact>` | `OUTBOX` | `OutboxItem` |
| `<ws>#contact#<ctc>` | `PROFILE` | `ContactProfile`, where something is known of a contact beside their mail |
| `<ws>#contact#<ctc>` | `TAKES_PART#<cnv>` | `TakesPart` |
| `<ws>#idem#<keyed hash of principal, route and key>` | `IDEM` | `IdempotencyItem` |
| `<ws>#upload#<att>` | `UPLOAD` | `UploadItem`: a file that the team uploads, until a message has it or it is dropped |
| `<ws>#counter` | `UPLOADS#<hour>` | how many uploads began in that hour, in `number` |
| `<ws>#counter` | `NUMBER` | the last conversation number given, in `number` |
| `stack#ingest#<SES message id>` | `<keyed hash of the recipient>`, or `UNATTRIBUTED` | `StackIngestItem` |
| `stack#swept#<SES message id>` | `SWEPT` | how often an orphaned mail was queued again, in `tries`, and `again_at` |

They sort in that order: a head and what stands beside it are one Query, whose items are weighed together, so one read
unit; read backwards, a conversation is its newest messages and, below the oldest one, those three. The workspace is
part of every key but the stack's own.

`by_mailbox` lists two kinds of things, under hash keys that never meet: the heads of a mailbox by status, and the
ledger's entries of a mailbox by day (`ingested_key`), which the ingest summary counts.

Any item with an `outbox` stands in the index `due` as well, until its facts are published: see `table_due`.

The models are PynamoDB's, for the shapes; the requests go through the one boto3 client that the function has anyway.
PynamoDB would bring a session and a client of its own (a second loading of DynamoDB's API description at every cold
start), its TransactWrite sorts puts before updates, so that cancellation reasons no longer stand where the caller put
their items, and its Query builds a model of every attribute of every item.
"""

from __future__ import annotations

from typing import Final

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from letterlock.adapters.keyring import STACK

BY_MAILBOX: Final = "by_mailbox"
BY_ASSIGNEE: Final = "by_assignee"

HEAD: Final = "HEAD"
PARTICIPANTS: Final = f"{HEAD}#PARTICIPANTS"
COPIES: Final = f"{HEAD}#COPIES"
MESSAGES: Final = "MSG#"
OUTBOX: Final = "OUTBOX"
IDEMPOTENCY: Final = "IDEM"
NUMBER: Final = "NUMBER"
UPLOAD: Final = "UPLOAD"
ATTACHED: Final = "attached"
DROPPED: Final = "dropped"
SWEPT: Final = "SWEPT"
UNATTRIBUTED: Final = "UNATTRIBUTED"
"""Stands for the recipient of a mail that came for nobody knows whom."""
PROFILE: Final = "PROFILE"
TAKES_PART: Final = "TAKES_PART#"

OUTBOX_DAYS: Final = 7
"""How long an outbox item stays: the stream keeps a record for one day, the rest is for a sweep."""
UPLOAD_DAYS: Final = 7
"""How long the record of an upload stays: what became of it is on a message, or it was dropped after a day."""
STACK_INGEST_DAYS: Final = 90
"""How long the stack remembers a mail to nobody: it belongs to no workspace that could ask."""


# ---- keys -----------------------------------------------------------------------------------------------------------


def conversation_key(workspace: str, conversation: str) -> str:
    return f"{workspace}#{conversation}"


def message_key(message: str) -> str:
    return f"{MESSAGES}{message}"


def lookup_key(workspace: str, hashed_message_id: str) -> str:
    return f"{workspace}#mid#{hashed_message_id}"


def lookup_entry(mailbox: str, told_apart_by: str = "") -> str:
    """The sort key of a lookup; with nothing to tell them apart, the prefix of all of a mailbox's."""
    return f"{mailbox}#{told_apart_by}"


def ingest_key(workspace: str, ses_message_id: str) -> str:
    return f"{workspace}#ingest#{ses_message_id}"


def outbox_key(workspace: str, fact: str) -> str:
    return f"{workspace}#outbox#{fact}"


def contact_key(workspace: str, contact: str) -> str:
    return f"{workspace}#contact#{contact}"


def takes_part_key(conversation: str) -> str:
    return f"{TAKES_PART}{conversation}"


def idempotency_key(workspace: str, hashed: str) -> str:
    return f"{workspace}#idem#{hashed}"


def counter_key(workspace: str) -> str:
    return f"{workspace}#counter"


def upload_key(workspace: str, attachment: str) -> str:
    return f"{workspace}#upload#{attachment}"


def uploads_of(hour: str) -> str:
    """The sort key of the uploads that began in that hour (`2026-11-02T09`)."""
    return f"UPLOADS#{hour}"


def stack_ingest_key(ses_message_id: str) -> str:
    return ingest_key(STACK, ses_message_id)


def swept_key(ses_message_id: str) -> str:
    return f"{STACK}#swept#{ses_message_id}"


def inbox_key(workspace: str, mailbox: str, status: str) -> str:
    return f"{workspace}#{mailbox}#{status}"


def ingested_key(workspace: str, mailbox: str, day: str) -> str:
    """Where `by_mailbox` lists the ledger's entries of a day (ISO 8601); of the stack's own, without a mailbox."""
    return f"{workspace}#{mailbox}#ingested#{day}"


def ingested_entry(outcome: str, reason: str, at: str) -> str:
    """An entry's place in that list."""
    return f"{outcome}#{reason}#{at}"


def written_at(entry: str) -> str:
    return entry.rpartition("#")[2]


def assigned_key(workspace: str, assignee: str, status: str) -> str:
    return f"{workspace}#{assignee}#{status}"


# ---- items ----------------------------------------------------------------------------------------------------------


class Head(Model):
    """A conversation but for its messages. Below 1 kB, so that a move costs two write units and two an index."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=HEAD)
    version = NumberAttribute()
    last_since = NumberAttribute()
    """The newest `since` of its messages: whoever reads the head and not that message has read half a transaction."""
    status = UnicodeAttribute()
    mailbox = UnicodeAttribute()
    assignee = UnicodeAttribute(null=True)
    linked = UnicodeAttribute(null=True)
    imported = BooleanAttribute(null=True)
    number = NumberAttribute()
    messages = NumberAttribute(attr_name="count")  # Model has a method of that name
    digest = BinaryAttribute(legacy_encoding=False)
    """The set digest, 32 bytes, big-endian."""
    opened_at = UnicodeAttribute()
    inbox = UnicodeAttribute(null=True)
    """Absent where no list shows the conversation, as `assigned` is."""
    assigned = UnicodeAttribute(null=True)
    activity = UnicodeAttribute()
    card = BinaryAttribute(legacy_encoding=False)
    """Sealed: what a list shows. The indexes project it and nothing else."""
    subject = BinaryAttribute(legacy_encoding=False, null=True)
    """Sealed: the whole subject, where the card had to cut it."""


class Participants(Model):
    """Who takes part, in an item of their own: they seldom change, the head always does."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=PARTICIPANTS)
    people = BinaryAttribute(legacy_encoding=False)
    """Sealed."""


class MessageItem(Model):
    """One message: what it says in one sealed value, and in plain what must be seen or changed without unsealing it."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    at = UnicodeAttribute()
    revision = NumberAttribute()
    since = NumberAttribute()
    """The head's version that has this message: who knew an earlier one has not seen it."""
    said = BinaryAttribute(legacy_encoding=False)
    """Sealed: every field that is content."""
    quarantine = UnicodeAttribute(null=True)
    scans = BinaryAttribute(legacy_encoding=False, null=True)
    """Sealed: what was found in its files. It comes after a mail was committed, so it is no part of the digest."""
    has_content = BooleanAttribute(null=True)
    has_raw = BooleanAttribute(null=True)
    sending = UnicodeAttribute(null=True)
    attempts = NumberAttribute(null=True)
    sending_reason = UnicodeAttribute(null=True)
    lease_until = UnicodeAttribute(null=True)
    lease_claim = UnicodeAttribute(null=True)
    """The name of the claim that holds the lease: made anew for each."""
    sent_as = UnicodeAttribute(null=True)
    """The Message-ID that SES gave it."""
    outcomes = BinaryAttribute(legacy_encoding=False, null=True)
    """Sealed: what SES said of each recipient."""
    sent_by = UnicodeAttribute(null=True)
    """Who had it sent again."""
    closed = NumberAttribute(null=True)
    sending_version = NumberAttribute(null=True)


class Lookup(Model):
    """From a Message-ID to its message."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    conversation = UnicodeAttribute()
    message = UnicodeAttribute()


class IngestItem(Model):
    """How a delivery to a mailbox ended; with the facts of its transaction, if it had one."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    outcome = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    conversation = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    outbox = UnicodeAttribute(null=True)
    inbox = UnicodeAttribute()
    """`ingested_key`, as `activity` is `ingested_entry`: the entry counts itself, at one write unit of an index."""
    activity = UnicodeAttribute()
    """Says when it was written, too: the entry is kept below a kilobyte."""


class OutboxItem(Model):
    """The facts of a commit that no delivery caused."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=OUTBOX)
    outbox = UnicodeAttribute()
    expires_at = NumberAttribute()


class IdempotencyItem(Model):
    """What a request under a key did; with the facts of its transaction."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=IDEMPOTENCY)
    request = UnicodeAttribute()
    """The keyed hash of the body."""
    conversation = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    made = UnicodeAttribute(null=True)
    until = NumberAttribute()
    """When the key is free again, in seconds of Unix time. DynamoDB deletes late, so it is compared in code."""
    outbox = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()
    """Later than `until`: what carries facts stays as long as any outbox."""


class UploadItem(Model):
    """A file on its way. What is asked in conditions stands in plain; what it is called and what was found, sealed."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=UPLOAD)
    state = UnicodeAttribute()
    """`waiting`, `clean`, `quarantined`; then `attached` or `dropped`. What is clean says `scanned`, not this."""
    what = BinaryAttribute(legacy_encoding=False)
    """Sealed: owner, name, declared type, size."""
    at = UnicodeAttribute()
    version = UnicodeAttribute(null=True)
    """Of the object that is, or was, looked into."""
    scanned = BinaryAttribute(legacy_encoding=False, null=True)
    """Sealed: the scan, and the hash of the plain octets."""
    kept_version = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class StackIngestItem(Model):
    """A delivery to an address that is nobody's."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    outcome = UnicodeAttribute()
    reason = UnicodeAttribute()
    inbox = UnicodeAttribute()
    activity = UnicodeAttribute()
    expires_at = NumberAttribute()


class TakesPart(Model):
    """A contact takes part in a conversation. One item each, so that no two transactions meet at a busy contact."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    """When the mail came that let them in."""
    who = BinaryAttribute(legacy_encoding=False)
    """Sealed: address and name, as that mail had them."""
    left = BooleanAttribute(null=True)
    """They were sent off: not listed among what they take part in."""


class ContactProfile(Model):
    """What is known of a contact beside their mail. Sorts before all that they take part in."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=PROFILE)
    at = UnicodeAttribute()
    who = BinaryAttribute(legacy_encoding=False)
    """Sealed: the address."""
    undeliverable = UnicodeAttribute()
    """A fixed word."""
    undeliverable_at = UnicodeAttribute()
