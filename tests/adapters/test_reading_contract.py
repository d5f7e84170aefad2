"""What is read of conversations, the same from the fake and from the table: threads, lists, lookups."""

from dataclasses import replace

import pytest

from letterlock.adapters import dynamo_conversations
from letterlock.domain.conversations import Conversation, Status
from letterlock.services.ports import Inbox, Located
from tests.adapters.given import Desk

# ---- reading a long conversation ------------------------------------------------------------------------------------


def long_conversation(desk: Desk, messages: int) -> tuple[Conversation, list[str]]:
    conversation = desk.opened(desk.mail("0"))
    for number in range(1, messages):
        desk.received(conversation, desk.mail(str(number)))
    return conversation, [str(number) for number in range(messages)]


@pytest.mark.parametrize(
    ("messages", "limit", "earlier"), [(3, 5, False), (4, 4, False), (5, 4, True), (6, 4, True), (9, 1, True)]
)
def test_a_thread_is_its_newest_messages_oldest_first(desk: Desk, messages: int, limit: int, earlier: bool) -> None:
    conversation, texts = long_conversation(desk, messages)

    thread = desk.store.thread(desk.workspace, conversation.id, limit=limit)

    assert [each.text for each in thread.messages] == texts[-limit:]
    assert thread.earlier is earlier
    assert thread.conversation == conversation


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 8])
def test_paging_back_through_a_thread_shows_every_message_once(desk: Desk, limit: int) -> None:
    conversation, texts = long_conversation(desk, 7)

    seen: list[str] = []
    thread = desk.store.thread(desk.workspace, conversation.id, limit=limit)
    while thread.messages:
        assert len(seen) < 7
        seen = [each.text for each in thread.messages] + seen
        assert thread.conversation == conversation
        assert thread.earlier is (len(seen) < 7)
        thread = desk.store.thread(desk.workspace, conversation.id, limit=limit, before=thread.messages[0].id)

    assert seen == texts


# ---- the inbox ------------------------------------------------------------------------------------------------------


def test_a_card_shows_what_the_conversation_is_about(desk: Desk) -> None:
    conversation = desk.opened(desk.mail("Please help"), assignee="tok_ana")

    [card] = desk.store.inbox(desk.workspace, Inbox((desk.mailbox,), Status.OPEN)).cards

    assert (card.conversation, card.mailbox, card.number, card.count) == (conversation.id, desk.mailbox, 7, 1)
    assert (card.subject, card.sender, card.preview) == ("Broken lamp", "Ana", "Please help")
    assert (card.status, card.assignee, card.activity) == (Status.OPEN, "tok_ana", conversation.activity)


def test_the_inbox_lists_the_newest_activity_first(desk: Desk) -> None:
    lamp, chair, table = (desk.opened(subject=each) for each in ("lamp", "chair", "table"))
    desk.received(chair, desk.mail("still broken"))

    assert desk.cards() == [chair.id, table.id, lamp.id]


def test_a_note_moves_nothing(desk: Desk) -> None:
    lamp, chair = desk.opened(), desk.opened()
    lamp.note(replace(desk.answer("among us"), sending=None))
    desk.save(lamp)

    assert desk.cards() == [chair.id, lamp.id]


def test_a_conversation_is_listed_under_its_status_only(desk: Desk) -> None:
    conversation = desk.opened()
    conversation.change_status(Status.CLOSED)
    desk.save(conversation)

    assert desk.cards() == []
    assert desk.cards(status=Status.CLOSED) == [conversation.id]


def test_several_mailboxes_are_one_list(desk: Desk) -> None:
    made = [desk.opened(mailbox=each) for each in ("mbx_a", "mbx_b", "mbx_a", "mbx_c", "mbx_b")]

    assert desk.cards("mbx_a", "mbx_b") == [made[each].id for each in (4, 2, 1, 0)]
    assert desk.cards("mbx_a", "mbx_a") == [made[2].id, made[0].id]
    assert desk.cards("mbx_none") == []


def test_pages_of_several_mailboxes_show_every_conversation_once(desk: Desk) -> None:
    made = [desk.opened(mailbox=("mbx_a", "mbx_b")[number % 3 == 0]).id for number in range(7)]

    seen: list[str] = []
    before = ""
    while before or not seen:
        page = desk.store.inbox(desk.workspace, Inbox(("mbx_a", "mbx_b"), Status.OPEN, before=before, limit=2))
        assert len(page.cards) <= 2
        assert len(seen) < 7
        seen += [each.conversation for each in page.cards]
        before = page.before

    assert seen == made[::-1]


def test_what_is_assigned_to_somebody_is_a_list_of_its_own(desk: Desk) -> None:
    mine = [desk.opened(mailbox=f"mbx_{number % 2}", assignee="tok_ana").id for number in range(6)]
    desk.opened(assignee="tok_ben")
    desk.opened()

    def assigned(*mailboxes: str, limit: int = 25) -> list[str]:
        wanted = Inbox(mailboxes, Status.OPEN, assignee="tok_ana", limit=limit)
        return [each.conversation for each in desk.store.inbox(desk.workspace, wanted).cards]

    assert assigned() == mine[::-1]
    assert assigned("mbx_0") == [mine[4], mine[2], mine[0]]
    assert assigned("mbx_0", limit=2) == [mine[4], mine[2]]
    assert assigned("mbx_0", "mbx_1", limit=3) == mine[:2:-1]


@pytest.mark.parametrize("looked_at", [1, 2, 3, 100])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_of_what_is_assigned_in_one_mailbox_show_each_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limit: int, looked_at: int
) -> None:
    monkeypatch.setattr(dynamo_conversations, "ASSIGNED_LOOKED_AT", looked_at)
    mailboxes = ("mbx_a", "mbx_b", "mbx_b", "mbx_b", "mbx_b", "mbx_a", "mbx_a", "mbx_b")
    made = [(each, desk.opened(mailbox=each, assignee="tok_ana").id) for each in mailboxes]
    seen, before = list[str](), ""
    for _ in range(9):
        wanted = Inbox(("mbx_a",), Status.OPEN, assignee="tok_ana", before=before, limit=limit)
        page = desk.store.inbox(desk.workspace, wanted)
        assert len(page.cards) <= limit
        seen += [each.conversation for each in page.cards]
        before = page.before
        if not before:
            break
    assert (seen, before) == ([id_ for mailbox, id_ in reversed(made) if mailbox == "mbx_a"], "")


def test_what_is_no_longer_assigned_leaves_that_list(desk: Desk) -> None:
    conversation = desk.opened(assignee="tok_ana")
    conversation.assign("")
    desk.save(conversation)

    assert desk.store.inbox(desk.workspace, Inbox((), Status.OPEN, assignee="tok_ana")).cards == ()
    assert desk.cards() == [conversation.id]


# ---- looking up -----------------------------------------------------------------------------------------------------


def test_a_message_id_leads_to_its_message_in_its_own_mailbox(desk: Desk) -> None:
    conversation = desk.delivered("ses-1", message_id="one@customer.test")
    message = desk.store.thread(desk.workspace, conversation.id).messages[0].id

    found = desk.store.locate(desk.workspace, desk.mailbox, ["never@seen.test", "one@customer.test"])
    assert found == Located("one@customer.test", conversation.id, message)
    assert desk.store.locate(desk.workspace, "mbx_other", ["one@customer.test"]) is None
    assert desk.store.locate(desk.workspace, desk.mailbox, []) is None


def test_the_first_message_id_that_is_known_decides(desk: Desk) -> None:
    desk.delivered("ses-1", "one", message_id="one@customer.test")
    second = desk.delivered("ses-2", "two", message_id="two@customer.test")

    found = desk.store.locate(desk.workspace, desk.mailbox, ["two@customer.test", "one@customer.test"])
    assert found is not None
    assert found.conversation == second.id


def test_numbers_are_never_given_twice_and_belong_to_a_workspace(desk: Desk) -> None:
    assert [desk.store.next_number(desk.workspace) for _ in range(3)] == [1, 2, 3]
    assert desk.store.next_number("wsp_other") == 1
