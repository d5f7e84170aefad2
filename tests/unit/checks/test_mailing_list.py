"""What came by a list is known, and by which."""

import pytest

from letterlock.domain.checks.mailing_list import EVIDENCE, MailingList
from tests.unit.checks.given import judged


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["List-Id: Users of it <users.it.example>"], MailingList("List-Id", "users.it.example")),
        (["List-Id: users.it.example"], MailingList("List-Id", "users.it.example")),
        (["List-Unsubscribe: <https://it.example/u/1>"], MailingList("List-Unsubscribe")),
        (["Precedence: list"], MailingList("Precedence")),
        (["Mailing-List: contact users-help@it.example; run by ezmlm"], MailingList("Mailing-List")),
        (["List-Id: <" + "x" * 900 + ">"], MailingList("List-Id", "x" * 255)),
    ],
)
def test_a_mail_that_came_by_a_list_says_so(fields: list[str], expected: MailingList) -> None:
    assert judged(*fields).mailing_list == expected
    assert expected.evidence in EVIDENCE


@pytest.mark.parametrize("field", ["Precedence: bulk", "To: list@it.example", "X-List-Id: <users.it.example>"])
def test_any_other_mail_came_by_none(field: str) -> None:
    assert judged(field).mailing_list is None
