"""What a machine sent is known, and what a person sent is not taken for it."""

import pytest

from letterlock.domain.checks.automatic import EVIDENCE, Automatic
from tests.unit.checks.given import judged


def found(
    *header: str, sender: str = "ana@customer.example", mail_from: str = "ana@customer.example"
) -> tuple[Automatic, str] | None:
    auto = judged(*header, sender=sender, mail_from=mail_from).automation
    assert auto is None or auto.evidence in EVIDENCE
    return (auto.kind, auto.evidence) if auto else None


@pytest.mark.parametrize(
    ("fields", "evidence"),
    [
        (["Auto-Submitted: auto-replied"], "Auto-Submitted"),
        (["Auto-Submitted: Auto-Replied (vacation); x=1"], "Auto-Submitted"),
        (["Auto-Submitted: auto-generated", "X-MS-Exchange-Inbox-Rules-Loop: ana@customer.example"], "Auto-Submitted"),
        (["X-Autoreply: yes"], "X-Autoreply"),
        (["X-Autorespond: Out until Monday"], "X-Autorespond"),
        (["X-Mail-Autoreply: true"], "X-Mail-Autoreply"),
        (["Precedence: Auto_Reply"], "Precedence"),
        (["Subject: Automatic reply: Order 7", "Auto-Submitted: auto-generated"], "Subject"),
        (["Subject: =?utf-8?q?R=C3=A9ponse_automatique=C2=A0=3A_Order_7?="], "Subject"),
        (["Subject: Abwesenheitsnotiz: Order 7"], "Subject"),
        (["Subject: Out of Office: Order 7"], "Subject"),
    ],
)
def test_what_answers_by_itself_is_an_automatic_reply(fields: list[str], evidence: str) -> None:
    assert found(*fields) == (Automatic.REPLIED, evidence)


@pytest.mark.parametrize(
    ("fields", "evidence"),
    [
        (["Auto-Submitted: auto-generated"], "Auto-Submitted"),
        (["Auto-Submitted: auto-notified; owner-email=x"], "Auto-Submitted"),
        (["Precedence: bulk"], "Precedence"),
        (["Precedence: junk"], "Precedence"),
        (["X-Auto-Response-Suppress: DR, OOF, AutoReply"], "X-Auto-Response-Suppress"),
        (["X-Auto-Response-Suppress: All"], "X-Auto-Response-Suppress"),
        (["X-Loop: help@desk.example"], "X-Loop"),
        (["Content-Type: multipart/report; boundary=b"], "Content-Type"),
    ],
)
def test_what_a_program_sends_is_known(fields: list[str], evidence: str) -> None:
    assert found(*fields) == (Automatic.GENERATED, evidence)


@pytest.mark.parametrize("mail_from", ["", "<>", " "])
def test_a_mail_without_a_return_path_is_a_machines(mail_from: str) -> None:
    assert found(mail_from=mail_from) == (Automatic.GENERATED, "Return-Path")


def test_the_mailer_daemon_is_a_machine() -> None:
    assert found(sender="Mail Delivery System <MAILER-DAEMON@mx.customer.example>") == (Automatic.GENERATED, "From")


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: No (a person)",
        "Precedence: first-class",
        "X-Autoreply: no",
        "X-Auto-Response-Suppress: DR, RN, NRN",
        "X-Auto-Response-Suppress: None",
        "X-MS-Exchange-Inbox-Rules-Loop: info@customer.example",
        "Feedback-ID: 1.eu-west-1.abc=:AmazonSES",
        "Subject: Re: Automatic reply: Order 7",
        "Subject: Out of office hours: whom do we call?",
        "Subject: The automatic reply: it came twice",
        "X-Y: auto-replied",
    ],
)
def test_what_a_person_sends_is_not_taken_for_it(field: str) -> None:
    assert found(field) is None
