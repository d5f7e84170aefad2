"""The conversations table itself: what lies in it, what it costs, and what DynamoDB's refusals become."""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.conversation_items import CARD_BYTES, SEAL_BYTES, ConversationItems
from letterlock.adapters.dynamo import key
from letterlock.adapters.dynamo_conversations import DynamoConversations
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.adapters.sealing import Place, SealBroken, Sealer
from letterlock.domain.conversations import Conversation, Participant, Sending, SendState, Status
from letterlock.domain.digests import with_added
from letterlock.domain.errors import SameMail, Stale
from letterlock.domain.mail import Address
from letterlock.domain.outbox import unfold
from letterlock.services.ports import Inbox
from tests.adapters.conftest import Tables
from tests.adapters.given import ANA, BEN, LEASE, Desk
from tests.adapters.raw import Item, everything, size, texts, write_units
from tests.fakes import FakeClock, FakeIds
from tests.fakes.keys import MemoryKeys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WORKSPACE = "wsp_01JAB3C4D5E6F7G8H9J0KMNPQR"
MAILBOX = "mbx_01JZY3C4D5E6F7G8H9J0KMNPQR"
ANAS_TOKEN = "tok_01JKX3C4D5E6F7G8H9J0KMNPQR"
MESSAGE_ID = "CAF+abcdefghijklmnopqrstuvwxyz0123456789@mail.customer.test"
SES_ID = "o3vrnil0e2ic28tr0123456789abcdefghij01234567"

Call = tuple[str, dict[str, Any]]


@dataclass
class Calls:
    """Every request made of DynamoDB, as (operation, parameters)."""

    made: list[Call] = field(default_factory=list)

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.made.append((model.name, deepcopy(params)))

    def names(self) -> list[str]:
        return [name for name, _ in self.made]

    def puts(self) -> list[Item]:
        """The items of the one transaction that was made."""
        [(_, params)] = [call for call in self.made if call[0] == "TransactWriteItems"]
        return [step["Put"]["Item"] for step in params["TransactItems"]]


@pytest.fixture
def calls(dynamodb: "DynamoDBClient") -> Iterator[Calls]:
    calls = Calls()
    dynamodb.meta.events.register("provide-client-params.dynamodb.*", calls.note)
    yield calls
    dynamodb.meta.events.unregister("provide-client-params.dynamodb.*", calls.note)


@pytest.fixture
def items(sealer: Sealer, index: BlindIndex) -> ConversationItems:
    return ConversationItems(sealer, index)


@pytest.fixture
def desk(tables: Tables, sealer: Sealer, index: BlindIndex, keys: MemoryKeys, clock: FakeClock) -> Desk:
    keys.create(WORKSPACE, WORKSPACE_PURPOSES)
    store = DynamoConversations(tables.client, tables.conversations, sealer, index, clock)
    return Desk(store, clock, FakeIds(clock), WORKSPACE, MAILBOX)


def noise(count: int) -> str:
    """Text that no compression makes smaller than three quarters."""
    return "".join(
        random.Random(count).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", k=count)
    )


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
    assert {each["sk"]["S"].split("_")[0] for each in items} == {"HEAD", "PARTICIPANTS", "MSG#msg", "mbx", "OUTBOX"}
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


# ---- what it costs --------------------------------------------------------------------------------------------------

ASCII, KANJI, EMOJI, CONTROLS = "word " * 200, "\u4e2d" * 998, "\U0001f600" * 998, "\x00" * 998


@pytest.mark.parametrize("text", [ASCII, KANJI, EMOJI, CONTROLS, '"\\' * 499, noise(998)])
def test_a_head_stays_below_a_kilobyte_and_its_card_below_its_limit(desk: Desk, calls: Calls, text: str) -> None:
    conversation = desk.conversation(subject=text[:60])
    conversation.number, conversation.count, conversation.version = 9_999_999, 9_999, 0
    conversation.linked = "cnv_01JQW3C4D5E6F7G8H9J0KMNPQR"
    conversation.open_with(desk.mail(text, sender=Address("a@b.test", text)), [Participant(ANA, requester=True)])
    conversation.assign(ANAS_TOKEN)
    conversation.change_status(Status.CLOSED)
    desk.save(conversation)

    [head] = [each for each in calls.puts() if each["sk"]["S"] == "HEAD"]
    assert len(head["card"]["B"]) <= CARD_BYTES
    assert "subject" in head or size(head) <= 1024
    assert size({name: head[name] for name in ("pk", "sk", "inbox", "activity", "card")}) <= 720


@pytest.mark.parametrize("subject", [ASCII[:998], KANJI, EMOJI, CONTROLS, "\udcff" * 998])
def test_a_subject_longer_than_its_card_is_kept_whole(desk: Desk, subject: str) -> None:
    conversation = desk.opened(subject=subject)
    read = desk.store.get(WORKSPACE, conversation.id)
    read.assign(ANAS_TOKEN)
    desk.save(read)

    assert desk.store.get(WORKSPACE, conversation.id).subject == subject


@pytest.mark.parametrize("text", ["A few words.", noise(4096)], ids=["a few words", "4 kB of noise"])
def test_a_mail_into_a_known_thread_costs_18_write_units_at_most(desk: Desk, calls: Calls, text: str) -> None:
    conversation = desk.opened(subject=noise(200), assignee=ANAS_TOKEN)
    conversation.reply(desk.answer())
    desk.save(conversation)
    conversation = desk.store.get(WORKSPACE, conversation.id)
    conversation.receive(desk.mail(text, message_id=MESSAGE_ID))
    ingest = desk.ingest(conversation, SES_ID, message_id=MESSAGE_ID)
    calls.made.clear()
    desk.save(conversation, ingest)

    # The head left one place and took another in both indexes: a delete and a put, each of a kilobyte at most.
    indexes = 2 * 2
    assert calls.names() == ["TransactWriteItems"]
    assert len(calls.puts()) == 4
    assert write_units(calls.puts()) + indexes <= 18


def test_reading_takes_as_few_requests_as_it_can(desk: Desk, calls: Calls) -> None:
    conversation = desk.opened(assignee=ANAS_TOKEN)
    for number in range(9):
        desk.received(conversation, desk.mail(str(number)))

    def asked(act: Any) -> list[str]:
        calls.made.clear()
        act()
        return calls.names()

    store = desk.store
    inbox = Inbox((MAILBOX,), Status.OPEN)
    assert asked(lambda: store.get(WORKSPACE, conversation.id)) == ["BatchGetItem"]
    assert asked(lambda: store.thread(WORKSPACE, conversation.id, limit=10)) == ["Query"]
    assert asked(lambda: store.thread(WORKSPACE, conversation.id, limit=9)) == ["Query", "GetItem"]
    assert asked(lambda: store.inbox(WORKSPACE, inbox)) == ["Query"]
    assert asked(lambda: store.inbox(WORKSPACE, replace(inbox, assignee=ANAS_TOKEN))) == ["Query"]
    assert asked(lambda: store.locate(WORKSPACE, MAILBOX, ["a@b", "c@d"])) == ["Query", "Query"]
    assert asked(lambda: store.locate(WORKSPACE, MAILBOX, [f"{n}@b" for n in range(1000)])) == ["Query"] * 20


def test_a_long_conversation_is_not_read_whole(desk: Desk, calls: Calls) -> None:
    conversation = desk.opened()
    for number in range(12):
        desk.received(conversation, desk.mail(str(number)))
    calls.made.clear()
    desk.store.thread(WORKSPACE, conversation.id, limit=3)

    [(_, query), *_] = calls.made
    assert query["Limit"] == 5


def test_mails_without_a_message_id_do_not_crowd_one_key(desk: Desk, tables: Tables) -> None:
    for delivery in ("ses-1", "ses-2"):
        conversation = desk.conversation()
        conversation.open_with(desk.mail(delivery), [])
        desk.save(conversation, desk.ingest(conversation, delivery))

    assert (
        len({each["pk"]["S"] for each in everything(tables.client, tables.conversations) if "#mid#" in each["pk"]["S"]})
        == 2
    )


def test_the_participants_are_written_when_they_changed_and_not_with_every_mail(desk: Desk, calls: Calls) -> None:
    conversation = desk.opened()
    calls.made.clear()
    desk.received(desk.store.get(WORKSPACE, conversation.id), desk.mail())
    assert "PARTICIPANTS" not in {each["sk"]["S"] for each in calls.puts()}

    read = desk.store.get(WORKSPACE, conversation.id)
    read.participants.append(Participant(BEN))
    calls.made.clear()
    desk.save(read)
    assert "PARTICIPANTS" in {each["sk"]["S"] for each in calls.puts()}


def test_a_thread_larger_than_a_page_of_dynamodb_is_read_to_its_end(desk: Desk) -> None:
    conversation = desk.opened(desk.mail(noise(200_000)))
    for _ in range(7):
        desk.received(conversation, desk.mail(noise(200_000)))

    thread = desk.store.thread(WORKSPACE, conversation.id, limit=8)
    assert len(thread.messages) == 8
    assert thread.earlier is False


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
            store.save(conversation, [], desk.ingest(conversation, SES_ID))
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


def test_a_sealed_value_is_as_much_longer_as_a_card_reckons_with(sealer: Sealer, keys: MemoryKeys) -> None:
    keys.create(WORKSPACE, ["data"])
    said = noise(40).encode()

    assert len(sealer.seal(Place(WORKSPACE, "conversation", "cnv_1", "card"), said)) == len(said) + SEAL_BYTES
