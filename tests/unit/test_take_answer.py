"""Who answers by mail is who they say they are, or nothing of it is taken in."""

from collections import Counter
from dataclasses import replace

import pytest

from letterlock.domain.accounts import Member
from letterlock.domain.answers import SEPARATOR, Refusal
from letterlock.domain.conversations import Conversation, Kind, Message, SendState, Status
from letterlock.domain.facts import AnswerRefused
from letterlock.domain.ledger import Outcome, Reason
from letterlock.domain.mail import Address, Delivery, Mail, Verdict
from letterlock.domain.permissions import Role
from letterlock.services.notify_ports import AnswerPlace
from tests.fakes.desk import MAILBOX, STRANGER, Desk, verdicts

WORKSPACE = MAILBOX.workspace
BEA, CLEO = "per_bea", "per_cleo"
BEAS, CLEOS = Address("bea@team.example", "Bea"), Address("cleo@team.example")
TEXT = f"It is on its way.\n\n> {SEPARATOR}\n> A mail came."


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    for person, address in ((BEA, BEAS), (CLEO, CLEOS)):
        desk.team.join(Member(person, WORKSPACE, Role.AGENT), address.address)
    return desk


@pytest.fixture
def head(desk: Desk) -> Conversation:
    found = desk.opened()
    desk.conversations.announced.clear()
    return found


def to(desk: Desk, head: Conversation, person: str = BEA, since: str = "") -> str:
    place = AnswerPlace(WORKSPACE, head.mailbox, person, since)
    return f"support+{desk.answer_tokens.mint(place, head.id)}@acme.example"


def comes(
    desk: Desk, *recipients: str, name: str = "ses-a", mail_from: str = "bea@team.example", **mail: object
) -> Delivery:
    dmarc = mail.pop("dmarc", Verdict.PASS)
    given = Mail(**{"subject": "Re: Conversation #1", "sender": BEAS, "text": TEXT, "message_id": name} | mail)  # type: ignore[arg-type]
    arrived = desk.arrives(given, ses_message_id=name, recipients=recipients, judged=verdicts(dmarc=dmarc))  # type: ignore[arg-type]
    return replace(arrived, mail_from=mail_from)


def messages(desk: Desk, head: Conversation) -> tuple[Message, ...]:
    return desk.conversations.thread(WORKSPACE, head.id).messages


def refused(desk: Desk, delivery: Delivery) -> Refusal | Reason | None:
    """Why; nothing else happened."""
    before = len(desk.conversations._heads), sum(map(len, desk.conversations._messages.values()))
    assert desk.receive(delivery) == Counter({Outcome.REJECTED: 1})
    assert before == (len(desk.conversations._heads), sum(map(len, desk.conversations._messages.values())))
    entry = desk.conversations.ledger[WORKSPACE, MAILBOX.id, delivery.ses_message_id]
    assert entry.outcome is Outcome.REJECTED
    assert delivery.ses_message_id in desk.stack_ledger.raw
    assert desk.originals.mails == {}
    return entry.reason


def told(desk: Desk) -> list[tuple[str, str, str]]:
    facts = [each for each in desk.conversations.announced if isinstance(each, AnswerRefused)]
    return [(each.person, each.conversation, each.reason) for each in facts]


# ---- taken in -------------------------------------------------------------------------------------------------------


def test_an_answer_goes_to_the_customer_as_any_reply_does(desk: Desk, head: Conversation) -> None:
    assert desk.receive(comes(desk, to(desk, head))) == Counter({Outcome.STORED: 1})
    _, reply = messages(desk, head)
    assert (reply.kind, reply.author, reply.text) == (Kind.REPLY, BEA, "It is on its way.")
    assert reply.sending is not None
    assert reply.sending.state is SendState.QUEUED
    desk.deliver(WORKSPACE, head.id, reply.id, last_try=False, correlation="c", causation="c")
    [mail] = desk.mailer.sent
    assert mail.sender == MAILBOX.as_address()
    for ours in ("bea@", "notifications@", SEPARATOR):
        assert ours not in repr(mail)
    assert desk.conversations.ledger[WORKSPACE, MAILBOX.id, "ses-a"].message == reply.id


def test_one_that_begins_with_the_word_for_it_becomes_a_note(desk: Desk, head: Conversation) -> None:
    desk.receive(comes(desk, to(desk, head), text=f"#note\n{TEXT}"))
    _, note = messages(desk, head)
    assert (note.kind, note.author, note.text, note.sending) == (Kind.NOTE, BEA, "It is on its way.", None)


def test_the_same_delivery_twice_and_the_same_mail_again_is_one_reply(desk: Desk, head: Conversation) -> None:
    address = to(desk, head)
    assert desk.receive(comes(desk, address)) == Counter({Outcome.STORED: 1})
    assert desk.receive(comes(desk, address)) == Counter()
    again = comes(desk, address, name="ses-b", message_id="ses-a")
    assert desk.receive(again) == Counter({Outcome.DUPLICATE: 1})
    assert len(messages(desk, head)) == 2


def test_a_delivery_that_was_taken_stays_so_when_it_comes_again_later(desk: Desk, head: Conversation) -> None:
    address = to(desk, head)
    desk.receive(comes(desk, address))
    desk.members.put(Member(BEA, WORKSPACE, Role.AGENT, active=False))
    assert desk.receive(comes(desk, address)) == Counter()
    assert desk.conversations.ledger[WORKSPACE, MAILBOX.id, "ses-a"].outcome is Outcome.STORED


def test_the_address_as_others_spell_it_is_theirs(desk: Desk, head: Conversation) -> None:
    assert desk.receive(comes(desk, to(desk, head), sender=Address("Bea@TEAM.example"))) == Counter({Outcome.STORED: 1})


# ---- not who they say -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dmarc", [each for each in Verdict if each is not Verdict.PASS])
def test_a_forged_from_with_a_valid_token_is_refused_and_its_owner_told(
    desk: Desk, head: Conversation, dmarc: Verdict
) -> None:
    assert refused(desk, comes(desk, to(desk, head), dmarc=dmarc)) is Refusal.NOT_AUTHENTICATED
    assert told(desk) == [(BEA, head.id, "not_authenticated")]


def test_a_from_with_more_than_one_author_is_refused(desk: Desk, head: Conversation) -> None:
    assert refused(desk, comes(desk, to(desk, head), one_author=False)) is Refusal.NOT_AUTHENTICATED


@pytest.mark.parametrize("sender", [STRANGER, CLEOS, Address("bea@team.example.evil.example"), None])
def test_a_token_of_somebody_else_is_refused_and_its_owner_told_not_the_sender(
    desk: Desk, head: Conversation, sender: Address | None
) -> None:
    refused(desk, comes(desk, to(desk, head), sender=sender))
    assert [person for person, _, _ in told(desk)] == [BEA]


def test_an_address_that_we_never_made_is_refused_and_nobody_told(desk: Desk, head: Conversation) -> None:
    made_up = f"support+{'a' * 39}@acme.example"
    assert refused(desk, comes(desk, made_up, sender=STRANGER)) is Refusal.UNKNOWN_ADDRESS
    assert refused(desk, comes(desk, made_up, name="b", dmarc=Verdict.FAIL)) is Refusal.UNKNOWN_ADDRESS
    assert told(desk) == []


def test_after_everybody_was_signed_out_the_old_addresses_are_dead_and_who_uses_one_is_told(
    desk: Desk, head: Conversation
) -> None:
    address = to(desk, head)
    desk.members.signed_out[WORKSPACE] = desk.clock()
    assert refused(desk, comes(desk, address)) is Refusal.UNKNOWN_ADDRESS
    assert told(desk) == [(BEA, "", "unknown_address")]
    fresh = to(desk, head, since=desk.clock().isoformat())
    assert desk.receive(comes(desk, fresh, name="b")) == Counter({Outcome.STORED: 1})


@pytest.mark.parametrize(
    "more",
    [
        {"said": (("auto-submitted", "auto-replied"),)},
        {"said": (("list-id", "<team.example>"),)},
        {"mail_from": ""},
        {"mail_from": "<>"},
    ],
)
def test_what_a_machine_sends_is_not_taken_in_and_nobody_is_told(
    desk: Desk, head: Conversation, more: dict[str, object]
) -> None:
    assert refused(desk, comes(desk, to(desk, head), **more)) is Refusal.AUTOMATIC  # type: ignore[arg-type]
    assert told(desk) == []


# ---- not allowed ----------------------------------------------------------------------------------------------------


def test_who_was_removed_says_nothing_more_and_is_told_nothing(desk: Desk, head: Conversation) -> None:
    desk.members.put(Member(BEA, WORKSPACE, Role.AGENT, active=False))
    assert refused(desk, comes(desk, to(desk, head))) is Refusal.REMOVED
    assert told(desk) == []


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (Member(BEA, WORKSPACE, Role.VIEWER), Refusal.NOT_ALLOWED),
        (Member(BEA, WORKSPACE, Role.AGENT, frozenset({"mbx_other"})), Refusal.NOT_SEEN),
        (Member(BEA, WORKSPACE, Role.OWNER, frozenset()), Refusal.NOT_SEEN),
    ],
)
@pytest.mark.parametrize("text", [TEXT, f"#note\n{TEXT}"])
def test_by_mail_one_may_what_one_may_over_the_api(
    desk: Desk, head: Conversation, member: Member, why: Refusal, text: str
) -> None:
    desk.members.put(member)
    assert refused(desk, comes(desk, to(desk, head), text=text)) is why
    assert told(desk) == [(BEA, head.id, why.value)]


def test_a_token_leads_to_its_own_conversation_only(desk: Desk, head: Conversation) -> None:
    other = desk.opened()
    desk.receive(comes(desk, to(desk, other), references=(f"{head.id}@mail",), subject="Re: Conversation #1"))
    assert len(messages(desk, head)) == 1
    assert len(messages(desk, other)) == 2


def test_what_takes_no_reply_takes_none_by_mail(desk: Desk, head: Conversation) -> None:
    spam = desk.conversations.get(WORKSPACE, head.id)
    spam.change_status(Status.SPAM)
    desk.conversations.save(spam, [])
    assert refused(desk, comes(desk, to(desk, head))) is Refusal.NOT_NOW


def test_an_unreadable_answer_is_refused(desk: Desk, head: Conversation) -> None:
    delivery = replace(comes(desk, to(desk, head)), verdicts=verdicts(virus=Verdict.FAIL))
    assert refused(desk, delivery) is Refusal.UNREADABLE


def test_an_empty_answer_is_refused(desk: Desk, head: Conversation) -> None:
    assert refused(desk, comes(desk, to(desk, head), text=f"> {SEPARATOR}")) is Refusal.EMPTY


# ---- nothing is lost ------------------------------------------------------------------------------------------------


def test_a_customers_mail_that_came_to_the_mailbox_as_well_is_a_mail(desk: Desk, head: Conversation) -> None:
    delivery = comes(desk, MAILBOX.address, to(desk, head), sender=STRANGER)
    assert desk.receive(delivery) == Counter({Outcome.STORED: 1})
    assert len(desk.conversations._heads) == 2
    assert len(messages(desk, head)) == 1


def test_an_answer_to_a_forwarded_mailbox_is_known_by_its_header(desk: Desk, head: Conversation) -> None:
    delivery = comes(desk, MAILBOX.address, to=(Address(to(desk, head)),))
    assert desk.receive(delivery) == Counter({Outcome.STORED: 1})
    assert messages(desk, head)[-1].kind is Kind.REPLY


def test_a_refused_delivery_that_comes_again_tells_nobody_twice(desk: Desk, head: Conversation) -> None:
    address = to(desk, head)
    for _ in range(2):
        desk.receive(comes(desk, address, dmarc=Verdict.FAIL))
    assert len(told(desk)) == 1
