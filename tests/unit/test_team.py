"""What the team can do: write, assign, change status, list, read."""

from dataclasses import replace

import pytest

from letterlock.domain.accounts import Mailbox, Member, Principal
from letterlock.domain.conversations import INLINE_TEXT_BYTES, Kind, SendState, Status
from letterlock.domain.errors import Forbidden, IntegrityBroken, Invalid, NotFound, Stale
from letterlock.domain.facts import ConversationAssigned, NoteAdded
from letterlock.domain.mail import Content, Mail
from letterlock.domain.permissions import Role, Scope
from letterlock.services.changes import FRESH_READS
from letterlock.services.ports import MessagePlace
from letterlock.services.read_inbox import ListConversations, ListMailboxes, Page, ReadConversation, ReadMessage
from letterlock.services.triage import AssignConversation, ChangeStatus
from tests.fakes.accounts import FakeMembers, FakeWorkspaces
from tests.fakes.desk import AGENT, CUSTOMER, MAILBOX, Desk
from tests.fakes.tokens import FakeCursors

READER = replace(AGENT, scopes=frozenset({Scope.READ}))
FOREIGNER = Principal("wsp_other", "tok_other", Role.AGENT, frozenset(Scope))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def cursors() -> FakeCursors:
    return FakeCursors()


def members() -> FakeMembers:
    workspaces = FakeWorkspaces()
    workspaces.create("wsp_acme", "Acme")
    known = FakeMembers(workspaces)
    known.put(Member("tok_bea", "wsp_acme", Role.AGENT))
    return known


def assign(desk: Desk) -> AssignConversation:
    return AssignConversation(desk.conversations, members(), desk.ids, desk.clock)


def change_status(desk: Desk) -> ChangeStatus:
    return ChangeStatus(desk.conversations, desk.ids, desk.clock)


def listed(desk: Desk, cursors: FakeCursors, **asked: object) -> Page:
    defaults = {"mailbox": "", "status": Status.OPEN, "assignee": "", "limit": 25, "cursor": ""}
    list_conversations = ListConversations(desk.conversations, cursors)
    agent = replace(AGENT, mailboxes=tuple(each.id for each in desk.mailboxes.all(AGENT.workspace)))
    return list_conversations(agent, **(defaults | asked))  # type: ignore[arg-type]  # the test's own keywords


def test_a_reply_is_queued_for_the_customer(desk: Desk) -> None:
    head = desk.opened()
    queued = desk.send_reply(AGENT, head.id, "Soon.", request="req")
    assert (queued.kind, queued.author, queued.to) == (Kind.REPLY, AGENT.id, (CUSTOMER,))
    assert queued.sending is not None
    assert queued.sending.state is SendState.QUEUED
    assert desk.conversations.told[-1].correlation == "req"


def test_a_note_stays_inside(desk: Desk) -> None:
    head = desk.opened()
    note = desk.add_note(AGENT, head.id, "Careful.", request="req")
    assert (note.kind, note.to, note.sending) == (Kind.NOTE, (), None)
    assert desk.conversations.announced[-1] == NoteAdded(head.workspace, head.id, note.id)


def test_a_long_reply_or_note_lies_whole_in_the_archive(desk: Desk) -> None:
    head = desk.opened()
    long = "word " * INLINE_TEXT_BYTES
    for write in (desk.send_reply, desk.add_note):
        written = write(AGENT, head.id, long, request="req")
        assert written.has_content
        assert ReadMessage(desk.conversations, desk.archive)(AGENT, head.id, written.id)[1] == Content(long)


def test_an_object_that_is_not_the_one_the_message_names_is_not_shown(desk: Desk) -> None:
    head = desk.opened()
    written = desk.add_note(AGENT, head.id, "word " * INLINE_TEXT_BYTES, request="req")
    place = MessagePlace(head.workspace, head.id, written.id)
    desk.archive.keep_content(place, Content("an older object of the same message"))
    with pytest.raises(IntegrityBroken):
        ReadMessage(desk.conversations, desk.archive)(AGENT, head.id, written.id)


def test_without_the_scope_nothing_is_written(desk: Desk) -> None:
    head = desk.opened()
    before = desk.conversations.get(head.workspace, head.id)
    for refused in (
        lambda: desk.send_reply(READER, head.id, "x", request="r"),
        lambda: desk.add_note(READER, head.id, "x", request="r"),
        lambda: assign(desk)(READER, head.id, "tok_bea", request="r"),
        lambda: change_status(desk)(READER, head.id, Status.CLOSED, request="r"),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert desk.conversations.get(head.workspace, head.id) == before


def test_another_workspaces_conversation_is_not_found(desk: Desk, cursors: FakeCursors) -> None:
    head = desk.opened()
    (message,) = desk.only_conversation().messages
    for refused in (
        lambda: desk.send_reply(FOREIGNER, head.id, "x", request="r"),
        lambda: change_status(desk)(FOREIGNER, head.id, Status.CLOSED, request="r"),
        lambda: ReadConversation(desk.conversations, cursors)(FOREIGNER, head.id, limit=10, cursor=""),
        lambda: ReadMessage(desk.conversations, desk.archive)(FOREIGNER, head.id, message.id),
    ):
        with pytest.raises(NotFound):
            refused()


def test_a_conversation_is_assigned_and_taken_back(desk: Desk) -> None:
    head = desk.opened()
    assert assign(desk)(AGENT, head.id, "tok_bea", request="r").assignee == "tok_bea"
    assert desk.conversations.announced[-1] == ConversationAssigned(head.workspace, head.id, "tok_bea", by=AGENT.id)
    assert assign(desk)(AGENT, head.id, "", request="r").assignee == ""


def test_one_may_assign_to_oneself_but_not_to_somebody_unknown(desk: Desk) -> None:
    head = desk.opened()
    assert assign(desk)(AGENT, head.id, AGENT.id, request="r").assignee == AGENT.id
    with pytest.raises(Invalid):
        assign(desk)(AGENT, head.id, "tok_nobody", request="r")


def test_asking_for_what_is_so_already_writes_nothing(desk: Desk) -> None:
    head = desk.opened()
    assert change_status(desk)(AGENT, head.id, Status.OPEN, request="r").version == head.version


def test_two_agents_at_once_both_get_their_change_in(desk: Desk) -> None:
    head = desk.opened()
    save, raced = desk.conversations.save, [False]

    def first_the_other(*args: object, **kwargs: object) -> None:
        if not raced[0]:
            raced[0] = True
            change_status(desk)(AGENT, head.id, Status.CLOSED, request="other")
        save(*args, **kwargs)  # type: ignore[arg-type]

    desk.conversations.save = first_the_other  # type: ignore[method-assign]
    changed = assign(desk)(AGENT, head.id, "tok_bea", request="r")
    assert (changed.assignee, changed.status) == ("tok_bea", Status.CLOSED)


def test_a_head_that_never_holds_still_is_a_conflict_after_some_tries(desk: Desk) -> None:
    head = desk.opened()
    tries = [0]

    def stale(*_args: object, **_kwargs: object) -> None:
        tries[0] += 1
        raise Stale("moved")

    desk.conversations.save = stale  # type: ignore[method-assign]
    with pytest.raises(Stale):
        change_status(desk)(AGENT, head.id, Status.CLOSED, request="r")
    assert tries[0] == 1 + FRESH_READS


def test_the_list_shows_every_mailbox_newest_first_page_by_page(desk: Desk, cursors: FakeCursors) -> None:
    desk.mailboxes.add(Mailbox("mbx_sales", "wsp_acme", "sales@acme.example"))
    heads = []
    for number in range(5):
        desk.clock.passes(minutes=1)
        mail = Mail(subject=f"Order {number}", sender=CUSTOMER, text="?", message_id=f"{number}@x")
        to = ("sales@acme.example",) if number % 2 else (MAILBOX.address,)
        desk.receive(desk.arrives(mail, ses_message_id=f"s{number}", recipients=to, at=desk.clock.at))
        heads.append(mail.subject)
    seen, cursor = [], ""
    for _ in range(3):
        page = listed(desk, cursors, limit=2, cursor=cursor)
        seen += [card.subject for card in page.cards]
        cursor = page.cursor
    assert seen == heads[::-1]
    assert cursor == ""


def test_the_list_can_be_asked_for_one_mailbox_one_status_one_assignee(desk: Desk, cursors: FakeCursors) -> None:
    one, two = desk.opened(), desk.opened()
    change_status(desk)(AGENT, one.id, Status.CLOSED, request="r")
    assign(desk)(AGENT, two.id, "tok_bea", request="r")

    def ids(**asked: object) -> list[str]:
        return [card.conversation for card in listed(desk, cursors, **asked).cards]

    assert ids() == [two.id]
    assert ids(status=Status.CLOSED) == [one.id]
    assert ids(assignee="tok_bea") == [two.id]
    for assignee in ("", "tok_bea"):
        with pytest.raises(NotFound, match="no such mailbox"):
            ids(assignee=assignee, mailbox="mbx_none")


def test_a_cursor_is_good_for_the_question_it_came_from_only(desk: Desk, cursors: FakeCursors) -> None:
    desk.opened()
    desk.opened()
    cursor = listed(desk, cursors, limit=1).cursor
    assert cursor
    with pytest.raises(Invalid):
        listed(desk, cursors, status=Status.CLOSED, cursor=cursor)
    with pytest.raises(Invalid):
        listed(desk, cursors, cursor=cursor + "x")


def test_a_long_conversation_is_read_backwards_page_by_page(desk: Desk, cursors: FakeCursors) -> None:
    head = desk.opened()
    for number in range(4):
        desk.clock.passes(minutes=1)
        desk.add_note(AGENT, head.id, f"note {number}", request="r")
    read = ReadConversation(desk.conversations, cursors)
    newest, cursor = read(AGENT, head.id, limit=3, cursor="")
    assert [each.text for each in newest.messages] == ["note 1", "note 2", "note 3"]
    earlier, end = read(AGENT, head.id, limit=3, cursor=cursor)
    assert [each.text for each in earlier.messages] == ["Where is it?", "note 0"]
    assert end == ""


def test_a_mailbox_of_another_workspace_is_not_listed(desk: Desk) -> None:
    assert ListMailboxes(desk.mailboxes)(AGENT) == [MAILBOX]
    assert ListMailboxes(desk.mailboxes)(FOREIGNER) == []
