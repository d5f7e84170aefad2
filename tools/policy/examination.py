"""One template examined: our rules and the scanners of others, less what is skipped for a reason."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools.expand_template import TEMPLATE
from tools.policy.files import expanded
from tools.policy.iam_actions import must_be_there
from tools.policy.judge import judged
from tools.policy.rule import RULES, Finding
from tools.policy.scanners import ScannerFailed, cfn_lint, checkov
from tools.policy.skips import Skip, sifted, skips, without_reason, without_use
from tools.template_model import Json

SCANNERS = {"cfn-lint": cfn_lint, "checkov": checkov}
"""Each takes the expanded template as a file, and answers findings whose rules begin with its name."""


@dataclass(slots=True)
class Examination:
    """Our rules and the scanners, each when it is asked for; the scanners all at once, in processes of their own."""

    path: Path
    body: Json
    scratch: Path
    accepted: list[Skip] = field(default_factory=skips)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    """What is left, by rule or scanner, of those that were asked for."""
    used: set[Skip] = field(default_factory=set)
    _judged: list[Finding] | None = None
    _scans: dict[str, Future[list[Finding]]] = field(default_factory=dict)

    @property
    def of_ours(self) -> bool:
        """Whether this is the project's own template, to which every skip belongs."""
        return self.path.resolve() == TEMPLATE.resolve()

    def of_rule(self, name: str) -> list[Finding]:
        """What a rule of ours finds."""
        if self._judged is None:
            self._judged = judged(self.body)
        return self._left(name, [each for each in self._judged if each.rule == name])

    def of_scanner(self, name: str) -> list[Finding]:
        """What a scanner finds; that it gave no verdict is a finding."""
        try:
            found = self._scanned(name).result()
        except ScannerFailed as reason:
            found = [Finding(name, "the template", str(reason))]
        return self._left(name, found)

    def _scanned(self, name: str) -> Future[list[Finding]]:
        if not self._scans:
            file = self.scratch / "expanded.json"
            file.write_text(json.dumps(self.body, indent=1), encoding="utf-8")
            pool = ThreadPoolExecutor(len(SCANNERS))
            self._scans = {each: pool.submit(scan, file) for each, scan in SCANNERS.items()}
            pool.shutdown(wait=False)
        return self._scans[name]

    def of_skips(self) -> list[Finding]:
        """Skips without a reason, and in our own template those without a use; asks for everything else first."""
        for name in RULES:
            self.of_rule(name)
        for name in SCANNERS:
            self.of_scanner(name)
        unused = without_use(self.accepted, self.used) if self.of_ours else []
        return self._left("skips", [*without_reason(self.accepted), *unused])

    def _left(self, name: str, found: list[Finding]) -> list[Finding]:
        self.findings[name], used = sifted(found, self.accepted)
        self.used.update(used)
        return self.findings[name]

    def report(self) -> str:
        """The findings line by line, then the figures."""
        lines = [f"FINDING {each}" for found in self.findings.values() for each in found]
        figures = (
            f"resources {len(self.body['Resources'])}, rules {len(RULES)} and {' and '.join(SCANNERS)}, "
            f"findings {len(lines)}, skips {len(self.used)} with reasons"
        )
        return "\n".join([*lines, figures])


def examine(path: Path, scratch: Path) -> Examination:
    """Expand a template. `scratch` takes what the scanners read. Raises TemplateUnreadable, DataMissing."""
    must_be_there()
    return Examination(path.expanduser(), expanded(path.expanduser()), scratch)
