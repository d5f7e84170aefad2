"""Two desks that answer each other by themselves: after a few mails it is quiet. Real services, real MIME, fake stores."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import pytest

from letterlock.adapters.mime_parser import MimeParser
from letterlock.adapters.outgoing_mime import compose
from letterlock.domain.accounts import Mailbox
from letterlock.domain.automatic_mail import CAPS, Counted
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.mail import Address, Mail
from letterlock.domain.replies import OutgoingMail
from tests.fakes.acknowledging import Acknowledging
from tests.fakes.desk import MAILBOX

OTHER = Mailbox("mbx_help", "wsp_other", "help@other.example", "Other Help")
ROUNDS = 500


class Side:
    """One of our desks, with acknowledgements, at one end of the wire."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.office = Acknowledging(mailbox=mailbox)
        self.address = mailbox.address
        self._acknowledged = self._answered = self._seen = 0

    def takes(self, raw: bytes, to: str) -> None:
        mail = MimeParser().parse(raw)
        self.office.desk.clock.passes(seconds=1)
        self.office.comes(mail, to=to, mail_from="0102018f@bounces.example")

    def sends(self) -> list[tuple[bytes, str]]:
        """What it has to say by now, as it goes over the wire, and to whom."""
        facts = self.office.queued()[self._seen :]
        self._seen += len(facts)
        for each in facts:
            self.office.acknowledge(each.id, each.fact.data(), each.occurred_at)
        acknowledged = self.office.sent[self._acknowledged :]
        answered = self.office.desk.mailer.sent[self._answered :]
        self._acknowledged, self._answered = len(self.office.sent), len(self.office.desk.mailer.sent)
        # The fake mailer numbers what it took: SES's Message-ID, by which the desk knows its own replies.
        first = self._answered - len(answered)
        ids = [f"{first + n + 1:016}@eu-west-1.amazonses.com" for n in range(len(answered))]
        ids = [f"a{self._acknowledged}.{self.address}"] * len(acknowledged) + ids
        return [self._on_the_wire(mail, name) for mail, name in zip([*acknowledged, *answered], ids, strict=True)]

    def _on_the_wire(self, mail: OutgoingMail, message_id: str) -> tuple[bytes, str]:
        raw = compose(mail, self.office.desk.clock())
        return b"Message-ID: <%s>\r\n" % message_id.encode() + raw, mail.to[0].address

    def conversations(self) -> list[Conversation]:
        return list(self.office.desk.conversations._heads.values())


@dataclass
class DeafDesk:
    """Somebody else's: it answers every mail from a new address, marks nothing, heeds nothing, and names no reference."""

    fixed: bool = False
    tickets: int = 0
    waiting: list[tuple[bytes, str]] = field(default_factory=list)

    def takes(self, raw: bytes, to: str) -> None:
        self.tickets += 1
        mail = MimeParser().parse(raw)
        assert mail.sender is not None
        sender = "desk@deaf.example" if self.fixed else f"ticket-{self.tickets}@deaf.example"
        said = f"From: {sender}\r\nTo: {mail.sender.address}\r\nSubject: Ticket {self.tickets}\r\n"
        said += f"Message-ID: <t{self.tickets}@deaf.example>\r\n\r\nWe got your mail {self.tickets}.\r\n"
        self.waiting.append((said.encode(), mail.sender.address))

    def sends(self) -> list[tuple[bytes, str]]:
        waiting, self.waiting = self.waiting, []
        return waiting


def talk(ours: Side, theirs: Side | DeafDesk) -> int:
    """How many mails cross the wire until it is quiet."""
    crossed = 0
    wire: deque[tuple[bytes, str]] = deque()
    for _ in range(ROUNDS):
        before = crossed
        for side, other in ((ours, theirs), (theirs, ours)):
            wire.extend(side.sends())
            while wire:
                other.takes(*wire.popleft())
                crossed += 1
        if crossed == before:
            return crossed
    raise AssertionError("they would talk for ever")


def opened(side: Side, sender: str, text: str = "Hello") -> Conversation:
    """A person at `sender` writes."""
    mail = Mail("Question", Address(sender), text=text, message_id=f"first@{sender.partition('@')[2]}")
    return side.office.comes(mail)


@pytest.mark.attack("two desks facing each other")
def test_a_mail_from_another_desk_is_acknowledged_once_and_then_it_is_quiet() -> None:
    ours, theirs = Side(MAILBOX), Side(OTHER)
    opened(ours, OTHER.address)
    assert talk(ours, theirs) == 1
    assert len(ours.office.sent) + len(theirs.office.sent) == 1


@pytest.mark.attack("two desks facing each other")
def test_two_teams_that_answer_each_other_hear_each_other_and_their_desks_say_little() -> None:
    ours, theirs = Side(MAILBOX), Side(OTHER)
    head = opened(ours, OTHER.address)
    crossed = talk(ours, theirs)
    for _ in range(5):
        ours.office.answer(head.id, "And this?")
        crossed += talk(ours, theirs)
        there = theirs.conversations()[-1]
        theirs.office.answer(there.id, "That as well.")
        crossed += talk(ours, theirs)
    assert len(ours.office.sent) + len(theirs.office.sent) <= 2
    assert crossed <= 10 + 2
    assert (len(ours.conversations()), len(theirs.conversations())) == (1, 2), "the first was none of theirs"


@pytest.mark.attack("two desks facing each other")
@pytest.mark.parametrize(
    ("fixed", "most"), [(True, 1), (False, CAPS[Purpose.ACKNOWLEDGEMENT][Counted.DOMAIN].ten_minutes)]
)
def test_a_desk_that_heeds_no_mark_and_sets_none_is_answered_a_few_times(fixed: bool, most: int) -> None:
    ours, theirs = Side(MAILBOX), DeafDesk(fixed=fixed)
    opened(ours, "desk@deaf.example")
    talk(ours, theirs)
    assert len(ours.office.sent) == most
    assert theirs.tickets == most


def test_an_automatic_answer_of_the_other_desk_leaves_a_conversation_as_it_is() -> None:
    ours, theirs = Side(MAILBOX), Side(OTHER)
    head = opened(ours, OTHER.address)
    ours.office.answer(head.id, "Is that all?")
    talk(ours, theirs)
    assert ours.office.desk.conversations.get(head.workspace, head.id).status is Status.PENDING
