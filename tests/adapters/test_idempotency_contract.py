"""What every store keeps to about a request that may come twice, and about what came since a version."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.adapters.dynamo_outboxes import DynamoOutboxes
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.domain.conversations import Added, Conversation, Sending, SendState
from letterlock.domain.errors import AlreadyDone, KeyReused, Stale
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.domain.outbox import unfold
from letterlock.services.ports import MessagePlace
from tests.adapters.conftest import Tables
from tests.adapters.given import WORKSPACE, Desk
from tests.adapters.raw import Item, everything, texts
from tests.fakes import FakeConversations
from tests.fakes.keys import MemoryKeys

ONCE = Once("tok_ana", "POST /v1/conversations/cnv_1/replies", "the-key-of-ana", '{"text": "on its way"}')


def reply(desk: Desk, conversation: Conversation, once: Once = ONCE) -> str:
    """The id of a reply that was committed under the key, on the newest head."""
    head = desk.store.get(desk.workspace, conversation.id)
    head.reply(answer := desk.answer())
    desk.store.save(head, desk.told(head), once=once)
    return answer.id


def messages(desk: Desk, conversation: Conversation) -> list[str]:
    return [each.id for each in desk.store.thread(desk.workspace, conversation.id).messages]


# ---- both stores ----------------------------------------------------------------------------------------------------


def test_a_key_that_nobody_used_stands_for_nothing(desk: Desk) -> None:
    assert desk.store.done(desk.workspace, ONCE) is None


def test_what_was_done_under_a_key_is_known_and_not_done_again(desk: Desk) -> None:
    conversation = desk.opened()
    answer = reply(desk, conversation)
    before = desk.store.get(desk.workspace, conversation.id)

    assert desk.store.done(desk.workspace, ONCE) == Done(conversation.id, answer)
    with pytest.raises(AlreadyDone) as again:
        reply(desk, conversation)

    assert again.value.done == Done(conversation.id, answer)
    assert desk.store.get(desk.workspace, conversation.id) == before
    assert len(messages(desk, conversation)) == 2


def test_that_it_was_done_is_said_before_that_the_head_moved(desk: Desk) -> None:
    conversation = desk.opened()
    late = desk.store.get(desk.workspace, conversation.id)
    reply(desk, conversation)
    late.reply(desk.answer())

    with pytest.raises(AlreadyDone):
        desk.store.save(late, desk.told(late), once=ONCE)


def test_a_save_that_was_refused_leaves_its_key_free(desk: Desk) -> None:
    conversation = desk.opened()
    late = desk.store.get(desk.workspace, conversation.id)
    desk.received(conversation, desk.mail())
    late.reply(desk.answer())
    with pytest.raises(Stale):
        desk.store.save(late, desk.told(late), once=ONCE)

    assert desk.store.done(desk.workspace, ONCE) is None
    reply(desk, conversation)


def test_a_key_with_another_body_is_refused_and_nothing_is_saved(desk: Desk) -> None:
    conversation = desk.opened()
    answer = reply(desk, conversation)
    other = replace(ONCE, body='{"text": "something else"}')

    for refused in (lambda: desk.store.done(desk.workspace, other), lambda: reply(desk, conversation, other)):
        with pytest.raises(KeyReused) as reused:
            refused()
        assert reused.value.done == Done(conversation.id, answer)
    assert len(messages(desk, conversation)) == 2


@pytest.mark.parametrize("change", [{"principal": "tok_ben"}, {"route": "POST /elsewhere"}, {"key": "another"}])
def test_another_sender_another_route_another_key_is_another_request(desk: Desk, change: dict[str, str]) -> None:
    conversation = desk.opened()
    reply(desk, conversation)
    other = replace(ONCE, **change)

    assert desk.store.done(desk.workspace, other) is None
    reply(desk, conversation, other)
    assert len(messages(desk, conversation)) == 3


def test_a_key_is_the_workspaces_own(desk: Desk, keys: MemoryKeys) -> None:
    keys.create("wsp_other", WORKSPACE_PURPOSES)
    reply(desk, desk.opened())
    assert desk.store.done("wsp_other", ONCE) is None


def test_a_key_is_free_again_after_a_day_and_then_stands_for_the_new_request(desk: Desk) -> None:
    conversation = desk.opened()
    first = reply(desk, conversation)
    desk.clock.at += HELD - timedelta(seconds=1)
    assert desk.store.done(desk.workspace, ONCE) == Done(conversation.id, first)
    desk.clock.at += timedelta(seconds=1)
    assert desk.store.done(desk.workspace, ONCE) is None

    other = replace(ONCE, body="something else")
    second = reply(desk, conversation, other)

    assert desk.store.done(desk.workspace, other) == Done(conversation.id, second)
    with pytest.raises(AlreadyDone):
        reply(desk, conversation, other)
    assert len(messages(desk, conversation)) == 3
    if isinstance(desk.store, FakeConversations):
        assert [each.name for each in desk.store.announced].count("ReplyQueued") == 2


def test_what_came_since_a_version_is_known_and_nothing_else(desk: Desk) -> None:
    conversation = desk.opened()
    desk.received(conversation, second := desk.mail("second"))
    conversation.assign("tok_ana")
    desk.save(conversation)
    conversation.reply(third := desk.answer())
    desk.save(conversation)
    since = {
        version: desk.store.added_since(desk.workspace, conversation.id, version) for version in (0, 1, 2, 3, 4, 9)
    }

    assert since[1] == [Added(each.id, each.kind, each.at) for each in (second, third)]
    assert since[2] == since[3] == [Added(third.id, third.kind, third.at)]
    assert since[4] == since[9] == []
    assert len(since[0]) == 3
    assert desk.store.added_since(desk.workspace, "cnv_never", 0) == []


def test_a_mail_that_waited_in_a_queue_is_new_although_its_id_is_old(desk: Desk) -> None:
    late = desk.mail("sent long ago")
    conversation = desk.opened()
    desk.received(conversation, late)

    assert [each.id for each in desk.store.added_since(desk.workspace, conversation.id, 1)] == [late.id]
    assert messages(desk, conversation)[0] == late.id


def test_a_reply_that_is_sent_again_under_a_key_is_so_once(desk: Desk) -> None:
    conversation = desk.opened()
    place = MessagePlace(desk.workspace, conversation.id, reply(desk, conversation, replace(ONCE, key="first")))
    desk.store.claim(desk.workspace, conversation.id, place.message, timedelta(minutes=1))
    failed = Sending(SendState.FAILED, 1, "Rejected")
    desk.store.settle(conversation, place.message, failed, [])
    failed = sending_of(desk, place)

    desk.store.advance(place, failed, Sending(SendState.QUEUED, 1), [], once=ONCE)
    queued = sending_of(desk, place)
    for before in (failed, queued):
        with pytest.raises(AlreadyDone) as again:
            desk.store.advance(place, before, Sending(SendState.QUEUED, 1), [], once=ONCE)
        assert again.value.done == Done(conversation.id, place.message)
    assert sending_of(desk, place) == queued
    assert desk.store.done(desk.workspace, ONCE) == Done(conversation.id, place.message)


def sending_of(desk: Desk, place: MessagePlace) -> Sending:
    sending = desk.store.message(place.workspace, place.conversation, place.message).sending
    assert sending is not None
    return sending


# ---- the table ------------------------------------------------------------------------------------------------------


def records(tables: Tables) -> list[Item]:
    return [each for each in everything(tables.client, tables.conversations) if each["sk"]["S"] == "IDEM"]


def place_of(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def told(items: list[Item]) -> list[list[str]]:
    return [[name for name, _ in unfold(each["outbox"]["S"])] for each in items if "outbox" in each]


def test_the_record_carries_the_facts_and_neither_the_key_nor_what_was_asked(table_desk: Desk, tables: Tables) -> None:
    reply(table_desk, table_desk.opened())

    [record] = records(tables)
    assert record["pk"]["S"].startswith(f"{WORKSPACE}#idem#")
    assert told([record]) == [["ReplyQueued", "StatusChanged"]]
    assert [each for each in everything(tables.client, tables.conversations) if each["sk"]["S"] == "OUTBOX"] != []
    stored = b"".join(texts([record]))
    for secret in (ONCE.key, ONCE.principal, ONCE.route, "on its way"):
        assert secret.encode() not in stored


@pytest.mark.parametrize("published", [False, True])
def test_the_facts_of_a_key_used_anew_lie_in_an_outbox_and_those_of_before_stay_until_they_are_published(
    table_desk: Desk, tables: Tables, *, published: bool
) -> None:
    """A record put over another is no INSERT, so the stream would not tell of what it carries."""
    conversation = table_desk.opened()
    reply(table_desk, conversation)
    [before] = records(tables)
    if published:
        DynamoOutboxes(tables.client, tables.conversations, table_desk.clock).published([place_of(before)])
    outboxes = len(told(everything(tables.client, tables.conversations)))
    table_desk.clock.at += HELD

    reply(table_desk, conversation)

    [after] = records(tables)
    assert after.get("outbox") == (None if published else before["outbox"])
    assert ("due_shard" in after) is not published
    assert after["message"] != before["message"]
    assert len(told(everything(tables.client, tables.conversations))) == outboxes + (not published)


def test_a_record_outlives_its_key_for_what_it_carries_may_still_have_to_be_published(
    table_desk: Desk, tables: Tables
) -> None:
    reply(table_desk, table_desk.opened())
    [record] = records(tables)
    until, gone = int(record["until"]["N"]), int(record["expires_at"]["N"])
    assert until == int((table_desk.clock() + timedelta(hours=24)).timestamp())
    assert gone == int((table_desk.clock() + timedelta(days=7)).timestamp())


def test_of_two_who_use_a_lapsed_key_anew_one_gets_it(table_desk: Desk, tables: Tables) -> None:
    conversation = table_desk.opened()
    reply(table_desk, conversation)
    table_desk.clock.at += HELD
    first_try: list[object] = []

    def first_the_other(params: object, **_: object) -> None:
        # The first transaction finds the lapsed record; before the second, somebody else has used the key.
        first_try.append(params)
        if len(first_try) == 2:
            reply(table_desk, conversation)

    tables.client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", first_the_other)
    try:
        with pytest.raises(AlreadyDone):
            reply(table_desk, conversation)
    finally:
        tables.client.meta.events.unregister("provide-client-params.dynamodb.TransactWriteItems", first_the_other)
    assert len(messages(table_desk, conversation)) == 3
