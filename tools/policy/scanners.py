"""The scanners of others on the expanded template, offline: cfn-lint and checkov."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.lambda_target import ROOT
from tools.policy.rule import Finding

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
CHECKOV = ROOT / ".venv-policy" / "bin" / "checkov"
_REGION = "eu-west-1"
_SECONDS = 300
_NOT_ASKED = {
    "W3005": "a DependsOn that says twice what a reference says: SAM itself writes it into many templates",
    "CKV_AWS_59": "open routes: our rule route-access judges them in every shape, and knows what is declared public",
}
"""Checks that are left out for every template, each with its reason."""


class ScannerFailed(Exception):
    """A scanner gave no verdict; its last words follow."""


def cfn_lint(expanded: Path) -> list[Finding]:
    """cfn-lint's errors and warnings; it says nothing about a template that it finds sound. Raises ScannerFailed."""
    said = _run([str(CFN_LINT), "--format", "json", "--regions", _REGION, "--", str(expanded)])
    return [
        Finding(f"cfn-lint {one['Rule']['Id']}", _place(one["Location"].get("Path") or []), one["Message"])
        for one in json.loads(said or "[]")
        if one["Level"] in ("Error", "Warning") and one["Rule"]["Id"] not in _NOT_ASKED
    ]


def _place(path: list[Any]) -> str:
    """The logical id and the property, from `["Resources", id, "Properties", …]`."""
    return ".".join(str(part) for part in path if part not in ("Resources", "Properties")) or "the template"


def checkov(expanded: Path) -> list[Finding]:
    """Checkov's failed checks. Raises ScannerFailed, also for a template that it could not read."""
    command = [str(CHECKOV), "--file", str(expanded), "--framework", "cloudformation", "--skip-download", "--compact"]
    try:
        verdicts = json.loads(_run([*command, "--quiet", "--soft-fail", "--output", "json"]))
    except FileNotFoundError:
        raise ScannerFailed("checkov is missing: `make .venv-policy/.synced` installs it") from None
    found: list[Finding] = []
    for verdict in verdicts if isinstance(verdicts, list) else [verdicts]:
        results = verdict.get("results", {})
        if verdict.get("summary", {}).get("parsing_errors"):
            raise ScannerFailed("checkov could not read the expanded template")
        for one in (each for each in results.get("failed_checks", []) if each["check_id"] not in _NOT_ASKED):
            name = str(one["resource"]).rpartition(".")[2]
            found.append(Finding(f"checkov {one['check_id']}", name, one["check_name"]))
    return found


def _run(command: list[str]) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("BC_", "PRISMA_", "CKV_"))}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS, env=environment, cwd=ROOT, check=False
    )
    if not done.stdout.strip().startswith(("[", "{")) and (done.stdout.strip() or done.returncode):
        raise ScannerFailed(f"{Path(command[0]).name} gave no verdict: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout
