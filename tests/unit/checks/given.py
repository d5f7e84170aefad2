"""Mails to be judged: read by the real parser from what servers write."""

from datetime import UTC, datetime

from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.checks.examination import Checks, examine
from letterlock.domain.checks.identity import Ours
from letterlock.domain.mail import Address, Delivery, Mail, Verdict, Verdicts

AT = datetime(2026, 3, 1, tzinfo=UTC)
MAILBOX = "support@acme.example"
PASSED = Verdicts(*[Verdict.PASS] * 5)


def mail(*header: str, sender: str = "Ana <ana@customer.example>", body: str = "Hello") -> Mail:
    return MimeParser().parse("\r\n".join([f"From: {sender}", *header, "", body]).encode())


def delivered(mail_from: str = "ana@customer.example", verdicts: Verdicts = PASSED) -> Delivery:
    return Delivery("ses", "inbound/ses", ("support@acme.example",), verdicts, AT, mail_from)


def judged(*header: str, mail_from: str = "ana@customer.example", verdicts: Verdicts = PASSED, **more: str) -> Checks:
    return examine(mail(*header, **more), delivered(mail_from, verdicts), Ours(Address(MAILBOX)))
