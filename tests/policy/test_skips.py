"""What is accepted says why, and goes when nothing needs it any more."""

import json
from pathlib import Path

import pytest

from tools.policy import scanners
from tools.policy.rule import Finding
from tools.policy.scanners import ScannerFailed, checkov
from tools.policy.skips import Skip, sifted, skips, without_reason, without_use

FOUND = Finding("tracing", "WorkerFunction", "tracing is off", when="Cloud=local")
OTHER = Finding("tracing", "AnotherFunction", "tracing is off")


def test_a_skip_takes_away_the_findings_of_its_rule_resource_and_deployment() -> None:
    for skip in (
        Skip("tracing", "WorkerFunction", "why"),
        Skip("tracing", "Worker*", "why", when="Cloud=local"),
    ):
        assert sifted([FOUND, OTHER], [skip]) == ([OTHER], [skip])
    for skip in (Skip("tracing", "WorkerFunction", "why", when=""), Skip("versioning", "*", "why")):
        assert sifted([FOUND, OTHER], [skip]) == ([FOUND, OTHER], [])


def test_a_skip_without_a_reason_takes_nothing_away_and_is_a_finding() -> None:
    silent = Skip("tracing", "*", " ")
    assert sifted([FOUND], [silent]) == ([FOUND], [])
    assert [each.why for each in without_reason([silent])] == ["tracing is skipped without a reason"]


def test_a_skip_that_matches_nothing_any_more_is_a_finding() -> None:
    used, stale = Skip("tracing", "*", "why"), Skip("versioning", "*", "why")
    assert [each.why for each in without_use([used, stale], [used])] == [
        "the skip of versioning matches nothing any more"
    ]


def test_a_line_that_is_no_skip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "skips.toml"
    path.write_text('skip = [{ rule = "tracing", resource = "*", because = "why" }]')
    with pytest.raises(TypeError):
        skips(path)


def test_a_scanner_that_is_not_there_gives_no_clean_bill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanners, "CHECKOV", tmp_path / "checkov")
    with pytest.raises(ScannerFailed, match="checkov is missing"):
        checkov(tmp_path / "expanded.json")


def test_a_scanner_that_cannot_read_the_template_gives_no_clean_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"results": {"failed_checks": []}, "summary": {"failed": 0, "parsing_errors": 1}}
    monkeypatch.setattr(scanners, "_run", lambda _command: json.dumps(said))
    with pytest.raises(ScannerFailed, match="could not read"):
        checkov(Path("expanded.json"))
