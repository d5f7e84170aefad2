"""What each operation costs: `python -m bench.bill [--check | --accept]`.

Prints write units, read units, requests beside the invocation, and the kilobytes of both bodies, against the bounds.
`--check` compares with bench/bill.json and fails on any difference; `--accept` (`make bill ACCEPT=1`) writes it anew.
Whatever the flag, a figure above its bound fails: a bound is not accepted away.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from bench.connection_costs import CONNECTION_COSTS
from bench.recorder import Call
from bench.scenarios import SCENARIOS, Bound, Desk, Scenario
from bench.stack import stack_on_moto
from bench.steady import hold_steady

OPERATIONS = (*SCENARIOS, *CONNECTION_COSTS)
BILL = Path(__file__).with_name("bill.json")
FIGURES = ("wru", "rru", "requests", "kb_out", "kb_in")
Figures = dict[str, float]
Bill = dict[str, Figures]


def figures(calls: Iterable[Call]) -> Figures:
    """Kilobytes (1,000) are rounded up."""
    made = list(calls)
    return {
        "wru": sum(call.units.write for call in made),
        "rru": sum(call.units.read for call in made),
        "requests": sum(call.requests for call in made),
        "kb_out": -(-sum(call.bytes_out for call in made) // 1000),
        "kb_in": -(-sum(call.bytes_in for call in made) // 1000),
    }


def measure(scenarios: Iterable[Scenario] = OPERATIONS) -> tuple[Bill, dict[str, list[Call]]]:
    """All on one stack, in one process, in this order."""
    bill, calls = {}, {}
    with pytest.MonkeyPatch.context() as patch:
        hold_steady(patch)
        # The functions' own logs and metrics would stand between the lines of the table.
        with contextlib.redirect_stdout(io.StringIO()), stack_on_moto(patch) as stack:
            desk = Desk(stack)
            for scenario in scenarios:
                act = scenario.prepare(desk)
                start = len(stack.recorder.calls)
                stack.recorder.weighs = True
                act()
                stack.recorder.weighs = False
                calls[scenario.name] = stack.recorder.calls[start:]
                bill[scenario.name] = figures(calls[scenario.name])
    return bill, calls


def above(scenario: Scenario, found: Figures) -> list[str]:
    """Which figures break the bound."""
    limit = scenario.bound
    if limit is None:
        return []
    limits = {"wru": limit.write, "rru": limit.read, "requests": limit.requests}
    return [
        f"{scenario.name}: {found[name]:g} {name}, at most {most:g}"
        for name, most in limits.items()
        if found[name] > most
    ]


def differences(accepted: Mapping[str, Mapping[str, float]], found: Bill) -> list[str]:
    said = [f"{name}: no longer measured" for name in accepted if name not in found]
    for name, now in found.items():
        before = accepted.get(name)
        if before is None:
            said.append(f"{name}: not in {BILL.name} yet")
            continue
        for figure in FIGURES:
            if now[figure] != before[figure]:
                how = "rose" if now[figure] > before[figure] else "fell"
                said.append(f"{name}: {figure} {how} from {before[figure]:g} to {now[figure]:g}")
    return said


def table(bill: Bill, bounds: Mapping[str, Bound | None]) -> str:
    lines = [f"{'operation':<58}{'bound':>12}{'WRU':>6}{'RRU':>6}{'requests':>10}{'kB out':>8}{'kB in':>7}"]
    for name, found in bill.items():
        limit = bounds[name]
        shown = f"{limit.write} / {limit.read:g} / {limit.requests}" if limit else ""
        lines.append(
            f"{name:<58}{shown:>12}{found['wru']:>6g}{found['rru']:>6g}{found['requests']:>10g}"
            f"{found['kb_out']:>8g}{found['kb_in']:>7g}"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    bill, calls = measure()
    print(table(bill, {each.name: each.bound for each in OPERATIONS}))
    if "--calls" in arguments:
        for name, made in calls.items():
            print(f"\n{name}")
            for call in made:
                print(f"  {call.service}:{call.operation} {call.units.write} WRU {call.units.read:g} RRU {call.error}")
    broken = [line for each in OPERATIONS for line in above(each, bill[each.name])]
    if "--accept" in arguments:
        BILL.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {BILL.name}")
    accepted = json.loads(BILL.read_text(encoding="utf-8"))
    changed = differences(accepted, bill)
    if changed:
        print(
            "\nThe bill differs from bench/bill.json; if that is meant: make bill ACCEPT=1\n  " + "\n  ".join(changed)
        )
    if broken:
        print("\nAbove its bound:\n  " + "\n  ".join(broken))
    return 1 if broken or (changed and "--check" in arguments) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
