"""The audit log: acts that security turns on, and the chain that shows when one was changed, moved or taken away.

Each entry is linked once. A link names the entry, the SHA-256 of the entry as it is stored, and the hash of the link
before it; its own hash is over all of these. So one flipped byte in any entry, or a link that is missing or stands
elsewhere, breaks the chain from there on. What a chain cannot tell is that its end was cut off: for that its newest
hash is put away every day where nobody can delete it (an anchor).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum


class Act(StrEnum):
    """What happened, as a past fact."""

    WORKSPACE_CREATED = "workspace_created"
    WORKSPACE_CHANGED = "workspace_changed"
    MAILBOX_ADDED = "mailbox_added"
    MAILBOX_CHANGED = "mailbox_changed"
    DOMAIN_CLAIMED = "domain_claimed"
    PERSON_INVITED = "person_invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_REVOKED = "invitation_revoked"
    PERSON_REMOVED = "person_removed"
    PERSON_LEFT = "person_left"
    ROLE_CHANGED = "role_changed"
    MAILBOX_ACCESS_CHANGED = "mailbox_access_changed"
    SIGN_UP_REQUESTED = "sign_up_requested"
    SIGNED_UP = "signed_up"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SESSION_ENDED = "session_ended"
    EVERYBODY_SIGNED_OUT = "everybody_signed_out"
    PASSWORD_RESET_REQUESTED = "password_reset_requested"  # noqa: S105 - the name of an act
    RESET_LINK_REVOKED = "reset_link_revoked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    TOTP_PROPOSED = "totp_proposed"
    TOTP_ENROLLED = "totp_enrolled"
    TOTP_REMOVED = "totp_removed"
    FACTOR_RESET_ASKED = "factor_reset_asked"
    FACTOR_RESET_STOPPED = "factor_reset_stopped"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of an act
    TOKEN_LEAKED = "token_leaked"  # noqa: S105 - the name of an act
    ACCOUNT_CONNECTED = "account_connected"
    ACCOUNT_REVOKED = "account_revoked"
    ACCOUNT_ENDED = "account_ended"
    """At its provider's end, which was noticed."""
    SENDER_CONFIRMED = "sender_confirmed"
    PARTICIPANT_ADDED = "participant_added"
    PARTICIPANT_REMOVED = "participant_removed"
    FILE_RELEASED = "file_released"
    CHECKOUT_OPENED = "checkout_opened"
    PORTAL_OPENED = "portal_opened"
    ACCESS_REFUSED = "access_refused"
    """To somebody known: 403, or a wrong second factor."""
    LINK_REFUSED = "link_refused"
    ANSWER_REFUSED = "answer_refused"
    """An answer by mail."""
    LEAK_REPORT_REFUSED = "leak_report_refused"


OPERATOR = "operator"
"""The actor of what the operator does directly. Everybody else has an id."""

_CHARACTERS = {"source": 64, "user_agent": 200, "reason": 100, "before": 60, "after": 60}
"""How much of each detail is kept, so that an entry takes one kilobyte at most, as a rule."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What is kept sealed of an act. Each is cut to a length; nothing here is a secret."""

    source: str = ""
    """The address that the request came from."""
    user_agent: str = ""
    reason: str = ""
    """Why it was refused or done, in one of our own words."""
    before: str = ""
    after: str = ""
    """Of a change, where a word or an id says it: a role, for instance."""

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, getattr(self, each.name)[: _CHARACTERS[each.name]])


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. Written once, with the act's own transaction wherever it has one, and never changed."""

    id: str
    """`aud_` and a ULID: entries sort by time."""
    workspace: str
    """`stack` for what belongs to no workspace."""
    actor: str
    """The id of a person or token, `OPERATOR`, or empty when nobody known did it."""
    act: Act
    subject: str
    """The id of what was acted on, or empty."""
    at: datetime
    request: str
    """The id of the request, as in the logs."""
    detail: Detail = Detail()


# ---- the chain ------------------------------------------------------------------------------------------------------

GENESIS = "0" * 64
"""What stands for the hash before the first link's."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it lies in the store: nothing of it has to be understood, or opened, to be linked."""

    workspace: str
    key: str
    """Its place in the store, within the workspace."""
    digest: str
    """SHA-256 of everything that is stored of it, in hex."""
    at: datetime | None = None
    """None when what is stored there is no time (any more)."""


@dataclass(frozen=True, slots=True)
class Link:
    seq: int
    """1 for the first."""
    entry: str
    """The key of the entry."""
    digest: str
    previous: str
    hash: str


def digest_of(stored: bytes) -> str:
    """Of everything that is stored of an entry, in its one canonical spelling."""
    return hashlib.sha256(stored).hexdigest()


def hash_of(previous: str, seq: int, entry: str, digest: str) -> str:
    """SHA-256 in hex of `previous|seq|entry|digest`: hashes in hex, `seq` with 12 digits."""
    return hashlib.sha256(f"{previous}|{seq:012}|{entry}|{digest}".encode()).hexdigest()


def link(previous: str, seq: int, entry: str, digest: str) -> Link:
    return Link(seq, entry, digest, previous, hash_of(previous, seq, entry, digest))


def chained(head: Link | None, found: Iterable[StoredEntry]) -> Iterator[Link]:
    """Links for these entries in this order, after the chain's newest (None: there is none yet)."""
    seq, previous = (head.seq, head.hash) if head else (0, GENESIS)
    for entry in found:
        each = link(previous, seq + 1, entry.key, entry.digest)
        yield each
        seq, previous = each.seq, each.hash


# ---- is it still true? ----------------------------------------------------------------------------------------------


class Difference(StrEnum):
    """How the log is not as it was written."""

    CHANGED = "changed"
    """The entry is not the one that was linked."""
    MISSING = "missing"
    """The entry of a link is gone."""
    UNLINKED = "unlinked"
    """No link names the entry."""
    DOUBLED = "doubled"
    """The entry is linked twice, or the note of which link is its own was changed."""
    GAP = "gap"
    """The link before it is gone."""
    BROKEN = "broken"
    """The link does not follow the one before it: reordered, or one of the two is not the one that was written."""
    REWRITTEN = "rewritten"
    """The link's hash is not that of its parts."""
    ANCHOR = "anchor"
    """The chain is not the one that was anchored, or ends before it."""
    LATE = "late"
    """It was linked after an anchor that was made long after it says that it was written: backdated, or the stream
    that brings entries to the chain stood still."""


LATE_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A chain's newest link, as it was put away."""

    workspace: str
    seq: int
    hash: str
    at: datetime


def of_link(each: Link, before: Link | None) -> list[Difference]:
    """How a link does not follow the one before it (None: it should be the first)."""
    seq, previous = (before.seq, before.hash) if before else (0, GENESIS)
    found = []
    if each.seq != seq + 1:
        found.append(Difference.GAP)
    elif each.previous != previous:
        found.append(Difference.BROKEN)
    if each.hash != hash_of(each.previous, each.seq, each.entry, each.digest):
        found.append(Difference.REWRITTEN)
    return found


def of_entry(each: Link, entry: StoredEntry | None) -> list[Difference]:
    """How a link's entry is not the one that it was made for."""
    if entry is None:
        return [Difference.MISSING]
    return [Difference.CHANGED] if entry.digest != each.digest else []


def of_anchors(each: Link, entry: StoredEntry | None, anchors: Iterable[Anchor]) -> list[Difference]:
    """How a link is not what the anchors say of its place in the chain."""
    found = set()
    for anchor in anchors:
        if anchor.seq == each.seq and anchor.hash != each.hash:
            found.add(Difference.ANCHOR)
        if anchor.seq < each.seq and entry and entry.at and entry.at < anchor.at - LATE_AFTER:
            found.add(Difference.LATE)
    return sorted(found)


def differences(chain: Iterable[tuple[Link, StoredEntry | None]]) -> Iterator[tuple[str, Difference]]:
    """Of a whole chain with its entries, as an export has it: where (`link 7` or an entry's key), and how."""
    before, linked = None, set[str]()
    for each, entry in chain:
        found = of_link(each, before) + of_entry(each, entry)
        if each.entry in linked:
            found.append(Difference.DOUBLED)
        yield from ((place_of(each, one), one) for one in found)
        linked.add(each.entry)
        before = each


_OF_THE_ENTRY = {Difference.CHANGED, Difference.MISSING, Difference.DOUBLED, Difference.LATE}


def place_of(each: Link, differs: Difference) -> str:
    """What is named to whoever has to look."""
    return each.entry if differs in _OF_THE_ENTRY else f"link {each.seq}"
