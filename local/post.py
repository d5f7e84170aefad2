"""Sends mail through the SMTP door, as any client would, and says under which id SES took it."""

import re
import smtplib
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import parseaddr

from local.connection import Connection
from local.settings import LocalCloudError

_TIMEOUT_SECONDS = 60.0
# Mail travels with CRLF (RFC 5321, section 2.3.8); files have what their system has.
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Answer:
    """The door's answer to a whole mail; `message_id` is SES's, empty when the mail was refused."""

    code: int
    text: str

    @property
    def message_id(self) -> str:
        """The id in `250 Ok <id>`."""
        return self.text.split()[-1] if self.code == 250 else ""


def send(connection: Connection, raw: bytes, *, sender: str | None = None, recipient: str | None = None) -> Answer:
    """Send one mail; the sender is the mail's own From unless told. Raises LocalCloudError when the door fails."""
    try:
        with open_session(connection) as session:
            return send_in(session, raw, sender=sender or _from(raw), recipient=recipient or connection.mailbox)
    except (smtplib.SMTPException, TimeoutError) as error:
        raise LocalCloudError(f"The SMTP session at {connection.smtp} failed: {type(error).__name__}.") from error


def open_session(connection: Connection) -> smtplib.SMTP:
    """An SMTP session with the door, for several mails."""
    host, port = connection.smtp_address
    try:
        return smtplib.SMTP(host, port, local_hostname="client.example", timeout=_TIMEOUT_SECONDS)
    except OSError as error:
        raise LocalCloudError(f"Nothing takes mail at {connection.smtp}.") from error


def send_in(session: smtplib.SMTP, raw: bytes, *, sender: str, recipient: str) -> Answer:
    """One mail in an open session. smtplib's own sendmail would not tell the door's answer."""
    session.ehlo_or_helo_if_needed()
    options = ["BODY=8BITMIME"] + ([] if sender.isascii() else ["SMTPUTF8"])
    for code, text in (session.mail(sender, options), session.rcpt(recipient)):
        if code >= 400:
            session.rset()
            return Answer(code, text.decode("utf-8", "replace"))
    code, text = session.data(_LINE_END.sub(b"\r\n", raw))
    return Answer(code, text.decode("utf-8", "replace"))


def _from(raw: bytes) -> str:
    mail = message_from_bytes(raw, policy=policy.compat32)
    return parseaddr(str(mail.get("From", "")))[1]
