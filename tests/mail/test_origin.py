"""Who wrote a mail must be one answer, whoever reads it; and what it is judged by is kept."""

import pytest

from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.mail import Mail


def parse(*lines: str) -> Mail:
    return MimeParser().parse("\r\n".join((*lines, "", "Text.")).encode())


@pytest.mark.parametrize(
    "value",
    [
        "bea@team.example",
        "Bea <bea@team.example>",
        '"bea@team.example" <bea@team.example>',
        "Bea@Team.example (bea@team.example)",
        "=?utf-8?q?B=C3=A9a?= <bea@team.example>",
    ],
)
def test_one_address_is_one_author(value: str) -> None:
    mail = parse(f"From: {value}")
    assert mail.one_author
    assert mail.sender is not None
    assert mail.sender.key == "bea@team.example"


@pytest.mark.parametrize(
    "value",
    [
        "bea@team.example, eve@else.example",
        '"bea@team.example" <eve@else.example>',
        "bea@team.example <eve@else.example>",
        "<eve@else.example> (bea@team.example)",
        "Team: bea@team.example, eve@else.example;",
        "<eve@else.example> <bea@team.example>",
        "<@else.example:bea@team.example>",
        '"eve@else"@team.example, bea@team.example',
        "x" * 3_000 + " <bea@team.example>",
        "",
    ],
)
def test_more_than_one_is_none(value: str) -> None:
    assert not parse(f"From: {value}").one_author


def test_two_fields_are_none_even_when_they_say_the_same() -> None:
    assert not parse("From: bea@team.example", "From: bea@team.example").one_author
    assert not parse("From: eve@else.example", "Subject: x", "from: bea@team.example").one_author
    assert not parse("Subject: nobody").one_author


def test_what_a_mail_is_judged_by_is_kept_the_first_of_each_on_one_line_and_bounded() -> None:
    mail = parse(
        "From: a@b.test", "Auto-Submitted: no", "AUTO-SUBMITTED: auto-replied", "X-Unasked: y", "X-Loop: a\r\n b"
    )
    assert mail.says("auto-submitted") == "no"
    assert mail.says("x-loop") == "a b"
    assert mail.says("x-unasked") == ""
    assert len(parse("Precedence: " + "x" * 5_000).says("precedence")) <= 1_000
