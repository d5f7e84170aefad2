"""What every store of contacts keeps to: the fake, and the table."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from threading import Lock
from typing import Any

import pytest

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_contacts import DynamoContacts
from letterlock.adapters.dynamo_conversations import DynamoConversations
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.adapters.sealing import SealBroken, Sealer
from letterlock.domain.contacts import Undeliverable
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.mail import Address
from letterlock.domain.participants import COPIED_AT_MOST, Participant
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.services.ports import Contacts
from tests.adapters.conftest import Calls, Tables
from tests.adapters.given import ANA, BEN, MAILBOX, WORKSPACE, Desk
from tests.adapters.raw import everything, texts
from tests.fakes import START, FakeClock, FakeContacts, FakeConversations, FakeIds
from tests.fakes.keys import MemoryKeys


@dataclass
class People:
    """A desk, and the contacts that its mail makes."""

    desk: Desk
    contacts: Contacts

    def opened_by(self, *people: Address) -> Conversation:
        """A conversation that the first of them opened, with the others in copy."""
        conversation = self.desk.conversation()
        first, *others = people
        message = self.desk.mail(sender=first)
        conversation.open_with(message, [Participant(first, requester=True), *map(Participant, others)])
        self.desk.save(conversation)
        return conversation

    def id_of(self, conversation: Conversation, address: Address) -> str:
        [found] = [each for each in self.participants(conversation) if each.address.key == address.key]
        return found.contact

    def participants(self, conversation: Conversation) -> list[Participant]:
        return self.desk.store.get(conversation.workspace, conversation.id).participants

    def pages(self, contact: str, limit: int) -> Iterator[list[str]]:
        page = self.contacts.conversations(self.desk.workspace, contact, limit=limit)
        yield [each.conversation for each in page.cards]
        while page.before:
            page = self.contacts.conversations(self.desk.workspace, contact, limit=limit, before=page.before)
            yield [each.conversation for each in page.cards]


@pytest.fixture(params=["fake", "dynamo"])
def people(
    request: pytest.FixtureRequest,
    sealer: Sealer,
    index: BlindIndex,
    clock: FakeClock,
    keys: MemoryKeys,
    monkeypatch: pytest.MonkeyPatch,
) -> People:
    for workspace in (WORKSPACE, "wsp_other"):
        keys.create(workspace, WORKSPACE_PURPOSES)
    if request.param == "fake":
        fake = FakeConversations(clock)
        return People(Desk(fake, clock, FakeIds(clock), WORKSPACE, MAILBOX), FakeContacts(fake))
    tables: Tables = request.getfixturevalue("tables")
    monkeypatch.setattr(tables.client, "_make_api_call", one_at_a_time(tables.client._make_api_call))  # type: ignore[attr-defined]  # botocore's own door, which its stubs leave out
    store = DynamoConversations(tables.client, tables.conversations, sealer, index, clock)
    contacts = DynamoContacts(tables.client, tables.conversations, sealer, index)
    return People(Desk(store, clock, FakeIds(clock), WORKSPACE, MAILBOX), contacts)


def one_at_a_time(call: Callable[..., Any]) -> Callable[..., Any]:
    """moto keeps its tables in plain dictionaries: each request is answered whole, as DynamoDB answers it."""
    lock = Lock()

    def locked(*arguments: Any) -> Any:
        with lock:
            return call(*arguments)

    return locked


# ---- one an address -------------------------------------------------------------------------------------------------


def test_whoever_takes_part_is_a_contact(people: People) -> None:
    conversation = people.opened_by(ANA, BEN)

    for who in (ANA, BEN):
        contact = people.contacts.get(WORKSPACE, people.id_of(conversation, who))
        assert contact.address == who
        assert contact.workspace == WORKSPACE
        assert contact.id.startswith("ctc_")
        assert contact.undeliverable is None
    assert people.id_of(conversation, ANA) != people.id_of(conversation, BEN)


def test_one_address_is_one_contact_however_it_is_spelt_and_whatever_it_wrote(people: People) -> None:
    spellings = [ANA, Address("ANA@Customer.test", "Ana again"), Address(" ana@customer.test ")]
    ids = {people.id_of(people.opened_by(each), each) for each in spellings}

    assert len(ids) == 1
    assert people.contacts.get(WORKSPACE, ids.pop()).address == ANA


def test_reading_a_thread_names_the_contacts_too(people: People) -> None:
    conversation = people.opened_by(ANA, BEN)
    shown = people.desk.store.thread(WORKSPACE, conversation.id).conversation.participants
    assert [each.contact for each in shown] == [people.id_of(conversation, each) for each in (ANA, BEN)]


def test_the_same_address_in_another_workspace_is_somebody_else(people: People) -> None:
    here = people.id_of(people.opened_by(ANA), ANA)
    people.desk.workspace = "wsp_other"
    there = people.id_of(people.opened_by(ANA), ANA)

    assert here != there
    with pytest.raises(NotFound):
        people.contacts.get("wsp_other", here)
    with pytest.raises(NotFound):
        people.contacts.conversations("wsp_other", here)


def test_nobody_is_not_found(people: People) -> None:
    for nobody in ("ctc_00000000000000000000000000", "", "HEAD", "ctc_#"):
        with pytest.raises(NotFound):
            people.contacts.get(WORKSPACE, nobody)
        with pytest.raises(NotFound):
            people.contacts.conversations(WORKSPACE, nobody)


def test_a_contact_is_known_since_the_first_mail(people: People) -> None:
    first = people.opened_by(ANA)
    people.desk.clock.passes(days=3)
    people.opened_by(ANA)
    assert people.contacts.get(WORKSPACE, people.id_of(first, ANA)).first_seen == first.last_at


def test_who_came_without_a_name_gets_the_one_they_sign_with_later(people: People) -> None:
    nameless = Address(ANA.address)
    first = people.opened_by(nameless)
    assert people.contacts.get(WORKSPACE, people.id_of(first, ANA)).address == nameless
    for _ in range(3):
        people.opened_by(nameless)
    people.opened_by(ANA)
    assert people.contacts.get(WORKSPACE, people.id_of(first, ANA)).address == ANA


def test_a_later_mail_does_not_rename_a_contact(people: People) -> None:
    first = people.opened_by(ANA)
    people.opened_by(Address(ANA.address, "Your Bank"))
    assert people.contacts.get(WORKSPACE, people.id_of(first, ANA)).address.name == ANA.name


def test_a_mail_that_nobody_vouches_for_names_nobody(people: People) -> None:
    nameless = Address(ANA.address)
    contact = people.id_of(people.opened_by(nameless), ANA)
    people.opened_by(nameless)
    forged = people.desk.conversation()
    mail = people.desk.mail(sender=Address(ANA.address, "Your Bank"))
    disowned = replace(mail, threading=Threading(Rule.NEW, "", Trust.UNVERIFIED))
    forged.open_with(disowned, [Participant(Address(ANA.address, "Your Bank")), Participant(BEN)])
    people.desk.save(forged)
    assert people.contacts.get(WORKSPACE, contact).address == nameless
    assert people.contacts.get(WORKSPACE, people.id_of(forged, BEN)).address == Address(BEN.address)
    people.opened_by(ANA)
    people.opened_by(Address(ANA.address, "Your Bank"))
    assert people.contacts.get(WORKSPACE, contact).address == ANA


def test_a_conversation_that_was_not_committed_makes_no_contact(people: People) -> None:
    stale = people.desk.conversation()
    stale.version = 7
    stale.open_with(people.desk.mail(), [Participant(ANA, requester=True)])
    with pytest.raises(Stale):
        people.desk.save(stale)
    contact = people.id_of(people.opened_by(ANA), ANA)
    assert [len(each) for each in people.pages(contact, 9)] == [1]


def test_who_joins_later_is_a_contact_from_then_on(people: People) -> None:
    conversation = people.opened_by(ANA)
    people.desk.clock.passes(days=1)
    conversation = people.desk.store.get(WORKSPACE, conversation.id)
    conversation.participants.append(Participant(BEN))
    people.desk.received(conversation, people.desk.mail(sender=BEN))

    joined = people.contacts.get(WORKSPACE, people.id_of(conversation, BEN))
    assert joined.first_seen == conversation.last_at
    assert list(people.pages(joined.id, 9)) == [[conversation.id]]


# ---- their conversations --------------------------------------------------------------------------------------------


def test_who_was_sent_off_takes_part_in_it_no_more_and_is_still_known(people: People) -> None:
    first, second = people.opened_by(ANA, BEN), people.opened_by(ANA, BEN)
    ben = people.id_of(first, BEN)
    read = people.desk.store.get(WORKSPACE, first.id)
    read.remove_participant(ben)
    people.desk.save(read)

    assert list(people.pages(ben, 25)) == [[second.id]]
    assert [card for page in people.pages(ben, 1) for card in page] == [second.id]
    assert people.contacts.get(WORKSPACE, ben).address == BEN
    read.add_participant(BEN, "per_1")
    people.desk.save(read)
    assert list(people.pages(ben, 25)) == [[second.id, first.id]]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 9])
def test_their_conversations_are_listed_once_each_opened_last_first(people: People, limit: int) -> None:
    opened = [people.opened_by(ANA, BEN) for _ in range(6)]
    people.opened_by(BEN)
    contact = people.id_of(opened[0], ANA)
    people.contacts.mark_undeliverable(WORKSPACE, ANA.address, "bounced", START)

    pages = list(people.pages(contact, limit))

    assert [each for page in pages for each in page] == [each.id for each in reversed(opened)]
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


def test_the_list_shows_each_conversation_as_it_stands_now(people: People) -> None:
    conversation = people.opened_by(ANA)
    conversation.assign("tok_ben")
    conversation.change_status(Status.CLOSED)
    people.desk.save(conversation)
    people.desk.received(conversation, replace(people.desk.mail("still broken"), checks=None))

    page = people.contacts.conversations(WORKSPACE, people.id_of(conversation, ANA))
    [card] = page.cards
    assert (card.conversation, card.status, card.assignee) == (conversation.id, Status.OPEN, "tok_ben")
    assert (card.count, card.preview) == (2, "still broken")


def test_a_discarded_conversation_is_in_no_list(people: People) -> None:
    kept, gone = people.opened_by(ANA), people.opened_by(ANA)
    gone.status = Status.QUARANTINED
    gone.discard()
    people.desk.save(gone)

    assert list(people.pages(people.id_of(kept, ANA), 1)) == [[], [kept.id]]


# ---- undeliverable --------------------------------------------------------------------------------------------------


def test_an_address_that_bounced_is_shown_as_undeliverable(people: People) -> None:
    contact = people.id_of(people.opened_by(ANA), ANA)
    people.contacts.mark_undeliverable(WORKSPACE, "ANA@customer.test", "bounced", START)

    found = people.contacts.get(WORKSPACE, contact)
    assert found.undeliverable == Undeliverable("bounced", START)
    assert found.address == ANA


def test_the_latest_word_stays_in_whatever_order_and_however_often_it_comes(people: People) -> None:
    told = [("bounced", START), ("complained", START + timedelta(hours=1)), ("rejected", START + timedelta(hours=1))]
    for number, order in enumerate(permutations([*told, told[1]])):
        address = Address(f"ana{number}@customer.test", "Ana")
        contact = people.id_of(people.opened_by(address), address)
        for reason, at in order:
            people.contacts.mark_undeliverable(WORKSPACE, address.address, reason, at)
        found = people.contacts.get(WORKSPACE, contact)
        assert found.undeliverable == Undeliverable("rejected", START + timedelta(hours=1))


def test_an_address_that_only_bounced_is_a_contact_without_conversations(people: People) -> None:
    people.contacts.mark_undeliverable(WORKSPACE, ANA.address, "bounced", START)
    contact = people.id_of(people.opened_by(ANA, BEN), ANA)
    people.contacts.mark_undeliverable(WORKSPACE, BEN.address, "bounced", START)

    known = people.contacts.get(WORKSPACE, contact)
    assert (known.address.address, known.first_seen) == (ANA.address, START)
    assert known.address.name == ANA.name


# ---- at once --------------------------------------------------------------------------------------------------------


def test_ten_mails_at_once_from_one_address_make_one_contact(people: People) -> None:
    conversations = [people.desk.conversation() for _ in range(10)]
    for each in conversations:
        each.open_with(people.desk.mail(), [Participant(ANA, requester=True), Participant(BEN)])
    with ThreadPoolExecutor(10) as pool:
        saved = list(pool.map(people.desk.save, conversations))

    assert len(saved) == 10
    [contact] = {people.id_of(each, ANA) for each in conversations}
    assert people.contacts.get(WORKSPACE, contact).address == ANA
    assert [each for page in people.pages(contact, 4) for each in page] == [each.id for each in reversed(conversations)]


def test_mails_of_one_address_never_wait_for_each_other(table_desk: Desk, calls: Calls) -> None:
    """Two transactions that hold one item at once cancel each other: a busy sender's must have none in common."""
    for _ in range(3):
        table_desk.opened()
    written = [(each["pk"]["S"], each["sk"]["S"]) for each in calls.puts_of_all()]
    assert len([pk for pk, _ in written if "#contact#" in pk]) == 6
    assert len(written) == len(set(written))


def test_ten_bounces_at_once_leave_the_latest(people: People) -> None:
    contact = people.id_of(people.opened_by(ANA), ANA)
    with ThreadPoolExecutor(10) as pool:
        list(
            pool.map(
                lambda hours: people.contacts.mark_undeliverable(
                    WORKSPACE, ANA.address, "bounced", START + timedelta(hours=hours)
                ),
                [3, 9, 1, 7, 0, 5, 2, 8, 4, 6],
            )
        )
    assert people.contacts.get(WORKSPACE, contact).undeliverable == Undeliverable("bounced", START + timedelta(hours=9))


# ---- the table ------------------------------------------------------------------------------------------------------


def test_no_address_and_no_name_is_in_the_table(
    table_desk: Desk, tables: Tables, sealer: Sealer, index: BlindIndex
) -> None:
    contacts = DynamoContacts(tables.client, tables.conversations, sealer, index)
    table_desk.opened()
    contacts.mark_undeliverable(WORKSPACE, "cara@customer.test", "bounced", START)

    stored = list(texts(everything(tables.client, tables.conversations)))
    assert any(b"#contact#ctc_" in each for each in stored)
    for word in (b"ana", b"ben", b"cara", b"customer.test", b"Ana"):
        assert not [each for each in stored if word in each.replace(b"tok_ana", b"")]


def test_an_address_that_was_moved_to_another_contact_does_not_open(
    table_desk: Desk, tables: Tables, sealer: Sealer, index: BlindIndex
) -> None:
    contacts = DynamoContacts(tables.client, tables.conversations, sealer, index)
    conversation = table_desk.opened()
    ana, ben = (each.contact for each in table_desk.store.get(WORKSPACE, conversation.id).participants)
    items = {each["pk"]["S"]: each for each in everything(tables.client, tables.conversations)}
    theirs = items[f"{WORKSPACE}#contact#{ana}"]
    tables.client.put_item(TableName=tables.conversations, Item=theirs | {"pk": {"S": f"{WORKSPACE}#contact#{ben}"}})

    with pytest.raises(SealBroken):
        contacts.get(WORKSPACE, ben)


def test_a_known_thread_writes_nothing_of_contacts_and_a_new_one_an_item_each(table_desk: Desk, calls: Calls) -> None:
    conversation = table_desk.opened()
    assert len([each for each in calls.puts() if "#contact#" in each["pk"]["S"]]) == 2
    calls.made.clear()
    table_desk.received(table_desk.store.get(WORKSPACE, conversation.id), table_desk.mail())
    assert [each for each in calls.puts() if "#contact#" in each["pk"]["S"]] == []


def test_a_mail_to_as_many_as_take_part_is_one_transaction_still(table_desk: Desk, calls: Calls) -> None:
    """DynamoDB API reference, TransactWriteItems: 100 items at most."""
    conversation = table_desk.conversation()
    crowd = [Participant(Address(f"c{number}@customer.test", "C")) for number in range(COPIED_AT_MOST)]
    conversation.open_with(table_desk.mail(), [replace(crowd[0], requester=True), *crowd[1:]])
    table_desk.save(conversation, table_desk.ingest(conversation))
    assert len(calls.puts()) <= 90


def test_reading_a_contact_is_one_query_and_their_conversations_two_requests(
    table_desk: Desk, tables: Tables, sealer: Sealer, index: BlindIndex, calls: Calls
) -> None:
    contacts = DynamoContacts(tables.client, tables.conversations, sealer, index)
    conversation = table_desk.opened()
    [ana, _] = table_desk.store.get(WORKSPACE, conversation.id).participants
    calls.made.clear()
    contacts.get(WORKSPACE, ana.contact)
    assert calls.names() == ["Query"]
    calls.made.clear()
    contacts.conversations(WORKSPACE, ana.contact)
    assert calls.names() == ["Query", "BatchGetItem"]
