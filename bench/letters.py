"""The mails of the bench: as long as the bounds say, and written in words that compress as a letter does."""

from __future__ import annotations

import random
from email.message import EmailMessage

CUSTOMER = "ana@customer.example"
SUBJECT = "The second parcel of order 2026-10-4417"
ATTACHMENT_BYTES = 200_000
FILE_BYTES = 200_000
"""Of a file that the team uploads."""
MAIL_BYTES = 30_000
"""Of the mail without its attachment."""
_WORDS = (
    "about after again all also and answer any arrived ask at because been before box but by call came can could day "
    "delivery did do each email even every few find first for friday from get give go good had half has have help her "
    "here him his home hope how i if in invoice is it its just keep kind know last leave left letter like little long "
    "look made mail make many may me message might monday more most much must my name need never new next no not now "
    "number of office old on once one only open or order other our out over own paid parcel part pay people please "
    "price question quite read really regards reply right said same say second see seems send sent she should since so "
    "some soon still street take team tell than thank that the their them then there these they thing think this time "
    "to today told tomorrow too two under until up us use very wait want was way we week well went were what when "
    "where which while who why will with without word work would year yes yesterday you your warehouse tracking "
    "customs signature replacement refund courier catalogue"
)


def prose(characters: int, seed: int) -> str:
    """Sentences and paragraphs, the same for the same seed."""
    chance, text = random.Random(seed), ""  # noqa: S311 - words, not secrets
    words = _WORDS.split()
    while len(text) < characters:
        for _ in range(chance.randint(3, 6)):
            said = " ".join(chance.choices(words, k=chance.randint(6, 18)))
            text += f"{said[0].upper()}{said[1:]}{chance.choice('.....?!')} "
        text = text.rstrip() + "\n\n"
    return text[:characters]


def letter(
    number: int,
    *,
    to: str,
    bytes_of_mail: int = 2_000,
    attachment_bytes: int = 0,
    references: tuple[str, ...] = (),
    subject: str = SUBJECT,
) -> bytes:
    """Text and HTML, a third and two thirds of it; the attachment is a PDF as far as anybody looks."""
    mail = EmailMessage()
    mail["From"] = f"Ana Example <{CUSTOMER}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<CAF+{number:020d}@mail.customer.example>"
    if references:
        mail["In-Reply-To"] = references[-1]
        mail["References"] = " ".join(references)
    text = prose(bytes_of_mail // 3, number)
    mail.set_content(text, cte="8bit")
    paragraphs = "".join(f"<p style='margin:0 0 1em'>{each}</p>\n" for each in text.split("\n\n"))
    padding = prose(max(0, bytes_of_mail * 2 // 3 - len(paragraphs)), number + 1)
    mail.add_alternative(
        f"<html><body>{paragraphs}<blockquote>{padding}</blockquote></body></html>", subtype="html", cte="8bit"
    )
    if attachment_bytes:
        mail.add_attachment(
            pdf(attachment_bytes, number), maintype="application", subtype="pdf", filename="delivery-note.pdf"
        )
    return mail.as_bytes()


def pdf(size: int, number: int = 1) -> bytes:
    """As far as anybody looks."""
    return b"%PDF-1.7\n" + random.Random(number).randbytes(size - 9)  # noqa: S311 - a file, no secret
