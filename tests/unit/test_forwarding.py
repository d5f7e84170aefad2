"""What a provider asks before it forwards to a mailbox: known by who vouches for it, and never opened by us."""

from dataclasses import replace
from typing import Any

import pytest

from letterlock.domain.forwarding import Confirmation, Provider, confirmation_in
from letterlock.domain.mail import Address, Delivery, Mail, Verdict
from tests.fakes import START
from tests.fakes.desk import MAILBOX, Desk, verdicts

HERE = "fwd-abc@stack.test"
CONFIRMS = "https://mail-settings.google.com/mail/vf-%5BANG%5D-abc_DEF"
REFUSES = "https://mail-settings.google.com/mail/uf-%5BANG%5D-abc_DEF"
TEXT = f"Confirmation code: 508213974\n\nPlease click:\n{CONFIRMS}\n\nTo refuse:\n{REFUSES}\n"
GOOGLES = Mail(
    subject="(#987654321) Gmail Forwarding Confirmation - Receive Mail from ana@own.example",
    sender=Address("Forwarding-NoReply@google.com", "Gmail Team"),
    text=TEXT,
)


def delivery(*, dmarc: Verdict = Verdict.PASS, to: str = HERE) -> Delivery:
    return Delivery("ses-1", "inbound/ses-1", (to,), verdicts(dmarc=dmarc), START)


def test_googles_code_and_the_link_that_confirms_are_found() -> None:
    assert confirmation_in(GOOGLES, delivery(), HERE) == Confirmation(Provider.GOOGLE, "987654321", CONFIRMS, START)


def test_in_another_language_the_code_ends_its_line() -> None:
    mail = replace(GOOGLES, subject="Gmail の転送の確認", text=f"確認コード\uff1a508213974\n\n{CONFIRMS}")
    found = confirmation_in(mail, delivery(), HERE)
    assert found is not None
    assert (found.code, found.link) == ("508213974", CONFIRMS)


def test_microsofts_code_is_found() -> None:
    sender = Address("account-security-noreply@accountprotection.microsoft.com")
    mail = Mail(subject="Your code", sender=sender, text="Security code: 123456\r\n")
    assert confirmation_in(mail, delivery(), HERE) == Confirmation(Provider.MICROSOFT, "123456", "", START)


@pytest.mark.parametrize("dmarc", [Verdict.FAIL, Verdict.GRAY, Verdict.DISABLED, Verdict.PROCESSING_FAILED])
def test_what_its_domain_does_not_vouch_for_asks_nothing(dmarc: Verdict) -> None:
    assert confirmation_in(GOOGLES, delivery(dmarc=dmarc), HERE) is None


@pytest.mark.parametrize(
    "sender", [None, Address("forwarding-noreply@google.com.evil.example"), Address("noreply@google.com"), Address("")]
)
def test_another_sender_asks_nothing(sender: Address | None) -> None:
    assert confirmation_in(replace(GOOGLES, sender=sender), delivery(), HERE) is None


def test_what_comes_to_a_public_address_asks_nothing() -> None:
    assert confirmation_in(GOOGLES, delivery(to="support@own.example"), HERE) is None
    assert confirmation_in(GOOGLES, delivery(to=""), "") is None


@pytest.mark.parametrize(
    "link",
    [
        REFUSES,
        CONFIRMS.replace("google.com", "google.com.evil.example"),
        CONFIRMS.replace("https:", "http:"),
        CONFIRMS.replace("mail-settings.", "mail-settings.google.com@evil.example/"),
        "https://evil.example/?" + CONFIRMS,
        CONFIRMS + "x" * 500,
    ],
)
def test_no_other_link_is_ever_shown(link: str) -> None:
    found = confirmation_in(replace(GOOGLES, text=link), delivery(), HERE)
    assert found is not None
    assert found.link == ""


def test_with_neither_code_nor_link_it_is_ordinary_mail() -> None:
    assert confirmation_in(replace(GOOGLES, subject="News", text="Hello"), delivery(), HERE) is None


def test_a_long_text_takes_no_time() -> None:
    hostile: dict[str, Any] = {"text": ":" * 10_000 + "https://" * 10_000 + "1" * 10_000}
    assert confirmation_in(replace(GOOGLES, subject="", **hostile), delivery(), HERE) is None


def test_the_ledger_counts_it_and_a_crash_in_between_loses_nothing() -> None:
    desk = Desk()
    forwarded = replace(MAILBOX, id="mbx_f", address="f@acme.example", forwarding=HERE)
    desk.mailboxes.add(forwarded)
    arrived = desk.arrives(GOOGLES, recipients=(HERE,))
    record = desk.conversations.record
    desk.conversations.record = _dies  # type: ignore[assignment,method-assign]
    with pytest.raises(ConnectionError):
        desk.receive(arrived)
    desk.conversations.record = record  # type: ignore[method-assign]

    outcomes = desk.receive(arrived)

    assert sum(outcomes.values()) == 1
    assert desk.conversations.ledger[forwarded.workspace, "mbx_f", "ses-1"].conversation == ""
    assert desk.mailboxes.get(forwarded.workspace, "mbx_f").confirmation is not None
    assert desk.originals.mails == {}


def _dies(*_: object) -> None:
    raise ConnectionError
