"""What the conversations table costs: sizes, write units, requests (docs: the bounds of each operation)."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from letterlock.domain.conversations import Status
from letterlock.domain.mail import Address
from letterlock.domain.participants import Participant
from letterlock.services.ports import Inbox
from tests.adapters.conftest import Calls
from tests.adapters.given import ANA, BEN, MAILBOX, SES_ID, WORKSPACE, Desk
from tests.adapters.raw import size, write_units

ANAS_TOKEN = "tok_01JKX3C4D5E6F7G8H9J0KMNPQR"
MESSAGE_ID = "CAF+abcdefghijklmnopqrstuvwxyz0123456789@mail.customer.test"


@pytest.fixture
def desk(table_desk: Desk) -> Desk:
    return table_desk


def noise(count: int) -> str:
    """Text that no compression makes smaller than three quarters."""
    return "".join(Random(count).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", k=count))


ASCII, KANJI, EMOJI, CONTROLS = "word " * 200, "\u4e2d" * 998, "\U0001f600" * 998, "\x00" * 998
JAPANESE = "".join(map(chr, Random(1).choices(range(0x4E00, 0x9FFF), k=998)))
"""Three bytes a character, and nothing to compress."""


@pytest.mark.parametrize("text", [ASCII, KANJI, EMOJI, CONTROLS, '"\\' * 499, JAPANESE], ids=list("akecqj"))
def test_a_card_takes_512_bytes_at_most_and_a_head_a_kilobyte(desk: Desk, calls: Calls, text: str) -> None:
    conversation = desk.conversation(subject=text[:60])
    conversation.number, conversation.count = 9_999_999, 9_999
    conversation.linked = "cnv_01JQW3C4D5E6F7G8H9J0KMNPQR"
    conversation.open_with(desk.mail(text, sender=Address("a@b.test", text)), [Participant(ANA, requester=True)])
    conversation.assign(ANAS_TOKEN)
    conversation.change_status(Status.CLOSED)
    desk.save(conversation)

    [head] = [each for each in calls.puts() if each["sk"]["S"] == "HEAD"]
    assert len(head["card"]["B"]) <= 512
    # Sixty control characters take 360 bytes of JSON: such a subject is cut, and lies whole beside the card.
    assert ("subject" in head) is (text in (CONTROLS, EMOJI))
    assert size(head) <= 1024 or "subject" in head


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

    def asked(act: Callable[[], object]) -> list[str]:
        calls.made.clear()
        act()
        return calls.names()

    store = desk.store
    inbox = Inbox((MAILBOX,), Status.OPEN)
    assert asked(lambda: store.get(WORKSPACE, conversation.id)) == ["Query"]
    assert asked(lambda: store.thread(WORKSPACE, conversation.id, limit=10)) == ["Query"]
    assert asked(lambda: store.thread(WORKSPACE, conversation.id, limit=8)) == ["Query", "Query"]
    assert asked(lambda: store.inbox(WORKSPACE, inbox)) == ["Query"]
    assert asked(lambda: store.inbox(WORKSPACE, replace(inbox, assignee=ANAS_TOKEN))) == ["Query"]
    elsewhere = replace(inbox, assignee=ANAS_TOKEN, mailboxes=("mbx_none",), limit=1)
    assert asked(lambda: store.inbox(WORKSPACE, elsewhere)) == ["Query"]
    assert asked(lambda: store.locate(WORKSPACE, MAILBOX, ["a@b", "c@d"])) == ["Query", "Query"]
    assert asked(lambda: store.locate(WORKSPACE, MAILBOX, [f"{n}@b" for n in range(1000)])) == ["Query"] * 20


def test_a_long_conversation_is_not_read_whole(desk: Desk, calls: Calls) -> None:
    conversation = desk.opened()
    for number in range(12):
        desk.received(conversation, desk.mail(str(number)))
    calls.made.clear()
    desk.store.thread(WORKSPACE, conversation.id, limit=3)

    [(_, query), *_] = calls.made
    assert query["Limit"] == 3 + 3  # the head and the two that may stand beside it


def test_a_mail_without_a_message_id_pays_for_no_lookup(desk: Desk, calls: Calls) -> None:
    conversation = desk.conversation()
    conversation.open_with(desk.mail(), [])
    calls.made.clear()
    desk.save(conversation, desk.ingest(conversation, "ses-1"))
    assert not [each for each in calls.puts() if "#mid#" in each["pk"]["S"]]


def test_the_participants_are_written_when_they_changed_and_not_with_every_mail(desk: Desk, calls: Calls) -> None:
    conversation = desk.opened()
    calls.made.clear()
    desk.received(desk.store.get(WORKSPACE, conversation.id), desk.mail())
    assert "HEAD#PARTICIPANTS" not in {each["sk"]["S"] for each in calls.puts()}

    read = desk.store.get(WORKSPACE, conversation.id)
    read.participants.append(Participant(BEN))
    calls.made.clear()
    desk.save(read)
    assert "HEAD#PARTICIPANTS" in {each["sk"]["S"] for each in calls.puts()}


def test_a_thread_larger_than_a_page_of_dynamodb_is_read_to_its_end(desk: Desk) -> None:
    conversation = desk.opened(desk.mail(noise(200_000)))
    for _ in range(7):
        desk.received(conversation, desk.mail(noise(200_000)))

    thread = desk.store.thread(WORKSPACE, conversation.id, limit=8)
    assert len(thread.messages) == 8
    assert thread.earlier is False
