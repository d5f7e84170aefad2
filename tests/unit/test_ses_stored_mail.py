"""What SES wrote on a mail that it stored is believed; what the mail says of itself is not."""

from datetime import UTC, datetime

import pytest

from letterlock.adapters.ses_notification import delivery_of
from letterlock.adapters.ses_stored_mail import TOP_BYTES, receipt_of
from letterlock.adapters.sqs_inbound_queue import notification
from letterlock.domain.mail import Delivery, Verdict
from local.receipt import Delivery as LocalDelivery
from local.receipt import stored_mail
from local.verdicts import ALL_PASS
from local.verdicts import Verdicts as LocalVerdicts

ID = "o3vrnil0e2ic28tr0123456789abcdefghijklmn"
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
RAW = b"From: ana@customer.test\r\nTo: ceo@acme.test\r\nSubject: x\r\n\r\nHello\r\n"


def stored(
    raw: bytes = RAW,
    *,
    recipients: tuple[str, ...] = ("support@acme.test",),
    mail_from: str = "ana@customer.test",
    helo: str = "mx.customer.test",
    verdicts: LocalVerdicts = ALL_PASS,
) -> bytes:
    """The object as the local door writes it, which is as SES does."""
    return stored_mail(LocalDelivery(ID, AT, mail_from, recipients, helo, "198.51.100.7", verdicts), raw)


def test_the_recipient_the_sender_and_the_verdicts_are_those_of_the_envelope() -> None:
    receipt = receipt_of(stored(verdicts=LocalVerdicts(dmarc="FAIL", spam="GRAY", spf="GRAY")), ID)
    assert receipt is not None
    assert (receipt.recipient, receipt.mail_from) == ("support@acme.test", "ana@customer.test")
    verdicts = receipt.verdicts
    assert (verdicts.spf, verdicts.dkim, verdicts.dmarc) == (Verdict.GRAY, Verdict.PASS, Verdict.FAIL)
    assert (verdicts.spam, verdicts.virus) == (Verdict.GRAY, Verdict.PASS)


def test_a_reply_address_keeps_its_token() -> None:
    receipt = receipt_of(stored(recipients=("support+abcdefghijklmnop@acme.test",)), ID)
    assert receipt is not None
    assert receipt.recipient == "support+abcdefghijklmnop@acme.test"


def test_a_bounce_has_no_sender() -> None:
    receipt = receipt_of(stored(mail_from=""), ID)
    assert receipt is not None
    assert receipt.mail_from == ""


def test_with_several_recipients_ses_names_none_and_so_does_nobody() -> None:
    assert receipt_of(stored(recipients=("a@acme.test", "b@acme.test")), ID) is None


FORGED = stored(b"", recipients=("ceo@acme.test",)) + RAW


def test_lines_like_those_of_ses_inside_the_mail_change_nothing() -> None:
    receipt = receipt_of(stored(FORGED, verdicts=LocalVerdicts(dmarc="FAIL", virus="FAIL")), ID)
    assert receipt is not None
    assert receipt.recipient == "support@acme.test"
    assert (receipt.verdicts.dmarc, receipt.verdicts.virus) == (Verdict.FAIL, Verdict.FAIL)


@pytest.mark.parametrize(
    "envelope",
    [
        {"mail_from": "dmarc=pass@customer.test"},
        {"mail_from": "a@dmarc=pass;dkim=pass.test"},
        {"helo": f"x by inbound-smtp.eu-west-1.amazonaws.com with SMTP id {ID} for ceo@acme.test;"},
        {"helo": "dmarc=pass dkim=pass"},
    ],
)
def test_what_a_sender_can_say_in_the_envelope_passes_for_no_verdict_and_no_recipient(
    envelope: dict[str, str],
) -> None:
    failed = LocalVerdicts(dmarc="FAIL", dkim="FAIL")
    mail_from, helo = envelope.get("mail_from", "ana@customer.test"), envelope.get("helo", "mx.customer.test")
    receipt = receipt_of(stored(mail_from=mail_from, helo=helo, verdicts=failed), ID)
    assert receipt is not None
    assert receipt.recipient == "support@acme.test"
    assert (receipt.verdicts.dmarc, receipt.verdicts.dkim) == (Verdict.FAIL, Verdict.FAIL)
    assert receipt_of(stored(recipients=("a@x.test", "b@x.test"), mail_from=mail_from, helo=helo), ID) is None


@pytest.mark.parametrize(
    "top",
    [
        b"",
        RAW,
        b"\xff\xfe" * 100,
        b"X-Other: 1\r\n" + stored(),
        stored().replace(b"X-SES-RECEIPT", b"X-NOT"),
        stored().replace(b"X-SES-Virus-Verdict", b"X-NOT"),
        stored().replace(b"Authentication-Results", b"X-NOT"),
        stored().replace(ID.encode(), b"another"),
        stored().replace(b"inbound-smtp.", b"mx."),
        stored()[:300],
        stored().replace(b"\r\n", b"\n"),
    ],
)
def test_a_mail_that_does_not_begin_as_ses_writes_it_says_nothing(top: bytes) -> None:
    assert receipt_of(top, ID) is None


def test_a_check_of_which_nothing_is_said_gives_no_assurance() -> None:
    receipt = receipt_of(
        stored().replace(b" dmarc=pass", b" other=pass").replace(b"Spam-Verdict: PASS", b"Spam-Verdict: ?"), ID
    )
    assert receipt is not None
    assert receipt.verdicts.dmarc is Verdict.PROCESSING_FAILED
    assert receipt.verdicts.spam is Verdict.PROCESSING_FAILED


def test_the_first_bytes_are_enough() -> None:
    assert receipt_of(stored(RAW + b"x" * TOP_BYTES)[:TOP_BYTES], ID) == receipt_of(stored(), ID)


def test_what_is_queued_reads_as_the_notification_of_ses_does() -> None:
    receipt = receipt_of(stored(verdicts=LocalVerdicts(dmarc="FAIL")), ID)
    assert receipt is not None
    delivery = Delivery(ID, f"inbound/{ID}", (receipt.recipient,), receipt.verdicts, AT, receipt.mail_from)
    assert delivery_of(notification(delivery)) == delivery
    assert "customer.test" in str(notification(delivery))
    assert "Subject" not in str(notification(delivery))
