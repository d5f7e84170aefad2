"""All that is asked of a mail. **A further question** is a file beside this one, a field of `Checks`, and the names of
the header fields that it reads, in `FIELDS`: the parser keeps those and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.checks import automatic, mailing_list
from letterlock.domain.checks import loop as loops
from letterlock.domain.checks.automatic import Automatic, Automation
from letterlock.domain.checks.bounce import Bounce, ReportedAction, bounce
from letterlock.domain.checks.identity import IdentityWarning, Ours, warnings
from letterlock.domain.checks.loop import Loop, loop
from letterlock.domain.checks.mailing_list import MailingList
from letterlock.domain.mail import Delivery, Mail

FIELDS: Final = automatic.FIELDS | mailing_list.FIELDS | loops.FIELDS


@dataclass(frozen=True, slots=True)
class Checks:
    """The verdicts on one mail, as they were when it came. SES's own stand beside them, on the message."""

    sender: Authenticity
    automation: Automation | None = None
    mailing_list: MailingList | None = None
    bounce: Bounce | None = None
    loop: Loop | None = None
    warnings: tuple[IdentityWarning, ...] = ()

    @property
    def nobody_waits(self) -> bool:
        """Nobody who would read it waits for an answer: a machine sent it, or sent it on, or it is our own."""
        return bool(self.automation or self.mailing_list or self.bounce or self.loop)

    @property
    def is_anybodys_turn(self) -> bool:
        """Whether somebody of the team is to see to it. Not where a machine answered by itself, where a mail is late
        but under way, or where our own mail came back: these would wake a conversation as long as two machines talk.
        """
        if self.loop:
            return False
        if self.bounce:
            return self.bounce.worst.action is ReportedAction.FAILED
        return self.automation is None or self.automation.kind is not Automatic.REPLIED


def examine(mail: Mail, delivery: Delivery, ours: Ours) -> Checks:
    sender = authenticity(mail.sender, delivery)
    return Checks(
        sender=sender,
        automation=automatic.automatic(mail, delivery),
        mailing_list=mailing_list.mailing_list(mail),
        bounce=bounce(mail),
        loop=loop(mail, ours.mailbox.address),
        # Of an archive nobody vouches for any sender: the team's own mails in it are no imposters'.
        warnings=() if delivery.imported else warnings(mail, sender, ours),
    )
