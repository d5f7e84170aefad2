"""What every store of conversations keeps to: the fake that services are tested with, and the table."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.domain.conversations import Conversation, Copy, Message, Sending, SendState, Status
from letterlock.domain.errors import AlreadyIngested, Conflict, NotFound, SameMail, Stale
from letterlock.domain.facts import MessageBounced, MessageSent
from letterlock.domain.ledger import IngestRecord, Outcome, Reason
from letterlock.domain.mail import Address
from letterlock.domain.outcomes import RecipientOutcome, RecipientState
from letterlock.domain.participants import Participant
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.services.announce import announce
from letterlock.services.ports import Ingest, KnownAs, Located, MessagePlace
from tests.adapters.given import ANA, BEN, LEASE, Desk
from tests.fakes import FakeConversations
from tests.fakes.keys import MemoryKeys

# ---- a conversation as it was ---------------------------------------------------------------------------------------


def test_a_conversation_comes_back_as_it_was_saved(desk: Desk) -> None:
    conversation = desk.conversation()
    conversation.linked = "cnv_other"
    conversation.open_with(desk.mail("The lamp\nis broken"), [Participant(ANA, requester=True), Participant(BEN)])
    conversation.assign("tok_ana")

    desk.save(conversation)

    read = desk.store.get(desk.workspace, conversation.id)
    assert read == conversation
    assert (read.version, read.count, read.preview, read.last_sender) == (1, 1, "The lamp is broken", "Ana")
    assert read.participants == [Participant(ANA, requester=True), Participant(BEN)]
    assert (read.added, read.facts) == ([], [])


def test_a_message_comes_back_as_it_was_saved(desk: Desk) -> None:
    mail = replace(desk.mail(), subject="Re: Broken lamp", message_id="one@customer.test")
    conversation = desk.opened(mail)

    assert desk.store.message(desk.workspace, conversation.id, mail.id) == mail


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": None, "to": (), "cc": (), "attachments": (), "references": (), "threading": None, "verdicts": None},
        {"quarantine": Reason.UNREADABLE, "text": "", "has_content": False, "has_raw": False, "content_sha256": ""},
        {"sender": Address("", "\u202eevil\x00 \udcff\U0001f600"), "text": "\ud800 a lone surrogate", "revision": 3},
        {"hidden": ((0, 4), (20, 700)), "excerpt": True},
    ],
    ids=["bare", "quarantined", "hostile", "with history"],
)
def test_a_strange_message_comes_back_as_it_was_saved(desk: Desk, changes: dict[str, Any]) -> None:
    mail = replace(desk.mail(), **changes)
    conversation = desk.opened(mail)

    assert desk.store.message(desk.workspace, conversation.id, mail.id) == mail
    assert desk.store.thread(desk.workspace, conversation.id).messages == (mail,)


def test_what_was_read_can_be_changed_and_saved_and_so_can_what_was_saved(desk: Desk) -> None:
    conversation = desk.opened()
    conversation.change_status(Status.CLOSED)
    desk.save(conversation)
    read = desk.store.get(desk.workspace, conversation.id)
    read.assign("tok_ana")
    desk.save(read)

    assert (read.status, read.assignee, read.version) == (Status.CLOSED, "tok_ana", 3)
    assert desk.store.get(desk.workspace, conversation.id) == read


def test_somebody_who_joins_later_takes_part(desk: Desk) -> None:
    conversation = desk.opened()
    read = desk.store.get(desk.workspace, conversation.id)
    read.participants.append(Participant(Address("eve@customer.test")))
    desk.save(read)

    again = desk.store.get(desk.workspace, conversation.id)
    assert again.participants == read.participants
    assert len(again.participants) == 3


def test_who_was_let_in_and_who_was_sent_off_comes_back(desk: Desk) -> None:
    conversation = desk.opened()
    read = desk.store.get(desk.workspace, conversation.id)
    eve = Address("eve@customer.test", "Eve")
    (ben,) = [each.contact for each in read.participants if each.address == BEN]
    assert read.add_participant(eve, "per_1", requester=True)
    assert read.remove_participant(ben)
    desk.save(read)

    again = desk.store.get(desk.workspace, conversation.id)
    assert again == read
    assert [(each.address, each.requester, each.added_by) for each in again.participants] == [
        (eve, True, "per_1"),
        (ANA, False, ""),
    ]
    assert again.removed == [BEN]
    assert [each.contact for each in again.participants] == [each.contact for each in read.participants]
    assert all(each.contact for each in again.participants)
    assert again.add_participant(BEN, "per_1")
    desk.save(again)
    assert desk.store.get(desk.workspace, conversation.id).removed == []


def test_conversations_in_which_one_mail_lies_are_linked_each_with_the_other(desk: Desk) -> None:
    sales, help_ = "mbx_01JZZSALES00000000000000AA", "mbx_01JZZHELP000000000000000AA"
    first = desk.delivered("ses-1", "Hello", "m1@x")
    second = desk.delivered("ses-2", "Hello", "m1@x", mailbox=sales)
    desk.delivered("ses-3", "Something else", "m1@x", mailbox=help_)
    desk.delivered("ses-4", "Hello", "m2@x", mailbox=help_)

    def copies(of: Conversation) -> list[Copy]:
        return list(desk.store.get(desk.workspace, of.id).copies)

    assert copies(first) == copies(second) == []
    for _ in range(2):
        desk.store.link_copies(ingested(desk, second, "m1@x"))
        assert copies(first) == [Copy(sales, second.id)]
        assert copies(second) == [Copy(desk.mailbox, first.id)]
        assert list(desk.store.thread(desk.workspace, first.id).conversation.copies) == copies(first)
    assert (
        desk.store.thread(desk.workspace, first.id, limit=1).messages
        == desk.store.thread(desk.workspace, first.id).messages
    )
    third = desk.delivered("ses-5", "Hello", "m1@x", mailbox=help_)
    desk.store.link_copies(ingested(desk, third, "m1@x"))
    assert copies(first) == [Copy(help_, third.id), Copy(sales, second.id)]
    assert set(copies(third)) == {Copy(desk.mailbox, first.id), Copy(sales, second.id)}
    assert desk.store.get(desk.workspace, first.id).version == 1


def test_a_mail_that_lies_in_one_mailbox_or_is_not_there_is_linked_with_nothing(desk: Desk) -> None:
    first = desk.delivered("ses-1", "Hello", "m1@x")
    desk.store.link_copies(ingested(desk, first, "m1@x"))
    desk.store.link_copies(ingested(desk, first, "m9@x"))
    desk.store.link_copies(ingested(desk, first, ""))
    assert desk.store.get(desk.workspace, first.id).copies == ()


def ingested(desk: Desk, conversation: Conversation, message_id: str) -> Ingest:
    """As the mail that opened it is known, of which the text is Hello."""
    again = replace(conversation, added=[desk.mail("Hello", message_id=message_id)])
    return desk.ingest(again, "ses-x", "Hello", message_id)


def strangers(desk: Desk) -> tuple[Conversation, Message]:
    """A conversation, and an unverified mail in it."""
    conversation = desk.opened()
    mail = replace(
        desk.mail("It is me", sender=Address("eve@else.test")),
        threading=Threading(Rule.REPLY_ADDRESS, "To", Trust.UNVERIFIED),
    )
    desk.received(conversation, mail)
    return conversation, mail


def test_a_revised_message_takes_the_place_of_what_it_was(desk: Desk) -> None:
    conversation, mail = strangers(desk)
    read = desk.store.get(desk.workspace, conversation.id)
    assert read.confirm(mail, "per_1")
    desk.save(read)

    confirmed = Threading(Rule.REPLY_ADDRESS, "To", Trust.CONFIRMED, "per_1")
    expected = replace(mail, threading=confirmed, revision=2)
    assert desk.store.message(desk.workspace, conversation.id, mail.id) == expected
    thread = desk.store.thread(desk.workspace, conversation.id)
    assert thread.messages[-1] == expected
    assert (thread.conversation.count, thread.conversation.version) == (2, 3)
    assert read.revised == []


def test_of_two_who_revise_the_same_message_the_second_is_told_so(desk: Desk) -> None:
    conversation, mail = strangers(desk)
    for version in (2, 3):
        read = desk.store.get(desk.workspace, conversation.id)
        assert read.version == version
        read.confirm(mail, f"per_{version}")
        if version == 2:
            desk.save(read)
        else:
            with pytest.raises(Stale):
                desk.save(read)

    kept = desk.store.message(desk.workspace, conversation.id, mail.id)
    assert (kept.revision, kept.threading and kept.threading.by) == (2, "per_2")
    assert desk.store.get(desk.workspace, conversation.id).version == 3


def test_a_message_that_is_not_there_cannot_be_revised(desk: Desk) -> None:
    conversation, mail = strangers(desk)
    read = desk.store.get(desk.workspace, conversation.id)
    read.confirm(replace(mail, id=desk.ids.new("msg")), "per_1")
    with pytest.raises(Stale):
        desk.save(read)


def test_changing_what_was_read_changes_nothing_stored(desk: Desk) -> None:
    conversation = desk.opened()
    read = desk.store.get(desk.workspace, conversation.id)
    read.participants.clear()
    read.status = Status.SPAM
    conversation.participants.clear()

    stored = desk.store.get(desk.workspace, conversation.id)
    assert (len(stored.participants), stored.status) == (2, Status.OPEN)


def test_another_workspaces_conversation_is_as_absent_as_one_that_never_was(desk: Desk, keys: MemoryKeys) -> None:
    conversation = desk.opened(mail := desk.mail())
    keys.create("wsp_other", WORKSPACE_PURPOSES)

    for workspace, id_ in (("wsp_other", conversation.id), (desk.workspace, "cnv_never")):
        with pytest.raises(NotFound):
            desk.store.get(workspace, id_)
        with pytest.raises(NotFound):
            desk.store.thread(workspace, id_)
        with pytest.raises(NotFound):
            desk.store.thread(workspace, id_, before=mail.id)
        with pytest.raises(NotFound):
            desk.store.message(workspace, id_, mail.id)
        with pytest.raises(NotFound):
            desk.store.claim(workspace, id_, mail.id, LEASE)


# ---- two at once ----------------------------------------------------------------------------------------------------


def test_of_two_who_read_the_same_state_the_second_to_save_is_told_so(desk: Desk) -> None:
    conversation = desk.opened()
    ana, ben = (desk.store.get(desk.workspace, conversation.id) for _ in range(2))
    ana.assign("tok_ana")
    ben.assign("tok_ben")
    desk.save(ana)

    with pytest.raises(Stale):
        desk.save(ben)

    assert desk.store.get(desk.workspace, conversation.id).assignee == "tok_ana"


def test_a_stale_save_leaves_no_message_behind_and_may_be_done_again_on_a_fresh_read(desk: Desk) -> None:
    conversation = desk.opened()
    late = desk.store.get(desk.workspace, conversation.id)
    desk.received(conversation, desk.mail("first"))
    late.receive(mail := desk.mail("second"))
    with pytest.raises(Stale):
        desk.save(late)
    assert late.added == [mail]

    fresh = desk.store.get(desk.workspace, conversation.id)
    assert [each.text for each in desk.store.thread(desk.workspace, conversation.id).messages] == ["Hello", "first"]
    desk.received(fresh, mail)
    assert desk.store.thread(desk.workspace, conversation.id).messages[-1] == mail
    assert desk.store.get(desk.workspace, conversation.id).count == 3


def test_a_new_conversation_never_overwrites_one_of_the_same_id(desk: Desk) -> None:
    conversation = desk.opened()
    twin = desk.conversation()
    twin.id = conversation.id
    twin.open_with(desk.mail("other"), [])

    with pytest.raises(Stale):
        desk.save(twin)

    assert desk.store.get(desk.workspace, conversation.id) == conversation


def test_a_message_never_overwrites_one_of_the_same_id(desk: Desk) -> None:
    conversation = desk.opened(mail := desk.mail())
    conversation.receive(replace(mail, text="something else"))

    with pytest.raises(Conflict):
        desk.save(conversation)

    assert desk.store.message(desk.workspace, conversation.id, mail.id) == mail


# ---- each mail once -------------------------------------------------------------------------------------------------


def test_the_ledger_says_how_a_delivery_ended(desk: Desk) -> None:
    conversation = desk.delivered("ses-1")

    entry = desk.store.recorded(desk.workspace, desk.mailbox, "ses-1")
    message = desk.store.thread(desk.workspace, conversation.id).messages[0].id
    assert entry == IngestRecord(
        desk.workspace,
        desk.mailbox,
        "ses-1",
        Outcome.STORED,
        desk.clock(),
        conversation=conversation.id,
        message=message,
    )
    assert desk.store.recorded(desk.workspace, "mbx_other", "ses-1") is None
    assert desk.store.recorded(desk.workspace, desk.mailbox, "ses-2") is None


def test_a_second_save_of_the_same_delivery_changes_nothing(desk: Desk) -> None:
    first = desk.delivered("ses-1", "Hello", "one@customer.test")
    before = desk.store.get(desk.workspace, first.id)

    with pytest.raises(AlreadyIngested):
        desk.delivered("ses-1", "Hello", "one@customer.test")
    before.receive(desk.mail("whatever"))
    with pytest.raises(AlreadyIngested):
        desk.save(before, desk.ingest(before, "ses-1"))

    assert desk.store.get(desk.workspace, first.id) == first
    assert len(desk.cards()) == 1


def test_the_same_delivery_goes_to_each_of_its_mailboxes(desk: Desk) -> None:
    desk.delivered("ses-1", message_id="one@customer.test")
    desk.delivered("ses-1", message_id="one@customer.test", mailbox="mbx_sales")

    assert len(desk.cards("mbx_support", "mbx_sales")) == 2


def test_the_same_mail_from_another_delivery_is_known_and_where_it_is(desk: Desk) -> None:
    first = desk.delivered("ses-1", "Hello", "one@customer.test")
    mail = desk.store.thread(desk.workspace, first.id).messages[0]

    with pytest.raises(SameMail) as same:
        desk.delivered("ses-2", "Hello", "one@customer.test")

    assert (same.value.conversation, same.value.message) == (first.id, mail.id)
    assert desk.store.recorded(desk.workspace, desk.mailbox, "ses-2") is None


def test_a_like_mail_without_a_message_id_is_another_mail(desk: Desk) -> None:
    first = desk.delivered("ses-1", "Hello", "")
    second = desk.delivered("ses-2", "Hello", "")
    assert first.id != second.id


@pytest.mark.parametrize(
    ("message_id", "text"),
    [("one@customer.test", "Something else"), ("two@customer.test", "Hello"), ("", "Hello")],
    ids=["same Message-ID, other content", "other Message-ID, same content", "no Message-ID, same content"],
)
def test_a_mail_that_only_resembles_another_is_stored(desk: Desk, message_id: str, text: str) -> None:
    desk.delivered("ses-1", "Hello", "one@customer.test")
    desk.delivered("ses-2", text, message_id)

    assert len(desk.cards()) == 2


def test_what_a_refused_save_would_have_told_is_not_told(desk: Desk) -> None:
    desk.delivered("ses-1")
    with pytest.raises(AlreadyIngested):
        desk.delivered("ses-1")

    if isinstance(desk.store, FakeConversations):
        assert [each.name for each in desk.store.announced] == ["ConversationOpened", "MessageReceived"]


def test_a_duplicate_or_rejected_delivery_is_recorded_once(desk: Desk) -> None:
    entry = IngestRecord(
        desk.workspace,
        desk.mailbox,
        "ses-9",
        Outcome.DUPLICATE,
        desk.clock(),
        Reason.SAME_MAIL,
        "cnv_1",
    )
    desk.store.record(entry)
    desk.store.record(replace(entry, outcome=Outcome.REJECTED, reason=Reason.OBJECT_GONE))

    assert desk.store.recorded(desk.workspace, desk.mailbox, "ses-9") == entry


def test_a_delivery_recorded_as_a_duplicate_is_not_stored_afterwards(desk: Desk) -> None:
    desk.store.record(IngestRecord(desk.workspace, desk.mailbox, "ses-1", Outcome.DUPLICATE, desk.clock()))

    with pytest.raises(AlreadyIngested):
        desk.delivered("ses-1")


# ---- sending --------------------------------------------------------------------------------------------------------


def replied(desk: Desk) -> tuple[Conversation, str]:
    conversation = desk.opened()
    conversation.reply(answer := desk.answer())
    desk.save(conversation)
    return conversation, answer.id


def sending(desk: Desk, conversation: Conversation, message: str) -> Sending | None:
    return desk.store.message(desk.workspace, conversation.id, message).sending


def test_one_of_two_senders_gets_the_message(desk: Desk) -> None:
    conversation, message = replied(desk)
    until = desk.clock() + LEASE

    assert desk.store.claim(desk.workspace, conversation.id, message, LEASE) == Sending(SendState.QUEUED)
    held = Sending(SendState.SENDING, 1, lease_until=until)
    assert desk.store.claim(desk.workspace, conversation.id, message, LEASE) == held
    assert sending(desk, conversation, message) == held


def test_a_lease_that_ran_out_is_shown_and_not_taken_over(desk: Desk) -> None:
    conversation, message = replied(desk)
    until = desk.clock() + LEASE
    desk.store.claim(desk.workspace, conversation.id, message, LEASE)
    desk.clock.passes(hours=1)

    assert desk.store.claim(desk.workspace, conversation.id, message, LEASE).lease_until == until
    assert sending(desk, conversation, message) == Sending(SendState.SENDING, 1, lease_until=until)


def test_a_sent_message_is_found_by_the_message_id_it_went_out_under(desk: Desk) -> None:
    conversation, message = replied(desk)
    desk.store.claim(desk.workspace, conversation.id, message, LEASE)
    sent = Sending(SendState.SENT, 1, message_id="0001@eu-west-1.amazonses.com")
    facts = [MessageSent(desk.workspace, conversation.id, message)]

    desk.store.settle(conversation, message, sent, announce(facts, desk.ids, desk.clock, correlation="r"))

    assert sending(desk, conversation, message) == sent
    located = desk.store.locate(desk.workspace, desk.mailbox, ["0001@eu-west-1.amazonses.com"])
    assert located == Located("0001@eu-west-1.amazonses.com", conversation.id, message)
    assert desk.store.claim(desk.workspace, conversation.id, message, LEASE) == sent


def test_a_delayed_message_waits_again_with_its_tries_and_the_reason(desk: Desk) -> None:
    conversation, message = replied(desk)
    desk.store.claim(desk.workspace, conversation.id, message, LEASE)
    delayed = Sending(SendState.QUEUED, 1, "Throttling")
    desk.store.settle(conversation, message, delayed, [])

    assert desk.store.claim(desk.workspace, conversation.id, message, LEASE) == delayed
    assert sending(desk, conversation, message) == Sending(SendState.SENDING, 2, lease_until=desk.clock() + LEASE)


@pytest.mark.parametrize("state", [SendState.FAILED, SendState.UNCONFIRMED, SendState.SENT])
def test_what_is_settled_stays_so(desk: Desk, state: SendState) -> None:
    conversation, message = replied(desk)
    desk.store.claim(desk.workspace, conversation.id, message, LEASE)
    desk.store.settle(conversation, message, Sending(state, 1, "a reason"), [])

    with pytest.raises(Stale):
        desk.store.settle(conversation, message, Sending(SendState.QUEUED, 1), [])
    assert sending(desk, conversation, message) == Sending(state, 1, "a reason")


def test_a_message_that_nobody_claimed_cannot_be_settled(desk: Desk) -> None:
    conversation, message = replied(desk)

    with pytest.raises(Stale):
        desk.store.settle(conversation, message, Sending(SendState.SENT, 1, message_id="x@amazonses.com"), [])
    assert sending(desk, conversation, message) == Sending(SendState.QUEUED)
    assert desk.store.locate(desk.workspace, desk.mailbox, ["x@amazonses.com"]) is None


def test_sending_leaves_the_conversation_alone(desk: Desk) -> None:
    conversation, message = replied(desk)
    before = desk.store.get(desk.workspace, conversation.id)
    desk.store.claim(desk.workspace, conversation.id, message, LEASE)
    desk.store.settle(conversation, message, Sending(SendState.SENT, 1, message_id="x@amazonses.com"), [])

    assert desk.store.get(desk.workspace, conversation.id) == before


def test_a_mail_that_came_in_cannot_be_claimed_for_sending(desk: Desk) -> None:
    conversation = desk.opened(mail := desk.mail())

    with pytest.raises(NotFound):
        desk.store.claim(desk.workspace, conversation.id, mail.id, timedelta(minutes=1))


# ---- what becomes of a sent message ---------------------------------------------------------------------------------


def standing(desk: Desk, conversation: Conversation, message: str) -> Sending:
    found = sending(desk, conversation, message)
    assert found is not None
    return found


def sent(desk: Desk) -> tuple[Conversation, MessagePlace, Sending]:
    conversation, message = replied(desk)
    desk.store.claim(desk.workspace, conversation.id, message, LEASE)
    desk.store.settle(conversation, message, Sending(SendState.SENT, 1, message_id="one@amazonses.com"), [])
    return conversation, MessagePlace(desk.workspace, conversation.id, message), standing(desk, conversation, message)


def bounced(before: Sending) -> Sending:
    outcomes = (
        RecipientOutcome(ANA.address, RecipientState.HARD_BOUNCE, "NoEmail"),
        RecipientOutcome(BEN.address, RecipientState.DELIVERED),
    )
    return replace(before, state=SendState.BOUNCED, reason="NoEmail", outcomes=outcomes)


def test_what_became_of_a_message_at_each_recipient_comes_back_as_it_was_kept(desk: Desk) -> None:
    conversation, place, before = sent(desk)
    facts = [MessageBounced(desk.workspace, conversation.id, place.message, "hard")]

    desk.store.advance(place, before, bounced(before), announce(facts, desk.ids, desk.clock, correlation="r"))

    assert standing(desk, conversation, place.message) == bounced(before)
    (read,) = desk.store.thread(desk.workspace, conversation.id).messages[-1:]
    assert read.sending == bounced(before)


def test_of_two_who_move_a_message_on_from_the_same_state_the_second_is_told_so(desk: Desk) -> None:
    conversation, place, before = sent(desk)
    desk.store.advance(place, before, bounced(before), [])

    for late in (replace(before, state=SendState.DELIVERED), before):
        with pytest.raises(Stale):
            desk.store.advance(place, before, late, [], KnownAs(desk.mailbox, "two@amazonses.com"))
    assert standing(desk, conversation, place.message) == bounced(before)
    assert desk.store.locate(desk.workspace, desk.mailbox, ["two@amazonses.com"]) is None

    again = standing(desk, conversation, place.message)
    desk.store.advance(place, again, replace(again, state=SendState.COMPLAINED), [])
    assert standing(desk, conversation, place.message).state is SendState.COMPLAINED


def test_a_message_is_found_by_a_message_id_that_was_learnt_later(desk: Desk) -> None:
    conversation, place, before = sent(desk)

    desk.store.advance(place, before, before, [], KnownAs(desk.mailbox, "two@amazonses.com"))

    located = desk.store.locate(desk.workspace, desk.mailbox, ["two@amazonses.com"])
    assert located == Located("two@amazonses.com", conversation.id, place.message)


def test_a_second_try_keeps_what_is_known_of_the_recipients(desk: Desk) -> None:
    conversation, place, before = sent(desk)
    desk.store.advance(place, before, bounced(before), [])
    read = standing(desk, conversation, place.message)
    queued = replace(read, state=SendState.QUEUED, reason="", message_id="", closed=1)
    desk.store.advance(place, read, queued, [])

    assert desk.store.claim(desk.workspace, conversation.id, place.message, LEASE).state is SendState.QUEUED
    held = standing(desk, conversation, place.message)
    assert (held.state, held.attempts, held.closed, held.outcomes) == (SendState.SENDING, 2, 1, queued.outcomes)
    desk.store.settle(conversation, place.message, Sending(SendState.SENT, 2, message_id="two@amazonses.com"), [])
    assert standing(desk, conversation, place.message) == Sending(
        SendState.SENT, 2, message_id="two@amazonses.com", outcomes=queued.outcomes, closed=1
    )


def test_only_a_message_that_is_there_moves_on(desk: Desk) -> None:
    _, place, before = sent(desk)

    with pytest.raises(Stale):
        desk.store.advance(replace(place, message="msg_none"), before, bounced(before), [])


def test_what_becomes_of_a_message_leaves_its_conversation_alone(desk: Desk) -> None:
    conversation, place, before = sent(desk)
    head = desk.store.get(desk.workspace, conversation.id)
    desk.store.advance(place, before, bounced(before), [])
    assert desk.store.get(desk.workspace, conversation.id) == head
