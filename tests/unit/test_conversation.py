"""The rules of a conversation."""

from datetime import UTC, datetime, timedelta

import pytest

from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.automatic import Automatic, Automation
from letterlock.domain.checks.examination import Checks
from letterlock.domain.conversations import (
    INLINE_TEXT_BYTES,
    Conversation,
    Kind,
    Message,
    Sending,
    SendState,
    Status,
    inline_text,
)
from letterlock.domain.errors import RuleBroken
from letterlock.domain.facts import (
    ConversationAssigned,
    ConversationOpened,
    MailQuarantined,
    MessageReceived,
    NoteAdded,
    ReplyQueued,
    StatusChanged,
)
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Address, Mail
from letterlock.domain.participants import Participant, participants_of

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ANA = Address("ana@customer.example", "Ana")
MAILBOX = "support@acme.example"


def conversation(*, status: Status = Status.OPEN, requester: Address | None = ANA) -> Conversation:
    participants = [Participant(requester, requester=True)] if requester else []
    return Conversation("cnv_1", "wsp_1", "mbx_1", 7, "Order", AT, status=status, participants=participants)


def inbound(**fields: object) -> Message:
    return Message(id="msg_in", kind=Kind.INBOUND, at=AT, text="Where is it?", sender=ANA, **fields)  # type: ignore[arg-type]


def reply() -> Message:
    sending = Sending(SendState.QUEUED)
    return Message(id="msg_re", kind=Kind.REPLY, at=AT, text="Soon.", author="tok_1", sending=sending)


@pytest.mark.parametrize("status", [Status.PENDING, Status.CLOSED, Status.DISCARDED])
def test_an_automatic_reply_leaves_whose_turn_it_is_and_a_persons_mail_does_not(status: Status) -> None:
    thread = conversation(status=status)
    replied = Automation(Automatic.REPLIED, "Auto-Submitted")
    thread.receive(inbound(checks=Checks(Authenticity.AUTHENTICATED, replied)))
    assert (thread.status, thread.count) == (status, 1)
    assert [type(each) for each in thread.facts] == [MessageReceived]
    thread.receive(inbound(checks=Checks(Authenticity.AUTHENTICATED)))
    assert thread.status is Status.OPEN


def test_a_reply_waits_on_the_customer_and_is_announced() -> None:
    thread = conversation()
    thread.reply(reply())
    assert thread.status is Status.PENDING
    assert thread.facts == [ReplyQueued("wsp_1", "cnv_1", "msg_re"), StatusChanged("wsp_1", "cnv_1", "pending")]


@pytest.mark.parametrize("status", [Status.SPAM, Status.QUARANTINED, Status.DISCARDED])
def test_spam_and_quarantine_take_no_reply(status: Status) -> None:
    with pytest.raises(RuleBroken, match=status):
        conversation(status=status).reply(reply())


def test_a_conversation_without_a_sender_has_nobody_to_answer() -> None:
    with pytest.raises(RuleBroken, match="nobody"):
        conversation(requester=None).reply(reply())


@pytest.mark.parametrize("status", [Status.PENDING, Status.CLOSED])
def test_a_further_mail_makes_it_the_teams_turn_again(status: Status) -> None:
    thread = conversation(status=status)
    thread.receive(inbound())
    assert thread.status is Status.OPEN
    assert thread.facts[-1] == StatusChanged("wsp_1", "cnv_1", "open")


def test_a_further_mail_does_not_bring_spam_into_the_inbox() -> None:
    thread = conversation(status=Status.SPAM)
    thread.receive(inbound())
    assert thread.status is Status.SPAM


def test_a_first_mail_opens_a_conversation_and_announces_both() -> None:
    thread = conversation()
    thread.open_with(inbound(), [Participant(ANA, requester=True)])
    assert thread.facts == [
        ConversationOpened("wsp_1", "cnv_1", "mbx_1"),
        MessageReceived("wsp_1", "cnv_1", "msg_in", "mbx_1"),
    ]
    assert (thread.count, thread.last_sender, thread.preview) == (1, "Ana", "Where is it?")


def test_an_unreadable_mail_is_kept_out_of_the_inbox_and_says_why() -> None:
    thread = conversation()
    thread.open_with(inbound(quarantine=Reason.UNREADABLE), [])
    assert thread.status is Status.QUARANTINED
    assert MailQuarantined("wsp_1", "cnv_1", "msg_in", "mbx_1", "unreadable") in thread.facts


def test_nobody_can_be_told_to_quarantine_a_readable_mail() -> None:
    with pytest.raises(RuleBroken):
        conversation().change_status(Status.QUARANTINED)


def test_a_note_counts_as_a_message_but_does_not_move_the_conversation_up() -> None:
    thread = conversation()
    thread.open_with(inbound(), [])
    thread.note(Message(id="msg_no", kind=Kind.NOTE, at=AT + timedelta(hours=1), text="Careful.", author="tok_1"))
    assert (thread.count, thread.last_at, thread.preview) == (2, AT, "Where is it?")
    assert thread.facts[-1] == NoteAdded("wsp_1", "cnv_1", "msg_no")


def test_asking_for_what_is_so_already_announces_nothing() -> None:
    thread = conversation()
    assert thread.change_status(Status.OPEN) is False
    assert thread.assign("") is False
    assert thread.facts == []


def test_an_assignment_is_announced() -> None:
    thread = conversation()
    assert thread.assign("tok_2") is True
    assert thread.facts == [ConversationAssigned("wsp_1", "cnv_1", "tok_2")]


def test_a_mail_that_arrives_late_does_not_turn_the_clock_back() -> None:
    thread = conversation()
    thread.receive(Message(id="msg_2", kind=Kind.INBOUND, at=AT + timedelta(hours=2), text="second", sender=ANA))
    thread.receive(inbound())
    assert thread.last_at == AT + timedelta(hours=2)


def test_a_mail_without_a_sender_has_no_requester() -> None:
    thread = conversation(requester=None)
    thread.open_with(inbound(), participants_of(Mail(subject="", sender=None, to=(Address(MAILBOX),)), {MAILBOX}))
    assert thread.requester is None


def test_a_long_text_is_cut_between_characters() -> None:
    text, cut = inline_text("é" * INLINE_TEXT_BYTES)
    assert (len(text), cut) == (INLINE_TEXT_BYTES // 2, True)
    odd, _ = inline_text("x" + "é" * INLINE_TEXT_BYTES)
    assert odd.endswith("é")
    assert inline_text("x" * INLINE_TEXT_BYTES) == ("x" * INLINE_TEXT_BYTES, False)
