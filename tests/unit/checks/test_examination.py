"""Whether somebody of the team is to see to a mail, by all that was found out about it."""

import pytest

from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.automatic import Automatic, Automation
from letterlock.domain.checks.bounce import Bounce, BouncedRecipient, ReportedAction
from letterlock.domain.checks.examination import FIELDS, Checks
from letterlock.domain.checks.loop import Loop
from letterlock.domain.checks.mailing_list import MailingList

REPLIED, GENERATED = (Automation(kind, "Auto-Submitted") for kind in Automatic)


def checks(**found: object) -> Checks:
    return Checks(Authenticity.AUTHENTICATED, **found)  # type: ignore[arg-type]  # whatever the test found


def bounce(action: ReportedAction) -> Bounce:
    return Bounce((BouncedRecipient("ana@customer.example", action, ""),))


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"automation": GENERATED},
        {"mailing_list": MailingList("List-Id")},
        {"bounce": bounce(ReportedAction.FAILED), "automation": REPLIED},
    ],
)
def test_it_is_somebodys_turn_when_something_was_said_or_a_mail_came_back(found: dict[str, object]) -> None:
    assert checks(**found).is_anybodys_turn


@pytest.mark.parametrize(
    "found",
    [
        {"automation": REPLIED},
        {"loop": Loop.OWN_MAIL},
        {"loop": Loop.NOTIFICATION, "bounce": bounce(ReportedAction.FAILED)},
        {"bounce": bounce(ReportedAction.DELAYED)},
        {"bounce": bounce(ReportedAction.DELIVERED), "automation": GENERATED},
    ],
)
def test_it_is_nobodys_where_only_machines_spoke(found: dict[str, object]) -> None:
    assert not checks(**found).is_anybodys_turn


def test_the_parser_keeps_what_is_asked_for_and_spells_it_as_it_is_asked() -> None:
    assert {"auto-submitted", "list-id", "x-letterlock-loop"} <= FIELDS
    assert all(each == each.lower() for each in FIELDS)
