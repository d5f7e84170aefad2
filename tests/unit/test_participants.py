"""Who takes part in a conversation: whom mails bring in, whom the team lets in or sends off, and what each is shown."""

from dataclasses import replace

import pytest

from letterlock.domain.accounts import Mailbox
from letterlock.domain.audit import Act
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import Forbidden, Invalid, Moved, NotFound, RuleBroken
from letterlock.domain.mail import Address, Mail, Verdict, Verdicts
from letterlock.domain.participants import COPIED_AT_MOST, PARTICIPANTS_AT_MOST, participants_of
from letterlock.domain.permissions import Role
from letterlock.domain.threading import Trust
from tests.fakes.desk import AGENT, ASKED, CUSTOMER, STRANGER, Desk, verdicts
from tests.fakes.desk import MAILBOX as BOX

ANA, BOB = CUSTOMER, Address("bob@customer.example", "Bob")
MAILBOX = BOX.address
UNCHECKED = Verdicts(*[Verdict.GRAY] * 5)
SECRET = "Our account number is 7."
FIRST = Mail(subject="Order", sender=ANA, to=(Address(MAILBOX),), text=SECRET, message_id="m1@customer")
FURTHER = Mail(subject="Re: Order", sender=ANA, to=(Address(MAILBOX),), cc=(BOB,), text="Bob is on it.")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def people(desk: Desk, head: Conversation) -> list[str]:
    return [each.address.address for each in desk.conversations.get(head.workspace, head.id).participants]


# ---- a mail opens a conversation ------------------------------------------------------------------------------------


def test_answers_go_to_reply_to_and_the_sender_takes_part_too() -> None:
    form = Mail(subject="", sender=Address("form@shop.example"), reply_to=(ANA,), to=(Address(MAILBOX),))
    found = participants_of(form, {MAILBOX})
    assert [(each.address.address, each.requester) for each in found] == [
        ("ana@customer.example", True),
        ("form@shop.example", False),
    ]


def test_the_mailbox_itself_never_takes_part_nor_does_anybody_twice() -> None:
    mail = Mail(
        subject="",
        sender=ANA,
        reply_to=(Address("support+x@acme.example"),),
        to=(Address("Support@Acme.example"), Address("bob@customer.example")),
        cc=(Address("ANA@customer.example"), Address("bob@customer.example")),
    )
    found = participants_of(mail, {MAILBOX})
    assert [each.address.key for each in found] == ["ana@customer.example", "bob@customer.example"]


def test_no_mailbox_of_ours_takes_part_whoever_was_written_to() -> None:
    mail = Mail(subject="", sender=ANA, to=(Address(MAILBOX), Address("sales@acme.example")))
    assert [each.address for each in participants_of(mail, {MAILBOX, "sales@acme.example"})] == [ANA]


def test_of_a_mail_to_a_crowd_only_its_sender_takes_part() -> None:
    crowd = tuple(Address(f"{n}@else.example") for n in range(COPIED_AT_MOST + 1))
    assert [each.address for each in participants_of(Mail(subject="", sender=ANA, cc=crowd), {MAILBOX})] == [ANA]
    few = participants_of(Mail(subject="", sender=ANA, cc=crowd[1:]), {MAILBOX})
    assert len(few) == 1 + COPIED_AT_MOST


def test_a_mailing_list_takes_no_part() -> None:
    listed = replace(FIRST, to=(Address("users@it.example"),), said=(("list-id", "<users.it.example>"),))
    assert [each.address for each in participants_of(listed, {MAILBOX})] == [ANA]


def test_a_mailbox_of_ours_that_the_mail_comes_to_by_another_delivery_takes_no_part(desk: Desk) -> None:
    desk.mailboxes.add(Mailbox("mbx_sales", BOX.workspace, "sales@acme.example"))
    desk.mailboxes.add(Mailbox("mbx_other", "wsp_other", "help@other.example"))
    copied = (Address("Sales@acme.example"), Address("help@other.example"), BOB)
    head = desk.opened(replace(FIRST, cc=copied))
    assert people(desk, head) == [ANA.address, "help@other.example", BOB.address]


# ---- a further mail copies somebody ---------------------------------------------------------------------------------


def test_whom_a_participant_copies_takes_part_and_is_shown_nothing_that_came_before(desk: Desk) -> None:
    head = desk.opened(FIRST)
    desk.answered(head, FURTHER)

    assert people(desk, head) == [ANA.address, BOB.address]
    sent = desk.replied(head)
    assert (sent.to, sent.cc) == ((ANA,), (BOB,))
    assert "> Bob is on it." in sent.text
    assert SECRET not in sent.text


def test_what_the_participant_writes_without_them_is_not_shown_to_whom_they_copied_once(desk: Desk) -> None:
    head = desk.opened(FIRST)
    desk.answered(head, FURTHER)
    desk.answered(head, replace(FURTHER, cc=(), text="Between us: he is slow."))

    sent = desk.replied(head)

    assert BOB in sent.cc
    assert "slow" not in sent.text + sent.html
    assert sent.text == "Soon."


def test_whom_a_participant_copied_answers_as_one_who_takes_part(desk: Desk) -> None:
    head = desk.opened(FIRST)
    desk.answered(head, FURTHER)
    message = desk.answered(head, Mail(subject="Re: Order", sender=BOB, text="It is here."))
    assert message.trusted


@pytest.mark.parametrize("judged", [UNCHECKED, verdicts(dmarc=Verdict.FAIL)])
def test_a_mail_that_its_domain_does_not_vouch_for_brings_nobody_in(desk: Desk, judged: Verdicts) -> None:
    head = desk.opened(FIRST)
    desk.answered(head, FURTHER, judged=judged)
    assert people(desk, head) == [ANA.address]


@pytest.mark.attack("CC injection")
def test_a_stranger_with_the_right_token_brings_nobody_in(desk: Desk) -> None:
    head = desk.opened(FIRST)
    message = desk.answered(head, replace(FURTHER, sender=STRANGER, cc=(STRANGER, BOB)))

    assert not message.trusted
    assert people(desk, head) == [ANA.address]
    sent = desk.replied(head)
    assert (sent.to, sent.cc) == ((ANA,), ())
    assert "Bob is on it" not in sent.text


@pytest.mark.parametrize(
    "mail",
    [
        replace(FURTHER, said=(("auto-submitted", "auto-replied"),)),
        replace(FURTHER, said=(("list-id", "<users.it.example>"),)),
        replace(FURTHER, one_author=False),
        replace(FURTHER, cc=tuple(Address(f"{n}@else.example") for n in range(COPIED_AT_MOST + 1))),
    ],
)
def test_a_machine_a_list_two_authors_or_a_crowd_bring_nobody_in(desk: Desk, mail: Mail) -> None:
    head = desk.opened(FIRST)
    desk.answered(head, mail)
    assert people(desk, head) == [ANA.address]


def test_nobody_joins_twice_nor_does_a_mailbox_of_ours(desk: Desk) -> None:
    desk.mailboxes.add(Mailbox("mbx_sales", BOX.workspace, "sales@acme.example"))
    head = desk.opened(FIRST)
    desk.answered(head, replace(FURTHER, cc=(BOB, Address("BOB@customer.example"), ANA, Address("sales@acme.example"))))
    desk.answered(head, replace(FURTHER, message_id="again"))
    assert people(desk, head) == [ANA.address, BOB.address]


def test_no_more_take_part_than_a_mail_reaches(desk: Desk) -> None:
    head = desk.opened(FIRST)
    for start in range(0, 40, COPIED_AT_MOST - 1):
        copied = tuple(Address(f"{n}@else.example") for n in range(start, start + COPIED_AT_MOST - 1))
        desk.answered(head, replace(FURTHER, cc=copied))
    assert len(people(desk, head)) == PARTICIPANTS_AT_MOST
    with pytest.raises(RuleBroken):
        desk.add_participant(AGENT, head.id, BOB, ASKED)


# ---- the team confirms ----------------------------------------------------------------------------------------------


def stranger(desk: Desk) -> tuple[Conversation, str]:
    """A conversation, and the mail of a stranger in it."""
    head = desk.opened(FIRST)
    mail = Mail(subject="Re: Order", sender=STRANGER, to=(Address(MAILBOX),), text="I am her colleague.")
    return head, desk.answered(head, mail).id


def test_a_confirmed_sender_takes_part_and_is_answered_but_shown_nothing_that_came_before(desk: Desk) -> None:
    head, message = stranger(desk)

    changed, confirmed = desk.confirm_sender(AGENT, head.id, message, ASKED)

    assert confirmed.threading is not None
    assert (confirmed.threading.trust, confirmed.threading.by) == (Trust.CONFIRMED, AGENT.id)
    assert desk.conversations.message(head.workspace, head.id, message) == confirmed
    assert [(each.address, each.added_by) for each in changed.participants] == [(ANA, ""), (STRANGER, AGENT.id)]
    sent = desk.replied(head)
    assert sent.cc == (STRANGER,)
    assert SECRET not in sent.text
    assert "colleague" not in sent.text  # Ana was not sent that
    assert [(each.act, each.subject, each.detail.after) for each in desk.conversations.audited] == [
        (Act.SENDER_CONFIRMED, head.id, message)
    ]


def test_confirmed_again_it_stands_as_it_does(desk: Desk) -> None:
    head, message = stranger(desk)
    first, _ = desk.confirm_sender(AGENT, head.id, message, ASKED)
    again, confirmed = desk.confirm_sender(AGENT, head.id, message, ASKED, frozenset({1}))
    assert again.version == first.version
    assert confirmed.revision == 2
    assert len(desk.conversations.audited) == 1


def test_a_confirmed_forgery_is_the_teams_word_and_lets_nobody_new_in(desk: Desk) -> None:
    head = desk.opened(FIRST)
    forged = desk.answered(head, replace(FURTHER, cc=()), judged=verdicts(dmarc=Verdict.FAIL))
    assert not forged.trusted
    _, confirmed = desk.confirm_sender(AGENT, head.id, forged.id, ASKED)
    assert confirmed.trusted
    assert people(desk, head) == [ANA.address]


def test_who_has_not_seen_what_came_since_does_not_confirm(desk: Desk) -> None:
    head, message = stranger(desk)
    with pytest.raises(Moved):
        desk.confirm_sender(AGENT, head.id, message, ASKED, frozenset({1}))
    assert not desk.conversations.message(head.workspace, head.id, message).trusted


def test_only_a_mail_that_names_its_sender_is_confirmed(desk: Desk) -> None:
    head, _ = stranger(desk)
    note = desk.add_note(AGENT, head.id, "Who is that?", request="req")
    nameless = desk.answered(head, Mail(subject="", sender=None, text="Hello"))
    for message in (note, nameless):
        with pytest.raises(RuleBroken):
            desk.confirm_sender(AGENT, head.id, message.id, ASKED)


# ---- the team lets in, and sends off --------------------------------------------------------------------------------


def test_whom_the_team_lets_in_is_answered_and_shown_nothing_that_came_before(desk: Desk) -> None:
    head = desk.opened(FIRST)
    desk.add_participant(AGENT, head.id, Address(" Bob@Customer.example ", "Bob"), ASKED)
    again = desk.add_participant(AGENT, head.id, BOB, ASKED)

    assert (again.version, people(desk, head)) == (2, [ANA.address, BOB.address])
    sent = desk.replied(head)
    assert (sent.to, sent.cc) == ((ANA,), (BOB,))
    assert SECRET not in sent.text


def test_somebody_else_becomes_the_requester(desk: Desk) -> None:
    head = desk.opened(FIRST)
    desk.add_participant(AGENT, head.id, BOB, ASKED, requester=True)
    sent = desk.replied(head)
    assert (sent.to, sent.cc) == ((BOB,), (ANA,))
    assert desk.add_participant(AGENT, head.id, ANA, ASKED, requester=True).requester == ANA


def test_who_was_sent_off_is_not_answered_and_no_mail_brings_them_back(desk: Desk) -> None:
    head = desk.opened(replace(FIRST, cc=(BOB,)))
    (bob,) = [each.contact for each in head.participants if each.address == BOB]

    desk.remove_participant(AGENT, head.id, bob, ASKED)
    desk.answered(head, FURTHER)
    theirs = desk.answered(head, Mail(subject="Re: Order", sender=BOB, text="And me?"))

    assert people(desk, head) == [ANA.address]
    assert not theirs.trusted
    assert desk.replied(head).cc == ()
    assert (
        desk.remove_participant(AGENT, head.id, bob, ASKED).version
        == desk.conversations.get(head.workspace, head.id).version
    )
    desk.add_participant(AGENT, head.id, BOB, ASKED)
    assert people(desk, head) == [ANA.address, BOB.address]
    assert desk.conversations.get(head.workspace, head.id).removed == []
    assert [each.act for each in desk.conversations.audited] == [Act.PARTICIPANT_REMOVED, Act.PARTICIPANT_ADDED]


def test_the_requester_is_not_sent_off(desk: Desk) -> None:
    head = desk.opened(FIRST)
    with pytest.raises(RuleBroken):
        desk.remove_participant(AGENT, head.id, head.participants[0].contact, ASKED)


@pytest.mark.parametrize("address", [MAILBOX, f"support+{'a' * 40}@acme.example", "nobody", "a\nb@x.example"])
def test_a_mailbox_of_ours_or_what_is_no_address_is_not_let_in(desk: Desk, address: str) -> None:
    head = desk.opened(FIRST)
    with pytest.raises(Invalid):
        desk.add_participant(AGENT, head.id, Address(address), ASKED)


def test_nobody_is_let_into_the_quarantine(desk: Desk) -> None:
    desk.receive(desk.arrives(FIRST, judged=verdicts(virus=Verdict.FAIL)))
    head = desk.only_conversation().conversation
    assert head.status is Status.QUARANTINED
    with pytest.raises(RuleBroken):
        desk.add_participant(AGENT, head.id, BOB, ASKED)


def test_who_may_not_answer_may_not_change_who_takes_part(desk: Desk) -> None:
    head, message = stranger(desk)
    viewer, elsewhere = replace(AGENT, role=Role.VIEWER), replace(AGENT, mailboxes=("mbx_2",), limited=True)
    for who, refusal in ((viewer, Forbidden), (elsewhere, NotFound)):
        with pytest.raises(refusal):
            desk.confirm_sender(who, head.id, message, ASKED)
        with pytest.raises(refusal):
            desk.add_participant(who, head.id, BOB, ASKED)
        with pytest.raises(refusal):
            desk.remove_participant(who, head.id, "ctc_1", ASKED)
    assert people(desk, head) == [ANA.address]
