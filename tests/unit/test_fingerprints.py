"""Two deliveries of one mail are alike; two mails with one Message-ID are not."""

from dataclasses import replace

from letterlock.domain.fingerprints import fingerprint
from letterlock.domain.mail import Address, Attachment, Mail

MAIL = Mail(subject="Order", sender=Address("ana@customer.example"), text="Where?", message_id="m@x")


def test_what_a_mail_met_on_its_way_does_not_change_what_it_says() -> None:
    assert fingerprint(replace(MAIL, delivered_to=("x@y.example",))) == fingerprint(MAIL)


def test_another_text_subject_address_or_file_is_another_mail() -> None:
    others = [
        replace(MAIL, text="Where??"),
        replace(MAIL, subject="Order 2"),
        replace(MAIL, sender=None),
        replace(MAIL, references=("r@x",)),
        replace(MAIL, reply_to=(Address("bea@customer.example"),)),
        replace(MAIL, to=(Address("support@acme.example"),)),
        replace(MAIL, cc=(Address("support@acme.example"),)),
        replace(MAIL, html="<p>"),
        replace(MAIL, attachments=(Attachment("a.txt", "text/plain", b"1"),)),
        replace(MAIL, attachments=(Attachment("a.txt", "text/plain", b"2"),)),
    ]
    assert len({fingerprint(MAIL), *map(fingerprint, others)}) == len(others) + 1


def test_a_broken_character_does_not_break_the_fingerprint() -> None:
    assert fingerprint(replace(MAIL, text="\udcff")) != fingerprint(MAIL)
