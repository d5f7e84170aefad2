"""A raw mail that nobody took in is found, and comes into the queue again as far as SES left word for whom it is."""

from datetime import timedelta

import pytest

from letterlock.domain.mail import Delivery
from letterlock.services.ports import Orphan
from letterlock.services.requeue_orphans import BACKLOG, NOTICES_KEPT, REQUEUED_A_RUN, RequeueOrphans, Swept
from tests.fakes import FakeClock, FakeInboundQueue, FakeOrphans, FakeSweepNotes
from tests.fakes.desk import verdicts


class Sweep:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.orphans, self.notes, self.queue = FakeOrphans(), FakeSweepNotes(), FakeInboundQueue()
        self.run = RequeueOrphans(self.orphans, self.notes, self.queue, self.clock)

    def stored(self, ses_message_id: str, *, minutes_ago: int = 16, told: bool = True) -> None:
        at = self.clock() - timedelta(minutes=minutes_ago)
        key = f"inbound/{ses_message_id}"
        self.orphans.found.append(Orphan(ses_message_id, key, at))
        if told:
            self.orphans.told[ses_message_id] = Delivery(ses_message_id, key, ("a@b.test",), verdicts(), at)

    def queued(self) -> list[str]:
        return [each.ses_message_id for each in self.queue.deliveries]


@pytest.fixture
def sweep() -> Sweep:
    return Sweep()


def test_a_mail_is_left_alone_for_a_quarter_of_an_hour(sweep: Sweep) -> None:
    sweep.stored("young", minutes_ago=14)
    sweep.stored("old")
    assert sweep.run() == Swept(queued=1, unattributed=0)
    assert sweep.queued() == ["old"]


def test_what_was_queued_is_not_queued_again_at_the_next_minute(sweep: Sweep) -> None:
    sweep.stored("old")
    sweep.run()
    assert sweep.run() == Swept(0, 0)
    assert sweep.queued() == ["old"]


def test_a_mail_that_does_not_say_for_whom_it_came_is_not_given_up_while_a_queue_may_say_it(sweep: Sweep) -> None:
    sweep.stored("whose", told=False)
    assert sweep.run() == Swept(queued=0, unattributed=0)
    assert sweep.notes.given_up == []
    (until,) = sweep.notes.waiting.values()
    assert until == sweep.orphans.found[0].stored_at + NOTICES_KEPT


def test_a_mail_that_does_not_say_for_whom_it_came_is_noted_once_and_left(sweep: Sweep) -> None:
    sweep.stored("whose", minutes_ago=4 * 24 * 60, told=False)
    assert sweep.run() == Swept(queued=0, unattributed=1)
    assert sweep.run() == Swept(0, 0)
    assert (sweep.notes.given_up, sweep.queued()) == (["whose"], [])


def test_a_mail_that_was_taken_in_meanwhile_is_no_orphan(sweep: Sweep) -> None:
    sweep.stored("old")
    sweep.orphans.taken.add("old")
    assert sweep.run() == Swept(0, 0)
    assert (sweep.notes.noted, sweep.notes.given_up) == ([], [])


def test_one_run_queues_a_bounded_number_and_the_next_goes_on(sweep: Sweep) -> None:
    for number in range(REQUEUED_A_RUN + 1):
        sweep.stored(f"ses-{number}")
    assert sweep.run().queued == REQUEUED_A_RUN
    assert sweep.run().queued == 1
    assert len(set(sweep.queued())) == REQUEUED_A_RUN + 1


def test_nothing_is_queued_twice_while_the_queue_is_behind(sweep: Sweep) -> None:
    sweep.stored("waits")
    sweep.queue.behind = BACKLOG + 1
    assert sweep.run() == Swept(0, 0)
    sweep.queue.behind = BACKLOG
    assert sweep.run() == Swept(1, 0)


def test_a_thousand_that_are_let_lie_do_not_hide_the_one_that_is_due(sweep: Sweep) -> None:
    for number in range(1500):
        sweep.stored(f"dead-{number}")
        sweep.notes.given_up.append(f"dead-{number}")
    sweep.stored("due")
    assert sweep.run() == Swept(1, 0)
    assert sweep.queued() == ["due"]


def test_no_more_is_looked_up_than_one_run_takes(sweep: Sweep) -> None:
    for number in range(1500):
        sweep.stored(f"ses-{number}")
    sweep.run()
    assert sweep.notes.looked_up == 100


def test_a_mail_whose_note_was_not_taken_is_queued_again_rather_than_never(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep.stored("old")

    def dies(_: str) -> None:
        raise RuntimeError

    with monkeypatch.context() as crash:
        crash.setattr(sweep.notes, "tried", dies)
        with pytest.raises(RuntimeError):
            sweep.run()
    sweep.run()
    assert sweep.queued() == ["old", "old"]
