"""What becomes of a mail that could not be read: released or discarded, by somebody who may."""

from dataclasses import replace
from datetime import date

import pytest

from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import Forbidden, Invalid, NotFound, RuleBroken, Stale
from letterlock.domain.facts import MailDiscarded, MailReleased, StatusChanged
from letterlock.domain.ledger import Outcome
from letterlock.domain.mail import Mail, Verdict
from letterlock.domain.permissions import Scope
from letterlock.services.quarantine import DiscardMail, ReleaseMail
from letterlock.services.read_inbox import ListConversations
from letterlock.services.summarise_ingest import SummariseIngest
from letterlock.services.triage import ChangeStatus
from tests.fakes.desk import AGENT, CUSTOMER, MAILBOX, Desk, verdicts
from tests.fakes.tokens import FakeCursors

READER = replace(AGENT, scopes=frozenset({Scope.READ}))
FOREIGNER = replace(AGENT, workspace="wsp_other")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def quarantined(desk: Desk) -> Conversation:
    desk.receive(desk.arrives(None, judged=verdicts(virus=Verdict.FAIL)))
    desk.conversations.announced.clear()
    return desk.only_conversation().conversation


def release(desk: Desk) -> ReleaseMail:
    return ReleaseMail(desk.conversations, desk.ids, desk.clock)


def discard(desk: Desk) -> DiscardMail:
    return DiscardMail(desk.conversations, desk.ids, desk.clock)


def test_a_released_mail_is_in_the_inbox_and_that_is_announced(desk: Desk) -> None:
    head = quarantined(desk)
    released = release(desk)(AGENT, head.id, request="req")
    assert released.status is Status.OPEN
    assert desk.conversations.get(head.workspace, head.id).status is Status.OPEN
    assert desk.conversations.announced == [
        MailReleased(head.workspace, head.id, MAILBOX.id),
        StatusChanged(head.workspace, head.id, "open"),
    ]


def test_a_discarded_mail_is_out_of_the_way_and_that_is_announced(desk: Desk) -> None:
    head = quarantined(desk)
    assert discard(desk)(AGENT, head.id, request="req").status is Status.DISCARDED
    assert desk.conversations.announced == [
        MailDiscarded(head.workspace, head.id, MAILBOX.id),
        StatusChanged(head.workspace, head.id, "discarded"),
    ]


def test_a_discard_can_be_taken_back(desk: Desk) -> None:
    head = quarantined(desk)
    discard(desk)(AGENT, head.id, request="req")
    assert release(desk)(AGENT, head.id, request="req").status is Status.OPEN


def test_what_is_not_in_the_quarantine_can_neither_be_released_nor_discarded(desk: Desk) -> None:
    head = desk.opened()
    for verb in (release(desk), discard(desk)):
        with pytest.raises(RuleBroken, match="only a quarantined"):
            verb(AGENT, head.id, request="req")


def test_a_decision_is_made_once(desk: Desk) -> None:
    head = quarantined(desk)
    release(desk)(AGENT, head.id, request="req")
    for verb in (release(desk), discard(desk)):
        with pytest.raises(RuleBroken):
            verb(AGENT, head.id, request="req")
    assert len(desk.conversations.announced) == 2


def test_of_two_who_decide_at_once_the_second_is_told_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    head = quarantined(desk)
    seen = desk.conversations.get(head.workspace, head.id)
    discard(desk)(AGENT, head.id, request="req")
    monkeypatch.setattr(desk.conversations, "get", lambda *_: seen)
    with pytest.raises(Stale):
        release(desk)(AGENT, head.id, request="req")


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.QUARANTINED])
def test_the_quarantine_is_left_through_its_own_doors_only(desk: Desk, status: Status) -> None:
    head = quarantined(desk)
    with pytest.raises(RuleBroken):
        ChangeStatus(desk.conversations, desk.ids, desk.clock)(AGENT, head.id, status, request="req")


def test_nothing_is_discarded_by_changing_its_status(desk: Desk) -> None:
    head = desk.opened()
    with pytest.raises(RuleBroken):
        ChangeStatus(desk.conversations, desk.ids, desk.clock)(AGENT, head.id, Status.DISCARDED, request="req")


def test_a_released_mail_that_nobody_could_read_has_nobody_to_answer(desk: Desk) -> None:
    head = quarantined(desk)
    with pytest.raises(RuleBroken, match="release it first"):
        desk.send_reply(AGENT, head.id, "Hello", request="req")
    release(desk)(AGENT, head.id, request="req")
    with pytest.raises(RuleBroken, match="nobody to answer"):
        desk.send_reply(AGENT, head.id, "Hello", request="req")


def test_a_further_mail_brings_a_discarded_conversation_back(desk: Desk) -> None:
    head = quarantined(desk)
    discard(desk)(AGENT, head.id, request="req")
    stored = desk.conversations.get(head.workspace, head.id)
    stored.receive(desk.conversations.thread(head.workspace, desk.opened().id).messages[0])
    assert stored.status is Status.OPEN


def test_who_may_only_read_decides_nothing(desk: Desk) -> None:
    head = quarantined(desk)
    for verb in (release(desk), discard(desk)):
        with pytest.raises(Forbidden):
            verb(READER, head.id, request="req")
        with pytest.raises(NotFound):
            verb(FOREIGNER, head.id, request="req")


def test_a_list_of_what_was_discarded_is_refused(desk: Desk) -> None:
    list_conversations = ListConversations(desk.conversations, FakeCursors())
    with pytest.raises(Invalid, match="under its id"):
        list_conversations(AGENT, mailbox="", status=Status.DISCARDED, assignee="", limit=5, cursor="")


# ---- the summary ----------------------------------------------------------------------------------------------------


def test_the_outcomes_of_a_day_sum_to_what_came_in(desk: Desk) -> None:
    mail = Mail(subject="Order", sender=CUSTOMER, text="Where is it?", message_id="m@customer")
    for delivery in ("ses-1", "ses-2"):
        desk.receive(desk.arrives(mail, ses_message_id=delivery))
    desk.receive(desk.arrives(None, ses_message_id="ses-3", judged=verdicts(virus=Verdict.FAIL)))

    summarise = SummariseIngest(desk.conversations, desk.clock)
    day, (line,) = summarise(READER, day=None, mailbox="")
    assert day == desk.clock().date()
    assert line.received == 3
    assert line.outcomes == {Outcome.STORED: 1, Outcome.DUPLICATE: 1, Outcome.QUARANTINED: 1}
    assert summarise(READER, day=date(2026, 1, 1), mailbox=MAILBOX.id)[1][0].received == 0


def test_the_summary_of_a_mailbox_that_is_not_there_is_not_found(desk: Desk) -> None:
    summarise = SummariseIngest(desk.conversations, desk.clock)
    with pytest.raises(NotFound):
        summarise(AGENT, day=None, mailbox="mbx_never")
    with pytest.raises(Forbidden):
        summarise(replace(AGENT, scopes=frozenset()), day=None, mailbox="")
