"""`make race` in small: the interleavings come out right, the same seed plays the same one, and a broken store is found."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench import race
from bench.race import Ground, Report
from bench.stack import stack_on_moto
from letterlock.adapters import conversation_writes, idempotency_records
from letterlock.adapters.dynamo import put

SEEDS = range(1, 11)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        with stack_on_moto(monkeypatch) as stack:
            yield Ground.of(stack)


def played(ground: Ground, seeds: range = SEEDS) -> Report:
    total = Report()
    for seed in seeds:
        total.add(race.race(ground, seed))
    return total


def test_whatever_the_order_nothing_is_lost_and_nothing_is_there_twice(ground: Ground) -> None:
    report = played(ground)
    assert not report.found, str(report)
    assert len(report.interleavings) == len(SEEDS)
    for what in ("412", "head moved", "key used", "answered again", "delivery known", "transaction met another"):
        assert report.met[what], f"nobody met this: {what}"


def test_a_seed_plays_the_same_interleaving_again(ground: Ground) -> None:
    once, again = (played(ground, range(3, 4)) for _ in range(2))
    assert once.interleavings == again.interleavings
    assert (once.met, once.commits, once.turns) == (again.met, again.commits, again.turns)


@pytest.mark.parametrize(
    ("module", "role", "found"),
    [
        (conversation_writes, conversation_writes.HEAD, "lost"),
        (idempotency_records, idempotency_records.RECORD, "doubled"),
        (conversation_writes, conversation_writes.LOOKUP, "doubled"),
    ],
)
def test_a_store_without_one_of_its_conditions_is_found_out_by_name(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, module: Any, role: str, found: str
) -> None:
    def careless(table: str, written: str, model: Any, *condition: Any) -> Any:
        return put(table, written, model) if written == role else put(table, written, model, *condition)

    monkeypatch.setattr(module, "put", careless)
    report = played(ground)

    assert report.count(found), str(report)
    seed = next(iter(report.found))
    assert f"make race SEED={seed}" in str(report)
