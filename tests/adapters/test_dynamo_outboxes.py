"""An outbox is due from five minutes after its commit until its facts are published, and no longer."""

import pytest
from botocore.exceptions import ClientError

from letterlock.adapters import table_due
from letterlock.adapters.dynamo_outboxes import DynamoOutboxes
from letterlock.domain.conversations import Sending, SendState
from letterlock.domain.facts import MessageSent
from letterlock.services.announce import announce
from tests.adapters.conftest import Calls, Tables
from tests.adapters.given import LEASE, SES_ID, WORKSPACE, Desk
from tests.adapters.raw import everything, size
from tests.fakes import FakeClock


@pytest.fixture
def desk(table_desk: Desk) -> Desk:
    return table_desk


@pytest.fixture
def outboxes(tables: Tables, clock: FakeClock) -> DynamoOutboxes:
    return DynamoOutboxes(tables.client, tables.conversations, clock)


def test_a_commit_is_due_after_five_minutes_and_not_before(
    desk: Desk, outboxes: DynamoOutboxes, clock: FakeClock
) -> None:
    desk.delivered(SES_ID)
    clock.passes(minutes=4)
    assert outboxes.overdue(100) == []
    clock.passes(minutes=1)
    [outbox] = outboxes.overdue(100)
    assert [each.detail_type for each in outbox.facts] == ["ConversationOpened", "MessageReceived"]


def test_every_kind_of_commit_that_told_something_is_due(
    desk: Desk, outboxes: DynamoOutboxes, clock: FakeClock
) -> None:
    conversation = desk.delivered(SES_ID)
    conversation.reply(answer := desk.answer())
    desk.save(conversation)
    desk.store.claim(WORKSPACE, conversation.id, answer.id, LEASE)
    told = announce([MessageSent(WORKSPACE, conversation.id, answer.id)], desk.ids, clock, correlation="r")
    desk.store.settle(conversation, answer.id, Sending(SendState.SENT, 1, message_id="x@amazonses.com"), told)
    clock.passes(minutes=6)

    found = {tuple(fact.detail_type for fact in each.facts) for each in outboxes.overdue(100)}
    assert found == {("ConversationOpened", "MessageReceived"), ("ReplyQueued", "StatusChanged"), ("MessageSent",)}


def test_a_commit_that_told_nothing_is_never_due(desk: Desk, outboxes: DynamoOutboxes, clock: FakeClock) -> None:
    conversation = desk.conversation()
    conversation.open_with(desk.mail(), [])
    desk.store.save(conversation, [], desk.ingest(conversation, SES_ID))
    clock.passes(days=1)
    assert outboxes.overdue(100) == []


def test_what_is_published_is_due_no_more_and_keeps_everything_else(
    desk: Desk, outboxes: DynamoOutboxes, clock: FakeClock, tables: Tables
) -> None:
    desk.delivered(SES_ID)
    clock.passes(minutes=6)
    [outbox] = outboxes.overdue(100)
    before = {each["pk"]["S"]: each for each in everything(tables.client, tables.conversations)}

    assert outboxes.published([outbox.place]) == 0
    assert outboxes.published([outbox.place]) == 0

    assert outboxes.overdue(100) == []
    after = {each["pk"]["S"]: each for each in everything(tables.client, tables.conversations)}
    marks = {table_due.SHARD, table_due.AT}
    assert after == {pk: {name: item[name] for name in item if name not in marks} for pk, item in before.items()}


def test_publishing_what_has_expired_meanwhile_does_not_bring_it_back(outboxes: DynamoOutboxes, tables: Tables) -> None:
    assert outboxes.published([("gone", "OUTBOX")]) == 0
    assert everything(tables.client, tables.conversations) == []


def test_a_mark_that_could_not_be_taken_off_is_counted_and_stays(
    desk: Desk, outboxes: DynamoOutboxes, clock: FakeClock, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.delivered(SES_ID)
    clock.passes(minutes=6)
    [outbox] = outboxes.overdue(100)

    def throttled(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    with monkeypatch.context() as busy:
        busy.setattr(tables.client, "update_item", throttled)
        assert outboxes.published([outbox.place]) == 1
    assert outboxes.overdue(100) == [outbox]


def test_a_bounded_number_is_taken_up_from_every_shard(desk: Desk, outboxes: DynamoOutboxes, clock: FakeClock) -> None:
    for number in range(24):
        desk.delivered(f"ses-{number}", f"text {number}")
    clock.passes(minutes=6)
    assert len(outboxes.overdue(400)) == 24
    few = outboxes.overdue(8)
    assert 4 <= len(few) <= 8
    assert {table_due.shard_of(each.place[0]) for each in few} == set(range(table_due.SHARDS))


def test_a_ledger_entry_with_its_facts_and_marks_stays_below_a_kilobyte(desk: Desk, calls: Calls) -> None:
    conversation = desk.delivered("first")
    conversation.reply(desk.answer())
    desk.save(conversation)
    conversation.receive(desk.mail(message_id="one@customer.test"))
    ingest = desk.ingest(conversation, SES_ID, message_id="one@customer.test")
    calls.made.clear()
    desk.save(conversation, ingest)

    [entry] = [each for each in calls.puts() if "#ingest#" in each["pk"]["S"]]
    assert {"outbox", "due_shard", "due_at", "inbox", "activity"} <= set(entry)
    assert size(entry) <= 1024
