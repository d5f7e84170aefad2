"""A change of a conversation: decided on its newest head or on the one its sender knows, and done once a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Entry
from letterlock.domain.conversations import Conversation, Message, StoredAttachment
from letterlock.domain.errors import AlreadyDone, Moved, NotFound, RuleBroken, Stale
from letterlock.domain.idempotency import Once
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Conversations, Ids, Ingest

FRESH_READS = 3
"""How often a head that moved under us is read again, and the change decided again on it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for beside the change itself.

    `request` is its id. `versions`: those of the conversation that it was meant for; None when any will do. `once`: the
    key under which it is to have one effect.
    """

    principal: Principal
    conversation: str
    request: str
    versions: frozenset[int] | None = None
    once: Once | None = None
    ingest: Ingest | None = None
    """The mail that asks for it."""
    entry: Entry | None = None
    """Of the audit log."""

    @property
    def workspace(self) -> str:
        return self.principal.workspace

    def read(self, conversations: Conversations) -> Conversation:
        """Its head, as it stands. Raises NotFound, also where it lies in a mailbox that the principal does not see."""
        return seen(self.principal, conversations, self.conversation)


def seen(principal: Principal, conversations: Conversations, conversation: str) -> Conversation:
    """Raises NotFound. Of its links, those into mailboxes that the principal sees: others are as absent as they are."""
    head = conversations.get(principal.workspace, conversation)
    principal.must_see(head.mailbox, "conversation")
    head.copies = tuple(each for each in head.copies if principal.sees(each.mailbox))
    return head


def message_seen(principal: Principal, conversations: Conversations, conversation: str, message: str) -> Message:
    """One read; for a principal who does not see every mailbox, one more. Raises NotFound."""
    if principal.limited:
        seen(principal, conversations, conversation)
    return conversations.message(principal.workspace, conversation, message)


def file_seen(
    principal: Principal, conversations: Conversations, conversation: str, message: str, attachment: str
) -> tuple[Message, StoredAttachment]:
    """A file, and the message that has it; as `message_seen`."""
    found = message_seen(principal, conversations, conversation, message)
    for each in found.attachments:
        if each.id == attachment:
            return found, each
    raise NotFound("no such attachment")


class Verb(Protocol):
    @property
    def conversations(self) -> Conversations: ...

    @property
    def ids(self) -> Ids: ...

    @property
    def now(self) -> Clock: ...


def commit(
    verb: Verb,
    change: Change,
    decide: Callable[[Conversation], bool],
    ready: Callable[[], None] | None = None,
    fresh_reads: int = FRESH_READS,
) -> Conversation:
    """Let `decide` change the head, and save it; False means that it stands so already, and nothing is written.

    `ready` runs before each save. Raises NotFound, what `decide` raises, Moved, Stale when the head would not hold
    still, AlreadyDone, KeyReused.
    """
    with told_if_done(verb, change):
        return _commit(verb, change, decide, ready, fresh_reads)


@contextmanager
def told_if_done(verb: Verb, change: Change) -> Iterator[None]:
    """Turns a refusal into AlreadyDone or KeyReused, where the first effect of this very key may be what caused it.

    Asking before would cost every request a read.
    """
    try:
        yield
    except (Moved, RuleBroken, Stale):
        refuse_what_is_done(verb, change)
        raise


def refuse_what_is_done(verb: Verb, change: Change) -> None:
    """Raises AlreadyDone, KeyReused."""
    done = change.once and verb.conversations.done(change.workspace, change.once)
    if done:
        raise AlreadyDone(done)


def _commit(
    verb: Verb,
    change: Change,
    decide: Callable[[Conversation], bool],
    ready: Callable[[], None] | None,
    fresh_reads: int,
) -> Conversation:
    for attempt in range(1 + fresh_reads):
        head = change.read(verb.conversations)
        read = head.version
        if not _decided(decide, head):
            # RFC 9110, section 13.1.1: what was asked for stands, so a stale If-Match is no reason to refuse.
            refuse_what_is_done(verb, change)
            return head
        if change.versions is not None and read not in change.versions:
            raise _moved(verb, change)
        if ready:
            ready()
        told = announce(head.facts, verb.ids, verb.now, correlation=change.request)
        try:
            verb.conversations.save(head, told, change.ingest, change.once, change.entry)
        except Stale as stale:
            if attempt == fresh_reads:
                stale.current = change.read(verb.conversations)
                raise
        else:
            return head
    raise AssertionError("unreachable")


def _decided(decide: Callable[[Conversation], bool], head: Conversation) -> bool:
    """What `decide` says; a rule that it breaks is told with the head it was broken on."""
    try:
        return decide(head)
    except RuleBroken as broken:
        broken.current = head
        raise


def _moved(verb: Verb, change: Change) -> Moved:
    """How it stands now, and what came since. The messages are read after the head: none that it counts is missed."""
    current = change.read(verb.conversations)
    known = max((each for each in change.versions or () if each < current.version), default=current.version)
    behind = known < current.version
    added = verb.conversations.added_since(change.workspace, change.conversation, known) if behind else []
    return Moved(current, added)
