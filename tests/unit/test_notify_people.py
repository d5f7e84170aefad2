"""Who is told of what, over the fakes: what the handlers' tests cannot wait for."""

import pytest

from letterlock.domain.accounts import Member
from letterlock.domain.errors import SendDelayed, SendRefused, SendUncertain
from letterlock.domain.notifications import NotificationSettings
from letterlock.domain.permissions import Role
from letterlock.services.notify_people import NEWS, TIME_IS_UP, NotifyPeople
from tests.fakes import FakeMailClaims, FakeNotificationMailer
from tests.fakes.desk import MAILBOX, Desk

WORKSPACE = MAILBOX.workspace
PEOPLE = ("per_bea", "per_cleo", "per_dora")


class Office:
    """A desk with three people who watch what is nobody's, and a conversation that is."""

    def __init__(self) -> None:
        self.desk, self.mailer = Desk(), FakeNotificationMailer()
        self.claims = FakeMailClaims(self.desk.clock)
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
            self.mailer,
            self.desk.clock,
            "",
        )

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
