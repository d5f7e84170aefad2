"""Two agents, the mail and its redelivery at one conversation, interleaved by a seed: `python -m bench.race`.

The services and the adapters are the real ones; moto stands in for AWS. At every request to the conversations table and
to the buckets a seed decides who goes on (`bench.baton`), and one transaction in ten is told that it met another. After
each race the table is held against what the actors were answered (`bench.race_checks`).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import boto3
import pytest

from bench.baton import Baton
from bench.findings import Finding
from bench.race_actors import Agent, Postman, asks
from bench.race_checks import Outcome, findings
from bench.race_witness import Witness
from bench.stack import MAILBOX, Stack, notification_of, stack_on_moto
from bench.tables import make_table
from letterlock.domain.accounts import Principal
from letterlock.domain.permissions import Scope
from letterlock.domain.threading import reply_address
from letterlock.entry import mail_wiring, wiring

SEEDS = 200
TABLE = "ConversationsTable"


def mail(number: int, to: str) -> bytes:
    """The first mail of a conversation, or the next."""
    return (
        f"From: Ana <ana@customer.example>\r\nTo: {to}\r\nSubject: Order 7\r\n"
        f"Message-ID: <{number}@customer.example>\r\nDate: Sun, 01 Mar 2026 09:0{number}:00 +0000\r\n\r\n"
        f"This is mail {number}.\r\n"
    ).encode()


@dataclass
class Report:
    """What one seed, or all of them, came to."""

    seeds: int = 0
    turns: int = 0
    commits: int = 0
    interleavings: set[str] = field(default_factory=set)
    met: Counter[str] = field(default_factory=Counter)
    found: dict[int, list[Finding]] = field(default_factory=dict)

    def add(self, other: Report) -> None:
        self.seeds += other.seeds
        self.turns += other.turns
        self.commits += other.commits
        self.interleavings |= other.interleavings
        self.met += other.met
        self.found |= other.found

    def count(self, kind: str) -> int:
        return sum(each.kind == kind for found in self.found.values() for each in found)

    def __str__(self) -> str:
        met = ", ".join(f"{times} x {what}" for what, times in sorted(self.met.items()))
        went = f"{len(self.interleavings)} different interleavings, {self.turns} turns, {self.commits} commits"
        lines = [
            f"{self.seeds} seeds, {went}",
            f"met: {met}",
            f"lost: {self.count('lost')}, doubled: {self.count('doubled')}, untrue: {self.count('untrue')}",
        ]
        for seed, found in self.found.items():
            lines += [f"seed {seed}: {each.kind}: {each.words}" for each in found]
            lines.append(f"  again: make race SEED={seed}")
        return "\n".join(lines)


@dataclass
class Ground:
    """The stack that all races are run on, and who runs."""

    stack: Stack
    ana: Principal
    ben: Principal
    races: int = 0

    @classmethod
    def of(cls, stack: Stack) -> Ground:
        tokens = [stack.token_with(frozenset(Scope)) for _ in range(2)]
        ana, ben = (wiring.authenticate()(f"Bearer {token}") for token in tokens)
        return cls(stack, ana, ben)

    @contextmanager
    def fresh_table(self) -> Iterator[Any]:
        """Moto copies every table at each transaction: an empty one makes 200 races a matter of a minute."""
        client = boto3.client("dynamodb")
        client.delete_table(TableName=TABLE)
        make_table(client, TABLE)
        self.races += 1
        yield client

    def delivery(self, name: str, raw: bytes, to: str) -> Callable[[], object]:
        """A mail that SES has stored, and its notification, to be handled as often as one likes."""
        ses_message_id = f"race{self.races}{name}"
        self.stack.store(ses_message_id, raw)
        delivery = mail_wiring.delivery_of()(notification_of(ses_message_id, (to,)))
        if delivery is None:
            raise AssertionError(ses_message_id)
        return lambda: mail_wiring.receive_mail()(delivery)


def race(ground: Ground, seed: int) -> Report:
    """One interleaving, and what is wrong afterwards."""
    chance = Random(seed)  # noqa: S311 - an interleaving that can be had again, not a secret
    baton = Baton(chance)
    witness = Witness(baton, chance)
    clients = [wiring.client(service) for service in ("dynamodb", "s3")]
    with ground.fresh_table() as table:
        witness.watch(*clients)
        try:
            return _run(ground, seed, baton, witness, table)
        finally:
            witness.leave(*clients)


def _run(ground: Ground, seed: int, baton: Baton, witness: Witness, table: Any) -> Report:
    workspace, mailbox, chance = ground.stack.workspace, ground.stack.mailbox, witness.chance
    ground.delivery("opening", mail(1, MAILBOX), MAILBOX)()
    conversation = next(
        item["pk"]["S"].partition("#")[2] for item in table.scan(TableName=TABLE)["Items"] if item["sk"]["S"] == "HEAD"
    )
    agents = _agents(ground, conversation, chance)
    to = reply_address(MAILBOX, wiring.reply_tokens().mint(workspace, mailbox, conversation))
    first = ground.delivery("mail", mail(2, to), to)
    postmen = {"mail": first, "redelivery": first, "copy": ground.delivery("copy", mail(2, to), to)}
    queue = {name: Postman(deliver) for name, deliver in postmen.items()}
    played = baton.play({agent.name: agent.act for agent in agents} | {name: each.act for name, each in queue.items()})
    outcome = Outcome(
        workspace,
        conversation,
        agents,
        witness.commits,
        table.scan(TableName=TABLE)["Items"],
        {"1@customer.example": 1, "2@customer.example": 2},
        [f"{each.name} raised {type(each.error).__name__}: {each.error}" for each in played if each.error],
    )
    met = sum([*[each.met for each in agents], *[each.met for each in queue.values()]], witness.met)
    wrong = findings(outcome)
    return Report(1, len(baton.turns), len(witness.commits), {baton.interleaving}, met, {seed: wrong} if wrong else {})


def _agents(ground: Ground, conversation: str, chance: Random) -> list[Agent]:
    """Two of them; and Ana's client, which sends her first text again before it has got an answer."""
    everybody = (ground.ana.id, ground.ben.id, "")
    anas, bens = (asks(chance, name, everybody) for name in ("ana", "ben"))
    text = replace(anas[0], what=chance.choice(("reply", "note")), value="first of ana", key="ana-first")
    return [
        Agent("ana", ground.ana, conversation, [text, *anas[1:]], page=1),
        Agent("ana's impatience", ground.ana, conversation, [replace(text, times=1)]),
        Agent("ben", ground.ben, conversation, bens, page=chance.choice((1, 100))),
    ]


def run(seeds: range) -> Report:
    """All of them on one stack."""
    total = Report()
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        with stack_on_moto(monkeypatch) as stack:
            ground = Ground.of(stack)
            for seed in seeds:
                total.add(race(ground, seed))
    return total


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make race")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many, from 1")
    parser.add_argument("--seed", type=int, help="this one only")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    report = run(range(asked.seed, asked.seed + 1) if asked.seed is not None else range(1, asked.seeds + 1))
    print(report)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if report.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
