"""`make attacks` says what there is, and fails for what is not."""

import re
from pathlib import Path

import pytest

from tests.attacks.report import REQUIRED, Attack, Attacks, failed, lines
from tests.attacks.xss import VECTORS

TESTS = Path(__file__).resolve().parent.parent


def test_each_attack_has_a_line_and_the_last_one_has_the_sums() -> None:
    named = {"a": Attack(passed=2), "b": Attack(passed=1, skipped={"no browser"}), "c": Attack(skipped={"no browser"})}

    assert [*lines(named, ["a"])] == [
        "passed   a",
        "passed   b (no browser)",
        "skipped  c (no browser)",
        "3 named, 2 passed, 1 skipped",
    ]
    assert not failed(named, ["a"])


def test_one_that_fails_or_is_missing_fails_the_whole() -> None:
    named = {"a": Attack(passed=1), "b": Attack(passed=1, failed=["test_b\nassert 1 == 2"])}

    assert [*lines(named, ["a", "c"])] == [
        "passed   a",
        "FAILED   b",
        "test_b\nassert 1 == 2",
        "MISSING  c",
        "3 named, 1 passed",
    ]
    assert failed({"a": Attack(passed=1)}, ["a", "c"])
    assert failed(named, ["a"])
    assert failed({}, [])


def test_what_is_skipped_for_another_reason_than_a_browser_has_failed(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers =\n  attack(name)\n  browser\n")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.attack("runs")
        def test_runs(): pass

        @pytest.mark.attack("runs")
        @pytest.mark.browser
        @pytest.mark.skip(reason="no browser here")
        def test_opened(): pass

        @pytest.mark.attack("is put off")
        @pytest.mark.skip(reason="later")
        def test_put_off(): pass

        @pytest.mark.attack("breaks")
        @pytest.mark.attack("breaks, too")
        def test_breaks(): assert 1 == 2

        def test_unnamed(): raise AssertionError("is not run")
        """
    )
    attacks = Attacks()
    pytester.inline_run("-p", "no:randomly", plugins=[attacks])

    assert {name: each.outcome for name, each in attacks.named.items()} == {
        "runs": "passed",
        "is put off": "FAILED",
        "breaks": "FAILED",
        "breaks, too": "FAILED",
    }
    assert attacks.named["runs"].skipped == {"no browser here"}


def test_every_attack_that_there_must_be_is_marked_somewhere() -> None:
    said = "".join(each.read_text(encoding="utf-8") for each in TESTS.rglob("test_*.py"))
    marked = set(re.findall(r"""attack\(\s*["']([^"']+)["']""", said)) | {f"XSS, {each.title}" for each in VECTORS}

    assert set(REQUIRED) - marked == set()


def test_no_two_attacks_have_one_name() -> None:
    assert len(set(REQUIRED)) == len(REQUIRED)
