"""A conversation whose items were changed behind the program's back is named; one that the program changed is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import key
from letterlock.adapters.dynamo_digests import DynamoDigests
from letterlock.adapters.sealing import Sealer
from letterlock.domain.conversations import Conversation, Sending, SendState, Status
from letterlock.domain.digests import Difference
from letterlock.domain.threading import Rule, Threading, Trust
from tests.adapters.conftest import Calls, Tables
from tests.adapters.given import LEASE, MAILBOX, WORKSPACE, Desk
from tests.adapters.raw import Item


@pytest.fixture
def digests(tables: Tables, sealer: Sealer, index: BlindIndex) -> DynamoDigests:
    return DynamoDigests(tables.client, tables.conversations, sealer, index)


@pytest.fixture
def desk(table_desk: Desk) -> Desk:
    return table_desk


def items(tables: Tables, conversation: str) -> list[Item]:
    """In the order of their keys: head, messages, participants."""
    answer = tables.client.query(
        TableName=tables.conversations,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": table.conversation_key(WORKSPACE, conversation)}},
    )
    return [dict(each) for each in answer["Items"]]


def messages(tables: Tables, conversation: str) -> list[Item]:
    return [each for each in items(tables, conversation) if each["sk"]["S"].startswith(table.MESSAGES)]


def put(tables: Tables, item: Item) -> None:
    tables.client.put_item(TableName=tables.conversations, Item=item)


def lively(desk: Desk) -> Conversation:
    """Everything that a conversation goes through: mail, note, reply that went out, assignment, status."""
    conversation = desk.opened()
    for _ in range(3):
        desk.received(conversation, desk.mail("And another thing"))
    answer = desk.answer()
    conversation.reply(answer)
    desk.save(conversation)
    desk.store.claim(WORKSPACE, conversation.id, answer.id, LEASE)
    desk.store.settle(conversation, answer.id, Sending(SendState.SENT, 1, message_id="1@amazonses.com"), [])
    conversation.assign("tok_01JKX3C4D5E6F7G8H9J0KMNPQR")
    conversation.change_status(Status.CLOSED)
    desk.save(conversation)
    stranger = replace(desk.mail("Me too"), threading=Threading(Rule.REPLY_ADDRESS, "To", Trust.UNVERIFIED))
    desk.received(conversation, stranger)
    conversation.confirm(stranger, "per_1")
    desk.save(conversation)
    return conversation


def test_what_the_program_did_adds_up(desk: Desk, digests: DynamoDigests) -> None:
    assert digests.difference(WORKSPACE, lively(desk).id) is None


# ---- behind its back ------------------------------------------------------------------------------------------------


def drop_a_message(tables: Tables, conversation: str, _: list[Item]) -> None:
    gone = messages(tables, conversation)[1]
    tables.client.delete_item(TableName=tables.conversations, Key={name: gone[name] for name in ("pk", "sk")})


def swap_two_sealed_texts(tables: Tables, conversation: str, _: list[Item]) -> None:
    first, second = messages(tables, conversation)[:2]
    put(tables, first | {"said": second["said"]})
    put(tables, second | {"said": first["said"]})


def swap_two_whole_messages(tables: Tables, conversation: str, _: list[Item]) -> None:
    first, second = messages(tables, conversation)[:2]
    put(tables, first | {"sk": second["sk"]})
    put(tables, second | {"sk": first["sk"]})


def put_back_an_older_head(tables: Tables, _: str, before: list[Item]) -> None:
    put(tables, before[0])


def put_back_an_older_head_with_the_newer_count(tables: Tables, conversation: str, before: list[Item]) -> None:
    put(tables, before[0] | {"count": items(tables, conversation)[0]["count"]})


def put_a_message_there_twice(tables: Tables, conversation: str, _: list[Item]) -> None:
    put(tables, messages(tables, conversation)[0] | {"sk": {"S": "MSG#msg_01JZZZZZZZZZZZZZZZZZZZZZZZ"}})


def change_when_it_was_said(tables: Tables, conversation: str, _: list[Item]) -> None:
    put(tables, messages(tables, conversation)[0] | {"at": {"S": "2020-01-01T00:00:00.000Z"}})


def change_who_said_it(tables: Tables, conversation: str, _: list[Item]) -> None:
    put(tables, messages(tables, conversation)[0] | {"kind": {"S": "reply"}})


def change_the_revision(tables: Tables, conversation: str, _: list[Item]) -> None:
    put(tables, messages(tables, conversation)[0] | {"revision": {"N": "2"}})


def change_one_bit(tables: Tables, conversation: str, _: list[Item]) -> None:
    item = messages(tables, conversation)[0]
    said = bytearray(item["said"]["B"])
    said[-20] ^= 1
    put(tables, item | {"said": {"B": bytes(said)}})


def change_the_digest(tables: Tables, conversation: str, _: list[Item]) -> None:
    put(tables, items(tables, conversation)[0] | {"digest": {"B": bytes(32)}})


def take_what_was_said_away(tables: Tables, conversation: str, _: list[Item]) -> None:
    item = messages(tables, conversation)[0]
    put(tables, {name: value for name, value in item.items() if name != "said"})


def take_the_digest_away(tables: Tables, conversation: str, _: list[Item]) -> None:
    head = items(tables, conversation)[0]
    put(tables, {name: value for name, value in head.items() if name != "digest"})


def make_the_revision_a_text(tables: Tables, conversation: str, _: list[Item]) -> None:
    put(tables, messages(tables, conversation)[0] | {"revision": {"S": "one"}})


def take_the_head_away(tables: Tables, conversation: str, _: list[Item]) -> None:
    tables.client.delete_item(
        TableName=tables.conversations, Key=key(table.conversation_key(WORKSPACE, conversation), table.HEAD)
    )


@pytest.mark.parametrize(
    ("tamper", "difference"),
    [
        (drop_a_message, Difference.COUNT),
        (put_a_message_there_twice, Difference.SEAL),
        (put_back_an_older_head, Difference.COUNT),
        (put_back_an_older_head_with_the_newer_count, Difference.DIGEST),
        (swap_two_sealed_texts, Difference.SEAL),
        (swap_two_whole_messages, Difference.SEAL),
        (change_one_bit, Difference.SEAL),
        (change_when_it_was_said, Difference.DIGEST),
        (change_who_said_it, Difference.DIGEST),
        (change_the_revision, Difference.DIGEST),
        (change_the_digest, Difference.DIGEST),
        (take_what_was_said_away, Difference.ITEM),
        (take_the_digest_away, Difference.ITEM),
        (make_the_revision_a_text, Difference.ITEM),
        (take_the_head_away, Difference.HEAD),
    ],
)
def test_a_conversation_that_was_tampered_with_is_named(
    desk: Desk,
    tables: Tables,
    digests: DynamoDigests,
    tamper: Callable[[Tables, str, list[Item]], None],
    difference: Difference,
) -> None:
    conversation, other = desk.opened(), lively(desk)
    before = items(tables, conversation.id)
    for _ in range(3):
        desk.received(conversation, desk.mail())
    assert digests.difference(WORKSPACE, conversation.id) is None

    tamper(tables, conversation.id, before)

    assert digests.difference(WORKSPACE, conversation.id) is difference
    assert digests.difference(WORKSPACE, other.id) is None


def test_a_message_of_another_conversation_does_not_open_in_this_one(
    desk: Desk, tables: Tables, digests: DynamoDigests
) -> None:
    here, there = desk.opened(), desk.opened()
    [theirs] = messages(tables, there.id)
    [mine] = messages(tables, here.id)
    put(tables, theirs | {"pk": mine["pk"], "sk": mine["sk"]})
    assert digests.difference(WORKSPACE, here.id) is Difference.SEAL


# ---- while it is in use ---------------------------------------------------------------------------------------------


def test_a_mail_that_comes_in_while_it_is_read_is_no_difference(
    desk: Desk, tables: Tables, digests: DynamoDigests, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = desk.opened()
    stale = items(tables, conversation.id)[0]
    desk.received(conversation, desk.mail())
    query, times = tables.client.query, [0]

    def half_of_it_at_first(**request: Any) -> Any:
        answer = query(**request)
        times[0] += 1
        if times[0] == 1:
            answer["Items"][0] = stale
        return answer

    monkeypatch.setattr(tables.client, "query", half_of_it_at_first)
    assert digests.difference(WORKSPACE, conversation.id) is None
    assert times[0] == 2


def test_what_differs_is_read_twice_and_what_does_not_once(
    desk: Desk, tables: Tables, digests: DynamoDigests, calls: Calls
) -> None:
    conversation = desk.opened()
    calls.made.clear()
    digests.difference(WORKSPACE, conversation.id)
    assert calls.names() == ["Query"]
    change_the_digest(tables, conversation.id, [])
    calls.made.clear()
    digests.difference(WORKSPACE, conversation.id)
    assert calls.names() == ["Query", "Query"]
    assert all(params["ConsistentRead"] for _, params in calls.made)


# ---- finding them ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_every_conversation_of_a_list_is_found_once_oldest_activity_first(
    desk: Desk, digests: DynamoDigests, limit: int
) -> None:
    opened = [desk.opened() for _ in range(5)]
    desk.received(opened[0], desk.mail())
    seen, after = list[str](), ""
    while page := digests.listed(WORKSPACE, MAILBOX, Status.OPEN, after=after, limit=limit):
        assert len(page) <= limit
        seen += [conversation for _, conversation in page]
        after = page[-1][0]
    assert seen == [each.id for each in [*opened[1:], opened[0]]]


def test_a_discarded_conversation_is_found_too(desk: Desk, digests: DynamoDigests) -> None:
    conversation = desk.opened()
    conversation.status = Status.QUARANTINED
    conversation.discard()
    desk.save(conversation)
    [(_, found)] = digests.listed(WORKSPACE, MAILBOX, Status.DISCARDED, after="", limit=5)
    assert found == conversation.id
