"""An answer as a mail: who gets it, what it refers to, what it quotes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from letterlock.domain.accounts import Mailbox
from letterlock.domain.conversations import Conversation, Kind, Message, Thread
from letterlock.domain.mail import Address
from letterlock.domain.participants import Participant
from letterlock.domain.replies import REFERENCES_KEPT, compose, last_trusted, recipients, reply_subject, signed
from letterlock.domain.threading import Rule, Threading, Trust

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ANA, BOB, EVE = Address("ana@customer.example", "Ana"), Address("bob@customer.example"), Address("eve@else.example")
MAILBOX = Mailbox("mbx_1", "wsp_1", "support@acme.example", "Acme Support")
TOKEN = "t" * 40


def inbound(minutes: int, trust: Trust = Trust.VERIFIED, **fields: object) -> Message:
    """Ana's, with Bob in copy."""
    return Message(
        id=f"msg_{minutes}",
        kind=Kind.INBOUND,
        at=AT + timedelta(minutes=minutes),
        text="Where is it?",
        threading=Threading(Rule.NEW, "", trust),
        **({"sender": ANA, "cc": (BOB,)} | fields),  # type: ignore[arg-type]  # the test's own keywords
    )


def thread(*messages: Message, subject: str = "Order 7") -> Thread:
    people = [Participant(ANA, requester=True), Participant(BOB)]
    return Thread(Conversation("cnv_1", "wsp_1", "mbx_1", 1, subject, AT, participants=people), messages)


REPLY = Message(id="msg_r", kind=Kind.REPLY, at=AT + timedelta(hours=1), text="Soon.", to=(ANA,), cc=(BOB,))


def test_the_requester_gets_the_answer_and_the_others_a_copy() -> None:
    assert recipients(thread().conversation) == ((ANA,), (BOB,))


def test_an_answer_refers_to_the_mail_it_answers_and_carries_the_keyed_token() -> None:
    mail = compose(thread(inbound(0, message_id="m1@x", references=("m0@x",))), REPLY, "Soon.", "", MAILBOX, TOKEN)
    assert mail.in_reply_to == "m1@x"
    assert mail.references == (f"{TOKEN}@acme.example", "m0@x", "m1@x")
    assert mail.reply_to == Address(f"support+{TOKEN}@acme.example", "Acme Support")
    assert mail.sender == Address("support@acme.example", "Acme Support")


def test_an_answer_to_a_mail_without_a_message_id_still_carries_the_token() -> None:
    mail = compose(thread(inbound(0)), REPLY, "Soon.", "", MAILBOX, TOKEN)
    assert mail.references == (f"{TOKEN}@acme.example",)
    assert mail.in_reply_to == f"{TOKEN}@acme.example"


def test_references_stay_bounded_and_keep_the_token_and_the_newest() -> None:
    many = tuple(f"r{n}@x" for n in range(500))
    mail = compose(thread(inbound(0, message_id="m@x", references=many)), REPLY, "", "", MAILBOX, TOKEN)
    assert len(mail.references) == REFERENCES_KEPT + 1
    assert mail.references[0].startswith(TOKEN)
    assert mail.references[-1] == "m@x"


def test_a_stranger_is_never_answered_nor_quoted() -> None:
    trusted, stranger = inbound(0), inbound(5, Trust.UNVERIFIED)
    assert last_trusted(thread(trusted, stranger), REPLY) is trusted


def test_a_mail_that_came_after_the_reply_was_written_is_not_what_it_answers() -> None:
    assert last_trusted(thread(inbound(0), inbound(90)), REPLY) == inbound(0)


def test_history_is_quoted_with_its_author_in_text_and_html() -> None:
    mail = compose(thread(inbound(0)), REPLY, "Soon.\n", "Where <is> it?\n> older", MAILBOX, TOKEN)
    assert mail.text == ("Soon.\n\nOn Sun, 01 Mar 2026 at 09:00 UTC, Ana wrote:\n\n> Where <is> it?\n>> older\n")
    assert "Where &lt;is&gt; it?" in mail.html
    assert "<is>" not in mail.html


@pytest.mark.parametrize(
    ("mail", "quoted"),
    [
        ({}, True),
        ({"cc": (), "to": (Address("BOB@customer.example"),)}, True),
        ({"cc": (), "reply_to": (BOB,)}, True),
        ({"sender": BOB, "to": (ANA,)}, True),
        ({"cc": ()}, False),
        ({"sender": BOB, "cc": (BOB,)}, False),
        ({"sender": None}, False),
    ],
)
def test_only_what_everybody_who_gets_it_was_sent_is_quoted(mail: dict[str, Any], quoted: bool) -> None:
    composed = compose(thread(inbound(0, **mail)), REPLY, "Soon.", "Where is it?", MAILBOX, TOKEN)
    assert ("Where is it?" in composed.text) is quoted
    assert ("Where is it?" in composed.html) is quoted
    assert ("wrote:" in composed.text) is quoted


def test_what_goes_again_to_one_of_them_quotes_what_that_one_was_sent() -> None:
    alone = compose(thread(inbound(0, cc=())), replace(REPLY, cc=()), "Soon.", "Where is it?", MAILBOX, TOKEN)
    assert "> Where is it?" in alone.text


def test_a_subject_gets_one_re_and_no_line_break() -> None:
    assert reply_subject("Order 7") == "Re: Order 7"
    assert reply_subject("RE: Order 7") == "RE: Order 7"
    assert reply_subject("AW: Order 7") == "AW: Order 7"
    assert reply_subject("Order\r\nBcc: eve@else.example") == "Re: Order Bcc: eve@else.example"
    assert reply_subject("") == "Re:"


def test_the_mailboxs_signature_stands_under_what_the_agent_wrote_and_above_the_quote() -> None:
    mailbox = replace(MAILBOX, signature="Your team\nat Acme")
    mail = compose(thread(inbound(0)), REPLY, "On its way.\n", "Where?", mailbox, TOKEN)
    assert mail.text.startswith("On its way.\n\n-- \nYour team\nat Acme\n\nOn ")
    assert "-- <br>\nYour team<br>\nat Acme</div>" in mail.html


@pytest.mark.parametrize("body", ["Hello\n\n-- \nYour team", "Hello\n--\nYour team\n", "Hello\n\nYour team", "Hello"])
def test_a_signature_stands_there_once(body: str) -> None:
    assert signed(body, "Your team") == "Hello\n\n-- \nYour team"


def test_without_a_signature_nothing_is_added() -> None:
    assert signed("Hello\n", "") == "Hello\n"
    assert signed("It costs 5 --\nYour team", "Your team") == "It costs 5 --\n\n-- \nYour team"
