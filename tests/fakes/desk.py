"""A whole desk in memory: one workspace, one mailbox, and every service over the fakes."""

from dataclasses import dataclass, field
from datetime import datetime

from letterlock.domain.accounts import Mailbox, Member, Principal
from letterlock.domain.conversations import Conversation, Message, Thread
from letterlock.domain.errors import Unparsable
from letterlock.domain.mail import Address, Delivery, Mail, Verdict, Verdicts
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.replies import OutgoingMail
from letterlock.domain.threading import reply_address
from letterlock.services.answer_by_mail import AnswerByMail
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.deliver_reply import DeliverReply
from letterlock.services.judge_mail import JudgeMail
from letterlock.services.let_in import LetIn
from letterlock.services.manage_participants import AddParticipant, ConfirmSender, RemoveParticipant
from letterlock.services.read_forward import ReadForward
from letterlock.services.receive_mail import ReceiveMail
from letterlock.services.record_delivery import RecordDelivery
from letterlock.services.record_refusal import RecordRefusal
from letterlock.services.retry_reply import RetryReply
from letterlock.services.store_mail import StoreMail
from letterlock.services.take_answer import Answers, RefuseAnswer, TakeAnswer
from letterlock.services.thread_bounce import ThreadBounce
from letterlock.services.thread_mail import ThreadMail
from letterlock.services.write_message import AddNote, SendReply
from tests.fakes.accounts import FakeMailboxes, FakeMembers, FakeWorkspaces
from tests.fakes.audit import FakeAudit
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.contacts import FakeContacts
from tests.fakes.conversations import FakeConversations
from tests.fakes.files import FakeSealedFiles, FakeUploads
from tests.fakes.mail import FakeArchive, FakeMailer, FakeOriginals, FakeStackLedger
from tests.fakes.notify import FakeAnswerTokens, FakeTeam
from tests.fakes.tokens import FakeReplyTokens

MAILBOX = Mailbox("mbx_support", "wsp_acme", "support@acme.example", "Acme Support")
AGENT = Principal("wsp_acme", "tok_agent", Role.AGENT, frozenset(Scope), (MAILBOX.id,))
ASKED = Asked(AGENT.id, "req")
CUSTOMER = Address("ana@customer.example", "Ana")
STRANGER = Address("eve@else.example", "Eve")
NOTIFIER = "notifications@mail.acme.example"
ANSWER_CHARACTERS = 1_000


def verdicts(*, dmarc: Verdict = Verdict.PASS, spam: Verdict = Verdict.PASS, virus: Verdict = Verdict.PASS) -> Verdicts:
    return Verdicts(spf=Verdict.PASS, dkim=Verdict.PASS, dmarc=dmarc, spam=spam, virus=virus)


class FakeParser:
    """`Parser`: knows the mails it was told of; `broken` holds those that nobody can read, with the reason."""

    def __init__(self) -> None:
        self.mails: dict[bytes, Mail] = {}
        self.broken: dict[bytes, str] = {}

    def parse(self, raw: bytes) -> Mail:
        if raw in self.broken:
            raise Unparsable(self.broken[raw])
        return self.mails[raw]


@dataclass
class Desk:
    """Everything that `ReceiveMail`, `SendReply` and `DeliverReply` touch, to be looked at."""

    clock: FakeClock = field(default_factory=FakeClock)
    originals: FakeOriginals = field(default_factory=FakeOriginals)
    parser: FakeParser = field(default_factory=FakeParser)
    archive: FakeArchive = field(default_factory=FakeArchive)
    stack_ledger: FakeStackLedger = field(default_factory=FakeStackLedger)
    mailboxes: FakeMailboxes = field(default_factory=lambda: FakeMailboxes(MAILBOX))
    tokens: FakeReplyTokens = field(default_factory=FakeReplyTokens)
    mailer: FakeMailer = field(default_factory=FakeMailer)

    def __post_init__(self) -> None:
        self.conversations = FakeConversations(self.clock)
        workspaces = FakeWorkspaces()
        workspaces.names[MAILBOX.workspace] = "Acme"
        self.members = FakeMembers(workspaces, self.mailboxes)
        self.members.put(Member(AGENT.id, AGENT.workspace, AGENT.role))
        self.contacts = FakeContacts(self.conversations)
        self.ids = FakeIds(self.clock)
        self.uploads, self.files = FakeUploads(self.clock), FakeSealedFiles()
        self.conversations.attach = self.uploads.attach
        self.send_reply = SendReply(self.conversations, self.archive, self.uploads, self.ids, self.clock)
        self.add_note = AddNote(self.conversations, self.archive, self.uploads, self.members, self.ids, self.clock)
        self.team = FakeTeam(self.members)
        read_forward = ReadForward(self.parser, self.mailboxes, lambda: self.team)
        self.thread_mail = ThreadMail(self.conversations, self.contacts, self.tokens, read_forward)
        deeds = Deeds(self.ids, self.clock)
        self.confirm_sender = ConfirmSender(self.conversations, deeds, self.ids, self.clock)
        self.add_participant = AddParticipant(
            self.conversations, self.contacts, self.mailboxes, deeds, self.ids, self.clock
        )
        self.remove_participant = RemoveParticipant(self.conversations, deeds, self.ids, self.clock)
        self.answers = self._answers()
        self.record_delivery = RecordDelivery(self.conversations, self.contacts, self.ids, self.clock)
        self.judge_mail = JudgeMail(self.thread_mail, ThreadBounce(self.conversations, self.tokens), self.team)
        store = StoreMail(
            self.conversations,
            self.archive,
            self.judge_mail,
            LetIn(self.mailboxes),
            self.record_delivery,
            self.ids,
            self.clock,
        )
        self.receive = ReceiveMail(
            self.originals,
            self.parser,
            self.mailboxes,
            self.conversations,
            self.stack_ledger,
            store,
            lambda: self.answers,
            self.clock,
        )
        self.retry_reply = RetryReply(self.conversations, self.ids, self.clock)
        by_mail = AnswerByMail(self.archive, self.files, self.mailboxes, self.tokens, self.mailer)
        self.deliver = DeliverReply(self.conversations, lambda _: by_mail, self.members, self.ids, self.clock)

    def _answers(self) -> Answers:
        self.answer_tokens = FakeAnswerTokens()
        take = TakeAnswer(
            self.team,
            self.answer_tokens,
            self.conversations,
            self.send_reply,
            self.add_note,
            self.ids,
            self.clock,
            NOTIFIER,
            ANSWER_CHARACTERS,
        )
        self.audit, self.unrecorded = FakeAudit(), list[Exception]()
        refusal = RecordRefusal(self.audit, self.ids, self.clock, self.unrecorded.append)
        return Answers(take, RefuseAnswer(self.conversations, self.stack_ledger, refusal, self.ids, self.clock))

    def arrives(
        self,
        mail: Mail | None,
        *,
        ses_message_id: str = "ses-1",
        recipients: tuple[str, ...] = (MAILBOX.address,),
        judged: Verdicts | None = None,
        raw: bytes = b"",
        at: datetime = START,
        mail_from: str | None = None,
    ) -> Delivery:
        """SES has stored the mail; its notification is on its way. None: the raw mail is told to `parser` by the test."""
        raw = raw or f"raw of {ses_message_id}".encode()
        self.originals.mails[f"inbound/{ses_message_id}"] = raw
        if mail is not None:
            self.parser.mails[raw] = mail
        if mail_from is None:
            mail_from = mail.sender.address if mail and mail.sender else ""
        return Delivery(ses_message_id, f"inbound/{ses_message_id}", recipients, judged or verdicts(), at, mail_from)

    def only_conversation(self) -> Thread:
        (place,) = self.conversations._heads
        return self.conversations.thread(*place)

    def opened(self, mail: Mail | None = None) -> Conversation:
        """A conversation that a customer's mail has opened."""
        before = set(self.conversations._heads)
        number = len(before) + 1
        given = mail or Mail(subject="Order", sender=CUSTOMER, text="Where is it?", message_id=f"m{number}@customer")
        self.receive(self.arrives(given, ses_message_id=f"opening-{number}"))
        (place,) = set(self.conversations._heads) - before
        return self.conversations.get(*place)

    def answered(self, head: Conversation, mail: Mail, *, judged: Verdicts | None = None) -> Message:
        """A mail that came to the reply address of a conversation a minute later, as it stands there."""
        self.clock.passes(minutes=1)
        known = {each.id for each in self.conversations.thread(head.workspace, head.id).messages}
        address = reply_address(MAILBOX.address, self.tokens.mint(head.workspace, head.mailbox, head.id))
        self.receive(
            self.arrives(
                mail, ses_message_id=f"answer-{len(known)}", recipients=(address,), judged=judged, at=self.clock()
            )
        )
        (new,) = [each for each in self.conversations.thread(head.workspace, head.id).messages if each.id not in known]
        return new

    def replied(self, head: Conversation, text: str = "Soon.") -> OutgoingMail:
        """An agent's answer, as it goes out."""
        queued = self.send_reply(AGENT, head.id, text, request="req")
        self.deliver(head.workspace, head.id, queued.id, last_try=False, correlation="c", causation="f")
        return self.mailer.sent[-1]

    def messages(self) -> list[Message]:
        """Of all conversations, in the order in which these were opened."""
        return [each for place in self.conversations._heads for each in self.conversations.thread(*place).messages]

    def sent(self, head: Conversation, message: Message) -> Message:
        return self.conversations.message(head.workspace, head.id, message.id)
