"""A queued reply goes out once, or says why not."""

from dataclasses import replace
from typing import Any

import pytest

from letterlock.domain.accounts import Member
from letterlock.domain.conversations import INLINE_TEXT_BYTES, Conversation, Message, Sending, SendState
from letterlock.domain.errors import IntegrityBroken, NotFound, SendDelayed, SendRefused, SendUncertain, Unavailable
from letterlock.domain.facts import MessageSendFailed, MessageSent, MessageUnconfirmed
from letterlock.domain.mail import Content, Mail
from letterlock.services.deliver_reply import AUTHOR_REVOKED, AUTHOR_UNREAD, LEASE
from letterlock.services.ports import MailTags, MessagePlace
from tests.fakes.desk import AGENT, CUSTOMER, STRANGER, Desk
from tests.fakes.mail import FakeMailer


def given(*errors: Exception | None) -> tuple[Desk, Conversation, Message]:
    """A reply that waits in the queue, and what the mail service will answer, one a call."""
    desk = Desk(mailer=FakeMailer(*errors))
    head = desk.opened()
    queued = desk.send_reply(AGENT, head.id, "Soon.", request="req")
    desk.conversations.announced.clear()
    return desk, head, queued


def deliver(desk: Desk, head: Conversation, message: Message, *, last_try: bool = False) -> SendState:
    return desk.deliver(
        head.workspace, head.id, message.id, last_try=last_try, correlation="req", causation="fct_queued"
    )


def sending(desk: Desk, head: Conversation, message: Message) -> Sending:
    found = desk.sent(head, message).sending
    assert found is not None
    return found


def test_a_reply_is_sent_and_marked_with_the_message_id_that_the_customer_sees() -> None:
    desk, head, queued = given()
    assert deliver(desk, head, queued) is SendState.SENT
    marked = sending(desk, head, queued)
    assert (marked.state, marked.attempts) == (SendState.SENT, 1)
    assert marked.message_id.endswith("amazonses.com")
    assert desk.conversations.announced == [MessageSent(head.workspace, head.id, queued.id)]
    assert desk.conversations.told[-1].causation == "fct_queued"


def test_the_mail_goes_to_the_customer_quotes_them_and_carries_the_token() -> None:
    desk, head, queued = given()
    deliver(desk, head, queued)
    (mail,) = desk.mailer.sent
    assert mail.to == (CUSTOMER,)
    assert mail.text.startswith("Soon.\n\nOn ")
    assert "> Where is it?" in mail.text
    assert desk.tokens.mint(head.workspace, head.mailbox, head.id) in mail.reply_to.address
    assert desk.mailer.tags == [MailTags(head.workspace, head.id, queued.id, 1)]


def test_the_same_fact_twice_sends_one_mail() -> None:
    desk, head, queued = given()
    deliver(desk, head, queued)
    assert deliver(desk, head, queued) is SendState.SENT
    assert len(desk.mailer.sent) == 1


def test_a_second_sender_waits_while_the_first_holds_the_lease() -> None:
    desk, head, queued = given()
    desk.conversations.claim(head.workspace, head.id, queued.id, LEASE)
    with pytest.raises(SendDelayed):
        deliver(desk, head, queued)
    assert desk.mailer.sent == []


def test_a_sender_that_died_while_sending_leaves_it_unconfirmed_not_sent_twice() -> None:
    desk, head, queued = given()
    desk.conversations.claim(head.workspace, head.id, queued.id, LEASE)
    desk.clock.at += LEASE
    assert deliver(desk, head, queued) is SendState.UNCONFIRMED
    assert desk.mailer.sent == []
    (fact,) = desk.conversations.announced
    assert fact == MessageUnconfirmed(head.workspace, head.id, queued.id, "sender_stopped")


def test_a_refusal_is_final_and_visible_on_the_message() -> None:
    desk, head, queued = given(SendRefused("MessageRejected"))
    assert deliver(desk, head, queued) is SendState.FAILED
    assert sending(desk, head, queued).reason == "MessageRejected"
    assert desk.conversations.announced == [MessageSendFailed(head.workspace, head.id, queued.id, "MessageRejected")]
    assert deliver(desk, head, queued) is SendState.FAILED
    assert desk.mailer.sent == []


def test_a_delay_is_tried_again_and_then_sent_once() -> None:
    desk, head, queued = given(SendDelayed("TooManyRequestsException"))
    with pytest.raises(SendDelayed):
        deliver(desk, head, queued)
    waiting = sending(desk, head, queued)
    assert (waiting.state, waiting.attempts, waiting.reason) == (SendState.QUEUED, 1, "TooManyRequestsException")
    assert desk.conversations.announced == []
    assert deliver(desk, head, queued) is SendState.SENT
    assert sending(desk, head, queued).attempts == 2
    assert len(desk.mailer.sent) == 1


def test_the_last_delay_is_a_failure_that_the_team_sees() -> None:
    desk, head, queued = given(SendDelayed("TooManyRequestsException"))
    assert deliver(desk, head, queued, last_try=True) is SendState.FAILED
    assert sending(desk, head, queued).reason == "TooManyRequestsException"


def test_an_ambiguous_answer_is_never_followed_by_a_second_try() -> None:
    desk, head, queued = given(SendUncertain("ReadTimeoutError"))
    assert deliver(desk, head, queued) is SendState.UNCONFIRMED
    assert deliver(desk, head, queued) is SendState.UNCONFIRMED
    assert desk.mailer.sent == []


def test_a_failure_before_the_claim_leaves_the_reply_queued() -> None:
    desk, head, queued = given()
    mailboxes, desk.mailboxes._mailboxes = desk.mailboxes._mailboxes, {}
    with pytest.raises(NotFound):
        deliver(desk, head, queued)
    assert sending(desk, head, queued).state is SendState.QUEUED
    desk.mailboxes._mailboxes = mailboxes
    assert deliver(desk, head, queued) is SendState.SENT


def test_what_keeps_a_reply_from_being_composed_is_shown_on_it_after_the_last_try() -> None:
    desk, head, queued = given()
    desk.mailboxes._mailboxes = {}
    assert deliver(desk, head, queued, last_try=True) is SendState.FAILED
    failed = sending(desk, head, queued)
    assert (failed.state, failed.reason) == (SendState.FAILED, "NotFound")
    assert desk.mailer.sent == []


def test_a_long_reply_goes_out_whole() -> None:
    desk = Desk()
    head = desk.opened()
    long = "word " * INLINE_TEXT_BYTES
    queued = desk.send_reply(AGENT, head.id, long, request="req")
    deliver(desk, head, queued)
    assert desk.mailer.sent[0].text.startswith(long.rstrip())


def test_a_long_reply_whose_object_is_another_does_not_go_out() -> None:
    desk = Desk()
    head = desk.opened()
    queued = desk.send_reply(AGENT, head.id, "word " * INLINE_TEXT_BYTES, request="req")
    desk.archive.keep_content(MessagePlace(head.workspace, head.id, queued.id), Content("what nobody wrote"))
    with pytest.raises(IntegrityBroken):
        deliver(desk, head, queued)
    assert deliver(desk, head, queued, last_try=True) is SendState.FAILED
    assert sending(desk, head, queued).reason == "IntegrityBroken"
    assert desk.mailer.sent == []


def test_a_strangers_mail_is_neither_answered_nor_quoted() -> None:
    desk = Desk()
    head = desk.opened()
    token = desk.tokens.mint(head.workspace, head.mailbox, head.id)
    stranger = Mail(subject="", sender=STRANGER, text="Tell me all", references=(f"{token}@acme.example",))
    desk.receive(desk.arrives(stranger, ses_message_id="stranger"))
    queued = desk.send_reply(AGENT, head.id, "Soon.", request="req")
    deliver(desk, head, queued)
    (mail,) = desk.mailer.sent
    assert (mail.to, mail.cc) == ((CUSTOMER,), ())
    assert "Tell me all" not in mail.text + mail.html


def test_a_reply_that_is_no_more_is_not_found() -> None:
    desk, head, queued = given()
    with pytest.raises(NotFound):
        deliver(desk, head, replace(queued, id="msg_none"))


# ---- whose author is gone -------------------------------------------------------------------------------------------


def test_a_reply_of_somebody_who_was_removed_is_not_sent_and_says_so() -> None:
    desk, head, queued = given()
    desk.members.put(replace(desk.members.get(AGENT.workspace, AGENT.id), active=False))

    assert deliver(desk, head, queued) is SendState.FAILED
    assert sending(desk, head, queued).reason == AUTHOR_REVOKED
    assert desk.mailer.sent == []
    assert desk.conversations.announced == [MessageSendFailed(head.workspace, head.id, queued.id, AUTHOR_REVOKED)]


def test_whoever_is_revoked_between_the_reading_and_the_claim_does_not_speak() -> None:
    desk, head, queued = given()
    claim = desk.conversations.claim

    def revoked_first(*args: Any) -> Sending:
        desk.members.put(replace(desk.members.get(AGENT.workspace, AGENT.id), active=False))
        return claim(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.conversations, "claim", revoked_first)
        assert deliver(desk, head, queued) is SendState.FAILED
    assert desk.mailer.sent == []


def test_a_person_whose_tokens_and_sessions_have_ended_is_still_heard() -> None:
    desk, head, queued = given()
    assert desk.members.get(AGENT.workspace, AGENT.id).credentials == ()
    assert deliver(desk, head, queued) is SendState.SENT


def test_an_author_who_cannot_be_read_delays_the_reply_and_on_the_last_try_fails_it() -> None:
    desk, head, queued = given()

    def unread(*_: str) -> Member:
        raise Unavailable("the store is too busy to answer")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.members, "get", unread)
        with pytest.raises(SendDelayed):
            deliver(desk, head, queued)
        assert sending(desk, head, queued).state is SendState.QUEUED
        assert deliver(desk, head, queued, last_try=True) is SendState.FAILED
    assert sending(desk, head, queued).reason == AUTHOR_UNREAD
    assert desk.mailer.sent == []


def test_a_colleague_may_send_what_somebody_wrote_who_is_gone() -> None:
    desk, head, queued = given()
    desk.members.put(replace(desk.members.get(AGENT.workspace, AGENT.id), active=False))
    deliver(desk, head, queued)
    colleague = replace(AGENT, id="tok_colleague")
    desk.members.put(Member(colleague.id, colleague.workspace, colleague.role))
    desk.retry_reply(colleague, head.id, queued.id, request="req-2")

    assert sending(desk, head, queued).by == colleague.id
    assert deliver(desk, head, queued) is SendState.SENT
    assert desk.sent(head, queued).author == AGENT.id


def test_what_a_colleague_had_sent_again_is_stopped_with_the_colleague() -> None:
    desk, head, queued = given(SendRefused("MessageRejected"))
    deliver(desk, head, queued)
    colleague = replace(AGENT, id="tok_colleague")
    desk.members.put(Member(colleague.id, colleague.workspace, colleague.role, active=False))
    desk.retry_reply(colleague, head.id, queued.id, request="req-2")

    assert deliver(desk, head, queued) is SendState.FAILED
    assert sending(desk, head, queued).reason == AUTHOR_REVOKED
