"""A Query may see one half of a transaction: the version that a reader gets never vouches for what they were not shown."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.adapters.conftest import Calls, Tables
from tests.adapters.given import WORKSPACE, Desk


@pytest.fixture(name="torn")
def _torn(tables: Tables) -> Any:
    """Answers without their newest message, as often as a test says."""
    left: list[int] = []

    def half(parsed: dict[str, Any], **_: Any) -> None:
        if left and left.pop():
            messages = [each for each in parsed["Items"] if each["sk"]["S"].startswith("MSG#")]
            parsed["Items"].remove(messages[0])

    tables.client.meta.events.register("after-call.dynamodb.Query", half)
    yield left
    tables.client.meta.events.unregister("after-call.dynamodb.Query", half)


def conversation_of(desk: Desk, count: int) -> tuple[str, list[str]]:
    conversation = desk.opened()
    for number in range(1, count):
        desk.received(conversation, desk.mail(str(number)))
    return conversation.id, [each.id for each in desk.store.thread(WORKSPACE, conversation.id).messages]


@pytest.mark.parametrize("limit", [100, 3, 2], ids=["whole", "all but one", "a page"])
def test_a_head_that_knows_more_than_its_messages_is_read_again(
    table_desk: Desk, torn: list[int], calls: Calls, limit: int
) -> None:
    conversation, ids = conversation_of(table_desk, 4)
    calls.made.clear()
    torn += [1]

    thread = table_desk.store.thread(WORKSPACE, conversation, limit=limit)

    assert [each.id for each in thread.messages] == ids[-limit:]
    queries: list[bool] = [params["ConsistentRead"] for name, params in calls.made if name == "Query"]
    assert (queries[0], queries[-1]) == (False, True)


@pytest.mark.parametrize("limit", [100, 4, 3, 2, 1])
def test_a_version_does_not_vouch_for_a_note_that_was_not_shown(table_desk: Desk, torn: list[int], limit: int) -> None:
    """A note does not move the head's place in the lists, so nothing else on the head tells of it."""
    conversation, _ = conversation_of(table_desk, 3)
    head = table_desk.store.get(WORKSPACE, conversation)
    head.note(table_desk.answer("a note"))
    table_desk.save(head)
    torn += [1]

    thread = table_desk.store.thread(WORKSPACE, conversation, limit=limit)

    assert (thread.messages[-1].text, thread.conversation.version) == ("a note", head.version)


def test_what_is_written_between_the_messages_and_the_head_is_shown(
    table_desk: Desk, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, _ = conversation_of(table_desk, 5)
    query, times = tables.client.query, [0]

    def slow(**request: Any) -> Any:
        answer = query(**request)
        times[0] += 1
        if times[0] == 1:
            head = table_desk.store.get(WORKSPACE, conversation)
            head.note(table_desk.answer("a note"))
            table_desk.save(head)
        return answer

    monkeypatch.setattr(tables.client, "query", slow)
    thread = table_desk.store.thread(WORKSPACE, conversation, limit=2)

    assert (thread.messages[-1].text, thread.conversation.version) == ("a note", 6)


def test_a_message_that_is_lost_for_good_does_not_keep_anybody_from_reading(
    table_desk: Desk, torn: list[int], calls: Calls
) -> None:
    conversation, ids = conversation_of(table_desk, 3)
    torn += [1] * 9
    calls.made.clear()
    assert [each.id for each in table_desk.store.thread(WORKSPACE, conversation).messages] == ids[:-1]
    assert calls.names() == ["Query"] * 3


def test_a_note_on_top_and_a_mail_that_came_late_are_no_reason_to_read_again(table_desk: Desk, calls: Calls) -> None:
    late = table_desk.mail("sent long ago")
    conversation, _ = conversation_of(table_desk, 3)
    head = table_desk.store.get(WORKSPACE, conversation)
    table_desk.received(head, late)
    head.note(table_desk.answer("a note"))
    table_desk.save(head)
    read: Callable[..., Any] = table_desk.store.thread
    for limit in (1, 2, 100):
        calls.made.clear()
        read(WORKSPACE, conversation, limit=limit)
        assert not any(params["ConsistentRead"] for name, params in calls.made if name == "Query")
