"""What all cases came to, as `make faults` prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.fault_kinds import FAULTS
from bench.fault_sites import Case, Site
from bench.findings import DOUBLED, LOST, STUCK, UNREACHED, UNTRUE


@dataclass
class Report:
    sites: list[Site] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    called: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    """Cases that cannot be, by the reason."""

    def add(self, sites: list[Site], cases: list[Case]) -> None:
        self.sites += sites
        self.cases += cases
        self.unfit.update(site.unfit for site in sites if site.unfit)

    @property
    def of_the_eight(self) -> list[Case]:
        return [case for case in self.cases if case.fault in FAULTS]

    @property
    def failing(self) -> list[Case]:
        return [case for case in self.cases if case.found]

    @property
    def holds(self) -> bool:
        return bool(self.cases) and not self.failing

    def count(self, kind: str) -> int:
        """Cases with a finding of this kind."""
        return sum(any(each.kind == kind for each in case.found) for case in self.cases)

    def __str__(self) -> str:
        return "\n".join([*self._findings(), *self._functions(), *self._sums()])

    def _findings(self) -> Iterator[str]:
        for case in self.failing:
            name = case.name
            yield from (f"{name} ({case.site.what}): {each.kind}: {each.words}" for each in case.found)
            yield f"  again: make faults CASE={name}"

    def _functions(self) -> Iterator[str]:
        sites = Counter(site.function for site in self.sites)
        yield from (f"{name}: {times} sites" for name, times in sorted(sites.items()))
        yield from (f"{name}: asks nothing of AWS here" for name in sorted(self.called) if not sites[name])

    def _sums(self) -> Iterator[str]:
        yield from (f"cannot be: {times} x {why}" for why, times in self.unfit.items())
        yield f"an answer lost once, the SDK asks again: {len(self.cases) - len(self.of_the_eight)} more cases"
        followed = sum(case.followed for case in self.cases)
        yield f"followed to the end: {followed}, the others left everything as one of these did"
        waited = [case for case in self.cases if case.waited]
        resent = sum(case.resent > 0 for case in waited)
        yield (
            f"nobody knew whether a reply had gone out: {len(waited)} cases, {len(waited) - resent} settled by SES's "
            f"own event, {resent} sent again on purpose"
        )
        repeated = sum(case.repeated > 0 for case in self.cases)
        yield f"nobody knew whether a mail about an account had gone out, so it went again: {repeated} cases"
        off_record = sum(case.off_record > 0 for case in self.cases)
        yield f"a refusal stood that the audit log could not take, and the operator heard of it: {off_record} cases"
        unheard = sum(case.unheard for case in self.cases)
        yield f"an answer was lost, and who asks again is told that it is done already: {unheard} cases"
        yield f"untrue {self.count(UNTRUE)}, never reached {self.count(UNREACHED)}"
        yield (
            f"sites {len(self.sites)} x faults {len(FAULTS)} = cases {len(self.of_the_eight)}"
            f"{f' + {self.unfit.total()} that cannot be' if self.unfit else ''}, "
            f"lost {self.count(LOST)}, doubled {self.count(DOUBLED)}, stuck {self.count(STUCK)}"
        )
