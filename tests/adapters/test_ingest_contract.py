"""The ledger counts itself: what a day's summary says is what its entries say, whatever came twice or at once."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
from letterlock.domain.answers import Refusal
from letterlock.domain.conversations import Status
from letterlock.domain.errors import AlreadyIngested, SameMail, Stale
from letterlock.domain.facts import AnswerRefused, Told
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.services.ports import Inbox, StackLedger
from tests.adapters.conftest import Tables
from tests.adapters.given import Desk
from tests.fakes import FakeArchive, FakeConversations, FakeStackLedger
from tests.fakes.keys import MemoryKeys

TODAY = date(2026, 11, 2)


def rejected(desk: Desk, delivery: str) -> IngestRecord:
    return IngestRecord(desk.workspace, desk.mailbox, delivery, Outcome.REJECTED, desk.clock(), Reason.OBJECT_GONE)


def duplicate(desk: Desk, delivery: str) -> IngestRecord:
    return replace(rejected(desk, delivery), outcome=Outcome.DUPLICATE, reason=Reason.SAME_MAIL)


def test_a_day_on_which_nothing_came_is_empty(desk: Desk) -> None:
    assert desk.store.ingested(desk.workspace, desk.mailbox, TODAY) == Counter()


def test_each_outcome_is_counted_for_its_mailbox_and_its_day(desk: Desk) -> None:
    desk.delivered("ses-1", "one")
    desk.delivered("ses-2", "two")
    desk.delivered("ses-2", "two", mailbox="mbx_sales")
    desk.store.record(duplicate(desk, "ses-3"))
    desk.store.record(rejected(desk, "ses-4"))
    desk.clock.passes(days=1)
    desk.delivered("ses-5", "five")

    counted = desk.store.ingested(desk.workspace, desk.mailbox, TODAY)
    assert counted == {Outcome.STORED: 2, Outcome.DUPLICATE: 1, Outcome.REJECTED: 1}
    assert desk.store.ingested(desk.workspace, "mbx_sales", TODAY) == {Outcome.STORED: 1}
    assert desk.store.ingested(desk.workspace, desk.mailbox, date(2026, 11, 3)) == {Outcome.STORED: 1}
    assert desk.store.ingested("wsp_other", desk.mailbox, TODAY) == Counter()


def test_the_day_is_that_of_utc(desk: Desk) -> None:
    desk.clock.at = datetime.fromisoformat("2026-11-03T00:30:00+02:00")
    desk.delivered("ses-1")

    assert desk.clock().astimezone(UTC).date() == TODAY
    assert desk.store.ingested(desk.workspace, desk.mailbox, TODAY) == {Outcome.STORED: 1}


def test_whatever_comes_again_counts_once(desk: Desk) -> None:
    desk.delivered("ses-1")
    for _ in range(3):
        with pytest.raises(AlreadyIngested):
            desk.delivered("ses-1")
        desk.store.record(rejected(desk, "ses-1"))
        desk.store.record(duplicate(desk, "ses-2"))
        desk.store.record(rejected(desk, "ses-2"))

    counted = desk.store.ingested(desk.workspace, desk.mailbox, TODAY)
    assert counted == {Outcome.STORED: 1, Outcome.DUPLICATE: 1}


def test_a_save_that_was_refused_counts_nothing(desk: Desk) -> None:
    conversation = desk.delivered("ses-1", "one", "one@customer.test")
    late = desk.store.get(desk.workspace, conversation.id)
    desk.received(conversation, desk.mail("meanwhile"))
    late.receive(desk.mail("two"))

    with pytest.raises(Stale):
        desk.save(late, desk.ingest(late, "ses-2"))
    with pytest.raises(SameMail):
        desk.delivered("ses-3", "one", "one@customer.test")

    assert desk.store.ingested(desk.workspace, desk.mailbox, TODAY) == {Outcome.STORED: 1}


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_with_any_repeats_the_counts_are_those_of_the_ledger(desk: Desk, seed: int) -> None:
    chance = Random(seed)
    deliveries = [f"ses-{number}" for number in range(8)]
    for _ in range(30):
        delivery = chance.choice(deliveries)
        with suppress(AlreadyIngested, SameMail):
            match chance.randrange(3):
                case 0:
                    desk.delivered(delivery, f"said in {delivery}")
                case 1:
                    desk.store.record(duplicate(desk, delivery))
                case _:
                    desk.store.record(rejected(desk, delivery))

    entries = [desk.store.recorded(desk.workspace, desk.mailbox, each) for each in deliveries]
    ledger = Counter(each.outcome for each in entries if each)
    assert desk.store.ingested(desk.workspace, desk.mailbox, TODAY) == ledger
    assert ledger.total() == sum(each is not None for each in entries)


def test_a_ledger_entry_is_in_no_list_of_conversations(desk: Desk) -> None:
    desk.delivered("ses-1")
    assert [len(desk.cards(status=status)) for status in Status] == [1, 0, 0, 0, 0, 0]


# ---- the quarantine -------------------------------------------------------------------------------------------------


def test_a_discarded_conversation_is_in_no_list_and_there_under_its_id(desk: Desk) -> None:
    conversation = desk.conversation()
    conversation.open_with(replace(desk.mail(), quarantine=Reason.UNREADABLE), [])
    conversation.assign("tok_ana")
    desk.save(conversation)
    assert len(desk.cards(status=Status.QUARANTINED)) == 1

    conversation.discard()
    desk.save(conversation)

    assert [desk.cards(status=status) for status in Status] == [[]] * len(Status)
    assigned = [desk.store.inbox(desk.workspace, Inbox((), status, assignee="tok_ana")).cards for status in Status]
    assert assigned == [()] * len(Status)
    read = desk.store.get(desk.workspace, conversation.id)
    assert (read, read.status, read.assignee) == (conversation, Status.DISCARDED, "tok_ana")

    read.release()
    desk.save(read)
    assert desk.cards() == [conversation.id]


# ---- the stack's own ------------------------------------------------------------------------------------------------


@pytest.fixture(params=["fake", "dynamo"])
def stack_ledger(request: pytest.FixtureRequest, index: BlindIndex, keys: MemoryKeys) -> StackLedger:
    if request.param == "fake":
        return FakeStackLedger()
    tables: Tables = request.getfixturevalue("tables")
    return DynamoStackLedger(tables.client, tables.conversations, index, FakeArchive())


def test_mail_to_nobody_is_counted_by_reason_and_day_once_each(stack_ledger: StackLedger) -> None:
    at = datetime(2026, 11, 2, 23, 59, tzinfo=UTC)
    for _ in range(2):
        stack_ledger.record("ses-1", "nobody@acme.test", Reason.UNKNOWN_RECIPIENT, at)
        stack_ledger.record("ses-1", "noone@acme.test", Reason.UNKNOWN_RECIPIENT, at)
        stack_ledger.record("ses-2", "nobody@acme.test", Reason.OBJECT_GONE, at)
    stack_ledger.record("ses-3", "nobody@acme.test", Reason.OBJECT_GONE, at.replace(day=3))

    assert stack_ledger.ingested(TODAY) == {Reason.UNKNOWN_RECIPIENT: 2, Reason.OBJECT_GONE: 1}
    assert stack_ledger.ingested(date(2026, 11, 1)) == Counter()


def test_a_refused_answer_tells_its_fact_with_its_entry_and_once(desk: Desk) -> None:
    entry = replace(rejected(desk, "ses-9"), reason=Refusal.ANOTHER_SENDER)
    fact = AnswerRefused(desk.workspace, desk.mailbox, "per_1", "cnv_1", Refusal.ANOTHER_SENDER.value)
    for number in range(2):
        desk.store.record(entry, [Told(f"fct_{number}", fact, desk.clock())])
    assert desk.store.recorded(desk.workspace, desk.mailbox, "ses-9") == entry
    assert desk.store.ingested(desk.workspace, desk.mailbox, TODAY) == {Outcome.REJECTED: 1}
    if isinstance(desk.store, FakeConversations):
        assert desk.store.announced == [fact]
