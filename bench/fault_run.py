"""One scenario under faults: each way through a function that it leads to, again for each call and each fault.

All that happens in copies of the process (`bench.fault_children`); the scenario itself goes on as if nothing had.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from bench.fault_children import ChildFailed, Children, run_in_child
from bench.fault_clients import CRASHED, body_of, keyed, once_more, refused
from bench.fault_cloud import Cloud
from bench.fault_kinds import KILLS, UNTAKEN, Fault
from bench.fault_neighbours import with_neighbour
from bench.fault_sites import Case, Choose, Event, Site, Way
from bench.fault_wire import Armed, Asked
from bench.fault_world import Things, World, differences, off_record, repeated, world
from bench.findings import STUCK, UNREACHED, Finding
from bench.scenarios import Desk
from letterlock.adapters.keyring import LIFETIME

NEVER = Armed(0, Fault.ERROR)
"""A fault that no call meets."""

Judge = Callable[[Things, Things], Iterable[Finding]]
"""Is told how everything stands without the fault, and with it."""
Ended = dict[str, Any]
"""`things` as they stand in the end; what whoever asks `again` is told, and how all stands when it was done `twice`."""


class Left(Exception):
    """The attempt left everything as one of another case did."""


@dataclass
class Run:
    """`ways`: those of this scenario to look at, by function and invocation."""

    cloud: Cloud
    children: Children
    ways: Mapping[tuple[str, int], Way]
    choose: Choose
    sites: list[Site] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    called: Counter[str] = field(default_factory=Counter)
    _ends: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What became of cases on this way, by how the attempt that met the fault had left everything."""

    def __call__(self, function: str, event: Event) -> Any:
        """In the place of every call of the scenario."""
        self.called[function] += 1
        way = self.ways.get((function, self.called[function]))
        if way:
            self._investigate(way, keyed(event) if "httpMethod" in event else event)
        for record in event.get("Records", ()):
            body = json.loads(record.get("body", "{}"))
            self.cloud.handed.add((function, body.get("detail", {}).get("metadata", {}).get("id", "?")))
        return self.cloud.stack.invoke(function, event)

    def _investigate(self, way: Way, event: Event) -> None:
        alone = run_in_child(partial(self._undisturbed, way, event))
        if "Records" not in event:
            alone |= run_in_child(partial(self._asked_twice, way, event))
        here = [Site(way.name, *each) for each in alone["calls"]]
        self.sites += here
        self._ends.clear()
        wanted = self.choose(here)
        beside = {}
        if any(_beside(*each) for each in wanted):
            beside = run_in_child(partial(self._undisturbed, way, event, beside=True))
        for site, fault in wanted:
            reference = beside if _beside(site, fault) else alone
            case = partial(self._disturbed, way, site, fault, event, reference)
            self.children.start(case, partial(self._done, site, fault))

    def _done(self, site: Site, fault: Fault, said: Any) -> None:
        if isinstance(said, ChildFailed):
            self.cases.append(Case(site, fault, [Finding(STUCK, str(said))]))
            return
        left, reached = said.pop("left"), said.pop("reached")
        self._ends.setdefault(left, dict(said))
        found = [Finding(*each) for each in said.pop("found")]
        if not reached:
            found.append(Finding(UNREACHED, "the call was not made again"))
        self.cases.append(Case(site, fault, found, **said))

    # ---- in a copy of the process -----------------------------------------------------------------------------------

    def _alone(self, way: Way) -> Cloud:
        self.cloud.stack.through, self.cloud.wire.wrote = None, False
        if way.cold:
            self.cloud.clock.skip(2 * LIFETIME)
        return self.cloud

    def _undisturbed(self, way: Way, event: Event, *, beside: bool = False) -> dict[str, Any]:
        """The first attempt's calls, and how everything stands in the end."""
        cloud, calls = self._alone(way), list[Asked]()
        broken = set(cloud.stack.recorder.faults)  # by the scenario itself: nothing of ours can befall those
        cloud.left = lambda _answer: calls.extend(cloud.asked)
        if beside:
            event = with_neighbour(way.function, event, Desk(cloud.stack))
        answer = cloud.deliver(way.function, event, NEVER)
        mailed = min((each.number for each in calls if each.operation == "SendEmail"), default=math.inf)
        return {
            "calls": [
                [each.number, each.operation, each.what, "Records" in event, each.number >= mailed]
                for each in calls
                if (each.service, each.operation) not in broken
            ],
            "things": _settled(cloud, way.function, answer).things,
        }

    def _asked_twice(self, way: Way, event: Event) -> dict[str, Any]:
        """What whoever asks for the same again is told; and how everything stands then, if it is one more."""
        cloud = self._alone(way)
        cloud.deliver(way.function, event)
        if not once_more(event):
            return {"again": said(cloud.attempt(way.function, event))}
        answer = cloud.deliver(way.function, event)
        return {"again": said(answer), "twice": _settled(cloud, way.function, answer).things}

    def _disturbed(self, way: Way, site: Site, fault: Fault, event: Event, reference: Ended) -> dict[str, Any]:
        cloud = self._alone(way)
        if _beside(site, fault):
            event = with_neighbour(way.function, event, Desk(cloud.stack))
        again: list[Any] = []
        armed = Armed(site.number, fault, lambda: again.append(cloud.meanwhile(way.function, event)))
        left = ""

        def compare(answer: Any) -> None:
            nonlocal left
            stores = cloud.stack.fingerprint()
            how = [fault in KILLS, _beside(site, fault), repr(again), repr(answer), stores, cloud.wire.sums]
            left = sha256(repr(how).encode()).hexdigest()
            if left in self._ends:
                raise Left(left)

        cloud.left = compare
        try:
            judge = partial(differences, unsure=_unsure(site, fault), untaken=fault in UNTAKEN)
            ended = self._ended(way, event, reference, armed, again, judge)
        except Left:
            # Nothing is told apart from a case that was followed to its end, so nor is what comes next.
            ended = self._ends[left] | {"followed": False}
        return ended | {"left": left, "reached": armed.met > 0}

    def _ended(
        self, way: Way, event: Event, reference: Ended, armed: Armed, again: list[Any], judge: Judge
    ) -> dict[str, Any]:
        cloud, things = self.cloud, reference["things"]
        answer = cloud.deliver(way.function, event, armed)
        if any(_not_taken(each) for each in again):  # the second delivery came too early, and comes once more
            cloud.deliver(way.function, event)
        settled = _settled(cloud, way.function, answer, look=things.keys() > {"answer"})
        told = settled.things.get("answer")
        # Of two who ask for one thing at the same time, one may be told that it is done.
        parted = refused(answer) and things.get("answer") in [said(each) for each in again]
        unheard = told != things.get("answer") and (parted or told == reference.get("again"))
        if unheard:
            settled.things["answer"] = things["answer"]
        found = list(judge(things, settled.things))
        if "twice" in reference and not list(
            differences(reference["twice"] | {"answer": things["answer"]}, settled.things)
        ):
            found = []
        found += settled.wrong
        return {
            "found": [[each.kind, each.words] for each in found],
            "waited": _unconfirmed(settled.things) > _unconfirmed(things),
            "unheard": unheard,
            "repeated": repeated(things, settled.things),
            "off_record": off_record(things, settled.things),
            "resent": list(cloud.resent.values()).count("unconfirmed"),
            "dead": cloud.dead,
        }


def _beside(site: Site, fault: Fault) -> bool:
    """Whether a neighbour is in the batch."""
    return fault is Fault.PARTIAL and site.in_a_batch


def _unsure(site: Site, fault: Fault) -> bool:
    """Whether a mail may have gone out, and nobody can know. Of a throttled one SES says no, and a lease parts two."""
    clear = fault is Fault.TWICE or (fault is Fault.THROTTLED and site.operation == "SendEmail")
    return site.mailed and not clear


def _settled(cloud: Cloud, function: str, answer: Any, *, look: bool = False) -> World:
    """Everything, once it is quiet, and what whoever called was answered in the end; a schedule hears no answer.

    Where nothing was asked for that could change anything, there is nothing to see but the answer, unless one is to
    `look` all the same: without the fault there was.
    """
    found = World()
    if cloud.wire.wrote or look:
        cloud.until_quiet()
        found = world(cloud)
    if function not in cloud.topology.scheduled:
        found.things["answer"] = said(answer)
    return found


def said(answer: Any) -> list[str]:
    """What whoever called was told, as it is compared."""
    told = World()
    if isinstance(answer, dict) and "statusCode" in answer:
        told.add("answer", [answer["statusCode"], body_of(answer)])
    else:
        told.add("answer", "crashed" if answer is CRASHED else answer)
    return told.things["answer"]


def _not_taken(answer: Any) -> bool:
    return answer is CRASHED or bool(isinstance(answer, dict) and answer.get("batchItemFailures"))


def _unconfirmed(things: Things) -> int:
    return sum(len(each) for what, each in things.items() if what.startswith("fact MessageUnconfirmed"))
