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
        assert calls.names().count("Query") == 1
