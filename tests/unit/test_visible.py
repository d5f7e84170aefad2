"""What of a mail's text is shown first: the author's own words, and never too few of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.quotes import HOSTILE
from letterlock.domain.quote_lines import LINE_CHARACTERS, LINES_READ
from letterlock.domain.quote_words import LANGUAGES
from letterlock.domain.spans import Spans, parts, visible
from letterlock.domain.visible import hidden_spans, read

FOLDER = Path(__file__).with_name("visible")
LOOKS_A_LINE = 40


def paragraphs(name: str) -> Iterator[tuple[str, str]]:
    """Of a file of cases: what stands behind each `@`, and the lines below it."""
    text = (FOLDER / name).read_text(encoding="utf-8").replace("␠", " ")
    for each in re.split(r"^@ ", text, flags=re.MULTILINE)[1:]:
        title, _, below = each.partition("\n")
        yield title, below.strip("\n")


INTRODUCTIONS = [(*title.rsplit(", ", 2), below) for title, below in paragraphs("introductions.txt")]
CASES = [(title, *below.split("\n@@@\n")) for title, below in paragraphs("cases.txt")]
SENT_FROM = [each for each in (FOLDER / "sent_from.txt").read_text(encoding="utf-8").splitlines() if each[0] != "#"]
ANSWER = "Yes, please.\nTo my office."
HISTORY = "Dear Ana,\n\nshall we send it?\n\nTom"


def shown(text: str, subject: str = "Re: Your order") -> str:
    return visible(text, hidden_spans(text, subject))


@pytest.mark.parametrize(("title", "mail", "seen"), CASES, ids=[each[0] for each in CASES])
def test_a_mail_shows_what_its_author_wrote(title: str, mail: str, seen: str) -> None:
    assert shown(mail, title.partition(" | ")[2]).strip("\n") == (mail if seen == "=" else seen)


@pytest.mark.parametrize(
    ("client", "language", "how", "lines"), INTRODUCTIONS, ids=[f"{each[0]}, {each[1]}" for each in INTRODUCTIONS]
)
def test_every_program_in_every_language(client: str, language: str, how: str, lines: str) -> None:
    quoted = "\n".join(f"> {each}".rstrip() for each in HISTORY.splitlines())
    history = {"quoted": quoted, "plain": f"\n{HISTORY}"}[how]
    assert shown(f"{ANSWER}\n\n{lines}\n{history}\n") == ANSWER
    assert shown(f"{ANSWER}\n\n--\xa0\nAna\n\n{lines}\n\n{quoted}\n\n\n") == ANSWER
    assert shown(f"{lines}\n{quoted}\n\n{ANSWER}") in (ANSWER, f"{lines}\n{quoted}\n\n{ANSWER}")
    assert shown(f"{lines}\n{history}") == f"{lines}\n{history}"


@pytest.mark.parametrize("line", SENT_FROM)
def test_the_line_of_a_mail_program(line: str) -> None:
    assert shown(f"{ANSWER}\n\n{line}\n") == ANSWER
    assert shown(f"{ANSWER}\n\n{line}\n\nOne more thing.") == f"{ANSWER}\n\n{line}\n\nOne more thing."


def test_the_languages_asked_for_are_complete() -> None:
    for name in ("English", "German", "French", "Spanish", "Portuguese", "Italian", "Dutch"):
        words = LANGUAGES[name]
        assert all(getattr(words, field) for field in words.__slots__), name
        clients = " ".join(client for client, language, *_ in INTRODUCTIONS if language == name)
        assert all(each in clients for each in ("Gmail", "Apple", "Thunderbird", "Yahoo", "Outlook")), name


ODDS = ["", "-- ", "--", ">", "> x", ">> y", "_" * 32, "a", "To:", "From: a@b 10:30", "\ufeff"]
LINES = [part for each in CASES for part in each[1].split("\n")]
PIECES = st.sampled_from([*(each[3] for each in INTRODUCTIONS), *SENT_FROM, *LINES, *ODDS])
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("\n".join), st.text(max_size=300))


@given(TEXTS, st.sampled_from(["", "Re: a", "Fwd: a"]))
@settings(max_examples=300, deadline=None)
def test_what_is_hidden_and_what_is_seen_are_the_whole(text: str, subject: str) -> None:
    hidden = hidden_spans(text, subject)
    assert "".join(part for part, _ in parts(text, hidden)) == text
    ends = [0, *(offset for span in hidden for offset in span), len(text)]
    assert ends == sorted(ends)
    assert all(start < end for start, end in hidden)
    assert visible(text, hidden).strip() or not hidden
    assert len(hidden) <= 3


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_what_the_author_wrote_last_is_seen(text: str) -> None:
    marked = f"{text}\n\nThis sentence is what I have to say, in so many words as no program would add."
    read_ = hidden_spans(marked)
    history = any(end == len(marked) for _, end in read_)
    assert history or visible(marked, read_).endswith("no program would add.")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_line_is_looked_at_often(name: str) -> None:
    reading = read(HOSTILE[name])
    assert reading.lines <= LINES_READ
    assert reading.looks <= LOOKS_A_LINE * reading.lines


def test_looks_grow_with_the_lines() -> None:
    for name, text in HOSTILE.items():
        lines = text.split("\n")[: LINES_READ // 2]
        half, whole = (read("\n".join(some)).looks for some in (lines[: len(lines) // 2], lines))
        assert whole <= 2 * half + 10 * LOOKS_A_LINE, name


def test_a_line_is_read_as_far_as_an_introduction_may_go() -> None:
    long = "On 12/03/2024 10:30, Tom <tom@shop.example>".ljust(LINE_CHARACTERS - len(" wrote:"), "x") + " wrote: me too"
    assert shown(f"{ANSWER}\n\n{long}\n\n{HISTORY}") == f"{ANSWER}\n\n{long}\n\n{HISTORY}"


def test_a_mail_with_more_lines_than_are_read_is_shown_whole() -> None:
    hidden: Spans = hidden_spans(f"{ANSWER}\n\n" + "> a\n" * LINES_READ)
    assert hidden == ()


def test_history_is_hidden_however_long_it_is() -> None:
    block = "From: Tom <tom@shop.example>\nSent: 12/03/2024 10:30\nTo: Ana\nSubject: Your order\n\n"
    assert shown(f"{ANSWER}\n\n{block}" + "a\n" * LINES_READ) == ANSWER
