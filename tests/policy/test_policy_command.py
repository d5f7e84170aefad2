"""`make policy TEMPLATE=file` ends with 0, with 1 for a weak template, with 2 for none, and says why."""

import os
import subprocess
import sys
from pathlib import Path

from tools.lambda_target import ROOT

SOUND = ROOT / "tests" / "policy" / "sound" / "sam_worker.yaml"
COMMAND = ["-m", "pytest", "tests/policy/test_template.py", "-qq", "--tb=no", "-rN", "-p", "no:randomly"]


def policy(template: Path, *only: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *COMMAND, *only],
        env={**os.environ, "TEMPLATE": str(template)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_is_the_one_that_make_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "-m pytest tests/policy/test_template.py" in makefile
    assert "-qq --tb=no -rN -p no:randomly" in makefile


def test_a_weak_template_ends_with_its_findings_and_1(tmp_path: Path) -> None:
    weak = tmp_path / "weak.yaml"
    weak.write_text(SOUND.read_text().replace("VisibilityTimeout: 60", "VisibilityTimeout: 10"))
    code, said = policy(weak, "-k", "what_the_rule_asks_for")
    assert code == 1
    assert "FINDING Q: visibility timeout 10 s is under 6 x Fn's 10 s (FnWork) [queue-visibility]" in said
    assert said.strip().splitlines()[-1].startswith("resources 11, rules ")
    assert "findings 1," in said


def test_what_is_not_there_is_told_and_ends_with_2(tmp_path: Path) -> None:
    code, said = policy(tmp_path / "none.yaml")
    assert code == 2
    assert "none.yaml: there is no such file" in said
