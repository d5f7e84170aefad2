"""SES's word on a reply: kept on the message, on the contact, and told once."""

from dataclasses import replace
from itertools import permutations

import pytest

from letterlock.domain.conversations import Conversation, Message, Sending, SendState, Status
from letterlock.domain.delivery import UNCONFIRMED_WAIT, DeliveryEvent
from letterlock.domain.errors import Forbidden, RuleBroken, SendRefused, SendUncertain, Stale
from letterlock.domain.facts import MessageBounced, MessageDelivered, MessageSent, ReplyQueued
from letterlock.domain.outcomes import RecipientOutcome, RecipientState
from letterlock.services.ports import Located, MailTags
from tests.fakes.clock import START
from tests.fakes.conversations import contact_id
from tests.fakes.desk import AGENT, CUSTOMER, Desk
from tests.fakes.mail import FakeMailer

FIRST = "0000000000000001@eu-west-1.amazonses.com"


def given(*errors: Exception | None) -> tuple[Desk, Conversation, Message]:
    """A reply that went to SES, which answered so."""
    desk = Desk(mailer=FakeMailer(*errors))
    head = desk.opened()
    queued = desk.send_reply(AGENT, head.id, "Soon.", request="req")
    deliver(desk, head, queued)
    desk.conversations.announced.clear()
    return desk, head, queued


def deliver(desk: Desk, head: Conversation, message: Message) -> SendState:
    return desk.deliver(head.workspace, head.id, message.id, last_try=False, correlation="req", causation="fct")


def event(head: Conversation, message: Message, state: RecipientState | None = None, attempt: int = 1) -> DeliveryEvent:
    outcomes = (RecipientOutcome(CUSTOMER.address, state, "General"),) if state else ()
    return DeliveryEvent(
        "evt", START, head.workspace, head.id, message.id, attempt, FIRST, (CUSTOMER.address,), outcomes
    )


def sending(desk: Desk, head: Conversation, message: Message) -> Sending:
    found = desk.sent(head, message).sending
    assert found is not None
    return found


def test_a_bounce_is_on_its_message_on_the_contact_and_told() -> None:
    desk, head, reply = given()
    assert desk.record_delivery(event(head, reply, RecipientState.HARD_BOUNCE)) is SendState.BOUNCED
    assert sending(desk, head, reply).bounce == "hard"
    contact = desk.contacts.get(head.workspace, contact_id(head.workspace, CUSTOMER))
    assert contact.undeliverable is not None
    assert (contact.undeliverable.reason, contact.undeliverable.at) == ("hard_bounce", START)
    assert desk.conversations.announced == [MessageBounced(head.workspace, head.id, reply.id, "hard")]


def test_a_complaint_marks_the_contact_and_a_soft_bounce_does_not() -> None:
    desk, head, reply = given()
    desk.record_delivery(event(head, reply, RecipientState.SOFT_BOUNCE))
    assert desk.contacts.marks == {}
    desk.record_delivery(event(head, reply, RecipientState.COMPLAINED))
    (mark,) = desk.contacts.marks.values()
    assert mark.undeliverable.reason == "complaint"


def test_every_order_of_the_same_events_leaves_the_same_message_and_tells_nothing_twice() -> None:
    kinds = [None, RecipientState.DELAYED, RecipientState.DELIVERED, RecipientState.HARD_BOUNCE]
    ends = set()
    for order in permutations(kinds):
        desk, head, reply = given()
        for kind in (*order, *order):
            desk.record_delivery(event(head, reply, kind))
        ends.add(repr(replace(sending(desk, head, reply), version=0)))
        told = desk.conversations.announced
        assert len(told) == len(set(map(repr, told)))
    assert len(ends) == 1


def test_an_event_that_changes_nothing_writes_nothing() -> None:
    desk, head, reply = given()
    desk.record_delivery(event(head, reply, RecipientState.DELIVERED))
    before = sending(desk, head, reply)
    desk.record_delivery(event(head, reply, RecipientState.DELIVERED))
    assert sending(desk, head, reply).version == before.version
    assert desk.conversations.announced == [MessageDelivered(head.workspace, head.id, reply.id)]


def test_an_unconfirmed_reply_is_settled_and_its_answers_thread() -> None:
    desk, head, reply = given(SendUncertain("ReadTimeoutError"))
    assert sending(desk, head, reply).state is SendState.UNCONFIRMED
    assert desk.record_delivery(event(head, reply)) is SendState.SENT
    assert desk.conversations.announced == [MessageSent(head.workspace, head.id, reply.id)]
    located = desk.conversations.locate(head.workspace, head.mailbox, [FIRST])
    assert located == Located(FIRST, head.id, reply.id)
    with pytest.raises(RuleBroken):
        desk.retry_reply(AGENT, head.id, reply.id, request="req")
    assert deliver(desk, head, reply) is SendState.SENT
    assert desk.mailer.sent == []


def test_sess_event_may_be_faster_than_the_sender_who_then_believes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    head = desk.opened()
    queued = desk.send_reply(AGENT, head.id, "Soon.", request="req")
    send = FakeMailer.send

    def and_at_once_bounced(mailer: FakeMailer, mail: object, *, tags: MailTags) -> str:
        desk.record_delivery(event(head, queued, RecipientState.HARD_BOUNCE))
        return send(mailer, mail, tags=tags)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(FakeMailer, "send", and_at_once_bounced)
    assert deliver(desk, head, queued) is SendState.BOUNCED
    assert sending(desk, head, queued).message_id == FIRST
    assert desk.conversations.locate(head.workspace, head.mailbox, [FIRST]) is not None


def test_two_events_at_once_are_both_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, head, reply = given()
    advance = desk.conversations.advance
    others = [event(head, reply, RecipientState.HARD_BOUNCE)]

    def meanwhile(*arguments: object, **more: object) -> None:
        if others:
            desk.record_delivery(others.pop())
        advance(*arguments, **more)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(desk.conversations, "advance", meanwhile)
    assert desk.record_delivery(event(head, reply, RecipientState.DELIVERED)) is SendState.BOUNCED


def test_events_of_nothing_that_we_know_are_passed_over() -> None:
    desk, head, reply = given()
    stranger = replace(event(head, reply, RecipientState.HARD_BOUNCE), message="msg_none")
    assert desk.record_delivery(stranger) is None
    assert desk.record_delivery(replace(stranger, workspace="wsp_none")) is None
    (inbound,) = [each for each in desk.only_conversation().messages if each.sending is None]
    assert desk.record_delivery(replace(stranger, message=inbound.id)) is None
    assert desk.contacts.marks == {}


# ---- once more, on purpose -------------------------------------------------------------------------------------------


def test_a_reply_that_failed_goes_out_when_somebody_says_so() -> None:
    desk, head, reply = given(SendRefused("MessageRejected"))
    again = desk.retry_reply(AGENT, head.id, reply.id, request="req-2")
    assert again.sending is not None
    assert again.sending.state is SendState.QUEUED
    assert desk.conversations.announced == [ReplyQueued(head.workspace, head.id, reply.id)]
    with pytest.raises(RuleBroken):
        desk.retry_reply(AGENT, head.id, reply.id, request="req-3")
    assert deliver(desk, head, reply) is SendState.SENT
    assert desk.mailer.tags[-1].attempt == 2


def test_an_unconfirmed_reply_is_sent_again_on_purpose_only_and_not_at_once() -> None:
    desk, head, reply = given(SendUncertain("ReadTimeoutError"))
    with pytest.raises(RuleBroken):
        desk.retry_reply(AGENT, head.id, reply.id, request="req-2")
    desk.clock.at += UNCONFIRMED_WAIT
    desk.retry_reply(AGENT, head.id, reply.id, request="req-2")
    assert deliver(desk, head, reply) is SendState.SENT


def test_a_late_word_on_the_first_try_still_makes_its_answers_thread() -> None:
    desk, head, reply = given(SendUncertain("ReadTimeoutError"))
    desk.clock.at += UNCONFIRMED_WAIT
    desk.retry_reply(AGENT, head.id, reply.id, request="req-2")
    deliver(desk, head, reply)
    standing = sending(desk, head, reply)
    late = replace(event(head, reply), message_id="late@eu-west-1.amazonses.com")
    assert desk.record_delivery(late) is SendState.SENT
    assert sending(desk, head, reply) == standing
    assert desk.conversations.locate(head.workspace, head.mailbox, ["late@eu-west-1.amazonses.com"]) is not None


def test_nothing_goes_out_again_from_spam_nor_what_never_went_out() -> None:
    desk, head, reply = given(SendRefused("MessageRejected"))
    note = desk.add_note(AGENT, head.id, "hm", request="req")
    with pytest.raises(RuleBroken):
        desk.retry_reply(AGENT, head.id, note.id, request="req")
    spam = desk.conversations.get(head.workspace, head.id)
    spam.change_status(Status.SPAM)
    desk.conversations.save(spam, [])
    with pytest.raises(RuleBroken):
        desk.retry_reply(AGENT, head.id, reply.id, request="req")


def test_who_may_not_reply_may_not_send_again() -> None:
    desk, head, reply = given(SendRefused("MessageRejected"))
    with pytest.raises(Forbidden):
        desk.retry_reply(replace(AGENT, scopes=frozenset()), head.id, reply.id, request="req")


def test_a_message_that_never_rests_is_left_to_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, head, reply = given()

    def never(*_: object) -> None:
        raise Stale("moved")

    monkeypatch.setattr(desk.conversations, "advance", never)
    with pytest.raises(Stale):
        desk.record_delivery(event(head, reply, RecipientState.DELIVERED))
