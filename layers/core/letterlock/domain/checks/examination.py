"""All that is asked of a mail. **A further question** is a file beside this one, a field of `Checks`, and the names of
the header fields that it reads, in `FIELDS`: the parser keeps those and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.checks import automatic, mailing_list
from letterlock.domain.checks.automatic import Automation
from letterlock.domain.checks.bounce import Bounce, bounce
from letterlock.domain.checks.mailing_list import MailingList
from letterlock.domain.mail import Delivery, Mail

FIELDS: Final = automatic.FIELDS | mailing_list.FIELDS


@dataclass(frozen=True, slots=True)
class Checks:
    """The verdicts on one mail, as they were when it came. SES's own stand beside them, on the message."""

    sender: Authenticity
    automation: Automation | None = None
    mailing_list: MailingList | None = None
    bounce: Bounce | None = None

    @property
    def from_a_machine(self) -> bool:
        """A machine sent it, or sent it on: nothing that answers it would reach a person who asked."""
        return self.automation is not None or self.mailing_list is not None


def examine(mail: Mail, delivery: Delivery) -> Checks:
    return Checks(
        sender=authenticity(mail.sender, delivery),
        automation=automatic.automatic(mail, delivery),
        mailing_list=mailing_list.mailing_list(mail),
        bounce=bounce(mail),
    )
