"""Where faults strike: the calls to AWS of each way through a function that some scenario leads to."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.fault_cloud import Cloud
from bench.fault_kinds import MANY, Fault
from bench.fault_wire import READS
from bench.findings import Finding

_ID = re.compile(r"\b[a-z]{3}_[0-9A-Z]{26}\b")
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """One invocation of a scenario: the so-manieth of this function. `whats`: its calls, each in words."""

    function: str
    scenario: str
    invocation: int
    route: str
    whats: tuple[str, ...]
    cold: bool = False
    """The process has just started, and has the keys still to read."""

    @property
    def name(self) -> str:
        return f"{self.function}/{self.scenario}/{self.invocation}{'-cold' if self.cold else ''}"


@dataclass(frozen=True, slots=True)
class Site:
    """One call on a way: the so-manieth. `in_a_batch`: the function was called for a batch of things."""

    way: str
    number: int
    operation: str
    what: str
    in_a_batch: bool
    mailed: bool
    """Whether a mail goes out at this call, or has gone out before it."""

    @property
    def function(self) -> str:
        return self.way.partition("/")[0]

    @property
    def name(self) -> str:
        return f"{self.way}/{self.number}"

    def case(self, fault: Fault) -> str:
        return f"{self.name}/{fault}"

    @property
    def unfit(self) -> str:
        """Why it can be in no partial batch; empty when it can."""
        if self.in_a_batch or self.operation in MANY:
            return ""
        return "a partial batch where no batch is: the function is called for one thing, and the call is for one"

    @property
    def faults(self) -> list[Fault]:
        """Of an answer that was lost once, only what changes something need be afraid: a read is just read again."""
        unfit = {Fault.PARTIAL} if self.unfit else set()
        if self.operation in READS:
            unfit.add(Fault.ANSWER_LOST_ONCE)
        return [fault for fault in Fault if fault not in unfit]


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one."""

    site: Site
    fault: Fault
    found: list[Finding]
    unheard: bool = False
    """Whether the answer was lost, and who asked again was told only that it is done already."""
    waited: bool = False
    """Whether nobody knew for a while if a reply had gone out."""
    followed: bool = True
    """Whether to its end; if not, it met the fault as another case did, and what comes next is known from that."""
    resent: int = 0
    repeated: int = 0
    """How many mails about accounts went out twice."""
    off_record: int = 0
    """How many refusals are not in the audit log, because AWS did not take their entries."""
    dead: int = 0

    @property
    def name(self) -> str:
        return self.site.case(self.fault)


@dataclass
class Scout:
    """In the place of every call of a scenario: only looks."""

    scenario: str
    cloud: Cloud
    called: Counter[str] = field(default_factory=Counter)
    ways: list[Way] = field(default_factory=list)

    def __call__(self, function: str, event: Event) -> Any:
        self.called[function] += 1
        with self.cloud.wire.invocation() as asked:
            answer = self.cloud.stack.invoke(function, event)
        whats = tuple(each.what for each in asked)
        self.ways.append(Way(function, self.scenario, self.called[function], _route(event), whats))
        return answer


def _route(event: Event) -> str:
    return f"{event['httpMethod']} {_ID.sub('*', event['path'])}" if "httpMethod" in event else ""


def different(ways: Iterable[Way], only: str = "") -> list[Way]:
    """Each way once, and the first one of each function as a process goes it that has just started."""
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    found: list[Way] = []
    for way in ways:
        mark = (way.function, way.route, way.whats)
        if mark in seen or not way.whats or only not in ("", way.function):
            continue
        seen.add(mark)
        cold = all(each.function != way.function for each in found)
        found.append(Way(way.function, way.scenario, way.invocation, way.route, way.whats, cold))
    return found


# ---- which of their sites meet what ---------------------------------------------------------------------------------

KEYS = "the workspace's keys"
"""Stands for all that only a process asks that has just started."""
Choose = Callable[[Sequence[Site]], list[tuple[Site, Fault]]]
"""Of the sites of one way."""


def everything(sites: Sequence[Site]) -> list[tuple[Site, Fault]]:
    return [(site, fault) for site in sites for fault in site.faults]


def named(case: str) -> Choose:
    """One case, or all of a site."""
    return lambda sites: [(site, fault) for site, fault in everything(sites) if case in (site.name, site.case(fault))]


def drawn(ways: Sequence[Way], seed: int, count: int) -> tuple[list[Way], Choose]:
    """So many calls, one of each function at least, each on the first way that asks it and with one fault.

    For another seed other ones: so a test of one length looks everywhere in time, however much there is.
    """
    first: dict[tuple[str, str], Way] = {}
    for way in ways:
        for what in [*way.whats, *([KEYS] if way.cold else [])]:
            first.setdefault((way.function, what), way)
    asked = list(first)
    random.Random(seed).shuffle(asked)  # noqa: S311 - nothing here is secret
    of_each_function = {function: (function, what) for function, what in asked if what != KEYS}.values()
    picked = {call: number for number, call in enumerate(list(dict.fromkeys([*of_each_function, *asked]))[:count])}

    def choose(sites: Sequence[Site]) -> list[tuple[Site, Fault]]:
        chosen = []
        for what, site in {site.what: site for site in reversed(sites)}.items():
            call = (site.function, what if (site.function, what) in first else KEYS)
            if call in picked and first[call].name == site.way:
                chosen.append((site, site.faults[(picked[call] + site.number) % len(site.faults)]))
        return chosen

    names = {first[call].name for call in picked}
    return [way for way in ways if way.name in names], choose
