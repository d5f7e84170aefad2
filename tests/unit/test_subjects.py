# ruff: noqa: RUF001 - these are words of many languages
"""Subjects apart from what mail programs put around them."""

import pytest

from letterlock.domain.subjects import PREFIXES_READ, answers, bare, is_telling


@pytest.mark.parametrize(
    "subject",
    [
        "Broken lamp",
        "  broken   LAMP ",
        "Re: Broken lamp",
        "RE : Broken lamp",
        "Re[2]: Broken lamp",
        "Re(3): Broken lamp",
        "Re^2: Broken lamp",
        "Fwd: AW: WG: Re: Broken lamp",
        "SV: VS: Antw: Odp: Broken lamp",
        "RÉP: TR: RV: ENC: Broken lamp",
        "Отв: Ynt: Broken lamp",
        "回复：答复：Broken lamp",
        "返信: 転送: Re: Broken lamp".replace("転送: ", ""),
        "[acme-support] Re: Broken lamp",
        "Re: [EXTERNAL] Fwd: [acme] Broken lamp",
        "Re: Broken lamp (fwd)",
        "Ｒｅ: Ｂｒｏｋｅｎ lamp",
    ],
)
def test_a_matter_has_one_bare_subject_whatever_programs_made_of_it(subject: str) -> None:
    assert bare(subject) == "broken lamp"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Order 7", "Order 8"),
        ("[Order 7] Problem with it", "[Order 8] Problem with it"),
        ("[#1042] Broken lamp", "[#1043] Broken lamp"),
        ("Invoice: March", "March"),
        ("Lamp", "Lamp, again"),
    ],
)
def test_two_matters_have_two(one: str, other: str) -> None:
    assert bare(one) != bare(other)


@pytest.mark.parametrize(
    "subject",
    ["", "Re:", "Re: AW: Fwd:", "[acme]", "(no subject)", "Kein Betreff", "Hi", "Help!!!", "Re: URGENT", "Frage", "Order",
     "Rechnung", "?", "...", "a", "E-Mail", "Demande d'information", "无主题", "Test"],
)  # fmt: skip
def test_a_subject_that_says_nothing_is_not_telling(subject: str) -> None:
    assert not is_telling(bare(subject))


@pytest.mark.parametrize("subject", ["Broken lamp", "Order 7", "Rechnung 2026-11", "Frage zu Lampe", "壊れたランプ"])
def test_one_that_names_a_matter_is(subject: str) -> None:
    assert is_telling(bare(subject))


def test_a_subject_of_prefixes_only_costs_no_more_than_so_many_looks() -> None:
    assert bare("re: " * 240).count("re:") == 240 - PREFIXES_READ
    assert bare("[" * 998) == "[" * 998
    assert bare("a" * 100_000) == "a" * 998


def test_what_is_an_answer_already_says_so_in_its_language() -> None:
    assert all(map(answers, ["Re: x", "AW: x", " sv : x", "RE[2]: x", "回复：x", "Odp: x"]))
    assert not any(map(answers, ["x", "", "Fwd: x", "Order: x", "Re x"]))
