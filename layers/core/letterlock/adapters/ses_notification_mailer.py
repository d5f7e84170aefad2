"""Mails that tell people of the team, by SES, in plain text."""

from __future__ import annotations

from collections.abc import Mapping

from letterlock.adapters.ses_mailer import SesMailer
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.mail import Address
from letterlock.domain.notifications import Notification
from letterlock.domain.replies import OutgoingMail


class SesNotificationMailer:
    """`NotificationMailer`. `sender`: an address of the mail domain at which nobody reads."""

    def __init__(self, mailer: SesMailer, sender: str) -> None:
        self._mailer, self._sender = mailer, sender

    def send(self, mail: Notification, tags: Mapping[str, str]) -> None:
        """SES makes the Message-ID anew; the thread stands in References, so that mail programs keep it together."""
        sender = Address(self._sender, mail.called)
        thread = f"{mail.thread}@{self._sender.rpartition('@')[2]}" if mail.thread else ""
        written = OutgoingMail(
            sender=sender,
            reply_to=Address(mail.reply_to, mail.called) if mail.reply_to else sender,
            to=(mail.to,),
            cc=(),
            subject=mail.subject,
            text=mail.text,
            html="",
            in_reply_to=thread,
            references=(thread,),
            purpose=Purpose.NOTIFICATION,
        )
        self._mailer.hand_over(written, tags)
