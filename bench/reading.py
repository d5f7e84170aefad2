"""Everything that is done with a mail once it is parsed, without a store: what the fuzzer goes through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from letterlock.adapters import codec
from letterlock.adapters.html_sanitiser import sanitise
from letterlock.domain.checks.examination import examine
from letterlock.domain.checks.identity import Ours
from letterlock.domain.conversations import Kind, Message, inline_text
from letterlock.domain.fingerprints import fingerprint
from letterlock.domain.mail import Address, Content, Delivery, Mail, Verdict, Verdicts
from letterlock.domain.participants import participants_of
from letterlock.domain.spans import parts
from letterlock.domain.threading import message_ids_seen, tokens_seen
from letterlock.domain.visible import hidden_spans

OURS: Final = "support@acme.example"
READ_AGAIN: Final = 20_000
"""Characters of HTML up to which it is sanitised three times: the fuzzer measures what a mail costs once."""
DELIVERY: Final = Delivery(
    "ses", "inbound/ses", (OURS,), Verdicts(*[Verdict.PASS] * 5), datetime(2026, 11, 2, tzinfo=UTC), "a@b.example"
)


def read_all(mail: Mail) -> None:
    """Raises AssertionError where something would be stored or shown that is not what the mail says."""
    hidden = hidden_spans(mail.text, mail.subject)
    if "".join(text for text, _ in parts(mail.text, hidden)) != mail.text:
        raise AssertionError("what is hidden and what is not are not the whole text")
    list(tokens_seen(mail, DELIVERY.recipients, OURS))
    message_ids_seen(mail)
    participants_of(mail, frozenset({OURS}))
    fingerprint(mail)
    _ = Content(mail.text, mail.html).sha256
    text, _ = inline_text(mail.text)
    message = Message(
        "msg_1", Kind.INBOUND, DELIVERY.received_at, text, hidden, subject=mail.subject, sender=mail.sender,
        to=mail.to[:200], cc=mail.cc[:200], message_id=mail.message_id, references=mail.references[-50:],
        checks=examine(mail, DELIVERY, Ours(Address(OURS))),
    )  # fmt: skip
    kept = codec.message_fields(codec.message_bytes(message))
    said = (message.text, message.sender, message.to, message.checks)
    if (kept["text"], kept["sender"], kept["to"], kept["checks"]) != said:
        raise AssertionError("what is kept of it is not what was read")
    shown = sanitise(mail.html)
    if "<script" in shown.html.lower():
        raise AssertionError("the sanitiser let a script through")
    if len(mail.html) < READ_AGAIN:
        again = sanitise(shown.html).html  # without links whose address is none, of which nh3 leaves an empty <a>
        if sanitise(again).html != again:
            raise AssertionError("what is sanitised again becomes something else")
