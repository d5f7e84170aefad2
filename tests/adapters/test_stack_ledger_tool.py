"""The operator sees what came for nobody, day by day: when, why, and under which of SES's ids."""

from datetime import UTC, date, datetime

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
from letterlock.adapters.dynamo_sweep_notes import DynamoSweepNotes
from letterlock.domain.ledger import Reason
from tests.adapters.conftest import Tables
from tests.fakes import FakeArchive, FakeClock
from tools.stack_ledger import entries, lines

DAY = date(2026, 11, 2)


def test_a_day_is_summed_by_reason_and_listed_without_an_address(tables: Tables, index: BlindIndex) -> None:
    ledger = DynamoStackLedger(tables.client, tables.conversations, index, FakeArchive())
    for hour, name in enumerate(("first", "second")):
        ledger.record(
            f"ses-{name}", f"{name}@acme.test", Reason.UNKNOWN_RECIPIENT, datetime(2026, 11, 2, hour, tzinfo=UTC)
        )
    ledger.record("ses-tomorrow", "x@acme.test", Reason.UNKNOWN_RECIPIENT, datetime(2026, 11, 3, tzinfo=UTC))
    sweep = DynamoSweepNotes(tables.client, tables.conversations, FakeClock())
    sweep.gave_up("ses-whose", datetime(2026, 11, 2, 5, tzinfo=UTC))

    assert lines(entries(tables.client, tables.conversations, DAY), DAY) == [
        "2026-11-02: 3 rejected (1 unattributed, 2 unknown_recipient)",
        "2026-11-02T05:00:00.000Z  unattributed        ses-whose",
        "2026-11-02T00:00:00.000Z  unknown_recipient   ses-first",
        "2026-11-02T01:00:00.000Z  unknown_recipient   ses-second",
    ]


def test_a_day_without_such_mail_says_so(tables: Tables) -> None:
    assert lines(entries(tables.client, tables.conversations, DAY), DAY) == ["2026-11-02: 0 rejected"]
