"""Somebody of the team hands a customer's mail on to a mailbox: it is the customer's then, on the team's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from letterlock.domain.accounts import Mailbox
from letterlock.domain.answers import from_a_machine, vouched_for
from letterlock.domain.errors import NotFound, Unparsable
from letterlock.domain.handed_on import HandedOn, attached, in_attachment, in_text
from letterlock.domain.mail import Address, Delivery, Mail
from letterlock.services.notify_ports import Team
from letterlock.services.ports import Mailboxes, Parser


@dataclass(frozen=True, slots=True)
class Forward:
    """`original`: the mail that was handed on. `by`: who did, by id."""

    original: Mail
    comment: str
    evidence: str
    by: str

    @property
    def opening(self) -> Mail:
        """As far as it says who takes part: whom the original addressed beside the team is not brought in."""
        return replace(self.original, to=(), cc=())


def handed_on(mail: Mail, parser: Parser) -> HandedOn | None:
    """What a mail hands on, if it does. In its text rather than attached: an attached mail may be the original's."""
    found = in_text(mail)
    if found is None and (file := attached(mail)):
        try:
            return in_attachment(mail, parser.parse(file.content))
        except Unparsable:
            return None
    return found


@dataclass(frozen=True, slots=True)
class ReadForward:
    """None unless the mail is handed on, from the sign-in address of somebody who works in that mailbox, and their
    domain vouches for it by DMARC. Nothing is read before the mail itself says the first of these.
    """

    parser: Parser
    mailboxes: Mailboxes
    team: Callable[[], Team]
    """Made when the first one comes."""

    def __call__(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Forward | None:
        if mail.sender is None or not vouched_for(mail, delivery) or from_a_machine(mail, delivery):
            return None
        found = handed_on(mail, self.parser)
        sender = found.original.sender if found else None
        if found is None or sender is None or sender.key == mail.sender.key:
            return None
        by = self._colleague(mailbox, mail.sender)
        if not by or self.mailboxes.ours(mailbox.workspace, [sender.key]):
            return None
        return Forward(found.original, found.comment, found.evidence, by)

    def _colleague(self, mailbox: Mailbox, sender: Address) -> str:
        """Who signs in with that address and works in the mailbox; empty for nobody."""
        team = self.team()
        person = team.at(mailbox.workspace, sender.key)
        try:
            found = team.colleague(mailbox.workspace, person) if person else None
        except NotFound:
            return ""
        if found is None or Address(found.profile.address).key != sender.key:
            return ""
        return person if found.gate.open and found.member.works_in(mailbox.id) else ""
