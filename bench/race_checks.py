"""What must be true of the table after a race, whatever the interleaving was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bench.findings import DOUBLED, LOST, UNTRUE, Finding
from bench.race_actors import Agent, Answer
from bench.race_witness import Commit
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.domain.digests import DIGEST_BYTES, with_added
from letterlock.domain.outbox import unfold
from letterlock.entry import wiring

Item = dict[str, Any]


@dataclass
class Outcome:
    """All that is known after a race."""

    workspace: str
    conversation: str
    agents: list[Agent]
    commits: list[Commit]
    items: list[Item]
    deliveries: dict[str, int]
    """How many deliveries brought a mail, by the mail."""
    errors: list[str] = field(default_factory=list)
    """What an actor raised that none should."""

    @property
    def answers(self) -> list[Answer]:
        return [each for agent in self.agents for each in agent.answers]

    def under(self, pk: str, sk: str = "") -> list[Item]:
        return [each for each in self.items if each["pk"]["S"].startswith(pk) and each["sk"]["S"].startswith(sk)]

    @property
    def messages(self) -> list[Item]:
        return self.under(f"{self.workspace}#{self.conversation}", "MSG#")


def findings(outcome: Outcome) -> list[Finding]:
    heads = [each for each in outcome.under(f"{outcome.workspace}#cnv_") if each["sk"]["S"] == "HEAD"]
    found = [Finding(UNTRUE, error) for error in outcome.errors]
    if len(heads) != 1:
        return [*found, Finding(UNTRUE, f"{len(heads)} heads")]
    found += _head(outcome, heads[0])
    found += _texts(outcome)
    found += _commits(outcome.commits)
    found += _answers(outcome)
    found += _reads(outcome)
    found += _collisions(outcome)
    found += _facts(outcome)
    found += _ledger(outcome)
    return found


def _head(outcome: Outcome, head: Item) -> Iterator[Finding]:
    count, version = int(head["count"]["N"]), int(head["version"]["N"])
    if count != len(outcome.messages):
        yield Finding(UNTRUE, f"the head counts {count} messages, there are {len(outcome.messages)}")
    if version != len(outcome.commits):
        yield Finding(UNTRUE, f"version {version} after {len(outcome.commits)} commits")
    items = ConversationItems(wiring.sealer(), wiring.blind_index())
    digests = [items.digest_of(outcome.workspace, outcome.conversation, each) for each in outcome.messages]
    if with_added(0, digests).to_bytes(DIGEST_BYTES) != head["digest"]["B"]:
        yield Finding(UNTRUE, "the digest is not that of the messages")


def _texts(outcome: Outcome) -> Iterator[Finding]:
    """Each text that was accepted is there once, and no other: no two asks of a race say the same."""
    store = wiring.conversations()
    ids = [each["sk"]["S"].removeprefix("MSG#") for each in outcome.messages]
    stored = [store.message(outcome.workspace, outcome.conversation, each) for each in ids]
    accepted = {each.asked.value for each in outcome.answers if each.message}
    written = Counter(each.text for each in stored if each.author)
    yield from (Finding(LOST, f"{text!r} was accepted") for text in sorted(accepted - written.keys()))
    for text, times in written.items():
        if times > 1 or text not in accepted:
            yield Finding(DOUBLED, f"{text!r} is there {times} times, accepted {int(text in accepted)} times")
    mails = Counter(each.message_id for each in stored if not each.author)
    yield from (Finding(LOST, f"the mail {mail}") for mail in outcome.deliveries.keys() - mails.keys())
    yield from (Finding(DOUBLED, f"the mail {mail} {times} times") for mail, times in mails.items() if times > 1)
    shown = {each.message for each in outcome.answers if each.message}
    yield from (Finding(LOST, f"{each} was answered with") for each in sorted(shown - set(ids)))


def _commits(commits: list[Commit]) -> Iterator[Finding]:
    """One after the other, and each changed what it meant to change on what the one before it had left."""
    if [each.version for each in commits] != list(range(1, len(commits) + 1)):
        yield Finding(UNTRUE, f"versions {[each.version for each in commits]}")
    for before, after in pairwise(commits):
        if after.count != before.count + len(after.messages):
            yield Finding(LOST, f"version {after.version} counts {after.count} after {before.count}")
        changed = (after.status != before.status) + (after.assignee != before.assignee)
        if not after.messages and changed != 1:
            yield Finding(LOST, f"version {after.version} changed status and assignee, or neither")
        if after.messages and after.assignee != before.assignee:
            yield Finding(LOST, f"version {after.version} took the assignee back")


def _answers(outcome: Outcome) -> Iterator[Finding]:
    """What was answered is what was committed, and what was meant for a version landed on that version."""
    versions = {each.version: each for each in outcome.commits}
    added = {message: each.version for each in outcome.commits for message in each.messages}
    for each in outcome.answers:
        asked = each.asked
        if each.message and each.expected and not each.replayed and added.get(each.message) != each.expected + 1:
            yield Finding(UNTRUE, f"{asked.value!r} was meant for version {each.expected}, and landed elsewhere")
        if each.version:
            head = versions[each.version]
            if asked.value != (head.assignee if asked.what == "assign" else head.status):
                yield Finding(LOST, f"{asked.what} {asked.value} was answered with version {each.version}")
            if each.expected and head.actor == each.actor and each.version > each.expected + 1:
                yield Finding(UNTRUE, f"{asked.what} {asked.value} was meant for version {each.expected}")
    keys = {each.asked.key for each in outcome.answers if each.asked.key}
    for key in sorted(keys):
        ids = {each.message for each in outcome.answers if each.asked.key == key}
        if len(ids) > 1:
            yield Finding(DOUBLED, f"the key {key} made {len(ids)} messages")


def _reads(outcome: Outcome) -> Iterator[Finding]:
    """A version that was read stands for messages that were shown, down to the oldest one shown."""
    since = {message: each.version for each in outcome.commits for message in each.messages}
    for version, shown in (each for agent in outcome.agents for each in agent.read):
        hidden = {each for each, came in since.items() if came <= version and each > min(shown)} - set(shown)
        if hidden:
            yield Finding(UNTRUE, f"version {version} was shown without {len(hidden)} of its messages")


def _collisions(outcome: Outcome) -> Iterator[Finding]:
    """A 412 names every message that came between the version expected and the one it shows, and none from before."""
    since = {message: each.version for each in outcome.commits for message in each.messages}
    for expected, moved in (each for agent in outcome.agents for each in agent.moved):
        named = {each.id for each in moved.added}
        came = {message for message, version in since.items() if expected < version <= moved.current.version}
        if came - named:
            yield Finding(LOST, f"a 412 on version {expected} kept {len(came - named)} messages back")
        if any(since[each] <= expected for each in named):
            yield Finding(UNTRUE, f"a 412 on version {expected} names what was there before")


def _facts(outcome: Outcome) -> Iterator[Finding]:
    """Each effect is told once."""
    told = [fact for each in outcome.items if "outbox" in each for fact in unfold(each["outbox"]["S"])]
    facts = [(name, json.loads(detail)) for name, detail in told]
    ids = Counter(detail["metadata"]["id"] for _, detail in facts)
    yield from (Finding(DOUBLED, f"the fact {each}") for each, times in ids.items() if times > 1)
    of_messages = Counter(
        detail["data"]["message"] for name, detail in facts if name in ("ReplyQueued", "NoteAdded", "MessageReceived")
    )
    names = Counter(name for name, _ in facts)
    expected = Counter(each["sk"]["S"].removeprefix("MSG#") for each in outcome.messages)
    steps = list(pairwise(outcome.commits))
    yield from _told("of a message", of_messages, expected)
    yield from _told(
        "of a change",
        Counter({name: names[name] for name in ("ConversationAssigned", "StatusChanged", "ConversationOpened")}),
        Counter(
            ConversationOpened=1,
            ConversationAssigned=sum(after.assignee != before.assignee for before, after in steps),
            StatusChanged=sum(after.status != before.status for before, after in steps),
        ),
    )


def _told(what: str, told: Counter[str], happened: Counter[str]) -> Iterator[Finding]:
    yield from (Finding(LOST, f"the fact {what}: {each}") for each in sorted(happened - told))
    yield from (Finding(DOUBLED, f"the fact {what}: {each}") for each in sorted(told - happened))


def _ledger(outcome: Outcome) -> Iterator[Finding]:
    """Each delivery once, each mail stored once: all its other deliveries are duplicates."""
    entries = outcome.under(f"{outcome.workspace}#ingest#")
    outcomes = Counter(each["outcome"]["S"] for each in entries)
    mails = len(outcome.deliveries)
    wanted = Counter(stored=mails, duplicate=sum(outcome.deliveries.values()) - mails)
    if +wanted != +outcomes:
        yield Finding(LOST if outcomes.total() < wanted.total() else DOUBLED, f"the ledger has {dict(outcomes)}")
