"""A mailbox says by itself that a mail has come: to one address once a day at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.acknowledgement import acknowledgement, counted_as
from letterlock.domain.automatic_mail import Counted
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.conversations import Status
from letterlock.domain.errors import NotFound, SendRefused
from letterlock.domain.replies import OutgoingMail
from letterlock.services.notify_ports import MailCaps, TaggedMailer
from letterlock.services.people_ports import MailClaims
from letterlock.services.ports import Clock, Conversations, Mailboxes, ReplyTokens
from letterlock.services.send_once import NOT_WANTED, send_once

QUIET: Final = timedelta(days=1)
"""After one, before the next to that address."""
CAPPED: Final = "capped"


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """How it ended, in a word. Raises SendDelayed, SendUncertain when another try is wanted.

    What was decided about the mail when it came stands; read anew is what may have changed since.
    """

    conversations: Conversations
    mailboxes: Mailboxes
    reply_tokens: ReplyTokens
    quiet: MailClaims
    """One that was settled is free again after `QUIET`."""
    caps: MailCaps
    mailer: TaggedMailer
    now: Clock

    def __call__(self, fact: str, data: Mapping[str, str], occurred_at: datetime) -> str:
        workspace, conversation = data["workspace"], data["conversation"]
        # A day later nothing would keep a fact that comes again from being answered again.
        if self.now() - occurred_at >= QUIET:
            return NOT_WANTED
        try:
            head = self.conversations.get(workspace, conversation)
            message = self.conversations.message(workspace, conversation, data["message"])
            mailbox = self.mailboxes.get(workspace, head.mailbox)
        except NotFound:
            return NOT_WANTED
        mail = acknowledgement(mailbox, message, self.reply_tokens.mint(workspace, head.mailbox, conversation))
        if mail is None or message.sender is None:
            return NOT_WANTED
        if head.status is not Status.OPEN or not mailbox.settings.acknowledgement.on:
            return NOT_WANTED
        address = counted_as(message.sender)
        return send_once(self.quiet, workspace, address, lambda: self._send(mail, workspace, address, fact))

    def _send(self, mail: OutgoingMail, workspace: str, address: str, fact: str) -> None:
        causes = {Counted.DOMAIN: address.rpartition("@")[2], Counted.WORKSPACE: workspace}
        if not self.caps.take(Purpose.ACKNOWLEDGEMENT, workspace, causes):
            raise SendRefused(CAPPED)
        self.mailer.hand_over(mail, {"workspace": workspace, "fact": fact})
