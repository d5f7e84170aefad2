"""A mailbox acknowledges: chosen over the API, through the real handlers, as the customer gets it."""

import json
from email.message import Message
from email.utils import parseaddr
from typing import Any

import pytest

from bench.stack import notification_of
from letterlock.domain.permissions import Role
from tests.handlers.stack import Stack, sqs_event

TEXT = "Thank you.\nWe will answer within a day."
MAIL = b"From: Ana <ana@customer.example>\r\nTo: support@acme.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"


def chosen(stack: Stack, role: Role = Role.ADMIN, **wanted: Any) -> tuple[int, Any]:
    path, headers = f"/v1/mailboxes/{stack.mailbox}", stack.person(role).headers
    status, answer, _ = stack.api("PATCH", path, {"settings": {"acknowledgement": wanted}}, token="", headers=headers)
    return status, answer


def mailed(stack: Stack, name: str = "s1", raw: bytes = MAIL, **verdicts: str) -> list[Message]:
    """A mail comes in. What is said of it by itself."""
    stack.store(name, raw)
    assert stack.notify(notification_of(name, ("support@acme.example",), **verdicts)) == {"batchItemFailures": []}
    return stack.acknowledged()


def told(stack: Stack) -> list[str]:
    return [each["detail-type"] for each in stack.published]


def test_it_is_off_until_a_team_wants_it_and_then_no_fact_tells_of_it(stack: Stack) -> None:
    assert mailed(stack) == []
    assert "AcknowledgementQueued" not in told(stack)


def test_who_writes_for_the_first_time_gets_the_teams_words_and_an_address_that_leads_to_the_conversation(
    stack: Stack,
) -> None:
    status, answer = chosen(stack, enabled=True, text=TEXT)
    assert (status, answer["settings"]["acknowledgement"]) == (200, {"enabled": True, "text": TEXT})
    [mail] = mailed(stack)
    assert (mail["To"], mail["Subject"]) == ("<ana@customer.example>", "We have received your message")
    assert parseaddr(str(mail["From"]))[1] == "support@acme.example"
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert mail["X-Letterlock-Loop"] == "support@acme.example; purpose=acknowledgement"
    assert bytes(mail.get_payload(decode=True)).decode().replace("\r\n", "\n").strip() == TEXT
    for said in ("Order 7", "Where is it?", "Ana"):
        assert said not in mail.as_string()

    address = parseaddr(str(mail["Reply-To"]))[1]
    answer = MAIL.replace(b"Where is it?", b"Thanks").replace(b"support@", address.partition("@")[0].encode() + b"@")
    stack.store("s2", answer)
    stack.notify_of("s2", (address,))
    assert stack.acknowledged() == []
    [card] = stack.api("GET", "/v1/conversations")[1]["conversations"]
    assert (card["message_count"], card["status"]) == (2, "open")


def test_one_address_is_told_once_a_day(stack: Stack) -> None:
    chosen(stack, enabled=True, text=TEXT)
    assert len(mailed(stack)) == 1
    assert mailed(stack, "s2", MAIL.replace(b"Order 7", b"Order 8")) == []
    for event in [each for each in stack.published if each["detail-type"] == "AcknowledgementQueued"]:
        assert stack.call("acknowledgement", sqs_event(json.dumps(event))) == {"batchItemFailures": []}
    assert len(stack.sent()) == 1


@pytest.mark.parametrize(
    ("field", "verdicts"),
    [
        (b"", {"dmarc": "FAIL"}),
        (b"", {"dmarc": "GRAY", "spf": "GRAY"}),
        (b"", {"spam": "FAIL"}),
        (b"", {"virus": "FAIL"}),
        (b"Auto-Submitted: auto-replied\r\n", {}),
        (b"List-Id: <users.customer.example>\r\n", {}),
        (b"Reply-To: victim@else.example\r\n", {}),
    ],
)
def test_nobody_is_told_whom_nobody_vouches_for_nor_a_machine_nor_somebody_else(
    stack: Stack, field: bytes, verdicts: dict[str, str]
) -> None:
    chosen(stack, enabled=True, text=TEXT)
    assert mailed(stack, raw=field + MAIL, **verdicts) == []
    assert "AcknowledgementQueued" not in told(stack)


def test_a_mail_whose_return_path_is_empty_is_told_nothing(stack: Stack) -> None:
    chosen(stack, enabled=True, text=TEXT)
    stack.store("s1", MAIL)
    notification = notification_of("s1", ("support@acme.example",))
    notification["mail"]["source"] = ""
    assert stack.notify(notification) == {"batchItemFailures": []}
    assert stack.acknowledged() == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"enabled": True},
        {"enabled": True, "text": " \n"},
        {"text": "x" * 1_001},
        {"text": "\u00fc" * 501},
        {"text": "a\x00b"},
        {"subject": "Hello"},
    ],
)
def test_what_could_not_be_sent_is_refused(stack: Stack, wanted: dict[str, Any]) -> None:
    assert chosen(stack, **wanted)[0] == 400
    path, headers = f"/v1/mailboxes/{stack.mailbox}", stack.person().headers
    shown = stack.api("GET", path, token="", headers=headers)[1]["settings"]["acknowledgement"]
    assert shown == {"enabled": False, "text": ""}


def test_who_may_not_manage_mailboxes_may_not_choose(stack: Stack) -> None:
    assert chosen(stack, Role.AGENT, enabled=True, text=TEXT)[0] == 403


def test_line_ends_of_any_kind_are_taken(stack: Stack) -> None:
    assert chosen(stack, enabled=True, text="One\r\nTwo\r\n")[1]["settings"]["acknowledgement"]["text"] == "One\nTwo"
