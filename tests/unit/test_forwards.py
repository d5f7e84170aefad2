"""Somebody of the team hands a customer's mail on: it becomes the customer's conversation, on the team's word."""

from dataclasses import replace

import pytest

from letterlock.domain.accounts import Member
from letterlock.domain.conversations import Conversation, Kind, Message
from letterlock.domain.mail import Address, Attachment, Mail, Verdict, Verdicts
from letterlock.domain.mailbox_settings import AcknowledgementSettings, MailboxSettings
from letterlock.domain.permissions import Role
from letterlock.domain.threading import Rule, Threading, Trust
from tests.fakes.desk import CUSTOMER, MAILBOX, STRANGER, Desk, verdicts

BEN = Address("ben@team.example", "Ben")
BEN_ID = "per_ben"
COMMENT = "He is always so difficult."
TEXT = (
    f"{COMMENT}\n\n---------- Forwarded message ---------\nFrom: Ana <ana@customer.example>\n"
    "Date: Mon, 2 Nov 2026 at 09:00\nSubject: Broken lamp\nTo: Ben <ben@team.example>\nCc: <eve@else.example>\n\n\n"
    "It is broken.\n"
)
FORWARD = Mail(
    subject="Fwd: Broken lamp",
    sender=BEN,
    to=(Address(MAILBOX.address),),
    cc=(STRANGER,),
    text=TEXT,
    html="<p>It is broken.</p>",
    message_id="fwd-1@team.example",
)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.team.join(Member(BEN_ID, MAILBOX.workspace, Role.AGENT), BEN.address)
    return desk


def ended(desk: Desk, mail: Mail = FORWARD, *, judged: Verdicts | None = None) -> tuple[Conversation, list[Message]]:
    desk.receive(desk.arrives(mail, ses_message_id="handed-on", judged=judged))
    (entry,) = [each for each in desk.conversations.ledger.values() if each.ses_message_id == "handed-on"]
    thread = desk.conversations.thread(entry.workspace, entry.conversation)
    return thread.conversation, list(thread.messages)


def is_the_customers(head: Conversation) -> bool:
    return head.requester is not None and head.requester.key == CUSTOMER.key


def test_it_opens_a_conversation_of_the_customers(desk: Desk) -> None:
    head, messages = ended(desk)
    assert (head.subject, head.requester) == ("Broken lamp", CUSTOMER)
    assert [each.address for each in head.participants] == [CUSTOMER]
    (mail,) = [each for each in messages if each.kind is Kind.INBOUND]
    assert (mail.sender, mail.text) == (CUSTOMER, "It is broken.\n")
    assert mail.threading == Threading(Rule.FORWARDED, "text", Trust.CONFIRMED, BEN_ID)
    assert mail.checks is None


def test_what_the_agent_wrote_above_it_is_a_note_and_never_leaves(desk: Desk) -> None:
    head, messages = ended(desk)
    (note,) = [each for each in messages if each.kind is Kind.NOTE]
    assert (note.text, note.author) == (COMMENT, BEN_ID)

    sent = desk.replied(head)

    assert (sent.to, sent.cc) == ((CUSTOMER,), ())
    assert "> It is broken." in sent.text
    for hidden in (COMMENT, BEN.address, "Forwarded message"):
        assert hidden not in sent.text + sent.html
    assert FORWARD.message_id not in (sent.in_reply_to, *sent.references)


def test_without_a_comment_there_is_no_note(desk: Desk) -> None:
    _, messages = ended(desk, replace(FORWARD, text=TEXT.removeprefix(COMMENT)))
    assert [each.kind for each in messages] == [Kind.INBOUND]


def test_an_attached_mail_is_its_senders_with_its_own_files_and_message_id(desk: Desk) -> None:
    eml = b"the original"
    photo = Attachment("lamp.png", "image/png", b"png")
    desk.parser.mails[eml] = Mail(
        subject="Broken lamp",
        sender=CUSTOMER,
        cc=(STRANGER,),
        text="It is broken.",
        message_id="m1@x",
        attachments=(photo,),
    )
    outer = replace(FORWARD, text=COMMENT, html="", attachments=(Attachment("m.eml", "message/rfc822", eml),))
    head, messages = ended(desk, outer)
    (mail,) = [each for each in messages if each.kind is Kind.INBOUND]
    assert [each.address for each in head.participants] == [CUSTOMER]
    assert (mail.text, mail.message_id, [each.name for each in mail.attachments]) == (
        "It is broken.",
        "m1@x",
        ["lamp.png"],
    )
    assert mail.threading == Threading(Rule.FORWARDED, "attachment", Trust.CONFIRMED, BEN_ID)
    assert desk.replied(head).in_reply_to == "m1@x"


def test_an_attached_mail_that_nobody_can_read_is_a_file(desk: Desk) -> None:
    desk.parser.broken[b"broken"] = "unreadable"
    outer = replace(FORWARD, text=COMMENT, attachments=(Attachment("m.eml", "message/rfc822", b"broken"),))
    head, (mail,) = ended(desk, outer)
    assert (head.requester, [each.name for each in mail.attachments]) == (BEN, ["m.eml"])


def test_a_forward_that_is_delivered_again_is_one_conversation(desk: Desk) -> None:
    ended(desk)
    desk.receive(desk.arrives(FORWARD, ses_message_id="handed-on"))
    desk.receive(desk.arrives(FORWARD, ses_message_id="once-more"))
    assert len(desk.conversations._heads) == 1
    assert desk.only_conversation().conversation.count == 2


def test_a_customer_who_answers_takes_part(desk: Desk) -> None:
    head, _ = ended(desk)
    message = desk.answered(head, Mail(subject="Re: Broken lamp", sender=CUSTOMER, text="Thanks"))
    assert message.threading is not None
    assert message.threading.trust is Trust.VERIFIED


# ---- nobody else hands anything on ----------------------------------------------------------------------------------

UNALIGNED = Verdicts(spf=Verdict.FAIL, dkim=Verdict.PASS, dmarc=Verdict.GRAY, spam=Verdict.PASS, virus=Verdict.PASS)


@pytest.mark.attack("agent address with failed DMARC")
@pytest.mark.parametrize("dmarc", [Verdict.FAIL, Verdict.GRAY, Verdict.PROCESSING_FAILED, Verdict.DISABLED])
def test_an_agents_address_without_a_dmarc_pass_is_an_ordinary_sender(desk: Desk, dmarc: Verdict) -> None:
    head, messages = ended(desk, judged=verdicts(dmarc=dmarc))
    assert head.requester == BEN
    assert [each.kind for each in messages] == [Kind.INBOUND]
    assert messages[0].threading is not None
    assert messages[0].threading.rule is Rule.NEW
    assert messages[0].threading.by == ""


@pytest.mark.attack("agent address with unaligned DKIM only")
def test_a_dkim_pass_of_some_other_domain_makes_nobody_an_agent(desk: Desk) -> None:
    head, _ = ended(desk, judged=UNALIGNED)
    assert head.requester == BEN


def test_two_authors_or_a_machine_hand_nothing_on(desk: Desk) -> None:
    for mail in (replace(FORWARD, one_author=False), replace(FORWARD, said=(("auto-submitted", "auto-forwarded"),))):
        desk.receive(desk.arrives(mail, ses_message_id=f"of-{mail.one_author}"))
    assert not [each for each in desk.conversations._heads.values() if is_the_customers(each)]


@pytest.mark.parametrize(
    "member",
    [
        Member(BEN_ID, MAILBOX.workspace, Role.AGENT, active=False),
        Member(BEN_ID, MAILBOX.workspace, Role.VIEWER),
        Member(BEN_ID, MAILBOX.workspace, Role.AGENT, frozenset({"mbx_sales"})),
        Member(BEN_ID, "wsp_other", Role.AGENT),
    ],
)
def test_only_who_works_in_that_mailbox_hands_mail_on_to_it(member: Member) -> None:
    desk = Desk()
    desk.team.join(member, BEN.address)
    assert ended(desk)[0].requester == BEN


def test_a_stranger_who_hands_a_mail_on_is_its_sender(desk: Desk) -> None:
    assert ended(desk, replace(FORWARD, sender=STRANGER))[0].requester == STRANGER


@pytest.mark.parametrize("original", [MAILBOX.address, BEN.address])
def test_a_mail_of_our_own_or_of_the_agents_is_handed_on_by_nobody(desk: Desk, original: str) -> None:
    mail = replace(FORWARD, text=TEXT.replace("ana@customer.example", original))
    assert ended(desk, mail)[0].requester == BEN


def test_a_token_on_it_proves_more_than_that_it_was_handed_on(desk: Desk) -> None:
    first = desk.opened()
    message = desk.answered(first, FORWARD)
    assert message.threading == Threading(Rule.REPLY_ADDRESS, "envelope", Trust.UNVERIFIED)
    assert message.sender == BEN


def test_nothing_automatic_answers_a_mail_that_was_handed_on(desk: Desk) -> None:
    settings = MailboxSettings(acknowledgement=AcknowledgementSettings(enabled=True, text="We have it."))
    desk.mailboxes._mailboxes[MAILBOX.address] = replace(MAILBOX, settings=settings)
    ended(desk)
    assert [each.name for each in desk.conversations.announced] == [
        "ConversationOpened",
        "MessageReceived",
        "NoteAdded",
    ]
    desk.receive(desk.arrives(Mail(subject="Hello", sender=CUSTOMER, text="x"), ses_message_id="own"))
    assert "AcknowledgementQueued" in {each.name for each in desk.conversations.announced}
