"""Who works in some mailboxes sees nothing of the others, by any way in."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from letterlock.domain.accounts import Mailbox, Member, Principal
from letterlock.domain.conversations import Conversation, Status
from letterlock.domain.errors import Invalid, NotFound
from letterlock.domain.idempotency import Done
from letterlock.domain.mail import Mail
from letterlock.domain.permissions import Role
from letterlock.services.quarantine import DiscardMail, ReleaseMail
from letterlock.services.read_contacts import ListContactConversations, ReadContact
from letterlock.services.read_inbox import ListConversations, ListMailboxes, ReadConversation, ReadMessage
from letterlock.services.summarise_ingest import SummariseIngest
from letterlock.services.triage import AssignConversation, ChangeStatus
from tests.fakes.accounts import FakeMembers, FakeWorkspaces
from tests.fakes.conversations import contact_id
from tests.fakes.desk import AGENT, CUSTOMER, MAILBOX, Desk
from tests.fakes.tokens import FakeCursors

SALES = Mailbox("mbx_sales", "wsp_acme", "sales@acme.example")
EVERYWHERE = replace(AGENT, mailboxes=(MAILBOX.id, SALES.id))
SELLER = replace(AGENT, id="per_seller", mailboxes=(SALES.id,), limited=True)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.mailboxes.add(SALES)
    return made


@pytest.fixture
def theirs(desk: Desk) -> Conversation:
    """A conversation of the mailbox that the seller does not see."""
    return desk.opened()


def sold(desk: Desk, sender: str = "buyer@customer.example") -> Conversation:
    before = set(desk.conversations._heads)
    mail = Mail(subject="Offer", sender=replace(CUSTOMER, address=sender), text="How much?", message_id=f"o{sender}")
    desk.receive(desk.arrives(mail, ses_message_id=f"offer-{sender}", recipients=(SALES.address,), at=desk.clock()))
    (place,) = set(desk.conversations._heads) - before
    return desk.conversations.get(*place)


def members(*known: Member) -> FakeMembers:
    made = FakeMembers(FakeWorkspaces())
    for each in known:
        made.put(each)
    return made


Ways = list[Callable[[Principal, str], object]]


def ways(desk: Desk, message: str) -> Ways:
    conversations, ids, clock = desk.conversations, desk.ids, desk.clock

    def done(conversation: str) -> Done:
        return Done(conversation, message)

    return [
        lambda who, cnv: ReadConversation(conversations, FakeCursors())(who, cnv, limit=9, cursor=""),
        lambda who, cnv: ReadMessage(conversations, desk.archive)(who, cnv, message),
        lambda who, cnv: desk.send_reply(who, cnv, "Hello", request="r"),
        lambda who, cnv: desk.send_reply.again(who, done(cnv)),
        lambda who, cnv: desk.add_note(who, cnv, "Hello", request="r"),
        lambda who, cnv: desk.add_note.again(who, done(cnv)),
        lambda who, cnv: desk.retry_reply(who, cnv, message, request="r"),
        lambda who, cnv: desk.retry_reply.again(who, done(cnv)),
        lambda who, cnv: AssignConversation(conversations, members(), ids, clock)(who, cnv, who.id, request="r"),
        lambda who, cnv: ChangeStatus(conversations, ids, clock)(who, cnv, Status.CLOSED, request="r"),
        lambda who, cnv: ReleaseMail(conversations, ids, clock)(who, cnv, request="r"),
        lambda who, cnv: ReleaseMail(conversations, ids, clock).again(who, done(cnv)),
        lambda who, cnv: DiscardMail(conversations, ids, clock)(who, cnv, request="r"),
        lambda who, cnv: DiscardMail(conversations, ids, clock).again(who, done(cnv)),
    ]


@pytest.mark.parametrize("way", range(14))
def test_a_conversation_of_another_mailbox_is_as_absent_as_none(desk: Desk, theirs: Conversation, way: int) -> None:
    message = desk.only_conversation().messages[0].id
    go = ways(desk, message)[way]
    with pytest.raises(NotFound) as none:
        go(SELLER, "cnv_never")
    with pytest.raises(NotFound) as foreign:
        go(SELLER, theirs.id)
    assert str(foreign.value) == str(none.value)
    assert desk.conversations.get(theirs.workspace, theirs.id).version == theirs.version


def test_a_list_of_everything_is_of_the_mailboxes_that_one_sees(desk: Desk, theirs: Conversation) -> None:
    offer = sold(desk)
    for each in (theirs, offer):
        AssignConversation(desk.conversations, members(), desk.ids, desk.clock)(
            EVERYWHERE, each.id, AGENT.id, request="r"
        )
    listed = ListConversations(desk.conversations, FakeCursors())
    asked = {"status": Status.OPEN, "limit": 9, "cursor": ""}
    for assignee in ("", AGENT.id):
        page = listed(SELLER, mailbox="", assignee=assignee, **asked)  # type: ignore[arg-type]  # the test's keywords
        assert [card.conversation for card in page.cards] == [offer.id]
        for mailbox in (MAILBOX.id, "mbx_never"):
            with pytest.raises(NotFound, match="no such mailbox"):
                listed(SELLER, mailbox=mailbox, assignee=assignee, **asked)  # type: ignore[arg-type]  # as above


def test_who_sees_no_mailbox_sees_an_empty_list(desk: Desk, theirs: Conversation) -> None:
    listed = ListConversations(desk.conversations, FakeCursors())
    nobody = replace(SELLER, mailboxes=())
    for assignee in ("", AGENT.id, nobody.id):
        assert listed(nobody, mailbox="", status=Status.OPEN, assignee=assignee, limit=9, cursor="").cards == ()


def test_mailboxes_and_their_sums_are_those_that_one_sees(desk: Desk, theirs: Conversation) -> None:
    assert ListMailboxes(desk.mailboxes)(SELLER) == [SALES]
    summarise = SummariseIngest(desk.conversations, desk.clock)
    assert [line.mailbox for line in summarise(SELLER, day=None, mailbox="")[1]] == [SALES.id]
    with pytest.raises(NotFound):
        summarise(SELLER, day=None, mailbox=MAILBOX.id)


def test_a_contact_is_there_for_whoever_sees_something_that_they_take_part_in(desk: Desk, theirs: Conversation) -> None:
    read, listed = ReadContact(desk.contacts), ListContactConversations(desk.contacts, FakeCursors())
    contact = contact_id("wsp_acme", CUSTOMER)
    with pytest.raises(NotFound):
        read(SELLER, contact)
    with pytest.raises(NotFound):
        listed(SELLER, contact, limit=9, cursor="")

    desk.clock.passes(minutes=1)
    offer = sold(desk, CUSTOMER.address)

    assert read(SELLER, contact).id == contact
    cursor = listed(EVERYWHERE, contact, limit=1, cursor="").cursor
    assert listed(SELLER, contact, limit=1, cursor=cursor).cards == ()  # a page may be short, and is no 404
    assert [card.conversation for card in listed(SELLER, contact, limit=9, cursor="").cards] == [offer.id]


def test_a_conversation_is_not_given_to_somebody_who_could_not_see_it(desk: Desk, theirs: Conversation) -> None:
    seller = Member(SELLER.id, "wsp_acme", Role.AGENT, frozenset({SALES.id}))
    assign = AssignConversation(desk.conversations, members(seller), desk.ids, desk.clock)
    with pytest.raises(Invalid, match="mailbox"):
        assign(EVERYWHERE, theirs.id, SELLER.id, request="r")
    assert assign(EVERYWHERE, sold(desk).id, SELLER.id, request="r").assignee == SELLER.id
