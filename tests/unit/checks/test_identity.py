"""Who looks like somebody else is shown as such; who is who they say is not."""

import pytest

from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.identity import IdentityWarning, Ours, warnings
from letterlock.domain.mail import Address
from tests.unit.checks.given import mail

OURS = Ours(
    Address("support@acme.example", "Acme Support"),
    (Address("bea@team.example", "Bea Team"), Address("cleo@team.example", "Cleo")),
)
ELSEWHERE, AUTHORS = IdentityWarning.REPLY_TO_ELSEWHERE, IdentityWarning.SEVERAL_AUTHORS
IN_NAME, TEAM, BOX = IdentityWarning.ADDRESS_IN_NAME, IdentityWarning.POSES_AS_TEAM, IdentityWarning.POSES_AS_MAILBOX


def warned(
    sender: str, *fields: str, vouched: Authenticity = Authenticity.AUTHENTICATED
) -> tuple[IdentityWarning, ...]:
    return warnings(mail(*fields, sender=sender), vouched, OURS)


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Bea Team <eve@else.example>", (TEAM,)),
        ("'  BEA   team ' <eve@else.example>", (TEAM,)),
        ("=?utf-8?q?=EF=BC=A2ea_Team?= <eve@else.example>", (TEAM,)),
        ("Acme Support <eve@else.example>", (BOX,)),
        ('"bea@team.example" <eve@else.example>', (IN_NAME, TEAM)),
        ('"Acme (support@acme.example)" <eve@else.example>', (IN_NAME, BOX)),
        ('"ana@customer.example" <eve@else.example>', (IN_NAME,)),
        ("bea@team.example, eve@else.example", (AUTHORS,)),
    ],
)
@pytest.mark.attack("a display name of the team's or the mailbox's")
def test_who_takes_anothers_name_or_address_is_shown_as_such(sender: str, expected: tuple[object, ...]) -> None:
    assert warned(sender) == expected


@pytest.mark.parametrize("vouched", [Authenticity.DISOWNED, Authenticity.UNKNOWN])
@pytest.mark.attack("an address of the team's that nobody vouches for")
def test_an_address_of_ours_that_nobody_vouches_for_is_shown_as_such(vouched: Authenticity) -> None:
    assert warned("Bea Team <bea@team.example>", vouched=vouched) == (TEAM,)
    assert warned("support@acme.example", vouched=vouched) == (BOX,)


def test_an_answer_that_goes_to_another_domain_is_shown_as_such() -> None:
    sender = "Ana <ana@customer.example>"
    assert warned(sender, "Reply-To: ana@else.example") == (ELSEWHERE,)
    assert warned(sender, "Reply-To: Ana <ana@customer.example>, eve@else.example") == (ELSEWHERE,)
    assert warned(sender, "Reply-To: sales@customer.example") == ()
    assert warned(sender, "Reply-To: ana@mail.customer.example") == ()


@pytest.mark.parametrize(
    "sender",
    [
        "Ana <ana@customer.example>",
        "Cleo <cleo@customer.example>",
        "Bea Team <bea@team.example>",
        "Acme Support <support@acme.example>",
        '"ana@customer.example" <ana@customer.example>',
        "Bea Teammate <bea@customer.example>",
        "",
    ],
)
def test_who_is_who_they_say_is_warned_of_by_nothing(sender: str) -> None:
    assert warned(sender) == ()


def test_two_from_fields_are_several_authors() -> None:
    assert warned("Ana <ana@customer.example>", "From: ana@customer.example") == (AUTHORS,)


def test_a_team_member_who_has_no_name_is_posed_as_by_nobody_without_one() -> None:
    ours = Ours(Address("support@acme.example"), (Address("bea@team.example"),))
    assert warnings(mail(sender="eve@else.example"), Authenticity.AUTHENTICATED, ours) == ()
