"""From the outbox to the bus: everything, or what is missing comes again."""

from letterlock.services.ports import Outbox, Publication
from letterlock.services.publish_facts import OVERDUE_A_RUN, Published, PublishFacts, RepublishOverdue
from tests.fakes.bus import FakeBus, FakeOutboxes

OPENED, RECEIVED, QUEUED = (
    Publication(name, "{}") for name in ("ConversationOpened", "MessageReceived", "ReplyQueued")
)
FIRST, EMPTY, LAST = Outbox(("a", "1"), (OPENED, RECEIVED)), Outbox(("b", "1"), ()), Outbox(("c", "1"), (QUEUED,))
NOTHING_LEFT = Published(frozenset(), 0)


def test_every_fact_of_every_record_is_published_in_order() -> None:
    bus = FakeBus()
    assert PublishFacts(bus, FakeOutboxes())([FIRST, EMPTY, LAST]) == NOTHING_LEFT
    assert bus.published == [OPENED, RECEIVED, QUEUED]


def test_a_record_with_a_refused_fact_comes_again_and_no_other() -> None:
    publish = PublishFacts(FakeBus("MessageReceived"), FakeOutboxes())
    assert publish([LAST, FIRST, LAST]).refused == {1}


def test_what_is_published_is_due_no_more_and_what_was_refused_is() -> None:
    outboxes = FakeOutboxes(FIRST, LAST)
    PublishFacts(FakeBus("MessageReceived"), outboxes)([FIRST, LAST])
    assert outboxes.due == [FIRST]


def test_what_the_stream_missed_is_published_from_the_table_once() -> None:
    bus, outboxes = FakeBus(), FakeOutboxes(FIRST, LAST)
    republish = RepublishOverdue(outboxes, PublishFacts(bus, outboxes))
    assert republish() == (2, NOTHING_LEFT)
    assert republish() == (0, NOTHING_LEFT)
    assert bus.published == [OPENED, RECEIVED, QUEUED]


def test_what_the_bus_refuses_stays_due_until_it_is_taken() -> None:
    bus, outboxes = FakeBus("MessageReceived"), FakeOutboxes(FIRST)
    republish = RepublishOverdue(outboxes, PublishFacts(bus, outboxes))
    assert republish() == (1, Published(frozenset({0}), 0))
    bus.refuses.clear()
    assert republish() == (1, NOTHING_LEFT)
    assert outboxes.due == []


def test_a_mark_that_could_not_be_taken_off_is_no_failure_and_is_said() -> None:
    outboxes = FakeOutboxes(FIRST, LAST, stuck=frozenset({FIRST.place}))
    assert PublishFacts(FakeBus(), outboxes)([FIRST, LAST]) == Published(frozenset(), 1)


def test_one_run_takes_up_a_bounded_number() -> None:
    many = [Outbox((str(number), "1"), (QUEUED,)) for number in range(OVERDUE_A_RUN + 1)]
    bus, outboxes = FakeBus(), FakeOutboxes(*many)
    RepublishOverdue(outboxes, PublishFacts(bus, outboxes))()
    assert (len(bus.published), len(outboxes.due)) == (OVERDUE_A_RUN, 1)
