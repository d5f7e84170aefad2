"""The desk and everything around it: SES, the queues, the bus, two agents and their clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from letterlock.domain.accounts import Member
from letterlock.domain.conversations import Kind, Message, Status
from letterlock.domain.delivery import DeliveryEvent
from letterlock.domain.errors import (
    AlreadyDone,
    LetterlockError,
    SendDelayed,
    SendRefused,
    SendUncertain,
    Stale,
)
from letterlock.domain.facts import ReplyQueued, Told
from letterlock.domain.idempotency import Once
from letterlock.domain.mail import Address, Delivery, Mail, Verdict
from letterlock.domain.outcomes import RecipientOutcome, RecipientState
from letterlock.domain.threading import reply_address
from letterlock.services.answer_by_mail import AnswerByMail
from letterlock.services.deeds import Deeds
from letterlock.services.deliver_reply import DeliverReply
from letterlock.services.judge_mail import JudgeMail
from letterlock.services.let_in import LetIn
from letterlock.services.manage_participants import AddParticipant, ConfirmSender, RemoveParticipant
from letterlock.services.quarantine import DiscardMail, ReleaseMail
from letterlock.services.read_forward import ReadForward
from letterlock.services.receive_mail import ReceiveMail
from letterlock.services.record_delivery import RecordDelivery
from letterlock.services.store_mail import StoreMail
from letterlock.services.thread_bounce import ThreadBounce
from letterlock.services.thread_mail import ThreadMail
from letterlock.services.triage import AssignConversation, ChangeStatus
from letterlock.services.write_message import AddNote, SendReply
from tests.fakes.accounts import FakeMembers, FakeWorkspaces
from tests.fakes.desk import AGENT, ASKED, MAILBOX, Desk, verdicts
from tests.histories.fragile import Between, Crash, Fragile, Gate

BEN = replace(AGENT, id="tok_ben")
AGENTS = (AGENT, BEN)
CUSTOMERS = tuple(Address(f"{name}@customer.example", name.capitalize()) for name in ("ana", "bob", "cleo"))
STRANGER = Address("eve@else.example", "Eve")
SEND_ATTEMPTS = 8


@dataclass(frozen=True)
class Sent:
    """A mail that somebody sent: `of` is the conversation that it answers, by proof."""

    text: str
    mail: Mail
    delivery: Delivery
    of: str = ""
    stranger: bool = False


@dataclass
class Asked:
    """Something that an agent wrote; sent until it is answered, when it has a key."""

    text: str
    keyed: bool
    certain: bool = False
    """It was answered, so it has an effect."""


class World:
    """Its methods are what can happen; each takes small numbers, so that any history can be played."""

    def __init__(self) -> None:
        self.gate, self.desk = Gate(), Desk()
        self.sent: list[Sent] = []
        self.inbound: list[Delivery] = []
        self.asked: list[Asked] = []
        self.outbound: list[Told] = []
        self.published: Counter[str] = Counter()
        self.vouched: set[tuple[str, str]] = set()
        """Conversation and address of whom an agent has let in, or tried to."""
        self.to_publish = 0
        """How many of the facts that were told are on the bus."""
        self._wire()

    def _wire(self) -> None:
        desk = self.desk

        def port(found: Any) -> Any:
            return Fragile(found, self.gate)

        store, archive, mailboxes = port(desk.conversations), port(desk.archive), port(desk.mailboxes)
        ids, clock, tokens = desk.ids, desk.clock, desk.tokens
        self.record = RecordDelivery(store, port(desk.contacts), ids, clock)
        threads = ThreadMail(store, port(desk.contacts), tokens, ReadForward(desk.parser, mailboxes, lambda: desk.team))
        judge = JudgeMail(threads, ThreadBounce(store, tokens), desk.team)
        keep = StoreMail(store, archive, judge, LetIn(mailboxes), self.record, ids, clock)
        self.receive = ReceiveMail(
            port(desk.originals),
            desk.parser,
            mailboxes,
            store,
            port(desk.stack_ledger),
            keep,
            lambda: desk.answers,
            clock,
        )
        members = FakeMembers(FakeWorkspaces())
        for each in AGENTS:
            members.put(Member(each.id, each.workspace, each.role))
        self.send_reply, self.add_note = (
            SendReply(store, archive, desk.uploads, ids, clock),
            AddNote(store, archive, desk.uploads, members, ids, clock),
        )
        deeds, contacts = Deeds(ids, clock), port(desk.contacts)
        self.confirm = ConfirmSender(store, deeds, ids, clock)
        self.add_participant = AddParticipant(store, contacts, mailboxes, deeds, ids, clock)
        self.remove_participant = RemoveParticipant(store, deeds, ids, clock)
        self.assign = AssignConversation(store, members, ids, clock)
        self.change_status = ChangeStatus(store, ids, clock)
        self.release, self.discard = ReleaseMail(store, ids, clock), DiscardMail(store, ids, clock)
        by_mail = AnswerByMail(archive, desk.files, mailboxes, tokens, port(desk.mailer))
        self.deliver = DeliverReply(store, lambda _: by_mail, port(members), ids, clock)

    # ---- what happens in between ----

    def interrupted(
        self, calls: int, after: bool, happening: Callable[[], None] | None, act: Callable[[], None]
    ) -> None:
        """`act`, and at one of its port calls a crash, or something else."""

        def crash() -> None:
            raise Crash

        self.gate.due = Between(calls, after, happening or crash)
        with suppress(Crash):
            act()
        self.gate.due = None

    # ---- mail ----

    def mail(self, who: int, flavour: int) -> None:
        """A customer writes: a new matter, a virus, something nobody can read, to nobody, without a Message-ID."""
        text = f"mail {len(self.sent)}"
        sender = CUSTOMERS[who % len(CUSTOMERS)]
        kind = flavour % 8
        mail = Mail(
            subject=f"Matter {len(self.sent)}",
            sender=sender,
            text=text,
            message_id="" if kind == 1 else f"{len(self.sent)}@customer.example",
        )
        recipients: tuple[str, ...] = (MAILBOX.address,)
        if kind in (2, 3):
            recipients = ("nobody@acme.example", MAILBOX.address)[: kind - 1]
        self._arrives(text, mail, recipients, virus=kind == 4, unreadable=kind == 5)

    def answer(self, which: int, who: int, how: int) -> None:
        """Somebody answers in a conversation: by its reply address, by a Message-ID; also somebody who is in none. Now and
        then they copy another customer; a stranger copies themselves as well.
        """
        heads = sorted(self.desk.conversations._heads.values(), key=lambda head: head.id)
        if not heads:
            return
        head = heads[which % len(heads)]
        text = f"mail {len(self.sent)}"
        stranger, by_token = who % 4 == 3, how % 2 == 0
        sender = STRANGER if stranger else CUSTOMERS[who % len(CUSTOMERS)]
        known = [each.message_id for each in self._messages(head.id) if each.message_id]
        copied = (CUSTOMERS[(who + 1) % len(CUSTOMERS)], *((STRANGER,) if stranger else ())) if how % 3 == 0 else ()
        mail = Mail(
            subject=f"Re: {head.subject}",
            sender=sender,
            text=text,
            message_id=f"{len(self.sent)}@customer.example",
            in_reply_to=tuple(known[:1]) if not by_token else (),
            cc=copied,
        )
        token = self.desk.tokens.mint(head.workspace, head.mailbox, head.id)
        recipient = reply_address(MAILBOX.address, token) if by_token else MAILBOX.address
        self._arrives(text, mail, (recipient,), of=head.id if by_token else "", stranger=stranger)

    def _arrives(
        self,
        text: str,
        mail: Mail,
        recipients: tuple[str, ...],
        *,
        of: str = "",
        stranger: bool = False,
        virus: bool = False,
        unreadable: bool = False,
    ) -> None:
        ses_message_id = f"ses-{len(self.sent)}"
        judged = verdicts(virus=Verdict.FAIL) if virus else verdicts()
        raw = f"raw of {ses_message_id}".encode()
        delivery = self.desk.arrives(
            None if unreadable else mail,
            ses_message_id=ses_message_id,
            recipients=recipients,
            judged=judged,
            raw=raw,
            at=self.desk.clock(),
        )
        if unreadable:
            self.desk.parser.broken[raw] = "unreadable"
        self.sent.append(Sent(text, mail, delivery, of, stranger))
        self.inbound.append(delivery)

    def again(self, which: int) -> None:
        """The very mail comes once more under another SES message id, as when a sender's server lost our answer."""
        if not self.sent:
            return
        first = self.sent[which % len(self.sent)]
        if first.delivery.verdicts.virus is Verdict.FAIL or not first.mail.message_id:
            return
        self._arrives(first.text, first.mail, first.delivery.recipients, of=first.of, stranger=first.stranger)

    def redeliver(self, which: int) -> None:
        """SQS brings a notification that was handled before."""
        if self.sent:
            self.inbound.append(self.sent[which % len(self.sent)].delivery)

    def take_in(self, which: int) -> None:
        """`inbound_email` handles one notification, not always the oldest; one that failed stays in the queue."""
        if self.inbound:
            delivery = self.inbound[which % len(self.inbound)]
            try:
                self.receive(delivery)
            except Stale:
                return
            self.inbound = [each for each in self.inbound if each is not delivery]

    # ---- agents ----

    def write(self, who: int, which: int, how: int) -> None:
        """A reply or a note; with a key, the client asks until it is answered."""
        head = self._head(which)
        if head is None:
            return
        asked = Asked(f"written {len(self.asked)}", keyed=how % 2 == 0)
        self.asked.append(asked)
        verb = self.add_note if how % 4 == 3 else self.send_reply
        agent = AGENTS[who % 2]
        once = Once(agent.id, "POST", asked.text, asked.text) if asked.keyed else None
        for _ in range(3):
            try:
                verb(agent, head, asked.text, request="r", once=once)
            except AlreadyDone as already:
                verb.again(agent, already.done)
                asked.certain = True
            except Crash:
                if not asked.keyed:
                    raise
                continue
            except LetterlockError:
                return
            else:
                asked.certain = True
            if not asked.keyed or how % 3:
                return

    def sort_out(self, who: int, which: int, how: int) -> None:
        """Assign, unassign, close, open; release or discard what is in the quarantine."""
        head, agent = self._head(which), AGENTS[who % 2]
        if head is None:
            return
        doings: list[Callable[[], object]] = [
            lambda: self.assign(agent, head, agent.id, request="r"),
            lambda: self.assign(agent, head, "", request="r"),
            lambda: self.change_status(agent, head, Status.CLOSED, request="r"),
            lambda: self.change_status(agent, head, Status.OPEN, request="r"),
            lambda: self.release(agent, head, request="r"),
            lambda: self.discard(agent, head, request="r"),
        ]
        try:
            doings[how % len(doings)]()
        except LetterlockError:
            return

    def people(self, who: int, which: int, how: int) -> None:
        """An agent confirms the newest unverified mail, lets somebody in, or sends somebody off."""
        head, agent = self._head(which), AGENTS[who % 2]
        if head is None:
            return
        try:
            if how % 3 == 0:
                doubtful = [each for each in self._messages(head) if each.kind is Kind.INBOUND and not each.trusted]
                if doubtful and doubtful[-1].sender:
                    self.vouched.add((head, doubtful[-1].sender.key))
                    self.confirm(agent, head, doubtful[-1].id, ASKED)
            elif how % 3 == 1:
                somebody = (*CUSTOMERS, STRANGER)[how % 4]
                self.vouched.add((head, somebody.key))
                self.add_participant(agent, head, somebody, ASKED, requester=how % 2 == 0)
            else:
                people = self.desk.conversations.get(agent.workspace, head).participants
                gone = people[how % len(people)].contact if people else ""
                self.remove_participant(agent, head, gone, ASKED)
        except LetterlockError:
            return

    # ---- facts and mail out ----

    def relay(self, how_many: int, lost: int) -> None:
        """The relay publishes facts; now and then it dies before it has marked them, and they come again."""
        told = self.desk.conversations.told
        fresh = told[self.to_publish : self.to_publish + 1 + how_many % 20]
        for each in fresh:
            self.published[each.id] += 1
            if isinstance(each.fact, ReplyQueued):
                self.outbound.append(each)
        if lost % 4:
            self.to_publish += len(fresh)

    def send(self, which: int, how: int) -> None:
        """`outbound_email` handles one fact; SES takes the mail, refuses it, is busy, or does not answer."""
        if not self.outbound:
            return
        fact = self.outbound[which % len(self.outbound)]
        errors = {5: SendDelayed("throttled"), 6: SendRefused("rejected"), 7: SendUncertain("timeout")}
        self.desk.mailer.errors = [errors.get(how % 8)]
        try:
            self._send(fact, last_try=False)
        except (SendDelayed, Stale):
            return
        finally:
            self.desk.mailer.errors = []
        self.outbound = [each for each in self.outbound if each is not fact]

    def _send(self, fact: Told, *, last_try: bool) -> None:
        queued = fact.fact
        if not isinstance(queued, ReplyQueued):
            raise TypeError(queued)
        self.deliver(
            queued.workspace,
            queued.conversation,
            queued.message,
            last_try=last_try,
            correlation="",
            causation=fact.id,
        )

    def ses_says(self, which: int, what: int) -> None:
        """An event about a mail that was sent, perhaps late, perhaps once more."""
        if not self.desk.mailer.tags:
            return
        position = which % len(self.desk.mailer.tags)
        tags, mail = self.desk.mailer.tags[position], self.desk.mailer.sent[position]
        address = mail.to[0].key
        states = [None, RecipientState.DELIVERED, RecipientState.HARD_BOUNCE, RecipientState.DELAYED]
        state = states[what % len(states)]
        outcomes = (RecipientOutcome(address, state),) if state else ()
        event = DeliveryEvent(
            f"event-{position}-{what % 4}",
            self.desk.clock(),
            tags.workspace,
            tags.conversation,
            tags.message,
            tags.attempt,
            f"{position + 1:016}@eu-west-1.amazonses.com",
            (address,),
            outcomes,
        )
        try:
            self.record(event)
        except Stale:
            return

    def time_passes(self, minutes: int) -> None:
        self.desk.clock.passes(minutes=1 + minutes % 90)

    # ---- the end ----

    def quiet(self) -> None:
        """Everything that waits is brought until it is taken, as the queues and the sweeps do."""
        self.gate.due = None
        while self.inbound:
            self.take_in(0)
        for _ in range(SEND_ATTEMPTS):
            while self.to_publish < len(self.desk.conversations.told):
                self.relay(19, 1)
            self.desk.clock.passes(minutes=30)
            waiting, self.outbound = self.outbound, []
            for fact in waiting:
                try:
                    self._send(fact, last_try=True)
                except (SendDelayed, Stale):
                    self.outbound.append(fact)
            if not self.outbound and self.to_publish == len(self.desk.conversations.told):
                return

    def _head(self, which: int) -> str | None:
        heads = sorted(head for _, head in self.desk.conversations._heads)
        return heads[which % len(heads)] if heads else None

    def _messages(self, conversation: str) -> list[Message]:
        return list(self.desk.conversations._messages[AGENT.workspace, conversation].values())
