"""Mails about accounts, by SES, in plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from letterlock.adapters.ses_mailer import SesMailer
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.mail import Address
from letterlock.domain.replies import OutgoingMail
from letterlock.services.people_ports import AccountMail

SENDER: Final = "no-reply"
CALLED: Final = "Letterlock"


class SesAccountMailer:
    """`AccountMailer`. From an address of the mail domain at which nobody reads."""

    def __init__(self, mailer: SesMailer, domain: str) -> None:
        self._mailer, self._sender = mailer, Address(f"{SENDER}@{domain}", CALLED)

    def send(self, mail: AccountMail, tags: Mapping[str, str]) -> None:
        written = OutgoingMail(
            sender=self._sender,
            reply_to=self._sender,
            to=(Address(mail.to),),
            cc=(),
            subject=mail.subject,
            text=mail.text,
            html="",
            in_reply_to="",
            references=(),
            purpose=Purpose.ACCOUNT,
        )
        self._mailer.hand_over(written, tags)
