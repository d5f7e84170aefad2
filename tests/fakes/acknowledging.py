"""A desk whose mailbox acknowledges, in memory: mails come, and what is to be said of them is said."""

from collections.abc import Mapping
from dataclasses import replace

from letterlock.domain.accounts import Mailbox, Member
from letterlock.domain.conversations import Conversation
from letterlock.domain.facts import AcknowledgementQueued, Told
from letterlock.domain.mail import Mail, Verdicts
from letterlock.domain.mailbox_settings import AcknowledgementSettings, MailboxSettings
from letterlock.domain.replies import OutgoingMail
from letterlock.services.acknowledge import QUIET, Acknowledge
from tests.fakes.accounts import FakeMailboxes
from tests.fakes.desk import AGENT, MAILBOX, Desk
from tests.fakes.notify import FakeMailCaps
from tests.fakes.people import FakeQuietClaims

TEXT = "We will answer within a day."


class Acknowledging:
    """`sent`: what went out. `failures` are raised first, one a mail."""

    def __init__(self, *, enabled: bool = True, mailbox: Mailbox = MAILBOX) -> None:
        self.mailbox = mailbox
        self.desk = Desk(mailboxes=FakeMailboxes(mailbox))
        self.agent = replace(AGENT, workspace=mailbox.workspace, mailboxes=(mailbox.id,))
        self.desk.members.put(Member(self.agent.id, self.agent.workspace, self.agent.role))
        self.sent: list[OutgoingMail] = []
        self.failures: list[Exception] = []
        self.set(enabled=enabled)
        clock = self.desk.clock
        self.acknowledge = Acknowledge(
            self.desk.conversations,
            self.desk.mailboxes,
            self.desk.tokens,
            FakeQuietClaims(clock, QUIET),
            FakeMailCaps(clock),
            self,
            clock,
        )

    def set(self, *, enabled: bool) -> None:
        settings = MailboxSettings(acknowledgement=AcknowledgementSettings(enabled, TEXT))
        self.desk.mailboxes.put(replace(self.mailbox, settings=settings))

    def hand_over(self, mail: OutgoingMail, tags: Mapping[str, str]) -> str:
        """As `TaggedMailer`."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(mail)
        return f"{len(self.sent)}@ses.example"

    def comes(
        self, mail: Mail, *, to: str = "", judged: Verdicts | None = None, mail_from: str | None = None
    ) -> Conversation:
        """A mail is taken in. The conversation that it ended up in."""
        to = to or self.mailbox.address
        name = f"s{len(self.desk.conversations.ledger)}"
        delivery = self.desk.arrives(
            mail, ses_message_id=name, recipients=(to,), judged=judged, at=self.desk.clock(), mail_from=mail_from
        )
        self.desk.receive(delivery)
        entry = self.desk.conversations.ledger[self.mailbox.workspace, self.mailbox.id, name]
        return self.desk.conversations.get(entry.workspace, entry.conversation)

    def queued(self) -> list[Told]:
        return [each for each in self.desk.conversations.told if isinstance(each.fact, AcknowledgementQueued)]

    def run(self) -> list[str]:
        """Every such fact that ever was, in order, whether or not it came before."""
        return [self.acknowledge(each.id, each.fact.data(), each.occurred_at) for each in self.queued()]

    def answer(self, conversation: str, text: str) -> None:
        """Somebody of the team does, and it goes out."""
        queued = self.desk.send_reply(self.agent, conversation, text, request="req")
        self.desk.deliver(
            self.agent.workspace, conversation, queued.id, last_try=False, correlation="req", causation="fct"
        )
