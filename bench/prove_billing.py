"""A subscription's whole life, with Stripe's events twice and in any order: `make prove-billing ORDERS=200`.

Checkout, trial, active, seats that are enforced, a payment that fails, two weeks of grace, read-only, paid, active:
through the real handlers on moto, with Stripe's stand-in. At each step some of what Stripe has told so far arrives,
twice, and some is held back until later; the facts that lead to billing_events are shuffled and doubled once more. Each
step must hold whatever arrives when, and in the end everything must stand alike in every order: what the API says, the
copy, the gate, the facts, the mails, and what there is at Stripe.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import pytest

from bench.fault_children import ChildFailed, Children, at_once
from bench.fault_world import alike
from bench.people import SignedIn
from bench.stack import Stack, sqs_event, stack_on_moto
from bench.steady import SteadyClock, hold_steady
from letterlock.domain.billing import GRACE
from letterlock.domain.permissions import Role

A_STACK: Final = 10
"""So many orders share one: what lies there makes each later one slower."""
ORDERS: Final = 200
SEATS: Final = 3
MAIL: Final = b"From: ana@customer.example\r\nTo: %s\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"
APPLIED_BY: Final = frozenset({"PersonJoined", "PersonRemoved", "StripeEventRecorded"})
Json = dict[str, Any]


class Untrue(Exception):
    """A step did not end as it must."""


@dataclass
class Life:
    """One workspace, in one order."""

    stack: Stack
    clock: SteadyClock
    chance: random.Random
    owner: SignedIn
    mailbox: str
    told: list[Json] = field(default_factory=list)
    """What Stripe has told and the webhook has not got yet."""
    facts: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    delivered: int = 0
    steps: int = 0

    # ---- what happens -----------------------------------------------------------------------------------------------

    def lives(self) -> str:
        """A hash of how everything stands in the end."""
        self.stands("none", plan="free")
        page = self._must("POST", "/v1/billing/checkout", {"plan": "team", "seats": SEATS})["url"].rpartition("/")[2]
        self.stands("pending", plan="free")
        subscription = self.stack.stripe.pay(page)["id"]
        self.arrives()
        self.stands("trialing")
        self.stack.stripe.renew(subscription)
        self.arrives()
        self.stands("active")
        self._seats()
        self._writes(200)
        self.stack.stripe.renew(subscription, "failed")
        self.arrives()
        self.stands("past_due")
        self._writes(200)
        self.clock.skip(GRACE)
        self.stack.stripe.fail_again(subscription)
        self.arrives()
        self.stands("past_due", read_only=True)
        self._writes(402)
        self.stack.stripe.settle(subscription)
        self.arrives()
        self.stands("active")
        self._writes(200)
        self.arrives(everything=True)
        self.stands("active")
        return hashlib.sha256(json.dumps(self._all(), sort_keys=True).encode()).hexdigest()

    def arrives(self, *, everything: bool = False) -> None:
        """Some of what Stripe has told, one of the newest at least, each twice."""
        newest, self.stack.stripe.events[:] = list(self.stack.stripe.events), []
        if newest:
            self.told += [*newest, *newest]
            self.chance.shuffle(self.told)
        at_least = newest[-1:] if newest else []
        count = len(self.told) if everything else self.chance.randint(0, len(self.told))
        now = [*(each for each in self.told[:count] if each not in at_least), *at_least]
        for each in now:
            self.told.remove(each)
        self.chance.shuffle(now)
        for event in now:
            status, _ = self.stack.stripe_says(event)
            self._is(status, 200, "the webhook")
            self.delivered += 1
        self._told()

    def _told(self) -> None:
        """What was told leads on, shuffled and doubled, until nothing more is told."""
        while True:
            fresh = [*self.stack.relay("BillingTable"), *self.stack.relay()]
            if not fresh:
                return
            self.facts += [alike(json.dumps([each["detail-type"], each["detail"]["data"]])) for each in fresh]
            led = [each for each in fresh if each["detail-type"] in APPLIED_BY] * 2
            self.chance.shuffle(led)
            for each in led:
                answer = self.stack.call("billing_events", sqs_event(json.dumps(each)))
                self._is(answer, {"batchItemFailures": []}, "billing_events")
            self._mailed([each for each in fresh if each["detail-type"] not in APPLIED_BY] * 2)

    def _mailed(self, facts: list[Json]) -> None:
        before = len(self.stack.sent())
        for each in facts:
            if each["detail-type"] in ("PaymentActionRequired", "SubscriptionChanged", "WorkspaceReadOnly"):
                self.stack.call("account_mail", sqs_event(json.dumps(each)))
        for mail in self.stack.sent()[before:]:
            subject = [line for line in mail.raw_data.splitlines() if line.startswith("Subject:")]
            self.mails.append(subject[0])

    # ---- what must hold ---------------------------------------------------------------------------------------------

    def stands(self, status: str, *, plan: str = "team", read_only: bool = False) -> None:
        said = self._must("GET", "/v1/billing")
        self._is((said["status"], said["plan"], said["read_only"]), (status, plan, read_only), "/v1/billing")

    def _seats(self) -> None:
        """Three are paid for, and one of them is the owner's."""
        for number in range(SEATS):
            wanted = {"email": f"{number}-{self.owner.id.lower()}@team.example", "role": "agent"}
            status, _ = self._ask("POST", "/v1/invitations", wanted)
            self._is(status, 201 if number + 1 < SEATS else 402, f"invitation {number + 1}")

    def _writes(self, status: int) -> None:
        """Mail comes in in any case; to answer it is another matter."""
        self.steps += 1
        name = f"{self.owner.id}-{self.steps}"
        answer = self.stack.mail(MAIL % self.mailbox.encode(), ses_message_id=name, recipients=(self.mailbox,))
        self._is(answer, {"batchItemFailures": []}, "mail in")
        conversations = self._must("GET", "/v1/conversations")["conversations"]
        self._is(len(conversations), self.steps, "mails that came in")
        found, _ = self._ask("POST", f"/v1/conversations/{conversations[0]['id']}/notes", {"text": "Soon."})
        self._is(found // 100 * 100 if found < 300 else found, status, "a note")  # noqa: PLR2004 - HTTP

    def _all(self) -> Json:
        """Ids and times are those of the order; how much there is of what, and how it stands, must not be."""
        workspace = self.stack.workspace
        stripe = self.stack.stripe
        [copy] = [each for each in self.stack.items("BillingTable") if each["pk"]["S"] == workspace]
        [gate] = [
            each
            for each in self.stack.items("AccountsTable")
            if (each["pk"]["S"], each["sk"]["S"]) == (workspace, "GATE")
        ]
        customer = copy["customer"]["S"]
        mine = [each for each in stripe.kept["subscription"].values() if each["customer"] == customer]
        events = [each for each in self.stack.items("BillingTable") if each.get("customer", {}).get("S") == customer]
        return {
            "api": _timeless(self._must("GET", "/v1/billing")),
            "copy": _timeless(
                {name: each for name, each in copy.items() if name in ("paid", "disputes", "told_read_only")}
            ),
            "gate": _timeless(gate["billing"]),
            "stripe": [[each["status"], each["items"]["data"][0]["quantity"]] for each in mine],
            "events": sorted(each["kind"]["S"] for each in events if "kind" in each),
            "waiting": sum("waits" in each for each in events if "kind" in each),
            "facts": dict(Counter(each for each in self.facts if "StripeEventRecorded" not in each)),
            "mails": dict(Counter(self.mails)),
        }

    def _must(self, method: str, path: str, body: Any = None) -> Any:
        status, said = self._ask(method, path, body)
        if status >= 400:  # noqa: PLR2004 - HTTP
            raise Untrue(f"{method} {path}: {status} {said}")
        return said

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, said, _ = self.stack.api(method, path, body, token="", headers=self.owner.headers)
        return status, said

    def _is(self, found: object, wanted: object, what: str) -> None:
        if found != wanted:
            raise Untrue(f"{what}: {found}, not {wanted}")


def _timeless(value: Any) -> Any:
    """Moto's own values inside a map included."""
    return json.loads(alike(json.dumps(value, sort_keys=True, default=lambda each: [each.type, each.value])))


def lives(orders: range) -> Iterator[tuple[int, Life, str]]:
    """On one stack, one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        clock = hold_steady(patch)
        with stack_on_moto(patch) as stack:
            stack.bills()
            for seed in orders:
                mailbox = f"order{seed}@acme.example"
                asked = {"workspace": {"name": "Acme"}, "mailbox": {"address": mailbox}}
                stack.workspace = stack.call("workspace_setup", asked)["workspace"]
                stack.relay()
                life = Life(stack, clock, random.Random(seed), stack.person(Role.OWNER), mailbox)  # noqa: S311
                yield seed, life, life.lives()


@dataclass
class Ends:
    """What came of the orders: how many ended in which state."""

    found: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    broken: int = 0

    def add(self, block: Json | ChildFailed) -> None:
        if isinstance(block, ChildFailed):
            raise block
        self.found.update(block["ends"])
        self.delivered += block["delivered"]
        self.broken += bool(block["untrue"])
        if block["untrue"]:
            print(block["untrue"], file=sys.stderr)
        print(f"  {self.found.total()} orders", file=sys.stderr, flush=True)

    def report(self, orders: int) -> str:
        states = " ".join(f"{end[:16]} x{count}" for end, count in self.found.items())
        return (
            f"orders {orders}, events delivered {self.delivered} (each twice), steps that failed {self.broken}, "
            f"final states {len(self.found)}: {states}"
        )


def block_of(orders: range) -> Json:
    """What came of these, on a stack of theirs."""
    ends: list[str] = []
    delivered, untrue = 0, ""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for _, life, end in lives(orders):
                ends.append(end)
                delivered += life.delivered
    except Untrue as reason:
        untrue = f"order {orders[len(ends)]}: {reason}"
    return {"ends": Counter(ends), "delivered": delivered, "untrue": untrue}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--seed", type=int, help="only this one")
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + 1) if arguments.seed is not None else range(arguments.orders)
    ends, children = Ends(), Children(at_once())
    for start in range(0, len(seeds), A_STACK):
        children.start(partial(block_of, seeds[start : start + A_STACK]), ends.add)
    children.wait()
    print(ends.report(len(seeds)))
    return 0 if ends.found.total() == len(seeds) and len(ends.found) == 1 and not ends.broken else 1


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
