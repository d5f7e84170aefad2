"""How each delivery ends: once, for each recipient, and with nothing lost."""

from collections import Counter
from dataclasses import replace

import pytest

from letterlock.domain.accounts import Mailbox, Member
from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.automatic import Automatic, Automation
from letterlock.domain.checks.examination import Checks
from letterlock.domain.checks.identity import IdentityWarning
from letterlock.domain.conversations import INLINE_TEXT_BYTES, Kind, Status
from letterlock.domain.errors import Stale
from letterlock.domain.facts import ConversationOpened, MessageReceived
from letterlock.domain.ledger import Outcome, Reason
from letterlock.domain.mail import MAIL_BYTES, Attachment, Content, Mail, Verdict
from letterlock.domain.permissions import Role
from letterlock.domain.spans import visible
from letterlock.domain.threading import Rule, Trust
from letterlock.services.changes import FRESH_READS
from letterlock.services.ports import MessagePlace
from tests.fakes.desk import CUSTOMER, MAILBOX, Desk, verdicts

MAIL = Mail(subject="Order 7", sender=CUSTOMER, text="Where is it?", message_id="m1@customer.example")
SALES = Mailbox("mbx_sales", "wsp_acme", "sales@acme.example")
OTHER = Mailbox("mbx_other", "wsp_other", "help@other.example")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_mail_opens_a_conversation_that_shows_what_came(desk: Desk) -> None:
    outcomes = desk.receive(desk.arrives(MAIL))
    thread = desk.only_conversation()
    (message,) = thread.messages
    assert outcomes == Counter({Outcome.STORED: 1})
    assert (thread.conversation.subject, thread.conversation.status, thread.conversation.number) == (
        "Order 7",
        Status.OPEN,
        1,
    )
    assert (message.kind, message.text, message.sender) == (Kind.INBOUND, "Where is it?", CUSTOMER)
    assert message.threading is not None
    assert (message.threading.rule, message.threading.trust) == (Rule.NEW, Trust.VERIFIED)
    assert [type(fact) for fact in desk.conversations.announced] == [ConversationOpened, MessageReceived]


def test_what_was_found_out_about_a_mail_is_kept_on_its_message(desk: Desk) -> None:
    desk.receive(desk.arrives(replace(MAIL, said=(("auto-submitted", "auto-replied"),))))
    (message,) = desk.only_conversation().messages
    assert message.checks == Checks(Authenticity.AUTHENTICATED, Automation(Automatic.REPLIED, "Auto-Submitted"))


def test_a_mail_is_held_against_the_names_of_the_mailbox_and_of_the_team(desk: Desk) -> None:
    desk.team.join(Member("per_bea", MAILBOX.workspace, Role.AGENT), "bea@team.example", "Bea Team")
    for number, name in enumerate((MAILBOX.name, "Bea Team")):
        mail = replace(MAIL, sender=replace(CUSTOMER, name=name), message_id="", text=name)
        desk.receive(desk.arrives(mail, ses_message_id=f"s{number}"))
    found = [each.checks.warnings for each in desk.messages() if each.checks]
    assert found == [(IdentityWarning.POSES_AS_MAILBOX,), (IdentityWarning.POSES_AS_TEAM,)]


def test_nothing_is_said_of_a_mail_that_was_not_read(desk: Desk) -> None:
    desk.receive(desk.arrives(None, judged=verdicts(virus=Verdict.FAIL)))
    (message,) = desk.only_conversation().messages
    assert message.checks is None


def test_the_raw_mail_is_archived_and_leaves_the_inbound_bucket(desk: Desk) -> None:
    desk.receive(desk.arrives(MAIL, raw=b"the raw mail"))
    assert list(desk.archive.raw.values()) == [b"the raw mail"]
    assert desk.originals.mails == {}


def test_the_same_notification_twice_has_one_effect(desk: Desk) -> None:
    delivery = desk.arrives(MAIL)
    desk.receive(delivery)
    assert desk.receive(delivery) == Counter()
    assert len(desk.only_conversation().messages) == 1
    assert len(desk.conversations.ledger) == 1


def test_a_redelivery_before_the_raw_mail_was_deleted_has_no_second_effect(desk: Desk) -> None:
    desk.receive(desk.arrives(MAIL))
    assert desk.receive(desk.arrives(MAIL)) == Counter()
    assert len(desk.only_conversation().messages) == 1
    assert desk.originals.mails == {}


def test_the_same_mail_from_another_delivery_is_a_duplicate_and_leads_to_the_first(desk: Desk) -> None:
    desk.receive(desk.arrives(MAIL, ses_message_id="ses-1"))
    assert desk.receive(desk.arrives(MAIL, ses_message_id="ses-2")) == Counter({Outcome.DUPLICATE: 1})
    entry = desk.conversations.ledger["wsp_acme", "mbx_support", "ses-2"]
    assert (entry.reason, entry.conversation) == (Reason.SAME_MAIL, desk.only_conversation().conversation.id)


def test_two_mails_that_share_a_message_id_are_two_mails(desk: Desk) -> None:
    desk.receive(desk.arrives(MAIL, ses_message_id="ses-1"))
    outcomes = desk.receive(desk.arrives(replace(MAIL, text="Another."), ses_message_id="ses-2"))
    assert outcomes == Counter({Outcome.STORED: 1})


@pytest.mark.parametrize("second", ["Another.", "Where is it?"])
def test_two_mails_without_a_message_id_are_both_kept_even_when_they_say_the_same(desk: Desk, second: str) -> None:
    desk.receive(desk.arrives(replace(MAIL, message_id=""), ses_message_id="ses-1"))
    outcomes = desk.receive(desk.arrives(replace(MAIL, message_id="", text=second), ses_message_id="ses-2"))
    assert outcomes == Counter({Outcome.STORED: 1})


def test_a_mail_without_a_sender_is_stored_with_nobody_to_answer(desk: Desk) -> None:
    desk.receive(desk.arrives(replace(MAIL, sender=None)))
    assert desk.only_conversation().conversation.requester is None


def test_an_empty_mail_is_stored(desk: Desk) -> None:
    assert desk.receive(desk.arrives(Mail(subject="", sender=None))) == Counter({Outcome.STORED: 1})


def test_a_mail_to_two_mailboxes_opens_a_conversation_in_each() -> None:
    desk = Desk()
    desk.mailboxes.add(SALES)
    desk.mailboxes.add(OTHER)
    outcomes = desk.receive(
        desk.arrives(MAIL, recipients=(MAILBOX.address, SALES.address, "Support@acme.example", OTHER.address))
    )
    assert outcomes == Counter({Outcome.STORED: 3})
    assert {(entry.workspace, entry.mailbox) for entry in desk.conversations.ledger.values()} == {
        ("wsp_acme", "mbx_support"),
        ("wsp_acme", "mbx_sales"),
        ("wsp_other", "mbx_other"),
    }


def test_a_mail_to_nobody_goes_to_the_stacks_ledger_and_its_raw_mail_is_kept(desk: Desk) -> None:
    outcomes = desk.receive(desk.arrives(MAIL, recipients=("nobody@acme.example",), raw=b"raw"))
    assert outcomes == Counter({Outcome.REJECTED: 1})
    assert desk.stack_ledger.entries == {("ses-1", "nobody@acme.example"): Reason.UNKNOWN_RECIPIENT}
    assert desk.stack_ledger.raw == {"ses-1": b"raw"}
    assert desk.originals.mails == {}


def test_an_unknown_recipient_beside_a_known_one_does_not_keep_the_mail_from_it(desk: Desk) -> None:
    outcomes = desk.receive(desk.arrives(MAIL, recipients=("nobody@acme.example", MAILBOX.address)))
    assert outcomes == Counter({Outcome.STORED: 1, Outcome.REJECTED: 1})
    assert desk.stack_ledger.raw == {}


@pytest.mark.parametrize("reason", [Reason.UNREADABLE, Reason.NESTED_TOO_DEEP, Reason.TOO_MANY_PARTS])
def test_a_mail_that_cannot_be_read_is_quarantined_with_its_raw_mail_and_the_reason(desk: Desk, reason: Reason) -> None:
    desk.parser.broken[b"junk"] = reason.value
    outcomes = desk.receive(desk.arrives(None, raw=b"junk"))
    thread = desk.only_conversation()
    assert outcomes == Counter({Outcome.QUARANTINED: 1})
    assert (thread.conversation.status, thread.messages[0].quarantine) == (Status.QUARANTINED, reason)
    assert list(desk.archive.raw.values()) == [b"junk"]


def test_two_unreadable_mails_are_not_taken_for_one(desk: Desk) -> None:
    desk.parser.broken |= {b"junk": "unreadable"}
    desk.receive(desk.arrives(None, raw=b"junk", ses_message_id="ses-1"))
    assert desk.receive(desk.arrives(None, raw=b"junk", ses_message_id="ses-2")) == Counter({Outcome.QUARANTINED: 1})


def test_a_mail_over_the_limit_is_quarantined_unread(desk: Desk) -> None:
    class Large(bytes):
        def __len__(self) -> int:
            return MAIL_BYTES + 1

    assert desk.receive(desk.arrives(None, raw=Large(b"x"))) == Counter({Outcome.QUARANTINED: 1})
    assert desk.only_conversation().messages[0].quarantine is Reason.OVER_SIZE


def test_a_mail_with_a_virus_is_quarantined_unread(desk: Desk) -> None:
    assert desk.receive(desk.arrives(None, judged=verdicts(virus=Verdict.FAIL))) == Counter({Outcome.QUARANTINED: 1})
    assert desk.only_conversation().messages[0].quarantine is Reason.VIRUS


def test_spam_is_kept_out_of_the_inbox_but_kept(desk: Desk) -> None:
    assert desk.receive(desk.arrives(MAIL, judged=verdicts(spam=Verdict.FAIL))) == Counter({Outcome.STORED: 1})
    assert desk.only_conversation().conversation.status is Status.SPAM


def test_an_object_that_is_gone_without_an_entry_is_rejected_by_name(desk: Desk) -> None:
    delivery = desk.arrives(MAIL, recipients=(MAILBOX.address, "nobody@acme.example"))
    desk.originals.mails.clear()
    assert desk.receive(delivery) == Counter({Outcome.REJECTED: 2})
    assert desk.conversations.ledger["wsp_acme", "mbx_support", "ses-1"].reason is Reason.OBJECT_GONE
    assert desk.stack_ledger.entries == {("ses-1", "nobody@acme.example"): Reason.OBJECT_GONE}


def test_a_crash_after_the_first_of_two_mailboxes_is_made_good_by_the_next_try(desk: Desk) -> None:
    desk.mailboxes.add(SALES)
    delivery = desk.arrives(MAIL, recipients=(MAILBOX.address, SALES.address))
    keep, calls = desk.archive.keep_raw, [0]

    def fails_once(place: MessagePlace, chunks: object) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise ConnectionError
        keep(place, chunks)  # type: ignore[arg-type]  # whatever the service passes on

    desk.archive.keep_raw = fails_once  # type: ignore[method-assign]  # one broken call
    with pytest.raises(ConnectionError):
        desk.receive(delivery)
    assert desk.originals.mails, "the raw mail stays until the last mailbox has it"
    assert desk.receive(delivery) == Counter({Outcome.STORED: 1}), "the other one was counted by the first try"
    assert len(desk.conversations._heads) == 2
    assert desk.originals.mails == {}


def test_a_second_try_writes_the_objects_of_the_first_again_not_beside_them(desk: Desk) -> None:
    with_file = replace(MAIL, html="<p>hi</p>", attachments=(Attachment("a.pdf", "application/pdf", b"pdf"),))
    delivery = desk.arrives(with_file)
    save = desk.conversations.save
    desk.conversations.save = _raises(ConnectionError())  # type: ignore[assignment]  # one broken call
    with pytest.raises(ConnectionError):
        desk.receive(delivery)
    first = (set(desk.archive.raw), set(desk.archive.contents), set(desk.archive.attachments))
    desk.conversations.save = save  # type: ignore[method-assign]
    desk.receive(delivery)
    assert (set(desk.archive.raw), set(desk.archive.contents), set(desk.archive.attachments)) == first


def test_a_head_that_moves_is_read_again_and_a_restless_one_goes_back_to_the_queue(desk: Desk) -> None:
    save, tries = desk.conversations.save, [0]

    def moved(*args: object, **kwargs: object) -> None:
        tries[0] += 1
        if tries[0] <= FRESH_READS:
            raise Stale("moved")
        save(*args, **kwargs)  # type: ignore[arg-type]

    desk.conversations.save = moved  # type: ignore[method-assign]
    assert desk.receive(desk.arrives(MAIL)) == Counter({Outcome.STORED: 1})
    desk.conversations.save = _raises(Stale("moved"))  # type: ignore[assignment]
    with pytest.raises(Stale):
        desk.receive(desk.arrives(replace(MAIL, text="second"), ses_message_id="ses-2"))
    assert desk.originals.mails


def _raises(error: Exception) -> object:
    def call(*_args: object, **_kwargs: object) -> None:
        raise error

    return call


def test_files_are_kept_beside_the_message_with_their_digest(desk: Desk) -> None:
    desk.receive(desk.arrives(replace(MAIL, attachments=(Attachment("a.pdf", "application/pdf", b"pdf"),))))
    thread = desk.only_conversation()
    (message,) = thread.messages
    (stored,) = message.attachments
    place = MessagePlace("wsp_acme", thread.conversation.id, message.id)
    assert desk.archive.attachments == {(place, stored.id): b"pdf"}
    assert (stored.name, stored.media_type, stored.size) == ("a.pdf", "application/pdf", 3)


def test_a_long_or_html_body_lies_whole_in_the_archive(desk: Desk) -> None:
    long = "long " * INLINE_TEXT_BYTES
    desk.receive(desk.arrives(replace(MAIL, text=long, html="<p>long</p>")))
    (message,) = desk.only_conversation().messages
    assert message.has_content
    assert len(message.text.encode()) <= INLINE_TEXT_BYTES
    assert list(desk.archive.contents.values()) == [Content(long, "<p>long</p>")]


ANSWER = "Yes, please."
INTRODUCTION = "On 12/03/2024 10:30, Tom Jones <tom@shop.example> wrote:"
ANSWERED = f"{ANSWER}\n\n{INTRODUCTION}\n> Shall we send it?"


def test_history_is_kept_with_the_message_and_not_shown_first(desk: Desk) -> None:
    desk.receive(desk.arrives(replace(MAIL, text=ANSWERED)))
    thread = desk.only_conversation()
    (message,) = thread.messages
    assert (message.text, message.visible_text, message.has_content) == (ANSWERED, ANSWER, False)
    assert thread.conversation.preview == ANSWER


def test_an_answer_below_long_history_is_what_the_message_shows(desk: Desk) -> None:
    whole = f"{INTRODUCTION}\n{'> a line of history' * 20}\n" + "> and another\n" * INLINE_TEXT_BYTES
    whole = "\n".join(whole.split("\n")[:400]) + f"\n\n{ANSWER}"
    desk.receive(desk.arrives(replace(MAIL, text=whole)))
    (message,) = desk.only_conversation().messages
    assert (message.text, message.visible_text, message.excerpt) == (ANSWER, ANSWER, True)
    (content,) = desk.archive.contents.values()
    assert (content.text, visible(content.text, message.hidden)) == (whole, ANSWER)


def test_what_a_forwarded_mail_says_is_shown(desk: Desk) -> None:
    block = "From: Tom\nSent: 12/03/2024 10:30\nTo: Ana\nSubject: Order\n\nShall we send it?"
    desk.receive(desk.arrives(replace(MAIL, subject="FW: Order", text=f"Look.\n\n{block}")))
    (message,) = desk.only_conversation().messages
    assert message.visible_text == f"Look.\n\n{block}"


def test_a_second_try_does_not_count_strangers_again(desk: Desk) -> None:
    delivery = desk.arrives(MAIL, recipients=("nobody@acme.example", "other@acme.example"))
    assert desk.receive(delivery) == Counter({Outcome.REJECTED: 2})
    desk.originals.mails[delivery.object_key] = b"raw of ses-1"  # it was not dropped
    assert desk.receive(delivery) == Counter()


def test_a_short_text_needs_no_object_of_its_own(desk: Desk) -> None:
    desk.receive(desk.arrives(MAIL))
    assert desk.archive.contents == {}
