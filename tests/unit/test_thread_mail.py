"""Where a mail ends up: with its own, or in a room of its own."""

from dataclasses import replace

import pytest

from letterlock.domain.accounts import Mailbox
from letterlock.domain.conversations import Conversation, Message, Status
from letterlock.domain.mail import Mail, Verdict, Verdicts
from letterlock.domain.threading import Rule, Trust, keyed_reference, reply_address
from tests.fakes.desk import AGENT, CUSTOMER, MAILBOX, STRANGER, Desk, verdicts

UNCHECKED = Verdicts(*[Verdict.GRAY] * 5)
REPLY = Mail(subject="Re: Order", sender=CUSTOMER, text="Thanks", message_id="r1@customer.example")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def answer(
    desk: Desk, mail: Mail, *, to: str = MAILBOX.address, judged: Verdicts | None = None
) -> tuple[Conversation, Message]:
    """The conversation and the message that an answering mail ended up as."""
    desk.receive(desk.arrives(mail, ses_message_id="answer", recipients=(to,), judged=judged))
    entry = next(each for each in desk.conversations.ledger.values() if each.ses_message_id == "answer")
    head = desk.conversations.get(entry.workspace, entry.conversation)
    return head, desk.conversations.message(entry.workspace, entry.conversation, entry.message)


def token(desk: Desk, head: Conversation, mailbox: Mailbox = MAILBOX) -> str:
    return desk.tokens.mint(head.workspace, mailbox.id, head.id)


def rule_and_trust(message: Message) -> tuple[Rule, Trust]:
    assert message.threading is not None
    return message.threading.rule, message.threading.trust


def test_a_customers_answer_to_the_reply_address_joins_the_conversation(desk: Desk) -> None:
    first = desk.opened()
    head, message = answer(desk, REPLY, to=reply_address(MAILBOX.address, token(desk, first)))
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.REPLY_ADDRESS, Trust.VERIFIED)


def test_a_keyed_reference_joins_too_when_the_address_lost_its_token(desk: Desk) -> None:
    first = desk.opened()
    reference = keyed_reference(MAILBOX.address, token(desk, first))
    head, message = answer(desk, replace(REPLY, references=(reference, "x@else")))
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.KEYED_REFERENCE, Trust.VERIFIED)


def test_a_known_message_id_joins_when_its_sender_takes_part(desk: Desk) -> None:
    first = desk.opened()
    head, message = answer(desk, replace(REPLY, in_reply_to=("m1@customer",)))
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.MESSAGE_ID, Trust.VERIFIED)


def test_a_reply_from_a_stranger_opens_its_own_conversation_linked_to_the_one_it_named(desk: Desk) -> None:
    first = desk.opened()
    head, message = answer(desk, replace(REPLY, sender=STRANGER, in_reply_to=("m1@customer",)))
    assert head.id != first.id
    assert head.linked == first.id
    assert rule_and_trust(message) == (Rule.NEW, Trust.UNVERIFIED)


def test_a_stranger_with_a_valid_token_is_appended_unverified_and_takes_no_part(desk: Desk) -> None:
    first = desk.opened()
    head, message = answer(desk, replace(REPLY, sender=STRANGER), to=reply_address(MAILBOX.address, token(desk, first)))
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.REPLY_ADDRESS, Trust.UNVERIFIED)
    assert not head.has_participant(STRANGER)
    queued = desk.send_reply(AGENT, head.id, "Hello", request="req")
    assert STRANGER not in (*queued.to, *queued.cc)


def test_a_sender_whose_domain_disowns_the_mail_is_not_believed(desk: Desk) -> None:
    first = desk.opened()
    forged = verdicts(dmarc=Verdict.FAIL)
    head, message = answer(desk, replace(REPLY, in_reply_to=("m1@customer",)), judged=forged)
    assert head.id != first.id
    assert rule_and_trust(message) == (Rule.NEW, Trust.UNVERIFIED)


def test_without_the_domains_word_a_bare_message_id_does_not_let_a_mail_in(desk: Desk) -> None:
    first = desk.opened()
    head, message = answer(desk, replace(REPLY, in_reply_to=("m1@customer",)), judged=UNCHECKED)
    assert head.id != first.id
    assert head.linked == first.id
    assert rule_and_trust(message) == (Rule.NEW, Trust.UNVERIFIED)


def test_a_token_lets_a_participant_in_whose_domain_says_nothing(desk: Desk) -> None:
    first = desk.opened()
    address = reply_address(MAILBOX.address, token(desk, first))
    head, message = answer(desk, REPLY, to=address, judged=UNCHECKED)
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.REPLY_ADDRESS, Trust.VERIFIED)


def test_a_disowned_mail_with_a_valid_token_is_appended_unverified(desk: Desk) -> None:
    first = desk.opened()
    address = reply_address(MAILBOX.address, token(desk, first))
    head, message = answer(desk, REPLY, to=address, judged=verdicts(dmarc=Verdict.FAIL))
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.REPLY_ADDRESS, Trust.UNVERIFIED)


def test_an_altered_token_opens_nothing(desk: Desk) -> None:
    first = desk.opened()
    good = token(desk, first)
    altered = ("b" if good[-1] == "a" else "a").join((good[:-1], ""))
    head, message = answer(desk, REPLY, to=reply_address(MAILBOX.address, altered))
    assert head.id != first.id
    assert rule_and_trust(message) == (Rule.NEW, Trust.VERIFIED)


def test_a_token_of_another_mailbox_opens_nothing_here(desk: Desk) -> None:
    first = desk.opened()
    other = Mailbox("mbx_other", "wsp_acme", "other@acme.example")
    head, _ = answer(desk, REPLY, to=reply_address(MAILBOX.address, token(desk, first, other)))
    assert head.id != first.id


def test_a_token_of_a_conversation_that_is_no_more_opens_a_new_one(desk: Desk) -> None:
    gone = desk.tokens.mint(MAILBOX.workspace, MAILBOX.id, "cnv_00000000000000000000000000")
    head, message = answer(desk, REPLY, to=reply_address(MAILBOX.address, gone))
    assert head.count == 1
    assert rule_and_trust(message) == (Rule.NEW, Trust.VERIFIED)


def test_a_ticket_number_or_a_like_subject_is_no_evidence(desk: Desk) -> None:
    first = desk.opened()
    head, _ = answer(desk, replace(REPLY, subject="Re: Order [#1]"))
    assert head.id != first.id


def test_an_answer_to_ses_own_message_id_joins_the_conversation(desk: Desk) -> None:
    first = desk.opened()
    queued = desk.send_reply(AGENT, first.id, "Soon", request="req")
    desk.deliver(first.workspace, first.id, queued.id, last_try=False, correlation="c", causation="f")
    sent = desk.sent(first, queued).sending
    assert sent is not None
    head, message = answer(desk, replace(REPLY, in_reply_to=(sent.message_id,)))
    assert head.id == first.id
    assert rule_and_trust(message) == (Rule.MESSAGE_ID, Trust.VERIFIED)


def test_an_answer_brings_a_pending_conversation_back_to_the_team(desk: Desk) -> None:
    first = desk.opened()
    desk.send_reply(AGENT, first.id, "Soon", request="req")
    head, _ = answer(desk, REPLY, to=reply_address(MAILBOX.address, token(desk, first)))
    assert head.status is Status.OPEN
    assert head.count == 3
