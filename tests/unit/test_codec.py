"""Messages come back as they were. Cards: they fit, whatever the script, and cut between characters."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letterlock.adapters.codec import card, card_bytes, cut, json_size, message_bytes, message_fields
from letterlock.domain.conversations import Conversation, Kind, Message
from letterlock.domain.mail import Address, Protection

ULID = "01JAB3C4D5E6F7G8H9J0KMNPQR"
LIMIT = 412

any_text = st.text(st.characters(), max_size=1000) | st.sampled_from(
    ["\u4e2d" * 998, "\U0001f600" * 998, '"\\' * 499, "\x00" * 998, "\udcff" * 998, "a" * 998]
)


def shown(subject: str, sender: str, preview: str, assignee: str = "") -> Conversation:
    return Conversation(
        id=f"cnv_{ULID}",
        workspace=f"wsp_{ULID}",
        mailbox=f"mbx_{ULID}",
        number=9_999_999,
        subject=subject,
        opened_at=datetime(2026, 11, 2, tzinfo=UTC),
        assignee=assignee,
        count=99_999,
        last_sender=sender,
        preview=preview,
    )


@given(any_text, any_text, any_text, st.sampled_from(["", f"tok_{ULID}"]))
@example("\x00" * 998, "\x00" * 998, "\x00" * 998, f"tok_{ULID}")
def test_a_card_never_takes_more_than_its_room(subject: str, sender: str, preview: str, assignee: str) -> None:
    octets = card_bytes(shown(subject, sender, preview, assignee), LIMIT)

    assert len(octets) <= LIMIT
    read = card(octets)
    assert subject.startswith(read.subject)
    assert sender.startswith(read.sender)
    assert preview.startswith(read.preview)
    assert (read.mailbox, read.assignee, read.number, read.count) == (f"mbx_{ULID}", assignee, 9_999_999, 99_999)


@pytest.mark.parametrize(
    ("subject", "sender", "preview"),
    [
        ("Your order 4711 has been delivered, but the lamp is broken", "Ana Example", "word " * 24),
        ("\u3054\u6ce8\u6587\u3044\u305f\u3060\u3044\u305f\u5546\u54c1\u306b\u3064\u3044\u3066\u306e\u304a\u554f\u3044\u5408\u308f\u305b", "\u5c71\u7530\u592a\u90ce", "\u4e2d" * 40),
    ],
    ids=["English", "Japanese"],
)  # fmt: skip
def test_an_everyday_card_is_cut_nowhere(subject: str, sender: str, preview: str) -> None:
    read = card(card_bytes(shown(subject, sender, preview), LIMIT))

    assert (read.subject, read.sender, read.preview) == (subject, sender, preview)


def test_assigning_a_conversation_cuts_nothing_off_its_card() -> None:
    long = "\u4e2d" * 998
    before = card(card_bytes(shown(long, long, long), LIMIT))
    after = card(card_bytes(shown(long, long, long, f"tok_{ULID}"), LIMIT))

    assert (after.subject, after.sender, after.preview) == (before.subject, before.sender, before.preview)


@given(any_text, st.integers(0, 300))
def test_a_cut_is_as_long_as_it_may_be(text: str, limit: int) -> None:
    kept = cut(text, limit)

    assert text.startswith(kept)
    assert json_size(kept) <= limit
    assert kept == text or json_size(text[: len(kept) + 1]) > limit


@pytest.mark.parametrize(
    ("in_reply_to", "references"),
    [((), ()), ((), ("a@x",)), (("b@x",), ("a@x", "b@x")), (("a@x",), ("a@x", "b@x")), (("a@x",), ()), (("a@x", "b@x"), ("b@x",))],
)  # fmt: skip
def test_a_message_comes_back_with_what_its_mail_answers(
    in_reply_to: tuple[str, ...], references: tuple[str, ...]
) -> None:
    message = Message(
        id="msg_1",
        kind=Kind.INBOUND,
        at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        text="Hello",
        co_authors=(Address("ben@b.example", "Ben"),),
        date=datetime(2026, 11, 2, 9, 29, 58, tzinfo=UTC),
        protection=Protection.PGP_SIGNED,
        in_reply_to=in_reply_to,
        references=references,
    )
    fields = message_fields(message_bytes(message))

    assert Message(message.id, message.kind, message.at, **fields) == message
