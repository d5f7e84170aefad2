"""What must be true of the world once it is quiet, whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from letterlock.domain.conversations import Kind, Message, SendState
from letterlock.domain.digests import with_added
from letterlock.domain.facts import ConversationOpened, MailQuarantined, MessageReceived, NoteAdded, ReplyQueued
from letterlock.domain.ledger import Outcome
from letterlock.domain.mail import Verdict
from tests.fakes.conversations import _digest
from tests.fakes.desk import MAILBOX
from tests.histories.world import STRANGER, Sent, World

UNFINISHED = (SendState.QUEUED, SendState.SENDING)


def findings(world: World) -> list[str]:
    return [
        *_ledger(world),
        *_mails(world),
        *_written(world),
        *_heads(world),
        *_sends(world),
        *_facts(world),
        *_raw(world),
        *_people(world),
    ]


def _messages(world: World) -> dict[str, tuple[str, Message]]:
    """Every message by its id, with its conversation."""
    stored = world.desk.conversations._messages
    return {each.id: (place[1], each) for place, messages in stored.items() for each in messages.values()}


def _is_for_us(sent: Sent) -> bool:
    return any(each.startswith("support") for each in sent.delivery.recipients)


def _ledger(world: World) -> Iterator[str]:
    """Each delivery to a mailbox ended once, as one of four; each to nobody is in the stack's own ledger."""
    entries, stack = world.desk.conversations.ledger, world.desk.stack_ledger
    for sent in world.sent:
        id = sent.delivery.ses_message_id  # noqa: A001 - the field's own name
        if _is_for_us(sent) and ("wsp_acme", MAILBOX.id, id) not in entries:
            yield f"lost: {id} is not in the ledger"
        if "nobody@acme.example" in sent.delivery.recipients and not stack.recorded(id, "nobody@acme.example"):
            yield f"lost: {id} to nobody is not in the stack's ledger"
    if len(entries) != sum(map(_is_for_us, world.sent)):
        yield f"doubled: {len(entries)} entries in the ledger"
    messages = _messages(world)
    for entry in entries.values():
        kept = entry.outcome in (Outcome.STORED, Outcome.QUARANTINED, Outcome.DUPLICATE)
        if kept and (entry.message not in messages or messages[entry.message][0] != entry.conversation):
            yield f"lost: {entry.ses_message_id} is {entry.outcome}, and its message is not there"


def _mails(world: World) -> Iterator[str]:
    """Each mail is one message, however often it was delivered, in the conversation that it proves to belong to."""
    broken = world.desk.parser.broken
    raws = {each.delivery.object_key: f"raw of {each.delivery.ses_message_id}".encode() for each in world.sent}
    readable = [
        each
        for each in world.sent
        if _is_for_us(each)
        and each.delivery.verdicts.virus is not Verdict.FAIL
        and raws[each.delivery.object_key] not in broken
    ]
    found = Counter(
        each.text for _, each in _messages(world).values() if each.kind is Kind.INBOUND and not each.quarantine
    )
    for text in {each.text for each in readable}:
        if found[text] != 1:
            yield f"{'lost' if not found[text] else 'doubled'}: {text} is there {found[text]} times"
    where = {message.text: conversation for conversation, message in _messages(world).values()}
    for sent in readable:
        if sent.of and where.get(sent.text) not in (sent.of, None):
            yield f"untrue: {sent.text} proves to belong elsewhere"
        known = (where.get(sent.text, ""), STRANGER.key) in world.vouched
        if sent.stranger and not (sent.of or known) and sent.mail.in_reply_to and _taken_in(world, sent, where):
            yield f"untrue: {sent.text} of a stranger is in a conversation of others"


def _taken_in(world: World, sent: Sent, where: dict[str, str]) -> bool:
    """Whether a mail that proves nothing is in a conversation that somebody else's mail opened."""
    return _opening(world, where[sent.text]).sender != sent.mail.sender


def _opening(world: World, conversation: str) -> Message:
    """The mail that a conversation began with: of it the first was told."""
    received = [each.fact for each in world.desk.conversations.told if isinstance(each.fact, MessageReceived)]
    return _messages(world)[next(each.message for each in received if each.conversation == conversation)][1]


def _written(world: World) -> Iterator[str]:
    """What an agent was told is there is there, once; what had no answer is there at most once."""
    found = Counter(each.text for _, each in _messages(world).values() if each.kind is not Kind.INBOUND)
    for asked in world.asked:
        if found[asked.text] > 1:
            yield f"doubled: {asked.text}"
        if asked.certain and not found[asked.text]:
            yield f"lost: {asked.text}"


def _heads(world: World) -> Iterator[str]:
    """Each head counts its messages, and its digest is theirs."""
    store = world.desk.conversations
    for place, head in store._heads.items():
        messages = list(store._messages[place].values())
        if head.count != len(messages):
            yield f"untrue: {head.id} counts {head.count} messages, and has {len(messages)}"
        if head.digest != with_added(0, map(_digest, messages)):
            yield f"untrue: the digest of {head.id}"


def _sends(world: World) -> Iterator[str]:
    """Nobody gets a reply twice, and no reply waits for ever."""
    for message, times in Counter(tags.message for tags in world.desk.mailer.tags).items():
        if times > 1:
            yield f"doubled: {message} was sent {times} times"
    for _, each in _messages(world).values():
        if each.sending and each.sending.state in UNFINISHED:
            yield f"stuck: {each.id} is {each.sending.state}"


def _facts(world: World) -> Iterator[str]:
    """Each message and each conversation is told of once, and all that was told is published."""
    told = world.desk.conversations.told
    about = Counter(
        each.fact.message
        for each in told
        if isinstance(each.fact, MessageReceived | NoteAdded | ReplyQueued | MailQuarantined)
    )
    opened = Counter(each.fact.conversation for each in told if isinstance(each.fact, ConversationOpened))
    messages = Counter(_messages(world))
    for what, said, there in (
        ("message", about, messages),
        ("conversation", opened, Counter(each for _, each in world.desk.conversations._heads)),
    ):
        twice = {each for each, times in said.items() if times > 1} - _received_and_quarantined(world)
        yield from (f"doubled: the fact of the {what} {each}" for each in sorted(twice))
        yield from (f"lost: the fact of the {what} {each}" for each in sorted(there.keys() - said.keys()))
        yield from (
            f"untrue: a fact of the {what} {each}, which is not there" for each in sorted(said.keys() - there.keys())
        )
    unpublished = [each.id for each in told if not world.published[each.id]]
    yield from (f"lost: the fact {each} was not published" for each in unpublished)


def _received_and_quarantined(world: World) -> set[str]:
    """These are told of twice, by two facts of two kinds."""
    return {message.id for _, message in _messages(world).values() if message.quarantine}


def _raw(world: World) -> Iterator[str]:
    """The raw mail leaves the inbound bucket, and lies in the archive under its message."""
    yield from (f"stuck: {key} in the inbound bucket" for key in world.desk.originals.mails)
    kept = {place.message for place in world.desk.archive.raw}
    for _, message in _messages(world).values():
        if message.kind is Kind.INBOUND and message.id not in kept:
            yield f"lost: the raw mail of {message.id}"


def _people(world: World) -> Iterator[str]:
    """Nobody is shown what they were not sent, and a stranger is answered only in a room of their own, or on the team's
    word.
    """
    mails = {each.text: each for _, each in _messages(world).values() if each.kind is Kind.INBOUND and each.text}
    for tags, sent in zip(world.desk.mailer.tags, world.desk.mailer.sent, strict=True):
        quoted = [line.removeprefix("> ") for line in sent.text.splitlines() if line.startswith("> mail ")]
        for text in quoted:
            if not all(map(mails[text].seen_by, (*sent.to, *sent.cc))):
                yield f"shown: {text} to somebody who was not sent it, in {tags.message}"
        opening = _opening(world, tags.conversation)
        for address in (*sent.to, *sent.cc):
            theirs = opening.sender is not None and opening.sender.key == address.key
            if address.key == STRANGER.key and not theirs and (tags.conversation, address.key) not in world.vouched:
                yield f"untrue: {tags.message} went to a stranger"
