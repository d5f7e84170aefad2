"""What the inbox list shows of a message."""

import pytest

from letterlock.domain.conversations import PREVIEW_CHARACTERS, preview_of


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("Hello,\n\nmy  parcel\tis\xa0lost.", "Hello, my parcel is lost."),
        ("See here <https://shop.example/?a=1>.", "See here ."),
        ("Write to Tom <tom@shop.example>", "Write to Tom <tom@shop.example>"),
        ("Sale\u200c \u200c\xa0\u034f \u00ad \u200b\ufeff ends today", "Sale\u200c ends today"),
        ("Up to 50 % <b> off", "Up to 50 % <b> off"),
        ("<https://shop.example/>", ""),
        ("", ""),
    ],
)
def test_a_preview_is_the_first_words_of_a_mail(text: str, preview: str) -> None:
    assert preview_of(text) == preview


def test_a_preview_has_room_for_words_whatever_links_stand_before_them() -> None:
    assert preview_of(f"View in browser <https://x.example/{'x' * 500}> Hello Ana") == "View in browser Hello Ana"
    assert len(preview_of("word " * 500)) <= PREVIEW_CHARACTERS
