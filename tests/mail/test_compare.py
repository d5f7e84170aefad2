"""`make compare`: what differs from an expectation is of a class that explains it, or it is a fault of ours."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.compare import Case, cases_of, compare, main
from bench.expectations import Expectation, ExpectedPart, read_expectation


def part(kind: str = "Text", text: str = "", media_type: str = "text/plain", *, types: int = 1, damaged: bool = False) -> ExpectedPart:  # fmt: skip
    return ExpectedPart(kind, text, media_type, types, damaged)


NOTHING = Expectation("", {"from": (), "to": (), "cc": ()}, None, (), ())
LINE: dict[str, Any] = {"subject": "", "from": [], "to": [], "cc": [], "date": None, "text": "", "html": "", "attachments": []}  # fmt: skip


def classes(raw: str, expected: Expectation, **ours: Any) -> list[str]:
    """The beginnings of the classes of its mismatches; `unclassified` for those that have none."""
    result = compare(iter([Case("sample.eml", raw.encode(), expected, LINE | ours)]))
    return sorted(
        [name.split(":")[0] for name in result.classes.elements()] + ["unclassified"] * len(result.unclassified)
    )


def test_what_is_as_expected_is_no_mismatch() -> None:
    expected = replace(
        NOTHING,
        subject="Hello  there",
        addresses=NOTHING.addresses | {"from": (("Ana", "ana@a.example"),)},
        date=datetime(2026, 11, 2, 9, 29, 58, tzinfo=UTC),
        text=(part(text="One\r\n\r\ntwo \r\n"), part("InlineBinary"), part(text="three")),
        files=(part("Binary"),),
    )
    ours = {
        "subject": "Hello there",
        "from": [{"name": "Ana", "address": "ana@a.example"}],
        "date": "2026-11-02T09:29:58+00:00",
        "text": "One\n\ntwo\nthree",
        "attachments": [{"name": "a.bin"}],
    }

    assert classes("", expected, **ours) == []


@pytest.mark.parametrize(
    ("expected", "ours"),
    [
        (replace(NOTHING, subject="Hello"), {"subject": "Helo"}),
        (replace(NOTHING, subject="Fr\ufffdsche"), {"subject": "Fraesche"}),
        (replace(NOTHING, date=datetime(2026, 1, 1, tzinfo=UTC)), {}),
        (replace(NOTHING, addresses=NOTHING.addresses | {"cc": (("", "a@b"),)}), {}),
        (replace(NOTHING, text=(part(text="words"),)), {"text": "word"}),
        (replace(NOTHING, text=(part("Html", "<b>x</b>"),)), {"text": "x", "html": "x"}),
        (replace(NOTHING, files=(part("Binary"),)), {}),
        (replace(NOTHING, files=(part(text="cut off", damaged=True),)), {"text": "cut"}),
        (replace(NOTHING, text=(part(text="one line \ngoes on"),)), {"text": "one line goes on"}),
    ],
)
def test_a_difference_that_nothing_explains_is_a_fault_of_ours(expected: Expectation, ours: dict[str, Any]) -> None:
    assert set(classes("Subject: x\n\nwords", expected, **ours)) == {"unclassified"}


def test_letters_that_the_expectation_gave_up_are_a_class() -> None:
    expected = replace(NOTHING, subject="Fr\ufffdsche", text=(part(text="\ufffdber"),))

    assert classes("", expected, subject="Frösche", text="über") == ["octets without a charset"] * 2


def test_text_that_the_expectation_makes_a_file_of_is_a_class() -> None:
    expected = replace(NOTHING, files=(part(text="cut off", damaged=True),))

    assert len(classes("", expected, text="cut off")) == 2
    assert "unclassified" not in classes("", expected, text="cut off")


def test_a_part_that_goes_on_behind_its_multipart_is_a_class() -> None:
    raw = 'Content-Type: multipart/mixed; boundary="1"\n\n--1\n'
    expected = replace(NOTHING, text=(part(text="22\n--1\nContent-Type: text/plain\n\n333"),))

    assert classes(raw, expected, text="22\n333") == ["delimiters of one multipart in a part of another"]
    assert classes(raw, expected, text="22") == ["unclassified"]


def test_two_types_of_one_part_and_text_in_a_header_are_classes() -> None:
    doubled = replace(NOTHING, text=(part(text="<p>words</p>", types=2),))
    dropped = replace(NOTHING, text=(part(text=""),))

    assert classes("", doubled, text="words") == ["two Content-Types in one header"]
    assert classes("\nContent-Type: text/plain\nDear team\n", dropped, text="Dear team") == [
        "text right below a header, without an empty line"
    ]


def test_lines_that_flow_are_a_class_where_the_mail_says_so() -> None:
    expected = replace(NOTHING, text=(part(text="one line \ngoes on"),))

    assert classes("Content-Type: text/plain; format=flowed", expected, text="one line goes on") == ["format=flowed"]


# ---- the command, on samples of our own ------------------------------------------------------------------------------

MAIL = (
    "From: Ana <ana@customer.example>\nTo: team: support@acme.example, Ben <ben@acme.example>;\nSubject: Cup\n"
    "Date: Mon, 2 Nov 2026 10:29:58 +0100\nContent-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain\n\nLook at it.\n--b\nContent-Type: image/png; name=cup.png\n\nPNG\n--b--\n"
)


def header(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": {kind: value}}


def address(name: str | None, at: str) -> dict[str, Any]:
    return {"name": name, "address": at}


EXPECTED = {
    "text_body": [1],
    "html_body": [1],
    "attachments": [2],
    "parts": [
        {
            "headers": [
                header("from", "Address", {"List": [address("Ana", "ana@customer.example")]}),
                header(
                    "to",
                    "Address",
                    {
                        "Group": [
                            {
                                "name": "team",
                                "addresses": [
                                    address(None, "support@acme.example"),
                                    address("Ben", "ben@acme.example"),
                                ],
                            }
                        ]
                    },
                ),
                header("subject", "Text", "Cup"),
                {"name": "cc", "value": "Empty"},
                header(
                    "date",
                    "DateTime",
                    {"year": 2026, "month": 11, "day": 2, "hour": 10, "minute": 29, "second": 58}
                    | {"tz_before_gmt": False, "tz_hour": 1, "tz_minute": 0},
                ),
            ],
            "is_encoding_problem": False,
            "body": {"Multipart": [1, 2]},
        },
        {
            "headers": [
                {"name": "content_type", "value": {"ContentType": {"c_type": "text", "c_subtype": "plain"}}},
            ],
            "is_encoding_problem": False,
            "body": {"Text": "Look at it."},
        },
        {"headers": [], "is_encoding_problem": False, "body": {"Binary": [80, 78, 71]}},
    ],
}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "cup.eml").write_text(MAIL)
    (tmp_path / "cup.json").write_text(json.dumps(EXPECTED))
    (tmp_path / "other.eml").write_text("Subject: no expectation beside it\n\n")
    return tmp_path


def test_what_was_stored_of_a_sample_is_held_against_its_expectation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0

    said = capsys.readouterr().out
    assert "body text             1 of 1 match (100.00%); 100.00% of the 1 that are unambiguous" in said
    assert said.splitlines()[-1] == "0 mismatches classified, 0 unclassified"
    assert [each.name for each in cases_of(folder)] == ["cup.eml"]


def test_what_is_not_as_expected_is_named_and_the_command_fails(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "cup.eml").write_text(MAIL.replace("Look at it.", "Look."))

    assert main([str(folder)]) == 1
    assert "unclassified: cup.eml, body text" in capsys.readouterr().out
    (folder / "cup.json").unlink()
    assert main([str(folder)]) == 2


def test_an_expectation_may_lack_what_a_mail_lacks(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"text_body": [], "html_body": [], "attachments": [], "parts": []}')

    assert read_expectation(path) == NOTHING
