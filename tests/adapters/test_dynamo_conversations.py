"""The conversations table itself: what lies in it, and what DynamoDB's refusals become."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.conversation_items import CARD_BYTES, SEAL_BYTES, ConversationItems
from letterlock.adapters.dynamo import key
from letterlock.adapters.dynamo_conversations import DynamoConversations
from letterlock.adapters.sealing import Place, SealBroken, Sealer
from letterlock.domain.conversations import Conversation, Sending, SendState
from letterlock.domain.digests import with_added
from letterlock.domain.errors import SameMail, Stale
from letterlock.domain.mail import Address
from letterlock.domain.outbox import unfold
from letterlock.domain.participants import Participant
from tests.adapters.conftest import Tables
from tests.adapters.given import LEASE, SES_ID, WORKSPACE, Desk
from tests.adapters.raw import Item, everything, texts
from tests.adapters.test_conversations_contract import replied
from tests.fakes.keys import MemoryKeys


@pytest.fixture
def desk(table_desk: Desk) -> Desk:
    return table_desk


@pytest.fixture
def items(sealer: Sealer, index: BlindIndex) -> ConversationItems:
    return ConversationItems(sealer, index)


# ---- sealed ---------------------------------------------------------------------------------------------------------

MARKERS = ("zebra-text", "zebra-subject", "zebra-name", "zebra-address", "zebra-file", "zebra-msgid", "zebra-ref")


def test_nothing_that_was_said_lies_open(desk: Desk, tables: Tables) -> None:
    zebra = Address("zebra-address@customer.test", "zebra-name")
    conversation = desk.conversation(subject="zebra-subject " * 40)
    mail = desk.mail("zebra-text", message_id="zebra-msgid@customer.test", subject="zebra-subject", sender=zebra)
    file = replace(mail.attachments[0], name="zebra-file.pdf", content_id="zebra-ref")
    mail = replace(mail, to=(zebra,), cc=(zebra,), attachments=(file,), references=("zebra-ref@customer.test",))
    conversation.open_with(mail, [Participant(zebra, requester=True)])
    desk.save(conversation, desk.ingest(conversation, SES_ID, message_id=mail.message_id))
    conversation.reply(answer := replace(desk.answer("zebra-text"), to=(zebra,)))
    desk.save(conversation)
    desk.store.claim(WORKSPACE, conversation.id, answer.id, LEASE)
    desk.store.settle(conversation, answer.id, Sending(SendState.SENT, 1, message_id="1@amazonses.com"), [])

    items = everything(tables.client, tables.conversations)
    assert {each["sk"]["S"].split("_")[0] for each in items} == {
        "HEAD",
        "HEAD#PARTICIPANTS",
        "MSG#msg",
        "mbx",
        "OUTBOX",
        "TAKES",
    }
    for stored in texts(items):
        assert not [marker for marker in (*MARKERS, "customer.test") if marker.encode() in stored.lower()]


def test_a_message_moved_to_another_conversation_does_not_open_there(desk: Desk, tables: Tables) -> None:
    one, other = desk.opened(mail := desk.mail()), desk.opened()
    stored = tables.client.get_item(TableName=tables.conversations, Key=key(f"{WORKSPACE}#{one.id}", f"MSG#{mail.id}"))[
        "Item"
    ]
    tables.client.put_item(TableName=tables.conversations, Item={**stored, "pk": {"S": f"{WORKSPACE}#{other.id}"}})

    with pytest.raises(SealBroken):
        desk.store.message(WORKSPACE, other.id, mail.id)


# ---- the digest -----------------------------------------------------------------------------------------------------


def head_and_messages(tables: Tables, conversation: Conversation) -> tuple[Item, list[Item]]:
    found = [
        each
        for each in everything(tables.client, tables.conversations)
        if each["pk"]["S"] == f"{WORKSPACE}#{conversation.id}"
    ]
    [head] = [each for each in found if each["sk"]["S"] == "HEAD"]
    return head, [each for each in found if each["sk"]["S"].startswith("MSG#")]


def test_a_conversations_digest_can_be_made_again_from_its_items(
    desk: Desk, tables: Tables, items: ConversationItems
) -> None:
    conversation = desk.opened()
    desk.received(desk.store.get(WORKSPACE, conversation.id), desk.mail("more"))
    conversation = desk.store.get(WORKSPACE, conversation.id)
    conversation.reply(answer := desk.answer())
    desk.save(conversation)
    desk.store.claim(WORKSPACE, conversation.id, answer.id, LEASE)

    head, messages = head_and_messages(tables, conversation)
    again = with_added(0, [items.digest_of(WORKSPACE, conversation.id, each) for each in messages])

    assert len(messages) == 3
    assert head["digest"]["B"] == again.to_bytes(32)
    assert conversation.digest == again


@pytest.mark.parametrize(
    "change",
    [
        {"at": {"S": "2020-01-01T00:00:00.000Z"}},
        {"kind": {"S": "note"}},
        {"revision": {"N": "2"}},
        {"quarantine": {"S": "virus"}},
        {"has_raw": {"BOOL": False}},
        {"has_content": {"BOOL": False}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_message_changed_behind_our_back_changes_the_digest(
    desk: Desk, tables: Tables, items: ConversationItems, change: Item
) -> None:
    conversation = desk.opened()
    _, [message] = head_and_messages(tables, conversation)

    assert items.digest_of(WORKSPACE, conversation.id, message) == conversation.digest
    assert items.digest_of(WORKSPACE, conversation.id, message | change) != conversation.digest


def test_an_older_text_put_back_changes_the_digest(
    desk: Desk, tables: Tables, items: ConversationItems, sealer: Sealer
) -> None:
    conversation = desk.opened(mail := desk.mail("what was said last"))
    _, [message] = head_and_messages(tables, conversation)
    older = sealer.seal(Place(WORKSPACE, "message", f"{conversation.id}/{mail.id}", "said"), b'{"text":"older"}')

    assert items.digest_of(WORKSPACE, conversation.id, message | {"said": {"B": older}}) != conversation.digest


# ---- facts ----------------------------------------------------------------------------------------------------------


def test_the_facts_of_a_delivery_ride_on_its_ledger_entry(desk: Desk, tables: Tables) -> None:
    conversation = desk.conversation()
    conversation.open_with(desk.mail(), [])
    told = desk.told(conversation)
    desk.store.save(conversation, told, desk.ingest(conversation, SES_ID))

    [entry] = [each for each in everything(tables.client, tables.conversations) if "outbox" in each]
    assert entry["pk"]["S"] == f"{WORKSPACE}#ingest#{SES_ID}"
    assert [name for name, _ in unfold(entry["outbox"]["S"])] == ["ConversationOpened", "MessageReceived"]
    assert "expires_at" not in entry


def test_the_facts_of_any_other_commit_lie_in_the_outbox_for_a_week(desk: Desk, tables: Tables) -> None:
    conversation = desk.opened()
    conversation.reply(desk.answer())
    desk.save(conversation)

    outbox = [each for each in everything(tables.client, tables.conversations) if each["sk"]["S"] == "OUTBOX"]
    told = [[name for name, _ in unfold(each["outbox"]["S"])] for each in outbox]
    assert sorted(told) == [["ConversationOpened", "MessageReceived"], ["ReplyQueued", "StatusChanged"]]
    week = int((desk.clock() + timedelta(days=7)).timestamp())
    assert all(0 <= week - int(each["expires_at"]["N"]) < 60 for each in outbox)


def test_a_commit_that_tells_nothing_leaves_no_outbox(desk: Desk, tables: Tables) -> None:
    conversation = desk.opened()
    before = len(everything(tables.client, tables.conversations))
    desk.store.save(conversation, [])

    assert len(everything(tables.client, tables.conversations)) == before


# ---- refusals -------------------------------------------------------------------------------------------------------


def refused(desk: Desk, sealer: Sealer, index: BlindIndex, *codes: str, items: dict[int, Item] | None = None) -> Any:
    """A save of an ingest, (head, message, lookup, ingest), that DynamoDB cancels for these reasons."""
    client = boto3.client("dynamodb", region_name="eu-west-1")
    store = DynamoConversations(client, "conversations", sealer, index, desk.clock)
    conversation = desk.conversation()
    conversation.version, conversation.known = 1, ()
    conversation.receive(desk.mail())
    reasons = [{"Code": code} | ({"Item": items[at]} if items and at in items else {}) for at, code in enumerate(codes)]
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
        )
        try:
            store.save(conversation, [], desk.ingest(conversation, SES_ID, message_id="one@customer.test"))
        finally:
            assert (conversation.version, len(conversation.added)) == (1, 1)


def test_a_transaction_that_met_another_is_done_again(desk: Desk, sealer: Sealer, index: BlindIndex) -> None:
    with pytest.raises(Stale):
        refused(desk, sealer, index, "TransactionConflict", "None", "None", "None")


def test_a_table_that_is_too_busy_is_no_conflict(desk: Desk, sealer: Sealer, index: BlindIndex) -> None:
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        refused(desk, sealer, index, "ThrottlingError", "None", "None", "None")


def test_a_mail_that_is_there_already_is_named_even_though_the_head_moved(
    desk: Desk, sealer: Sealer, index: BlindIndex
) -> None:
    there = {"conversation": {"S": "cnv_1"}, "message": {"S": "msg_1"}}
    failed = "ConditionalCheckFailed"
    with pytest.raises(SameMail) as same:
        refused(desk, sealer, index, failed, "None", failed, "None", items={2: there})

    assert (same.value.conversation, same.value.message) == ("cnv_1", "msg_1")


def test_a_claim_that_meets_a_transaction_is_done_again(desk: Desk, sealer: Sealer, index: BlindIndex) -> None:
    client = boto3.client("dynamodb", region_name="eu-west-1")
    store = DynamoConversations(client, "conversations", sealer, index, desk.clock)
    with Stubber(client) as stub:
        stub.add_client_error("update_item", "TransactionConflictException")
        with pytest.raises(Stale):
            store.claim(WORKSPACE, "cnv_1", "msg_1", LEASE)


def test_a_claim_whose_answer_was_lost_is_still_ours(
    desk: Desk, tables: Tables, sealer: Sealer, index: BlindIndex
) -> None:
    conversation, message = replied(desk)
    client, asked = boto3.client("dynamodb", region_name="eu-west-1"), []

    def the_first_answer_is_lost(**_: object) -> Any:
        asked.append(1)
        return 0 if len(asked) == 1 else None

    client.meta.events.register("needs-retry.dynamodb.UpdateItem", the_first_answer_is_lost)
    store = DynamoConversations(client, tables.conversations, sealer, index, desk.clock)
    assert store.claim(desk.workspace, conversation.id, message, LEASE) == Sending(SendState.QUEUED)
    assert len(asked) == 2
    assert desk.store.claim(desk.workspace, conversation.id, message, LEASE).state is SendState.SENDING


def test_a_sealed_card_is_never_above_512_bytes(sealer: Sealer, keys: MemoryKeys) -> None:
    keys.create(WORKSPACE, ["data"])
    fullest = Random(1).randbytes(CARD_BYTES - SEAL_BYTES)  # which no compression makes shorter

    sealed = sealer.seal(Place(WORKSPACE, "conversation", "cnv_1", "card"), fullest)
    assert len(sealed) == CARD_BYTES <= 512
