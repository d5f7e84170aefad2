"""Whether a mailbox says by itself that a mail has come, and what: nothing of what the sender said.

The answer goes to the address in From, of which its domain says that it is the sender's, and to no other. Whoever
writes in somebody else's name has it sent to nobody; whoever writes in their own gets words that the team chose.
"""

from __future__ import annotations

import re
from typing import Final

from letterlock.domain.accounts import Mailbox
from letterlock.domain.authentication import Authenticity
from letterlock.domain.channels import is_mail
from letterlock.domain.checks.examination import Checks
from letterlock.domain.checks.identity import IdentityWarning
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.conversations import Conversation, Message, Status
from letterlock.domain.mail import Address, Mail
from letterlock.domain.replies import OutgoingMail
from letterlock.domain.threading import keyed_reference, reply_address, without_subaddress

SUBJECT: Final = "We have received your message"

_NOBODY_READS: Final = re.compile(
    r"(?:no|do[._-]?not|dont)[._-]?reply(?:[._+-].*)?|bounces?(?:[._+-].*)?|mailer[._-]?daemon|postmaster|root|daemon|"
    r"nobody|.*-(?:request|bounces|owner)"
)
"""Local parts of addresses behind which nobody waits for an answer (RFC 2142, and custom)."""


def is_owed(mail: Mail, checks: Checks, mailbox: Mailbox, opened: Conversation, message: Message) -> bool:
    """Of a mail that opens a conversation. In doubt it is not: an acknowledgement is a courtesy."""
    return (
        mailbox.settings.acknowledgement.on
        and opened.status is Status.OPEN
        and message.trusted
        and checks.sender is Authenticity.AUTHENTICATED
        and not checks.nobody_waits
        and IdentityWarning.SEVERAL_AUTHORS not in checks.warnings
        and mail.sender is not None
        and is_mail(mail.sender)
        and _takes_answers(mail.sender)
        and all(counted_as(each) == counted_as(mail.sender) for each in mail.reply_to)
    )


def _takes_answers(sender: Address) -> bool:
    return _NOBODY_READS.fullmatch(sender.key.rpartition("@")[0]) is None


def counted_as(sender: Address) -> str:
    """Whose it is: `ana+1@` and `ana+2@` are one."""
    return without_subaddress(sender.key)


def acknowledgement(mailbox: Mailbox, message: Message, token: str) -> OutgoingMail | None:
    """To the sender of that message; None where it has none that takes mail. Its Message-ID stands in the header, so
    that the sender's own program, or help desk, knows what is answered (RFC 3834, section 3.1.5).
    """
    if message.sender is None or not is_mail(message.sender):
        return None
    reference = keyed_reference(mailbox.address, token)
    return OutgoingMail(
        sender=mailbox.as_address(),
        reply_to=Address(reply_address(mailbox.address, token), mailbox.name),
        to=(Address(message.sender.address),),
        cc=(),
        subject=SUBJECT,
        text=mailbox.settings.acknowledgement.text,
        html="",
        in_reply_to=message.message_id or reference,
        references=tuple(each for each in (reference, message.message_id) if each),
        purpose=Purpose.ACKNOWLEDGEMENT,
    )
