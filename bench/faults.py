"""Every call to AWS of every function meets every fault: `make faults [ONLY=<function>] [CASE=<case>]`.

The scenarios of the bill and of `bench.paths` are run on the stack in process, first to see which different ways they
lead through the functions and what is asked of AWS on each (`bench.fault_sites`). Then each way is gone again in a copy
of the process for each of its calls and each fault (`bench.fault_run`): the fault strikes at the first attempt
(`bench.fault_wire`), and AWS does what it does until it is quiet (`bench.fault_cloud`). Then everything must stand as
it does without the fault (`bench.fault_world`).
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, astuple
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.fault_children import ChildFailed, Children, at_once
from bench.fault_cloud import Cloud
from bench.fault_ground import ground
from bench.fault_kinds import Fault
from bench.fault_report import Report
from bench.fault_run import Run
from bench.fault_sites import Case, Choose, Scout, Site, Way, different, everything, named
from bench.findings import Finding
from bench.scenarios import SCENARIOS, Desk, Scenario
from bench.stack import HANDLERS

SECONDS = 60
"""A case that takes longer does not come to an end."""
Play = Callable[[Desk], object]


def plays() -> dict[str, Play]:
    """Every scenario by its name, in words that a shell leaves alone: what it prepares, and then does.

    Besides the bill's, each public function that takes a desk alone, of each module of `bench` called *paths.py.
    """
    found: dict[str, Play] = {re.sub(r"\W+", "-", each.name).strip("-"): partial(_whole, each) for each in SCENARIOS}
    for file in sorted(Path(__file__).parent.glob("*paths.py")):
        module = import_module(f"bench.{file.stem}")
        for name, made in vars(module).items():
            if inspect.isfunction(made) and made.__module__ == module.__name__ and not name.startswith("_"):
                found |= {name: made} if list(inspect.signature(made).parameters) == ["desk"] else {}
    return found


def _whole(scenario: Scenario, desk: Desk) -> None:
    scenario.prepare(desk)()


# ---- each scenario in a copy of the stack, as many at once as there are cores ---------------------------------------


def scouted(cloud: Cloud, names: Iterable[str]) -> list[Way]:
    """All ways that the scenarios lead, in their order."""
    all_plays = plays()
    found: dict[str, list[Way]] = {name: [] for name in names}

    def done(said: Any) -> None:
        for function, scenario, invocation, route, whats, _cold in _heard(said):
            found[scenario].append(Way(function, scenario, invocation, route, tuple(whats)))

    children = Children(at_once())
    for name in found:
        children.start(partial(_scout, Scout(name, cloud), all_plays[name]), done)
    children.wait()
    return [way for each in found.values() for way in each]


def _scout(scout: Scout, play: Play) -> list[Any]:
    scout.cloud.stack.through = scout
    play(Desk(scout.cloud.stack))
    return [astuple(way) for way in scout.ways]


def investigate(cloud: Cloud, ways: Sequence[Way], choose: Choose) -> Report:
    report = Report()

    def done(said: Any) -> None:
        heard = _heard(said)
        cases = [
            Case(Site(*site), Fault(fault), [Finding(**each) for each in found], **rest)
            for site, fault, found, rest in heard["cases"]
        ]
        report.add([Site(*each) for each in heard["sites"]], cases)

    children, all_plays = Children(at_once()), plays()
    calls = Counter[str]()
    for way in ways:
        calls[way.scenario] += len(way.whats)
    for name, _ in calls.most_common():  # the longest first, or one core would be idle at the end
        here = {(way.function, way.invocation): way for way in ways if way.scenario == name}
        children.start(partial(_run, Run(cloud, Children(1, SECONDS), here, choose), all_plays[name]), done)
    children.wait()
    return report


def _run(run: Run, play: Play) -> dict[str, Any]:
    run.cloud.stack.through = run
    play(Desk(run.cloud.stack))
    run.children.wait()
    cases = []
    for case in run.cases:
        rest = {name: value for name, value in asdict(case).items() if name not in ("site", "fault", "found")}
        cases.append([astuple(case.site), case.fault, [asdict(each) for each in case.found], rest])
    return {"sites": [astuple(site) for site in run.sites], "cases": cases}


def _heard(said: Any) -> Any:
    if isinstance(said, ChildFailed):
        raise said
    return said


# ---- the command ----------------------------------------------------------------------------------------------------


def of_case(case: str) -> Way:
    """The way on which a case, or all of a site's, lies."""
    function, scenario, invocation, *_ = case.split("/")
    return Way(function, scenario, int(invocation.removesuffix("-cold")), "", (), invocation.endswith("-cold"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--only", default="", choices=["", *HANDLERS], metavar="FUNCTION", help="this function only")
    parser.add_argument("--case", default="", help="this case only, or all of this site")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    with ground() as cloud:
        if asked.case:
            report = investigate(cloud, [of_case(asked.case)], named(asked.case))
        else:
            ways = scouted(cloud, plays())
            report = investigate(cloud, different(ways, asked.only), everything)
            report.called = Counter(way.function for way in ways)
    print(f"{time.monotonic() - started:.0f} s")
    print(report)
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
