"""Who wrote a mail must be one answer, whoever reads it; and what a machine sends says so."""

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


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: AUTO-GENERATED; x=1",
        "Precedence: bulk",
        "Precedence: Auto_Reply",
        "X-Autoreply: yes",
        "X-Autorespond: y",
        "List-Id: Team <team.example>",
        "Content-Type: multipart/report; boundary=b",
    ],
)
def test_what_a_machine_sends_is_known(field: str) -> None:
    assert parse("From: bea@team.example", field).automatic


@pytest.mark.parametrize(
    "field", ["Auto-Submitted: no", "Auto-Submitted: No (a person)", "Precedence: first-class", "X: y"]
)
def test_what_a_person_sends_is_not_taken_for_it(field: str) -> None:
    assert not parse("From: bea@team.example", field).automatic
