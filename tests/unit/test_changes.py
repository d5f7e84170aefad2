"""A change under a key has one effect; a change meant for one version never lands on another."""

from dataclasses import replace

import pytest

from letterlock.domain.accounts import Member
from letterlock.domain.conversations import INLINE_TEXT_BYTES, Conversation, Kind, Message, Status
from letterlock.domain.errors import AlreadyDone, Forbidden, KeyReused, Moved, RuleBroken, Stale
from letterlock.domain.facts import NoteAdded, ReplyQueued
from letterlock.domain.idempotency import Once
from letterlock.domain.mail import Mail
from letterlock.domain.permissions import Role, Scope
from letterlock.services.changes import FRESH_READS
from letterlock.services.triage import AssignConversation, ChangeStatus
from letterlock.services.write_message import AddNote, SendReply
from tests.fakes.accounts import FakeMembers, FakeWorkspaces
from tests.fakes.clock import START
from tests.fakes.desk import AGENT, CUSTOMER, Desk

LONG = "word " * INLINE_TEXT_BYTES


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=["reply", "note"])
def write(desk: Desk, request: pytest.FixtureRequest) -> SendReply | AddNote:
    return desk.send_reply if request.param == "reply" else desk.add_note


def once(key: str = "key-1", body: str = '{"text": "Soon."}') -> Once:
    return Once(AGENT.id, "POST /v1/conversations/x/replies", key, body)


def texts(desk: Desk) -> list[str]:
    return [each.text for each in desk.only_conversation().messages]


def change_status(desk: Desk) -> ChangeStatus:
    return ChangeStatus(desk.conversations, desk.ids, desk.clock)


def assign(desk: Desk) -> AssignConversation:
    workspaces = FakeWorkspaces()
    workspaces.create("wsp_acme", "Acme")
    known = FakeMembers(workspaces)
    known.put(Member("tok_bea", "wsp_acme", Role.AGENT))
    return AssignConversation(desk.conversations, known, desk.ids, desk.clock)


def answered_by_the_customer(desk: Desk, text: str = "And another thing") -> Conversation:
    """The customer's next mail comes in."""
    desk.clock.passes(minutes=1)
    first = desk.only_conversation().messages[0]
    mail = Mail(
        subject="Re: Order", sender=CUSTOMER, text=text, message_id=f"{text}@customer", references=(first.message_id,)
    )
    desk.receive(desk.arrives(mail, ses_message_id=f"ses-{text}", at=desk.clock.at))
    return desk.only_conversation().conversation


# ---- one effect a key -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Soon.", LONG], ids=["short", "long"])
def test_the_same_request_under_the_same_key_has_one_effect_and_says_which(
    desk: Desk, write: SendReply | AddNote, text: str
) -> None:
    head = desk.opened()
    first = write(AGENT, head.id, text, request="r1", once=once())
    told = list(desk.conversations.told)
    objects = dict(desk.archive.contents)

    with pytest.raises(AlreadyDone) as again:
        write(AGENT, head.id, text, request="r2", once=once())

    assert write.again(AGENT, again.value.done) == first
    assert len(texts(desk)) == 2
    assert desk.conversations.told == told
    assert desk.archive.contents == objects


def test_a_repeated_request_is_answered_although_its_first_effect_forbids_it_now(desk: Desk) -> None:
    head = desk.opened()
    first = desk.send_reply(AGENT, head.id, "Soon.", request="r", versions=frozenset({1}), once=once())
    with pytest.raises(AlreadyDone) as again:
        desk.send_reply(AGENT, head.id, "Soon.", request="r", versions=frozenset({1}), once=once())
    assert again.value.done.message == first.id

    change_status(desk)(AGENT, head.id, Status.SPAM, request="r")
    with pytest.raises(AlreadyDone):
        desk.send_reply(AGENT, head.id, "Soon.", request="r", once=once())
    with pytest.raises(RuleBroken):
        desk.send_reply(AGENT, head.id, "Soon.", request="r", once=once("key-2"))


def test_the_same_key_with_another_body_is_refused_and_changes_nothing(desk: Desk, write: SendReply | AddNote) -> None:
    head = desk.opened()
    first = write(AGENT, head.id, "Soon.", request="r", once=once())
    with pytest.raises(KeyReused) as refused:
        write(AGENT, head.id, "Later.", request="r", once=once(body='{"text": "Later."}'))
    assert refused.value.done.message == first.id
    assert len(texts(desk)) == 2


def test_a_key_is_its_senders_own_and_its_routes_own(desk: Desk) -> None:
    head = desk.opened()
    for each in (once(), replace(once(), principal="tok_bea"), replace(once(), route="POST /elsewhere"), once("key-2")):
        desk.add_note(AGENT, head.id, "Soon.", request="r", once=each)
    assert len(texts(desk)) == 5


def test_after_a_day_the_key_is_free_again(desk: Desk) -> None:
    head = desk.opened()
    desk.add_note(AGENT, head.id, "one", request="r", once=once())
    desk.clock.passes(hours=23, minutes=59)
    with pytest.raises(AlreadyDone):
        desk.add_note(AGENT, head.id, "one", request="r", once=once())
    desk.clock.passes(minutes=1)
    desk.add_note(AGENT, head.id, "two", request="r", once=once(body="another"))
    assert set(texts(desk)) == {"Where is it?", "one", "two"}


def test_a_refused_request_does_not_use_its_key_up(desk: Desk) -> None:
    head = desk.opened()
    change_status(desk)(AGENT, head.id, Status.SPAM, request="r")
    with pytest.raises(RuleBroken):
        desk.send_reply(AGENT, head.id, "Soon.", request="r", once=once())
    change_status(desk)(AGENT, head.id, Status.OPEN, request="r")
    assert desk.send_reply(AGENT, head.id, "Soon.", request="r", once=once()).text == "Soon."


def test_of_two_at_once_under_one_key_one_has_the_effect_and_the_other_its_answer(desk: Desk) -> None:
    head = desk.opened()
    save, made = desk.conversations.save, list[Message]()

    def first_the_other(*args: object, **kwargs: object) -> None:
        if not made:
            made.append(Message("", Kind.NOTE, START, ""))
            made[0] = desk.add_note(AGENT, head.id, "Soon.", request="other", once=once())
        save(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    desk.conversations.save = first_the_other  # type: ignore[method-assign]  # the race, played
    with pytest.raises(AlreadyDone) as again:
        desk.add_note(AGENT, head.id, "Soon.", request="r", once=once())
    assert desk.add_note.again(AGENT, again.value.done) == made[0]
    assert sorted(texts(desk)) == ["Soon.", "Where is it?"]


def test_a_repeated_request_needs_the_scope_like_the_first(desk: Desk, write: SendReply | AddNote) -> None:
    head = desk.opened()
    write(AGENT, head.id, "Soon.", request="r", once=once())
    reader = replace(AGENT, scopes=frozenset({Scope.READ}))
    with pytest.raises(Forbidden):
        write(reader, head.id, "Soon.", request="r", once=once())


def test_the_first_try_under_a_key_costs_no_read_more(desk: Desk) -> None:
    head = desk.opened()
    desk.conversations.done = None  # type: ignore[assignment,method-assign]  # whoever asks, fails
    assert desk.send_reply(AGENT, head.id, "Soon.", request="r", once=once()).text == "Soon."


# ---- meant for a version --------------------------------------------------------------------------------------------


def test_a_reply_meant_for_an_older_version_is_refused_with_what_came_since(desk: Desk) -> None:
    head = desk.opened()
    current = answered_by_the_customer(desk)
    newest = desk.only_conversation().messages[-1]

    with pytest.raises(Moved) as moved:
        desk.send_reply(AGENT, head.id, "Soon.", request="r", versions=frozenset({head.version}))

    assert moved.value.current == current
    assert [(each.id, each.kind, each.at) for each in moved.value.added] == [(newest.id, Kind.INBOUND, newest.at)]
    assert len(texts(desk)) == 2


@pytest.mark.parametrize("text", ["Soon.", LONG], ids=["short", "long"])
def test_a_refused_change_leaves_nothing_behind(desk: Desk, write: SendReply | AddNote, text: str) -> None:
    head = desk.opened()
    answered_by_the_customer(desk)
    before, objects = desk.only_conversation(), dict(desk.archive.contents)
    with pytest.raises(Moved):
        write(AGENT, head.id, text, request="r", versions=frozenset({head.version}))
    assert desk.only_conversation() == before
    assert desk.archive.contents == objects


def test_with_the_version_as_it_stands_every_change_goes_in(desk: Desk) -> None:
    head = desk.opened()
    assert change_status(desk)(AGENT, head.id, Status.PENDING, request="r", versions=frozenset({1})).version == 2
    assert assign(desk)(AGENT, head.id, "tok_bea", request="r", versions=frozenset({1, 2})).version == 3
    desk.send_reply(AGENT, head.id, "Soon.", request="r", versions=frozenset({3}))
    desk.add_note(AGENT, head.id, "Done.", request="r", versions=frozenset({4}))
    assert desk.only_conversation().conversation.version == 5


def test_two_agents_who_decide_on_the_same_version_do_not_overrule_each_other(desk: Desk) -> None:
    head = desk.opened()
    known = frozenset({head.version})
    assign(desk)(AGENT, head.id, "tok_bea", request="r", versions=known)
    with pytest.raises(Moved) as moved:
        assign(desk)(AGENT, head.id, AGENT.id, request="r", versions=known)
    assert (moved.value.current.assignee, moved.value.added) == ("tok_bea", ())


def test_a_change_that_comes_between_reading_and_saving_is_noticed(desk: Desk) -> None:
    head = desk.opened()
    save, raced = desk.conversations.save, [False]

    def first_the_other(*args: object, **kwargs: object) -> None:
        if not raced[0]:
            raced[0] = True
            desk.add_note(AGENT, head.id, "Mine.", request="other")
        save(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    desk.conversations.save = first_the_other  # type: ignore[method-assign]  # the race, played
    with pytest.raises(Moved) as moved:
        assign(desk)(AGENT, head.id, "tok_bea", request="r", versions=frozenset({head.version}))
    assert [each.kind for each in moved.value.added] == [Kind.NOTE]
    assert desk.only_conversation().conversation.assignee == ""


def test_what_stands_already_is_no_collision(desk: Desk) -> None:
    """RFC 9110, section 13.1.1: the state that was asked for is there, whoever made it."""
    head = desk.opened()
    change_status(desk)(AGENT, head.id, Status.CLOSED, request="r")
    for versions in (frozenset({head.version}), frozenset({2}), None):
        assert change_status(desk)(AGENT, head.id, Status.CLOSED, request="r", versions=versions).version == 2


@pytest.mark.parametrize("versions", [frozenset({9}), frozenset[int]()], ids=["not yet", "never"])
def test_a_version_that_never_was_is_refused_and_nothing_is_new(desk: Desk, versions: frozenset[int]) -> None:
    head = desk.opened()
    with pytest.raises(Moved) as moved:
        desk.add_note(AGENT, head.id, "x", request="r", versions=versions)
    assert moved.value.added == ()


def test_without_a_version_a_reply_is_decided_again_on_the_newest_head(desk: Desk) -> None:
    head = desk.opened()
    save, raced = desk.conversations.save, [False]

    def first_a_mail(*args: object, **kwargs: object) -> None:
        if not raced[0]:
            raced[0] = True
            answered_by_the_customer(desk)
        save(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    desk.conversations.save = first_a_mail  # type: ignore[method-assign]  # the race, played
    reply = desk.send_reply(AGENT, head.id, "Soon.", request="r")
    note = desk.add_note(AGENT, head.id, "Told them.", request="r")
    assert sorted(texts(desk)) == ["And another thing", "Soon.", "Told them.", "Where is it?"]
    assert desk.conversations.announced.count(ReplyQueued(head.workspace, head.id, reply.id)) == 1
    assert desk.conversations.announced.count(NoteAdded(head.workspace, head.id, note.id)) == 1


def test_a_head_that_never_holds_still_refuses_a_reply_after_some_tries(desk: Desk) -> None:
    head = desk.opened()
    tries = [0]

    def stale(*_args: object, **_kwargs: object) -> None:
        tries[0] += 1
        raise Stale("moved")

    desk.conversations.save = stale  # type: ignore[method-assign]  # a store that is never still
    with pytest.raises(Stale):
        desk.send_reply(AGENT, head.id, "Soon.", request="r")
    assert tries[0] == 1 + FRESH_READS
