"""What somebody wrote above what they were sent, whatever their mail program makes of it; and what is no answer."""

import pytest

from letterlock.domain.answers import (
    SEPARATOR,
    Answer,
    AnswerSeen,
    Refusal,
    Refused,
    answer_of,
    answer_seen,
)
from letterlock.domain.mail import Address, Attachment, Mail

TOKEN = "a" * 39
SENDER = "notifications@mail.acme.example"
MAILBOX = "support@acme.example"
QUOTED = f"> {SEPARATOR}\n>\n> What you write above that line goes to the customer.\n> A mail came.\n"


def answer(text: str, **more: object) -> Answer:
    return answer_of(Mail(subject="", sender=None, text=text, **more), TOKEN, SENDER, 1_000)  # type: ignore[arg-type]


def refusal(text: str, **more: object) -> Refusal:
    with pytest.raises(Refused) as refused:
        answer(text, **more)
    return refused.value.why


@pytest.mark.parametrize(
    "below",
    [
        f"{SEPARATOR}\n\nWhat you write above",
        QUOTED,
        f"On Mon, 2 Nov 2026 at 09:30, Support <{SENDER}> wrote:\n{QUOTED}",
        f"On Mon, 2 Nov 2026 at 09:30, Support\n<{SENDER}> wrote:\n\n{QUOTED}",
        f"Am 02.11.26 um 09:30 schrieb Support <{SENDER}>:\n{QUOTED}",
        f"________________________________\nFrom: Support <{SENDER}>\nSent: Monday\nTo: Bea\nSubject: x\n\n{SEPARATOR}\n",
        f"-----Original Message-----\nVon: {SENDER}\nGesendet: Montag\n\n{SEPARATOR}\n",
        f"> > {SEPARATOR.upper()}\n",
        f"| {SEPARATOR.replace(' ', chr(160), 1)}\n",
        "",
    ],
)
def test_what_the_mail_program_adds_is_cut_off(below: str) -> None:
    assert answer(f"Thank you.\n\nIt is on its way.\n\n{below}") == Answer(
        "Thank you.\n\nIt is on its way.", note=False
    )


def test_an_attribution_directly_below_takes_none_of_the_text_with_it() -> None:
    assert answer(f"We open at nine.\nOn 2 Nov at 09:30 {SENDER} wrote:\n{QUOTED}").text == "We open at nine."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#note\nAsk Bea first.", "Ask Bea first."),
        ("\n #NOTE \n\nAsk Bea first.", "Ask Bea first."),
        ("#note Ask Bea first.", "Ask Bea first."),
        ("#note: Ask Bea first.", "Ask Bea first."),
    ],
)
def test_what_begins_with_the_word_for_it_is_a_note(text: str, said: str) -> None:
    assert answer(text + f"\n\n{QUOTED}") == Answer(said, note=True)


@pytest.mark.parametrize("text", ["The #note\nis a tag.", "#notebooks are sold out."])
def test_what_does_not_is_none(text: str) -> None:
    assert answer(text) == Answer(text, note=False)


def test_a_quote_in_the_midst_stays() -> None:
    assert answer(f"> Is it blue?\nYes.\n\n{QUOTED}").text == "> Is it blue?\nYes."


@pytest.mark.parametrize("text", ["", " \n\t\n", f"\n{QUOTED}", "#note", f"#note\n\n{QUOTED}", "> only\n> quoted"])
def test_nothing_is_no_answer(text: str) -> None:
    assert refusal(text) is Refusal.EMPTY


@pytest.mark.parametrize(
    "text",
    [
        f"Thank you.\nTo: support+{TOKEN.upper()}@acme.example\nSubject: x\nmore\n" + "line\n" * 20,
        f"Thank you. <{SENDER}>" + "\nline" * 20,
        "Thank you.\n** -- Reply above this line -- **\nWhat you write",
    ],
)
def test_what_cannot_be_told_from_what_it_quotes_is_not_sent(text: str) -> None:
    assert refusal(text) is Refusal.QUOTED


def test_files_and_too_much_text_are_refused_and_not_dropped() -> None:
    files = (Attachment("a.pdf", "application/pdf", b""),)
    assert refusal("See there.", attachments=files) is Refusal.FILES
    assert refusal("x" * 1_001) is Refusal.TOO_LONG
    harmless = (
        Attachment("logo.png", "image/png", b"", inline=True),
        Attachment("smime.p7s", "application/pkcs7-signature", b""),
    )
    assert answer("See there.", attachments=harmless).text == "See there."


def test_control_characters_are_left_out() -> None:
    assert answer("Thank\x00 you\x1b.").text == "Thank you."


def test_a_mail_of_many_lines_is_read_in_no_time() -> None:
    assert refusal("> x\n" * 200_000) is Refusal.EMPTY
    assert refusal("-" * 500_000 + "\n" + " " * 500_000) is Refusal.TOO_LONG


# ---- is it one ------------------------------------------------------------------------------------------------------


def seen(*recipients: str, **more: object) -> AnswerSeen | None:
    return answer_seen(Mail(subject="", sender=None, **more), recipients, MAILBOX)  # type: ignore[arg-type]


def test_the_envelope_says_that_a_mail_is_an_answer() -> None:
    assert seen(f"support+{TOKEN}@acme.example") == AnswerSeen(TOKEN, alone=True)
    assert seen(f"Support+{TOKEN.upper()}@ACME.example") == AnswerSeen(TOKEN, alone=True)
    assert seen(f"support+{TOKEN}@acme.example", MAILBOX) == AnswerSeen(TOKEN, alone=False)


def test_of_a_forwarded_mailbox_the_header_says_it() -> None:
    to = (Address(f"support+{TOKEN}@acme.example"),)
    assert seen(MAILBOX, to=to) == AnswerSeen(TOKEN, alone=False)
    assert seen(MAILBOX, delivered_to=(to[0].address,)) == AnswerSeen(TOKEN, alone=False)


@pytest.mark.parametrize("token", ["", "a", "a" * 38, "a" * 40, "1" * 39, f"{'a' * 38}="])
def test_an_ordinary_mail_is_none(token: str) -> None:
    assert seen(f"support+{token}@acme.example", to=(Address(f"support+{token}@acme.example"),)) is None
    assert seen(MAILBOX, f"sales+{TOKEN}@acme.example") is None
