"""A bounce of a mail of ours is kept with it and shown on it; nobody gets in by one."""

from dataclasses import replace

import pytest

from letterlock.domain.conversations import Conversation, Message, SendState, Status
from letterlock.domain.facts import ConversationOpened, MessageBounced
from letterlock.domain.mail import Address, Mail, RecipientReport, Returned, Verdict
from letterlock.domain.threading import Rule, Trust, keyed_reference
from letterlock.services.ports import MessagePlace
from tests.fakes.desk import AGENT, CUSTOMER, MAILBOX, Desk, verdicts

DAEMON = Address("MAILER-DAEMON@mx.customer.example", "Mail Delivery System")
BOB = Address("bob@customer.example", "Bob")


class Office:
    """A reply went out to Ana; then servers speak."""

    def __init__(self, *copied: Address) -> None:
        self.desk = Desk()
        self.head = self.desk.opened(Mail(subject="Order", sender=CUSTOMER, cc=copied, text="?", message_id="m1@c"))
        self.reply = self.replies("Soon.")
        self.desk.conversations.announced.clear()

    def replies(self, text: str) -> Message:
        queued = self.desk.send_reply(AGENT, self.head.id, text, request="req")
        self.desk.deliver(self.head.workspace, self.head.id, queued.id, last_try=False, correlation="c", causation="f")
        return self.desk.sent(self.head, queued)

    @property
    def sent_as(self) -> str:
        assert self.reply.sending is not None
        return self.reply.sending.message_id

    def says(
        self, recipient: str, action: str = "failed", status: str = "5.1.1", *, name: str = "b1", **more: object
    ) -> tuple[Conversation, Message]:
        """A server does. Where its mail ended up."""
        returned = Returned((RecipientReport(recipient, action, status),), **{"message_id": self.sent_as} | more)  # type: ignore[arg-type]
        return self.comes(Mail(subject="Undelivered", sender=DAEMON, text="Sorry.", returned=returned), name)

    def comes(self, mail: Mail, name: str, dmarc: Verdict = Verdict.GRAY) -> tuple[Conversation, Message]:
        delivery = self.desk.arrives(mail, ses_message_id=name, judged=verdicts(dmarc=dmarc), mail_from="")
        self.desk.receive(delivery)
        entry = self.desk.conversations.ledger[MAILBOX.workspace, MAILBOX.id, name]
        head = self.desk.conversations.get(entry.workspace, entry.conversation)
        return head, self.desk.conversations.message(entry.workspace, entry.conversation, entry.message)

    def state(self, message: Message | None = None) -> tuple[SendState, str]:
        sending = self.desk.sent(self.head, message or self.reply).sending
        assert sending is not None
        return sending.state, sending.bounce


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_bounce_of_a_reply_is_kept_with_it_shown_on_it_and_told(office: Office) -> None:
    head, message = office.says(CUSTOMER.address)
    assert head.id == office.head.id
    assert message.checks is not None
    assert message.checks.bounce is not None
    assert message.checks.bounce.message == office.reply.id
    assert message.threading is not None
    assert (message.threading.rule, message.threading.evidence) == (Rule.BOUNCE, "Message-ID")
    assert office.state() == (SendState.BOUNCED, "hard")
    assert MessageBounced(head.workspace, head.id, office.reply.id, "hard") in office.desk.conversations.announced
    assert head.status is Status.OPEN, "somebody is to see to it"


def test_however_many_bounces_come_none_opens_a_conversation(office: Office) -> None:
    for number in range(20):
        office.says(CUSTOMER.address, name=f"b{number}")
    assert not [each for each in office.desk.conversations.announced if isinstance(each, ConversationOpened)]
    told = [each for each in office.desk.conversations.announced if isinstance(each, MessageBounced)]
    assert len(told) == 1


def test_the_same_bounce_twice_is_one(office: Office) -> None:
    office.says(CUSTOMER.address)
    before = office.desk.conversations.get(office.head.workspace, office.head.id)
    office.says(CUSTOMER.address)
    after = office.desk.conversations.get(office.head.workspace, office.head.id)
    assert (before.count, before.version) == (after.count, after.version)


def test_a_reason_that_may_pass_is_a_soft_bounce_and_a_delay_wakes_nobody(office: Office) -> None:
    head, _ = office.says(CUSTOMER.address, "delayed", "4.4.1")
    assert (office.state(), head.status) == ((SendState.DELAYED, ""), Status.PENDING)
    head, _ = office.says(CUSTOMER.address, "failed", "4.2.2", name="b2")
    assert (office.state(), head.status) == ((SendState.BOUNCED, "soft"), Status.OPEN)


def test_that_a_mail_arrived_is_the_mail_services_to_say(office: Office) -> None:
    office.says(CUSTOMER.address, "delivered", "2.0.0")
    assert office.state() == (SendState.SENT, "")


def test_of_several_recipients_the_one_is_marked_whom_it_did_not_reach() -> None:
    office = Office(BOB)
    office.says(BOB.address)
    sending = office.desk.sent(office.head, office.reply).sending
    assert sending is not None
    assert [(each.address, each.state) for each in sending.outcomes] == [(BOB.address, "hard_bounce")]


def test_an_address_that_was_passed_on_is_the_only_one_the_mail_went_to(office: Office) -> None:
    office.says("a77@inner.example")
    assert office.state() == (SendState.BOUNCED, "hard")


def test_of_an_address_that_is_none_of_several_nothing_is_marked() -> None:
    office = Office(BOB)
    head, message = office.says("a77@inner.example")
    assert head.id == office.head.id
    assert message.checks is not None
    assert message.checks.bounce is not None
    assert message.checks.bounce.message == office.reply.id
    assert office.state() == (SendState.SENT, "")


def test_a_bounce_by_mail_marks_no_contact_for_anybody_can_write_one(office: Office) -> None:
    office.says(CUSTOMER.address)
    assert office.desk.contacts.marks == {}


def test_by_the_keyed_reference_it_finds_the_conversation_and_the_one_message_that_it_can_be(office: Office) -> None:
    token = office.desk.tokens.mint(office.head.workspace, MAILBOX.id, office.head.id)
    reference = keyed_reference(MAILBOX.address, token)
    head, message = office.says(CUSTOMER.address, message_id="another@x", references=("m1@c", reference))
    assert head.id == office.head.id
    assert message.threading is not None
    assert (message.threading.rule, message.threading.evidence) == (Rule.BOUNCE, "References")
    assert message.checks is not None
    assert message.checks.bounce is not None
    assert message.checks.bounce.message == office.reply.id
    assert office.state() == (SendState.SENT, ""), "that Message-ID is of another try"
    office.says(CUSTOMER.address, name="b2", message_id="", references=(reference,))
    assert office.state() == (SendState.BOUNCED, "hard")


def test_which_of_two_replies_it_was_is_not_guessed_at(office: Office) -> None:
    second = office.replies("And more.")
    token = office.desk.tokens.mint(office.head.workspace, MAILBOX.id, office.head.id)
    reference = keyed_reference(MAILBOX.address, token)
    head, message = office.says(CUSTOMER.address, message_id="", references=(reference,))
    assert head.id == office.head.id
    assert message.checks is not None
    assert message.checks.bounce is not None
    assert message.checks.bounce.message == ""
    assert {office.state(), office.state(second)} == {(SendState.SENT, "")}


def test_a_bounce_of_something_that_we_never_sent_is_a_mail_like_any_other(office: Office) -> None:
    head, message = office.says(CUSTOMER.address, message_id="spoofed@acme.example")
    assert head.id != office.head.id
    assert message.checks is not None
    assert message.checks.bounce is not None
    assert message.checks.bounce.message == ""
    assert office.state() == (SendState.SENT, "")


def test_a_bounce_of_the_customers_own_mail_marks_nothing_of_ours(office: Office) -> None:
    head, _ = office.says(MAILBOX.address, message_id="m1@c")
    assert head.id != office.head.id
    assert office.state() == (SendState.SENT, "")


@pytest.mark.attack("a bounce that its own domain disowns")
def test_a_bounce_that_its_domain_disowns_is_believed_in_nothing(office: Office) -> None:
    returned = Returned((RecipientReport(CUSTOMER.address, "failed", "5.1.1"),), office.sent_as)
    head, _ = office.comes(Mail(subject="x", sender=DAEMON, text="", returned=returned), "b1", Verdict.FAIL)
    assert head.id != office.head.id
    assert office.state() == (SendState.SENT, "")


@pytest.mark.attack("a forged bounce to get into a conversation")
def test_who_forges_a_bounce_takes_no_part_and_is_neither_quoted_nor_answered(office: Office) -> None:
    eve = Address("eve@else.example", "Eve")
    returned = Returned((RecipientReport(CUSTOMER.address, "failed", "5.1.1"),), office.sent_as)
    mail = Mail(subject="Re: Order", sender=eve, text="Pay to this account", returned=returned)
    head, message = office.comes(mail, "b1", Verdict.PASS)
    assert message.threading is not None
    assert message.threading.trust is Trust.UNVERIFIED
    assert not head.has_participant(eve)
    answer = office.replies("Hello again")
    assert eve not in (*answer.to, *answer.cc)
    assert "Pay to this account" not in office.desk.mailer.sent[-1].text


def test_a_bounce_whose_message_moves_meanwhile_is_merged_anew(office: Office) -> None:
    """SES says the same at the same moment."""
    message = office.desk.conversations.message
    reads = [0]

    def slow(workspace: str, conversation: str, name: str) -> Message:
        found = message(workspace, conversation, name)
        reads[0] += 1
        if reads[0] == 2 and found.sending:  # as RecordDelivery reads it
            moved = replace(found.sending, state=SendState.DELAYED)
            office.desk.conversations.advance(MessagePlace(workspace, conversation, name), found.sending, moved, [])
        return found

    office.desk.conversations.message = slow  # type: ignore[method-assign, assignment]
    office.says(CUSTOMER.address)
    office.desk.conversations.message = message  # type: ignore[method-assign]
    assert reads[0] > 2
    assert office.state() == (SendState.BOUNCED, "hard")
