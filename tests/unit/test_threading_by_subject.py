"""A mail that proves nothing joins what its sender wrote about before, where a mailbox wants that, and nowhere else."""

from dataclasses import replace
from typing import Any

import pytest

from letterlock.domain.accounts import Mailbox
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.mail import Address, Mail, Verdict, Verdicts
from letterlock.domain.mailbox_settings import MailboxSettings, ThreadingSettings
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.services.thread_mail import CONVERSATIONS_TRIED
from letterlock.services.triage import ChangeStatus
from tests.fakes.accounts import FakeMailboxes
from tests.fakes.desk import AGENT, ASKED, CUSTOMER, MAILBOX, STRANGER, Desk, verdicts

ON = MailboxSettings(ThreadingSettings(by_subject=True))
FIRST = Mail(subject="Broken lamp", sender=CUSTOMER, text="It is broken.", message_id="m1@customer")
AGAIN = Mail(subject="RE: [shop] broken  Lamp", sender=CUSTOMER, text="Still broken.", message_id="m2@customer")


def given(settings: MailboxSettings = ON) -> Desk:
    return Desk(mailboxes=FakeMailboxes(replace(MAILBOX, settings=settings)))


def ended(
    desk: Desk, mail: Mail = AGAIN, *, judged: Verdicts | None = None, to: str = MAILBOX.address
) -> tuple[Conversation, Threading]:
    """Where a mail that carries no token ended, and why."""
    delivery = desk.arrives(mail, ses_message_id="next", recipients=(to,), judged=judged, at=desk.clock())
    desk.receive(delivery)
    (entry,) = [each for each in desk.conversations.ledger.values() if each.ses_message_id == "next"]
    message = desk.conversations.message(entry.workspace, entry.conversation, entry.message)
    assert message.threading is not None
    return desk.conversations.get(entry.workspace, entry.conversation), message.threading


def test_it_joins_its_senders_conversation_under_the_same_bare_subject() -> None:
    desk = given()
    first = desk.opened(FIRST)
    head, threading = ended(desk)
    assert head.id == first.id
    assert threading == Threading(Rule.SUBJECT, "Subject", Trust.VERIFIED)


def test_off_as_it_is_unasked_nothing_is_even_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = given(MailboxSettings())
    first = desk.opened(FIRST)

    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(desk.contacts, "conversations", asked)
    monkeypatch.setattr(desk.contacts, "id_of", asked)
    head, threading = ended(desk)
    assert (head.id != first.id, threading.rule) == (True, Rule.NEW)


@pytest.mark.parametrize(
    "mail",
    [
        replace(AGAIN, subject="Broken lamps"),
        replace(AGAIN, subject=""),
        replace(AGAIN, sender=STRANGER),
        replace(AGAIN, sender=None),
        replace(AGAIN, one_author=False),
    ],
)
def test_another_subject_or_another_sender_opens_its_own(mail: Mail) -> None:
    desk = given()
    first = desk.opened(FIRST)
    head, threading = ended(desk, mail)
    assert (head.id != first.id, threading.rule) == (True, Rule.NEW)


@pytest.mark.parametrize("subject", ["", "Re:", "Hello", "Help!", "Order", "(no subject)", "Frage"])
def test_a_subject_that_says_nothing_joins_nothing(subject: str) -> None:
    desk = given()
    first = desk.opened(replace(FIRST, subject=subject))
    head, _ = ended(desk, replace(AGAIN, subject=subject))
    assert head.id != first.id


@pytest.mark.attack("subject guessed under a forged address")
@pytest.mark.parametrize("judged", [Verdicts(*[Verdict.GRAY] * 5), verdicts(dmarc=Verdict.FAIL)])
def test_a_mail_that_its_domain_does_not_vouch_for_joins_nothing(judged: Verdicts) -> None:
    desk = given()
    first = desk.opened(FIRST)
    head, threading = ended(desk, judged=judged)
    assert (head.id != first.id, threading.rule) == (True, Rule.NEW)


@pytest.mark.parametrize("status", [Status.CLOSED, Status.SPAM])
def test_what_is_no_longer_live_is_not_joined(status: Status) -> None:
    desk = given()
    first = desk.opened(FIRST)
    ChangeStatus(desk.conversations, desk.ids, desk.clock)(AGENT, first.id, status, request="r")
    assert ended(desk)[0].id != first.id


def test_what_waits_on_the_customer_is_joined_and_waits_on_the_team_again() -> None:
    desk = given()
    first = desk.opened(FIRST)
    desk.send_reply(AGENT, first.id, "Send it in.", request="r")
    head, _ = ended(desk)
    assert (head.id, head.status) == (first.id, Status.OPEN)


def test_the_window_begins_with_the_last_message() -> None:
    desk = given(MailboxSettings(ThreadingSettings(by_subject=True, window_days=2)))
    first = desk.opened(FIRST)
    desk.clock.passes(hours=47)
    desk.answered(first, replace(AGAIN, message_id="m3@customer"))
    desk.clock.passes(hours=48)
    head, _ = ended(desk)
    assert head.id == first.id

    desk.clock.passes(hours=48, seconds=1)
    desk.receive(desk.arrives(replace(AGAIN, message_id="m4@customer"), ses_message_id="late", at=desk.clock()))
    assert len(desk.conversations._heads) == 2


def test_of_several_the_one_that_was_spoken_in_last_is_joined() -> None:
    desk = given(MailboxSettings())
    early, late = desk.opened(FIRST), desk.opened(replace(FIRST, message_id="m9@customer", text="Another one."))
    desk.answered(early, replace(AGAIN, message_id="m3@customer"))
    desk.mailboxes._mailboxes[MAILBOX.address] = replace(MAILBOX, settings=ON)
    head, _ = ended(desk)
    assert (head.id, late.count) == (early.id, 1)


def test_a_conversation_of_another_mailbox_is_not_joined() -> None:
    desk = given()
    desk.mailboxes.add(Mailbox("mbx_sales", MAILBOX.workspace, "sales@acme.example", settings=ON))
    first = desk.opened(FIRST)
    assert ended(desk, to="sales@acme.example")[0].id != first.id


def test_who_was_sent_off_does_not_come_back_by_the_subject() -> None:
    desk = given()
    first = desk.opened(FIRST)
    desk.add_participant(AGENT, first.id, Address("bob@customer.example"), ASKED, requester=True)
    desk.remove_participant(AGENT, first.id, first.participants[0].contact, ASKED)
    assert ended(desk)[0].id != first.id


def test_who_was_copied_joins_too() -> None:
    desk = given()
    first = desk.opened(replace(FIRST, cc=(STRANGER,)))
    head, threading = ended(desk, replace(AGAIN, sender=STRANGER))
    assert (head.id, threading.trust) == (first.id, Trust.VERIFIED)


def test_a_mail_that_names_another_conversation_is_not_guessed_at() -> None:
    """It names a Message-ID of a conversation that its sender is not in: that is what it is about."""
    desk = given()
    own = desk.opened(replace(FIRST, sender=STRANGER))
    others = desk.opened(replace(FIRST, message_id="m5@customer"))
    head, threading = ended(desk, replace(AGAIN, sender=STRANGER, in_reply_to=("m5@customer",)))
    assert head.id not in (own.id, others.id)
    assert (head.linked, threading.rule) == (others.id, Rule.NEW)


def test_a_subject_too_long_for_a_list_is_compared_whole() -> None:
    desk = given()
    first = desk.opened(replace(FIRST, subject="Lamp " * 100 + "one"))
    assert ended(desk, replace(AGAIN, subject="Lamp " * 100 + "two"))[0].id != first.id


def test_of_a_sender_with_thousands_of_conversations_the_newest_are_looked_at() -> None:
    desk = given()
    first = desk.opened(FIRST)
    for number in range(CONVERSATIONS_TRIED):
        desk.clock.passes(seconds=1)
        desk.receive(
            desk.arrives(
                replace(FIRST, subject=f"Matter {number}", message_id=f"x{number}@customer"),
                ses_message_id=f"other-{number}",
                at=desk.clock(),
            )
        )
    assert ended(desk)[0].id != first.id
