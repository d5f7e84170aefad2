# ruff: noqa: RUF001 - these are words of many languages
"""Mails that were handed on, as programs write them: who wrote them first, about what, and what."""

import pytest

from letterlock.domain.handed_on import HandedOn, attached, in_attachment, in_text
from letterlock.domain.mail import Address, Attachment, Mail

ANA, BEN = Address("ana@customer.example", "Ana Example"), Address("ben@team.example", "Ben")
RULE = "_" * 32


def found(text: str, subject: str = "Fwd: Broken lamp") -> HandedOn | None:
    return in_text(Mail(subject=subject, sender=BEN, text=text))


def said(handed_on: HandedOn | None) -> tuple[Address | None, str, str, str] | None:
    if handed_on is None:
        return None
    original = handed_on.original
    return original.sender, original.subject, original.text.strip(), handed_on.comment


PROGRAMS = {
    "Gmail": (
        "Fwd: Broken lamp",
        ("Please see to it.\n\n---------- Forwarded message ---------\nFrom: Ana Example <ana@customer.example>\n"
        "Date: Mon, 2 Nov 2026 at 09:00\nSubject: Broken lamp\nTo: Ben <ben@team.example>\n\n\nIt is broken.\n"),
    ),
    "Apple Mail, which quotes it": (
        "Fwd: Broken lamp",
        "Please see to it.\n\n> Begin forwarded message:\n".replace("> Begin", "Begin")
        + "\n> From: Ana Example <ana@customer.example>\n> Subject: Broken lamp\n> Date: 2 November 2026 at 09:00\n"
        "> To: ben@team.example\n> \n> It is broken.\n",
    ),
    "Thunderbird, which begins with the subject": (
        "Fwd: Broken lamp",
        ("Please see to it.\n\n-------- Forwarded Message --------\nSubject: \tBroken lamp\nDate: \tMon, 2 Nov 2026 09:00:00 +0100\n"
        "From: \tAna Example <ana@customer.example>\nTo: \tben@team.example\n\n\n\nIt is broken.\n"),
    ),
    "Outlook, below a rule": (
        "FW: Broken lamp",
        (f"Please see to it.\n\n{RULE}\nFrom: Ana Example <ana@customer.example>\nSent: Monday, November 2, 2026 9:00 AM\n"
        "To: Ben <ben@team.example>\nSubject: Broken lamp\n\nIt is broken.\n"),
    ),
    "an older Outlook, in German": (
        "WG: Broken lamp",
        ("Please see to it.\n\nVon: Ana Example [mailto:ana@customer.example]\nGesendet: Montag, 2. November 2026 09:00\n"
        "An: Ben\nBetreff: Broken lamp\n\nIt is broken.\n"),
    ),
    "Outlook, as an original message": (
        "FW: Broken lamp",
        ("Please see to it.\n\n-----Original Message-----\nFrom: Ana Example <ana@customer.example> \n"
        "Sent: Monday, November 2, 2026 9:00 AM\nTo: Ben; Cleo\nSubject: Broken lamp\n\nIt is broken.\n"),
    ),
    "Outlook from HTML, in bold": (
        "FW: Broken lamp",
        ("Please see to it.\n\n*From:* Ana Example <ana@customer.example<mailto:ana@customer.example>>\n"
        "*Sent:* Monday, November 2, 2026 9:00 AM\n*To:* Ben\n*Subject:* Broken lamp\n\nIt is broken.\n"),
    ),
    "Gmail in French": (
        "TR: Broken lamp",
        ("Please see to it.\n\n---------- Message transféré ---------\nDe : Ana Example <ana@customer.example>\n"
        "Date: lun. 2 nov. 2026 à 09:00\nObjet : Broken lamp\nÀ : <ben@team.example>\n\n\nIt is broken.\n"),
    ),
    "Apple Mail in Spanish": (
        "RV: Broken lamp",
        ("Please see to it.\n\nInicio del mensaje reenviado:\n\n> De: Ana Example <ana@customer.example>\n"
        "> Asunto: Broken lamp\n> Fecha: 2 de noviembre de 2026, 9:00:00\n> Para: ben@team.example\n>\n> It is broken.\n"),
    ),
    "Gmail in Dutch": (
        "Fwd: Broken lamp",
        ("Please see to it.\n\n---------- Doorgestuurd bericht ---------\nVan: Ana Example <ana@customer.example>\n"
        "Date: ma 2 nov 2026 om 09:00\nOnderwerp: Broken lamp\nAan: <ben@team.example>\n\n\nIt is broken.\n"),
    ),
    "Gmail in Japanese": (
        "Fwd: Broken lamp",
        ("Please see to it.\n\n---------- 転送されたメッセージ ---------\n差出人： Ana Example <ana@customer.example>\n"
        "日時: 2026年11月2日(月) 9:00\n件名： Broken lamp\n宛先： <ben@team.example>\n\n\nIt is broken.\n"),
    ),
    "with a long To that runs on": (
        "Fwd: Broken lamp",
        ("Please see to it.\n\n---------- Forwarded message ---------\nFrom: Ana Example <ana@customer.example>\n"
        "Date: Mon, 2 Nov 2026 at 09:00\nSubject: Broken lamp\nTo: Ben <ben@team.example>,\n Cleo <cleo@team.example>,\n"
        " Dan <dan@team.example>\n\n\nIt is broken.\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_mail_that_was_handed_on_is_its_first_senders(program: str) -> None:
    subject, text = PROGRAMS[program]
    handed_on = found(text, subject)
    assert said(handed_on) == (ANA, "Broken lamp", "It is broken.", "Please see to it.")
    assert handed_on is not None
    assert handed_on.evidence == "text"


def test_without_a_comment_there_is_none() -> None:
    _, text = PROGRAMS["Gmail"]
    assert said(found(text.partition("\n\n")[2])) == (ANA, "Broken lamp", "It is broken.", "")


def test_of_a_mail_that_was_handed_on_twice_the_outer_one_counts() -> None:
    _, inner = PROGRAMS["Gmail"]
    outer = (
        "---------- Forwarded message ---------\nFrom: Cleo <cleo@customer.example>\nDate: Tue, 3 Nov 2026 at 10:00\n"
        f"Subject: Fwd: Broken lamp\nTo: Ben <ben@team.example>\n\n\n{inner}"
    )
    handed_on = found(outer)
    assert handed_on is not None
    assert handed_on.original.sender == Address("cleo@customer.example", "Cleo")
    assert "From: Ana Example" in handed_on.original.text


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Broken lamp", "It is broken."),
        ("Fwd: Broken lamp", "It is broken."),
        ("Fwd: Broken lamp", ""),
        ("Fwd: Broken lamp", "---------- Forwarded message ---------"),
        ("Fwd: Broken lamp", "---------- Forwarded message ---------\n\n\nIt is broken."),
        ("Fwd: Broken lamp", "---------- Forwarded message ---------\nFrom: Ana <ana@customer.example>\n\nIt is broken."),
        ("FW: Broken lamp", "From: Ana Example\nSent: Monday, November 2, 2026 9:00 AM\nTo: Ben\nSubject: x\n\nIt is broken."),
        ("FW: Broken lamp", "From: a@x.example on behalf of b@y.example\nSent: Monday, November 2, 2026 9:00\nTo: Ben\nSubject: x\n\n."),
        ("FW: Broken lamp", "From: Ana <ana@localhost>\nSent: Monday, November 2, 2026 9:00 AM\nTo: Ben\nSubject: x\n\n."),
        ("Re: Broken lamp", PROGRAMS["Outlook, below a rule"][1]),
        ("Re: Broken lamp", "Thanks.\n\nOn Mon, 2 Nov 2026 at 09:00, Ana <ana@customer.example> wrote:\n\n> It is broken.\n"),
    ],
)  # fmt: skip
def test_what_hands_nothing_on_or_names_no_one_sender_is_an_ordinary_mail(subject: str, text: str) -> None:
    assert found(text, subject) is None


def test_a_header_block_of_the_authors_own_is_not_taken_for_one_unless_the_subject_says_so() -> None:
    travel = "From: Berlin\nTo: Paris\nDate: 2 November 2026\n\nBook it."
    assert found(travel, "Fwd: Travel") is None


@pytest.mark.parametrize("size", [200_000, 1_000_000])
def test_hostile_texts_are_looked_at_in_linear_time(size: int) -> None:
    for text in ("From: a@b.example\n" * (size // 18), ">" * size, "---------- Forwarded message ---------\n" * (size // 40),
                 "Begin forwarded message:\n" + "> From: " + "@" * size, "From: " + "a@" * (size // 2)):  # fmt: skip
        assert found(text) is None


# ---- attached -------------------------------------------------------------------------------------------------------


def mail_with(*files: Attachment, subject: str = "Fwd: Broken lamp") -> Mail:
    return Mail(subject=subject, sender=BEN, text="Please see to it.\n", attachments=files)


EML = Attachment("lamp.eml", "message/rfc822", b"From: ana@customer.example\r\n\r\nIt is broken.")
ORIGINAL = Mail(subject="Broken lamp", sender=ANA, text="It is broken.", message_id="m1@customer.example")


def test_a_mail_that_is_attached_is_its_senders() -> None:
    mail = mail_with(Attachment("a.pdf", "application/pdf", b""), EML)
    assert attached(mail) is EML
    assert in_attachment(mail, ORIGINAL) == HandedOn(ORIGINAL, "Please see to it.", "attachment")
    assert in_attachment(mail_with(EML, subject="Broken lamp"), ORIGINAL) is not None


def test_of_several_attached_mails_none_is_handed_on() -> None:
    assert attached(mail_with(EML, EML)) is None
    assert attached(mail_with()) is None


def test_an_attached_mail_under_a_subject_of_its_own_is_a_file() -> None:
    assert in_attachment(mail_with(EML, subject="Look at this"), ORIGINAL) is None
    assert in_attachment(mail_with(EML, subject=""), Mail(subject="", sender=ANA)) is None
    assert in_attachment(mail_with(EML), Mail(subject="Broken lamp", sender=None)) is None
