"""Every command that a page promises is one of the Makefile's."""

import re
from pathlib import Path

import pytest

from tools.lambda_target import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_named_is_there(page: Path) -> None:
    named = set(re.findall(r"(?:`|^ *)make ([a-z][\w-]*)", page.read_text(), re.MULTILINE))
    assert named <= TARGETS
