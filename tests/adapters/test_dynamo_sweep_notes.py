"""An orphaned mail is tried again after ever longer pauses, a few times, and one that nobody can place is said once."""

from datetime import date, timedelta

import pytest

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
from letterlock.adapters.dynamo_sweep_notes import FIRST_PAUSE, TRIES, DynamoSweepNotes
from letterlock.domain.ledger import Reason
from tests.adapters.conftest import Calls, Tables
from tests.fakes import FakeArchive, FakeClock


@pytest.fixture
def notes(tables: Tables, clock: FakeClock) -> DynamoSweepNotes:
    return DynamoSweepNotes(tables.client, tables.conversations, clock)


def test_what_was_never_tried_is_due(notes: DynamoSweepNotes) -> None:
    assert notes.due(["ses-1", "ses-2"]) == ["ses-1", "ses-2"]
    assert notes.due([]) == []


def test_each_pause_is_twice_as_long_and_after_the_last_try_it_is_let_lie(
    notes: DynamoSweepNotes, clock: FakeClock
) -> None:
    pause = FIRST_PAUSE
    for tried in range(1, TRIES + 1):
        notes.tried("ses-1")
        assert notes.due(["ses-1", "ses-2"]) == ["ses-2"]
        clock.passes(seconds=(pause - timedelta(seconds=1)).total_seconds())
        assert notes.due(["ses-1"]) == []
        clock.passes(seconds=1)
        assert notes.due(["ses-1"]) == (["ses-1"] if tried < TRIES else [])
        pause *= 2
    clock.passes(days=14)
    assert notes.due(["ses-1"]) == []


def test_what_waits_is_due_at_its_time_as_if_never_tried(notes: DynamoSweepNotes, clock: FakeClock) -> None:
    notes.waits("ses-1", clock() + timedelta(days=4))
    clock.passes(hours=95)
    assert notes.due(["ses-1"]) == []
    clock.passes(hours=1)
    assert notes.due(["ses-1"]) == ["ses-1"]


def test_a_mail_that_nobody_can_place_is_in_the_stacks_ledger_once(
    notes: DynamoSweepNotes, tables: Tables, index: BlindIndex, clock: FakeClock
) -> None:
    for _ in range(2):
        notes.gave_up("ses-1", clock())
        clock.passes(hours=1)
    assert notes.due(["ses-1"]) == []
    ledger = DynamoStackLedger(tables.client, tables.conversations, index, FakeArchive())
    assert ledger.ingested(date(2026, 11, 2)) == {Reason.UNATTRIBUTED: 1}


def test_a_thousand_orphans_are_looked_up_a_hundred_at_a_time(notes: DynamoSweepNotes, calls: Calls) -> None:
    assert len(notes.due([f"ses-{number}" for number in range(1000)])) == 1000
    assert calls.names() == ["BatchGetItem"] * 10
