"""format=flowed: a paragraph is one line again, a quote stays a quote, a signature stays below."""

import pytest

from letterlock.adapters.mime_flowed import LINES_READ, unflowed


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("one line \nthat goes on\nand ends", "one line that goes on\nand ends"),
        ("a \nb \nc", "a b c"),
        ("fixed\nlines", "fixed\nlines"),
        ("> quoted \n> words\nmine", "> quoted words\nmine"),
        ("> one \n>> two \nnone", "> one\n>> two\nnone"),
        (">quoted", "> quoted"),
        (">> > three", ">> > three"),
        (" From here\n > no quote", "From here\n> no quote"),
        ("words \n-- \nAna", "words\n-- \nAna"),
        ("ends in a space \n", "ends in a space "),
        ("> ends \n", "> ends\n"),
        (">\n> a", ">\n> a"),
        ("", ""),
        ("\n\n", "\n\n"),
    ],
)
def test_lines_are_put_together_as_they_were_written(sent: str, written: str) -> None:
    assert unflowed(sent) == written


def test_with_delsp_the_space_at_the_end_of_a_line_is_no_part_of_the_text() -> None:
    assert unflowed("日本 \n語 \nです", delete_space=True) == "日本語です"
    assert unflowed("日本 \n語") == "日本 語"


def test_a_text_of_very_many_lines_stays_as_it_came() -> None:
    text = "a \n" * (LINES_READ + 1)

    assert unflowed(text) == text
