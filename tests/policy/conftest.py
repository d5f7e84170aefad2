"""Examines one template for the whole run, and says at its end what came of it."""

import os
from pathlib import Path

import pytest

from tools.expand_template import TEMPLATE
from tools.policy.examination import Examination, examine
from tools.policy.files import TemplateUnreadable
from tools.policy.iam_actions import DataMissing

REPORT = pytest.StashKey[list[str]]()
"""What the tests have to say, line by line, at the end of the run."""


@pytest.fixture(name="said", scope="session")
def _said(pytestconfig: pytest.Config) -> list[str]:
    return pytestconfig.stash.setdefault(REPORT, [])


@pytest.fixture(name="examination", scope="session")
def _examination(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Examination:
    try:
        made = examine(Path(os.environ.get("TEMPLATE") or TEMPLATE), tmp_path_factory.mktemp("policy"))
    except (DataMissing, TemplateUnreadable) as reason:
        pytest.exit(str(reason), returncode=2)
    pytestconfig.stash[EXAMINED] = made
    return made


EXAMINED = pytest.StashKey[Examination]()


@pytest.hookimpl(trylast=True)  # the command's figures stand last
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.ensure_newline()
    if EXAMINED in config.stash:
        terminalreporter.write_line(config.stash[EXAMINED].report())
    for line in config.stash.get(REPORT, []):
        terminalreporter.write_line(line)
