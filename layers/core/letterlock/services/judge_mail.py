"""What is found out about a mail, and where it belongs. Reads, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.accounts import Mailbox
from letterlock.domain.checks.examination import Checks, examine
from letterlock.domain.checks.identity import Ours
from letterlock.domain.mail import Delivery, Mail
from letterlock.services.notify_ports import TeamAddresses
from letterlock.services.thread_bounce import Bounced, ThreadBounce
from letterlock.services.thread_mail import Match, ThreadMail


@dataclass(frozen=True, slots=True)
class Judged:
    match: Match
    checks: Checks
    bounced: Bounced | None = None
    """Of a bounce of ours: what it is about."""


@dataclass(frozen=True, slots=True)
class JudgeMail:
    """A bounce of a mail of ours is found by that mail; anything else by the rules of `ThreadMail`. An old mail from an
    archive says nothing of what we sent.
    """

    thread_mail: ThreadMail
    thread_bounce: ThreadBounce
    team: TeamAddresses

    def __call__(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Judged:
        ours = Ours(mailbox.as_address(), self.team.addresses(mailbox.workspace))
        checks = examine(mail, delivery, ours)
        arrived = checks.bounce if not delivery.imported else None
        bounced = self.thread_bounce(mail, delivery, mailbox, arrived) if arrived else None
        if bounced is None or checks.bounce is None:
            return Judged(self.thread_mail(mail, delivery, mailbox), checks)
        about = replace(checks.bounce, message=bounced.about.id if bounced.about else "")
        return Judged(bounced.match, replace(checks, bounce=about), bounced)
