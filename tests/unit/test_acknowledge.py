"""A mailbox says by itself that a mail has come: to whom, how often, and what."""

from collections import Counter
from dataclasses import replace

import pytest

from letterlock.domain.acknowledgement import is_owed
from letterlock.domain.automatic_mail import CAPS, Counted
from letterlock.domain.checks.examination import examine
from letterlock.domain.checks.identity import Ours
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.conversations import Conversation, Kind, Message, Status
from letterlock.domain.errors import SendDelayed, SendUncertain
from letterlock.domain.mail import Address, Mail, RecipientReport, Returned, Verdict, Verdicts
from letterlock.domain.mailbox_settings import MailboxSettings
from letterlock.domain.threading import keyed_reference, reply_address
from tests.fakes import START
from tests.fakes.acknowledging import TEXT, Acknowledging
from tests.fakes.desk import CUSTOMER, MAILBOX, STRANGER, Desk, verdicts

MAIL = Mail(subject="Order 7", sender=CUSTOMER, text="Where is it?", message_id="m1@customer.example")


@pytest.fixture
def office() -> Acknowledging:
    return Acknowledging()


def test_who_opens_a_conversation_is_told_so_in_the_teams_words(office: Acknowledging) -> None:
    head = office.comes(MAIL)
    assert office.run() == ["Sent"]
    [mail] = office.sent
    token = office.desk.tokens.mint(MAILBOX.workspace, MAILBOX.id, head.id)
    assert (mail.sender, mail.to, mail.cc) == (MAILBOX.as_address(), (Address(CUSTOMER.address),), ())
    assert (mail.subject, mail.text, mail.html) == ("We have received your message", TEXT, "")
    assert mail.reply_to.address == reply_address(MAILBOX.address, token)
    assert mail.references == (keyed_reference(MAILBOX.address, token), "m1@customer.example")
    assert mail.purpose is Purpose.ACKNOWLEDGEMENT
    assert office.desk.conversations.get(head.workspace, head.id).status is Status.OPEN


def test_its_answer_comes_to_the_same_conversation_and_is_acknowledged_by_nothing(office: Acknowledging) -> None:
    head = office.comes(MAIL)
    office.run()
    answer = replace(MAIL, text="Thanks", message_id="m2@customer.example")
    assert office.comes(answer, to=office.sent[0].reply_to.address).id == head.id
    assert len(office.queued()) == 1


def test_off_it_is_nobodys_and_costs_nothing() -> None:
    office = Acknowledging(enabled=False)
    office.comes(MAIL)
    assert office.queued() == []


def test_what_was_switched_off_or_answered_meanwhile_is_not_said(office: Acknowledging) -> None:
    head = office.comes(MAIL)
    office.comes(replace(MAIL, sender=STRANGER, message_id="m2@else.example"))
    office.answer(head.id, "Here it is.")
    office.set(enabled=False)
    assert office.run() == ["NotWanted", "NotWanted"]
    office.set(enabled=True)
    assert office.run() == ["NotWanted", "Sent"]


# ---- how often ------------------------------------------------------------------------------------------------------


def test_one_address_is_told_once_a_day_whatever_it_writes_and_however_it_is_tagged(office: Acknowledging) -> None:
    tagged = Address("Ana+7@Customer.example")
    for number, sender in enumerate((CUSTOMER, CUSTOMER, tagged)):
        office.comes(replace(MAIL, sender=sender, message_id=f"m{number}@customer.example"))
    assert Counter(office.run()) == {"Sent": 1, "NotWanted": 2}
    office.desk.clock.passes(hours=23, minutes=59)
    office.comes(replace(MAIL, message_id="m8@customer.example"))
    assert office.run()[-1] == "NotWanted"
    office.desk.clock.passes(minutes=1)
    office.comes(replace(MAIL, message_id="m9@customer.example"))
    assert Counter(office.run())["Sent"] == 1
    assert len(office.sent) == 2


def test_the_same_fact_is_answered_once_however_often_and_late_it_comes(office: Acknowledging) -> None:
    office.comes(MAIL)
    office.run()
    for hours in (0, 23, 2, 24 * 30):
        office.desk.clock.passes(hours=hours)
        assert office.run() == ["NotWanted"]
    assert len(office.sent) == 1


@pytest.mark.parametrize("failure", [SendDelayed("Throttling"), SendUncertain("x")])
def test_one_that_is_put_off_goes_with_the_next_try(office: Acknowledging, failure: Exception) -> None:
    office.comes(MAIL)
    office.failures.append(failure)
    with pytest.raises(type(failure)):
        office.run()
    assert office.run() == ["Sent"]


# ---- to whom not ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"said": (("auto-submitted", "auto-replied"),)},
        {"said": (("auto-submitted", "auto-generated"),)},
        {"said": (("precedence", "bulk"),)},
        {"said": (("list-id", "<users.customer.example>"),)},
        {"said": (("x-auto-response-suppress", "All"),)},
        {"said": (("x-loop", "x"),)},
        {"said": (("x-letterlock-loop", "support@acme.example; purpose=reply"),)},
        {"returned": Returned((RecipientReport("x@y.example", "failed", "5.1.1"),))},
        {"sender": Address("no-reply@customer.example")},
        {"sender": Address("noreply+77@customer.example")},
        {"sender": Address("do_not_reply@customer.example")},
        {"sender": Address("postmaster@customer.example")},
        {"sender": Address("bounces-77@customer.example")},
        {"sender": Address("users-owner@customer.example")},
        {"sender": None},
        {"one_author": False},
    ],
)
def test_a_machine_a_list_and_a_bounce_are_told_nothing(office: Acknowledging, fields: dict[str, object]) -> None:
    office.comes(replace(MAIL, **fields))  # type: ignore[arg-type]
    assert office.queued() == []


def test_a_mail_without_a_return_path_is_told_nothing(office: Acknowledging) -> None:
    office.comes(MAIL, mail_from="")
    assert office.queued() == []


UNCHECKED = Verdicts(Verdict.GRAY, Verdict.PASS, Verdict.GRAY, Verdict.PASS, Verdict.PASS)


@pytest.mark.parametrize(
    "judged",
    [verdicts(dmarc=Verdict.FAIL), UNCHECKED, verdicts(spam=Verdict.FAIL), verdicts(virus=Verdict.FAIL)],
    ids=["disowned", "unknown", "spam", "virus"],
)
def test_who_nobody_vouches_for_is_told_nothing_nor_is_spam(office: Acknowledging, judged: Verdicts) -> None:
    office.comes(MAIL, judged=judged)
    assert office.queued() == []


def test_who_names_another_conversation_without_proof_is_told_nothing(office: Acknowledging) -> None:
    office.comes(MAIL)
    office.comes(replace(MAIL, sender=STRANGER, in_reply_to=("m1@customer.example",), message_id="m2@else.example"))
    assert office.run() == ["Sent"]


# ---- attacks --------------------------------------------------------------------------------------------------------


@pytest.mark.attack("auto-reply relay: a Reply-To of the victim's")
def test_who_wants_it_sent_to_somebody_else_has_it_sent_to_nobody(office: Acknowledging) -> None:
    victim = Address("victim@else.example")
    office.comes(replace(MAIL, reply_to=(victim,)))
    office.comes(replace(MAIL, reply_to=(CUSTOMER, victim), message_id="m2@customer.example"))
    assert office.queued() == []
    for number, own in enumerate((CUSTOMER, Address("ana+order-7@customer.example"))):
        office.comes(replace(MAIL, reply_to=(own,), message_id=f"own{number}@customer.example"))
    assert len(office.queued()) == 2


@pytest.mark.attack("auto-reply relay: the victim in From")
def test_who_writes_in_somebody_elses_name_has_it_sent_to_nobody(office: Acknowledging) -> None:
    office.comes(
        replace(MAIL, sender=Address("victim@bank.example", "Win a prize")), judged=verdicts(dmarc=Verdict.FAIL)
    )
    assert office.queued() == []


@pytest.mark.attack("auto-reply relay: the attacker's words")
def test_nothing_of_what_the_sender_says_is_in_it(office: Acknowledging) -> None:
    said = "http://evil.example/win"
    sender = Address("eve@else.example", said)
    office.comes(Mail(subject=said, sender=sender, cc=(STRANGER,), text=said, html=said, message_id="m1@else.example"))
    office.run()
    [mail] = office.sent
    assert said not in repr(mail)
    assert (mail.to, mail.cc) == ((Address("eve@else.example"),), ())


@pytest.mark.attack("10,000 spoofed requesters")
def test_ten_thousand_in_others_names_are_told_nothing(office: Acknowledging) -> None:
    mailbox, forged = office.desk.mailboxes.get(MAILBOX.workspace, MAILBOX.id), verdicts(dmarc=Verdict.FAIL)
    opened = Conversation("cnv_1", MAILBOX.workspace, MAILBOX.id, 1, "", START)
    message = Message("msg_1", Kind.INBOUND, START, "")
    for number in range(10_000):
        sender = Address(f"victim{number}@bank{number % 97}.example")
        mail = Mail("Hello", sender, text=str(number))
        checks = examine(mail, office.desk.arrives(mail, judged=forged), Ours(mailbox.as_address()))
        assert not is_owed(mail, checks, mailbox, opened, message)
    for number in range(200):
        office.comes(Mail("Hello", Address(f"victim{number}@bank.example"), text=str(number)), judged=forged)
    assert (office.run(), len(office.desk.conversations.ledger)) == ([], 200), "every mail is kept"


@pytest.mark.attack("10,000 spoofed requesters")
def test_a_thousand_in_their_own_names_are_told_so_many_times_and_no_more(office: Acknowledging) -> None:
    for number in range(1_000):
        sender = Address(f"eve{number}@evil{number % 97}.example")
        office.comes(Mail("Hello", sender, text=f"own {number}"))
    most = CAPS[Purpose.ACKNOWLEDGEMENT][Counted.WORKSPACE].ten_minutes
    assert Counter(office.run()) == {"Sent": most, "Refused": 1_000 - most}
    assert len(office.desk.conversations.ledger) == 1_000, "every mail is kept"


@pytest.mark.attack("a desk that answers from ever new addresses")
def test_one_domain_uses_up_its_own_share_only(office: Acknowledging) -> None:
    for number in range(200):
        office.comes(Mail("Ticket", Address(f"ticket-{number}@desk.example"), text=str(number)))
    most = CAPS[Purpose.ACKNOWLEDGEMENT][Counted.DOMAIN].ten_minutes
    assert Counter(office.run())["Sent"] == most
    office.comes(MAIL)
    assert office.run()[-1] == "Sent"


@pytest.mark.attack("third-party verification mail")
def test_a_strangers_mail_to_a_reply_address_is_the_teams_to_see_and_answered_by_nothing(
    office: Acknowledging,
) -> None:
    """Eve gets a reply address by the acknowledgement, and signs up with it at somebody else's."""
    eve = Address("eve@else.example", "Eve")
    head = office.comes(Mail("Hello", eve, text="Hello", message_id="e1@else.example"))
    office.run()
    address = office.sent[0].reply_to.address
    code = "Your code is 424242"
    forum = Mail(code, Address("accounts@forum.example", "Forum"), text=code, message_id="f1@forum.example")
    assert office.comes(forum, to=address).id == head.id
    assert office.run() == ["NotWanted"], "the first one, again"
    office.answer(head.id, "Hello Eve")
    assert all("424242" not in repr(each) for each in (*office.sent, *office.desk.mailer.sent))
    assert all(each.to == (Address("eve@else.example"),) or each.to == (eve,) for each in office.desk.mailer.sent)
    shown = office.desk.conversations.thread(head.workspace, head.id).messages
    assert any("424242" in each.text for each in shown), "the team sees it"


def test_the_settings_lie_with_the_mailbox() -> None:
    chosen = MailboxSettings().with_chosen({"acknowledgement": {"enabled": True, "text": " Hi \r\n\r\nthere\r\n"}})
    assert chosen.acknowledgement.text == " Hi \n\nthere"
    assert MailboxSettings.of(chosen.chosen) == chosen
    assert not MailboxSettings().acknowledgement.on
    assert Desk().mailboxes.get(MAILBOX.workspace, MAILBOX.id).settings == MailboxSettings()
