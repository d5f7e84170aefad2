"""Who is told of what, over the fakes: what the handlers' tests cannot wait for."""

from collections import Counter
from dataclasses import replace

import pytest

from letterlock.domain.accounts import Member
from letterlock.domain.automatic_mail import CAPS, Counted
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.errors import SendDelayed, SendRefused, SendUncertain
from letterlock.domain.facts import MessageReceived
from letterlock.domain.mail import Mail
from letterlock.domain.notifications import NotificationSettings
from letterlock.domain.permissions import Role
from letterlock.domain.threading import reply_address
from letterlock.services.notify_people import CAPPED, NEWS, TIME_IS_UP, NotifyPeople
from tests.fakes import FakeMailCaps, FakeMailClaims, FakeNotificationMailer
from tests.fakes.desk import CUSTOMER, MAILBOX, Desk

WORKSPACE = MAILBOX.workspace
PEOPLE = ("per_bea", "per_cleo", "per_dora")


class Office:
    """A desk with three people who watch what is nobody's, and a conversation that is."""

    def __init__(self) -> None:
        self.desk, self.mailer = Desk(), FakeNotificationMailer()
        self.claims, self.caps = FakeMailClaims(self.desk.clock), FakeMailCaps(self.desk.clock)
        for person in PEOPLE:
            self.desk.team.join(Member(person, WORKSPACE, Role.AGENT), f"{person}@team.example")
            self.desk.team.put(WORKSPACE, person, NotificationSettings(unassigned=True))
        self.head = self.desk.opened()
        [message] = self.desk.conversations.thread(WORKSPACE, self.head.id).messages
        self.mail = {"workspace": WORKSPACE, "conversation": self.head.id, "message": message.id, "mailbox": MAILBOX.id}
        self.notify = NotifyPeople(
            self.desk.conversations,
            self.desk.mailboxes,
            self.desk.team,
            self.desk.answer_tokens,
            self.claims,
            self.caps,
            self.mailer,
            self.desk.clock,
            "",
        )

    def comes(self, **more: object) -> Counter[str]:
        """Another mail from the customer, in that conversation unless it is to open one, and word of it."""
        name = f"s{len(self.desk.conversations.ledger)}"
        token = self.desk.tokens.mint(WORKSPACE, MAILBOX.id, self.head.id)
        to = MAILBOX.address if more.pop("opens", False) else reply_address(MAILBOX.address, token)
        mail = replace(Mail(subject="Re: Order", sender=CUSTOMER, text=name), **more)  # type: ignore[arg-type]
        self.desk.receive(self.desk.arrives(mail, ses_message_id=name, recipients=(to,)))
        told = [each for each in self.desk.conversations.told if isinstance(each.fact, MessageReceived)][-1]
        return self.notify(f"fct_{name}", "MessageReceived", told.fact.data(), self.desk.clock(), lambda: False)

    def came(self, fact: str = "fct_1", spare: int = 99) -> dict[str, int]:
        left = iter(range(spare + 1))
        now = self.desk.clock()
        return self.notify(fact, "MessageReceived", self.mail, now, lambda: next(left) == spare)

    def refused(self, fact: str, conversation: str = "", reason: str = "empty") -> dict[str, int]:
        data = {"workspace": WORKSPACE, "mailbox": MAILBOX.id, "person": PEOPLE[0], "reason": reason}
        more = {"conversation": conversation} if conversation else {}
        return self.notify(fact, "AnswerRefused", data | more, self.desk.clock(), lambda: False)

    def told(self) -> list[str]:
        return [each.to.address.partition("@")[0] for each in self.mailer.sent]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize("failure", [SendDelayed("Throttling"), SendUncertain("x")])
def test_one_whose_mail_is_put_off_or_lost_keeps_it_from_nobody_else_and_gets_it_later(
    office: Office, failure: SendDelayed | SendUncertain
) -> None:
    office.mailer.failures["per_bea@team.example"] = failure
    with pytest.raises(type(failure)):
        office.came()
    assert office.told() == ["per_cleo", "per_dora"]
    office.mailer.failures.clear()
    assert office.came() == {"Sent": 1, "NotWanted": 2}
    assert office.told() == ["per_cleo", "per_dora", "per_bea"]


def test_when_the_time_is_up_the_rest_is_told_by_the_next_run(office: Office) -> None:
    with pytest.raises(SendDelayed, match=TIME_IS_UP):
        office.came(spare=1)
    assert office.told() == ["per_bea"]
    office.came()
    assert office.told() == list(PEOPLE)


def test_what_was_refused_is_not_tried_again(office: Office) -> None:
    office.mailer.failures["per_bea@team.example"] = SendRefused("x")
    office.came()
    office.mailer.failures.clear()
    office.came()
    assert office.told() == ["per_cleo", "per_dora"]


def test_what_a_replay_brings_again_after_days_is_no_news(office: Office) -> None:
    at = office.desk.clock()
    office.desk.clock.passes(days=NEWS.days, seconds=1)
    assert office.notify("fct_1", "MessageReceived", office.mail, at, lambda: False) == {"NotWanted": 1}
    assert office.told() == []


def test_of_refusals_one_is_told_of_a_conversation_an_hour(office: Office) -> None:
    for number in range(3):
        office.refused(f"fct_{number}", office.head.id)
    assert office.told() == ["per_bea"]
    office.refused("fct_4", "cnv_other")
    assert len(office.told()) == 2
    office.desk.clock.passes(hours=1)
    office.refused("fct_5", office.head.id)
    assert len(office.told()) == 3


def test_who_may_not_see_it_is_not_told_where_it_is(office: Office) -> None:
    office.refused("fct_1", office.head.id, "not_seen")
    assert office.head.id not in office.mailer.sent[0].text
    assert office.mailer.sent[0].reply_to == ""


def test_nobody_is_told_behind_a_closed_gate_or_of_what_is_not_there(office: Office) -> None:
    assert office.notify(
        "f", "MessageReceived", office.mail | {"conversation": "cnv_no"}, office.desk.clock(), bool
    ) == {"NotWanted": 1}
    office.desk.members._workspaces.names.clear()
    office.came()
    office.refused("fct_2")
    assert office.told() == []


def test_a_fact_of_another_kind_or_of_a_version_without_its_doer_is_understood(office: Office) -> None:
    given = {"workspace": WORKSPACE, "conversation": office.head.id}
    assert office.notify("f", "NoteAdded", given, office.desk.clock(), lambda: False) == {"NotWanted": 1}
    head = office.desk.conversations.get(WORKSPACE, office.head.id)
    head.assign("per_bea", by="per_cleo")
    office.desk.conversations.save(head, [])
    old = given | {"assignee": "per_bea"}
    assert office.notify("g", "ConversationAssigned", old, office.desk.clock(), lambda: False) == {"Sent": 1}


# ---- machines -------------------------------------------------------------------------------------------------------


def test_people_are_told_of_what_is_theirs_to_see_to_and_not_of_what_only_machines_said(office: Office) -> None:
    assert office.comes()["Sent"] == 3
    assert office.comes(said=(("auto-submitted", "auto-replied"),)) == {"NotWanted": 1}
    assert office.comes(said=(("auto-submitted", "auto-generated"),))["Sent"] == 3


def test_an_automatic_reply_that_opens_a_conversation_is_told_of(office: Office) -> None:
    assert office.comes(said=(("auto-submitted", "auto-replied"),), opens=True)["Sent"] == 3


@pytest.mark.attack("a notification that is passed on to the mailbox")
def test_a_notification_that_comes_back_is_kept_and_told_to_nobody(office: Office) -> None:
    mark = ("x-letterlock-loop", "notifications@mail.acme.example; purpose=notification")
    for opens in (True, False):
        assert office.comes(said=(mark,), opens=opens) == {"NotWanted": 1}
    assert len(office.desk.conversations.ledger) == 3


@pytest.mark.attack("a machine that writes and writes, without a sign of being one")
@pytest.mark.parametrize("opens", [False, True])
def test_a_flood_into_one_conversation_or_from_one_address_is_told_of_so_often_and_kept_whole(
    office: Office, opens: bool
) -> None:
    cap = CAPS[Purpose.NOTIFICATION][Counted.CONTACT if opens else Counted.CONVERSATION].ten_minutes
    ended = [office.comes(opens=opens) for _ in range(100)]
    assert len(office.mailer.sent) == cap * len(PEOPLE)
    assert ended.count(Counter({CAPPED: 1})) == 100 - cap
    assert len(office.desk.conversations.ledger) == 101


def test_where_nobody_is_told_nothing_is_counted(office: Office) -> None:
    for person in PEOPLE:
        office.desk.team.put(WORKSPACE, person, NotificationSettings(unassigned=False))
    office.comes()
    assert not office.caps.counted
