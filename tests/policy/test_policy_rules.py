"""Each rule on small templates of other shapes than ours: what is too weak is named, what is sound is left alone."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.policy.files import expanded
from tools.policy.judge import judged
from tools.policy.rule import RULES

HERE = Path(__file__).parent
SOUND = sorted((HERE / "sound").iterdir())
WEAK = yaml.safe_load((HERE / "weak.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.name)
def test_a_sound_template_of_somebody_else_is_left_alone(path: Path) -> None:
    assert [str(each) for each in judged(expanded(path))] == []


@pytest.mark.parametrize("name", WEAK)
def test_what_is_too_weak_is_named_with_its_rule(name: str) -> None:
    case: dict[str, Any] = dict(WEAK[name])
    rule, resource = case.pop("rule"), case.pop("resource")
    found = judged(case, [RULES[rule]])
    assert {each.resource for each in found} == {resource}, [str(each) for each in found]


@pytest.mark.parametrize("name", WEAK)
def test_one_weakness_makes_one_line(name: str) -> None:
    assert len(judged(WEAK[name], [RULES[WEAK[name]["rule"]]])) == 1
