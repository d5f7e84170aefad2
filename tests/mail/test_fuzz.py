"""`make fuzz` in small: what becomes of damaged mails. What they cost is measured by the command, not here."""

import pytest

from bench import fuzz as fuzzing
from bench.fuzz import Seen, fuzz, play
from bench.mutants import mutant, seeds
from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.mail import Mail

COUNT = 2_000


def uncaught(seen: Seen) -> list[tuple[int, str]]:
    return [(seed, what) for seed, what in seen.findings if not what.startswith("over ")]


def test_damaged_mails_are_read_or_quarantined_for_a_reason_and_never_raise() -> None:
    seen = fuzz(COUNT, processes=1)

    assert uncaught(seen) == []
    assert seen.outcomes.total() == COUNT
    assert seen.outcomes["read"] > COUNT // 2
    assert len(seen.outcomes) > 2, "no damage led beyond a bound"


def test_a_seed_is_the_same_mail_wherever_it_is_played() -> None:
    assert [mutant(seed, seeds()) for seed in range(50)] == [mutant(seed, seeds()) for seed in range(50)]
    assert len({mutant(seed, seeds()) for seed in range(50)}) > 40


def test_what_raises_is_named_by_its_seed_and_place_and_by_no_word_of_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(self: MimeParser, raw: bytes) -> Mail:
        raise ValueError(raw)

    monkeypatch.setattr(MimeParser, "parse", fault)
    seen = play(range(3))

    assert [seed for seed, _ in seen.findings] == [0, 1, 2]
    assert all(what.startswith("uncaught ValueError at test_fuzz.py:") for _, what in seen.findings)
    assert str(seen).splitlines()[-1] == "mutants 3, uncaught 3, over the bound 0"


def test_a_text_that_is_not_wholly_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.reading.hidden_spans", lambda *_: ((0, 1), (0, 2)))

    assert uncaught(play(range(20)))


def test_a_fault_that_the_parser_hides_as_unreadable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("letterlock.adapters.mime_parser.scan", lambda *_: None)

    assert uncaught(play(range(1)))


def test_a_mutant_over_the_bound_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "SECONDS", 0.0)

    assert play(range(1)).findings[0][1].startswith("over the bound")
