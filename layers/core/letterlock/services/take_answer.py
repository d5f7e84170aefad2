"""A person answers a notification by mail: it becomes a reply or a note, as if they had asked for it over the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from letterlock.domain.accounts import Gate, Mailbox, Principal, by_mail
from letterlock.domain.answers import (
    WORTH_KNOWING,
    Answer,
    AnswerSeen,
    Refusal,
    Refused,
    answer_of,
    from_a_machine,
    vouched_for,
)
from letterlock.domain.audit import Act
from letterlock.domain.billing import Allowance, allowance
from letterlock.domain.errors import AlreadyIngested, Forbidden, NotFound, RuleBroken, SameMail
from letterlock.domain.facts import AnswerRefused, Fact
from letterlock.domain.fingerprints import fingerprint
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.domain.mail import Address
from letterlock.services.announce import announce
from letterlock.services.deeds import Asked
from letterlock.services.notify_ports import AnswerPlace, AnswerTokens, Colleague, Team
from letterlock.services.ports import Clock, Conversations, Ids, Ingest, StackLedger
from letterlock.services.record_refusal import RecordRefusal
from letterlock.services.store_mail import Arrival
from letterlock.services.write_message import AddNote, SendReply


@dataclass(frozen=True, slots=True)
class Whose:
    """What a token says: who answers which conversation."""

    person: str
    conversation: str


@dataclass(frozen=True, slots=True)
class TakeAnswer:
    """The ledger's new entry; None when an earlier try had committed this delivery. Raises Refused, Stale."""

    team: Team
    tokens: AnswerTokens
    conversations: Conversations
    send_reply: SendReply
    add_note: AddNote
    ids: Ids
    now: Clock
    sender: str
    """The address that notifications come from."""
    characters: int
    """How long an answer may be."""
    billed: bool = False
    """Whether the operator charges at all."""

    def __call__(self, arrival: Arrival, mailbox: Mailbox, seen: AnswerSeen) -> IngestRecord | None:
        whose = self._whose(arrival, mailbox, seen)
        try:
            principal = self._principal(arrival, self.team.colleague(mailbox.workspace, whose.person))
            answer = answer_of(arrival.mail, seen.token, self.sender, self.characters)
            return self._written(arrival, mailbox, whose, principal, answer)
        except Refused as refused:
            told = "" if refused.why is Refusal.REMOVED else whose.person
            raise Refused(refused.why, told, whose.conversation, whose.person) from None

    def _whose(self, arrival: Arrival, mailbox: Mailbox, seen: AnswerSeen) -> Whose:
        mail, delivery = arrival.mail, arrival.delivery
        if from_a_machine(mail, delivery):
            raise Refused(Refusal.AUTOMATIC)
        since = self.team.gate(mailbox.workspace).signed_out_at
        likely = self.team.at(mailbox.workspace, mail.sender.key) if mail.sender else ""
        for person in self._candidates(mailbox.workspace, likely):
            place = AnswerPlace(mailbox.workspace, mailbox.id, person, since.isoformat() if since else "")
            conversation = self.tokens.verify(place, seen.token)
            if conversation:
                return Whose(person, conversation)
        # Whoever wrote it for sure may know that the address is dead; nobody else is told anything.
        raise Refused(Refusal.UNKNOWN_ADDRESS, likely if vouched_for(mail, delivery) else "")

    def _candidates(self, workspace: str, likely: str) -> Iterator[str]:
        """First who has that address. A mail from elsewhere is refused in any case: whose token it is, is looked for
        so that they hear of it.
        """
        if likely:
            yield likely
        yield from (each for each in self.team.everybody(workspace) if each != likely)

    def _allows(self, gate: Gate) -> Allowance:
        return allowance(gate.paid, self.now(), billed=self.billed)

    def _principal(self, arrival: Arrival, colleague: Colleague) -> Principal:
        """Raises Refused."""
        mail, principal = arrival.mail, by_mail(colleague.member, colleague.gate, self._allows(colleague.gate))
        if principal is None:
            raise Refused(Refusal.REMOVED)
        if arrival.unreadable:
            raise Refused(Refusal.UNREADABLE)
        if not vouched_for(mail, arrival.delivery):
            raise Refused(Refusal.NOT_AUTHENTICATED)
        if mail.sender is None or mail.sender.key != Address(colleague.profile.address).key:
            raise Refused(Refusal.ANOTHER_SENDER)
        if principal.allowance.read_only:
            raise Refused(Refusal.READ_ONLY)
        return principal

    def _written(
        self, arrival: Arrival, mailbox: Mailbox, whose: Whose, principal: Principal, answer: Answer
    ) -> IngestRecord | None:
        """By the very services that the API calls, with the delivery's entry in their transaction."""
        delivery, mail = arrival.delivery, arrival.mail
        message = self.ids.derived("msg", delivery.received_at, delivery.ses_message_id, mailbox.id)
        entry = self._entry(arrival, mailbox, Outcome.STORED, None, whose.conversation, message)
        verb = self.add_note if answer.note else self.send_reply
        request = delivery.ses_message_id
        try:
            ingest = Ingest(entry, mail.message_id, fingerprint(mail))
            verb(principal, whose.conversation, answer.text, request=request, ingest=ingest)
        except AlreadyIngested:
            return None
        except SameMail as same:
            entry = self._entry(arrival, mailbox, Outcome.DUPLICATE, Reason.SAME_MAIL, same.conversation, same.message)
            self.conversations.record(entry)
        except Forbidden:
            raise Refused(Refusal.NOT_ALLOWED) from None
        except NotFound:
            raise Refused(Refusal.NOT_SEEN) from None
        except RuleBroken:
            raise Refused(Refusal.NOT_NOW) from None
        return entry

    def _entry(
        self,
        arrival: Arrival,
        mailbox: Mailbox,
        outcome: Outcome,
        reason: Reason | None,
        conversation: str,
        message: str,
    ) -> IngestRecord:
        return IngestRecord(
            mailbox.workspace,
            mailbox.id,
            arrival.delivery.ses_message_id,
            outcome,
            self.now(),
            reason,
            conversation,
            message,
        )


@dataclass(frozen=True, slots=True)
class RefuseAnswer:
    """An answer that is not taken in: counted, with the fact by which the person is told; its raw mail is kept for a
    while as mail to nobody is. None when the delivery had its entry before.
    """

    conversations: Conversations
    stack_ledger: StackLedger
    refusal: RecordRefusal
    ids: Ids
    now: Clock

    def __call__(self, arrival: Arrival, mailbox: Mailbox, refused: Refused) -> IngestRecord | None:
        workspace, delivery = mailbox.workspace, arrival.delivery
        if self.conversations.recorded(workspace, mailbox.id, delivery.ses_message_id):
            return None
        self.stack_ledger.keep_raw(delivery.ses_message_id, arrival.original.chunks() if arrival.original else ())
        if refused.whose and refused.why in WORTH_KNOWING:
            self.refusal(
                workspace,
                Act.ANSWER_REFUSED,
                Asked("", delivery.ses_message_id),
                refused.why.value,
                subject=refused.whose,
                delivered_at=delivery.received_at,
            )
        entry = IngestRecord(workspace, mailbox.id, delivery.ses_message_id, Outcome.REJECTED, self.now(), refused.why)
        facts: list[Fact] = []
        if refused.person:
            facts.append(AnswerRefused(workspace, mailbox.id, refused.person, refused.conversation, refused.why.value))
        told = announce(facts, self.ids, self.now, correlation=delivery.ses_message_id)
        self.conversations.record(entry, told)
        return entry


@dataclass(frozen=True, slots=True)
class Answers:
    """Both ends of it."""

    take: TakeAnswer
    refuse: RefuseAnswer
