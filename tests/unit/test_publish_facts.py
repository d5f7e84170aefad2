"""From the outbox to the bus: everything, or what is missing comes again."""

from letterlock.services.ports import Publication
from letterlock.services.publish_facts import PublishFacts
from tests.fakes.bus import FakeBus

OPENED, RECEIVED, QUEUED = (
    Publication(name, "{}") for name in ("ConversationOpened", "MessageReceived", "ReplyQueued")
)


def test_every_fact_of_every_record_is_published_in_order() -> None:
    bus = FakeBus()
    assert PublishFacts(bus)([[OPENED, RECEIVED], [], [QUEUED]]) == set()
    assert bus.published == [OPENED, RECEIVED, QUEUED]


def test_a_record_with_a_refused_fact_comes_again_and_no_other() -> None:
    assert PublishFacts(FakeBus("MessageReceived"))([[QUEUED], [OPENED, RECEIVED], [QUEUED]]) == {1}
