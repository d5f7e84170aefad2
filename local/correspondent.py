"""A customer with a mail client: writes a first mail, and answers what comes back as clients do."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path

CUSTOMER = "Mira Castellan <mira.castellan@client.example>"
# SES's mail to them comes back: see `local.ses_events`.
GONE = "Bo Unreachable <bounce@client.example>"


def first_mail(mailbox: str, subject: str, sender: str = CUSTOMER) -> EmailMessage:
    """A mail to the mailbox that opens a conversation."""
    mail = _mail(mailbox, subject, sender)
    mail.set_content("Hello,\n\nmy order 1047 arrived without the second lamp. Can you send it?\n\nMira Castellan\n")
    return mail


def answer_to(delivered: EmailMessage) -> EmailMessage:
    """The answer to a delivered mail: to its Reply-To, with its Message-ID in In-Reply-To and References (RFC 5322)."""
    subject = str(delivered["Subject"] or "")
    mail = _mail(
        str(delivered["Reply-To"] or delivered["From"]), subject if subject[:3].lower() == "re:" else f"Re: {subject}"
    )
    message_id = str(delivered["Message-ID"])
    mail["In-Reply-To"] = message_id
    mail["References"] = f"{delivered.get('References', '')} {message_id}".strip()
    quoted = "".join(f"> {line}\n" for line in text_of(delivered).splitlines())
    mail.set_content(f"Thank you, that helps.\n\nMira\n\nOn that day, the team wrote:\n{quoted}")
    return mail


def delivered_answer(outbox: Path, to: EmailMessage) -> EmailMessage | None:
    """The mail in the outbox that answers this one; None when there is none yet."""
    for path in sorted(outbox.glob("*.eml")):
        mail: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)
        if str(to["Message-ID"]) in f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}":
            return mail
    return None


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail; empty when it has none."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def _mail(to: str, subject: str, sender: str = CUSTOMER) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = make_msgid(domain="client.example")
    return mail
