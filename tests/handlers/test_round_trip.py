"""A mail in, read over the API, answered, sent, answered again: through the real handlers."""

import email
from email import policy

from tests.handlers.stack import MAILBOX, Stack

MAIL = (
    b"From: Ana <ana@customer.example>\r\nTo: support@acme.example\r\nSubject: Order 7\r\n"
    b"Message-ID: <m1@customer.example>\r\nDate: Sun, 01 Mar 2026 09:00:00 +0000\r\n\r\nWhere is it?\r\n"
)


def test_a_mail_becomes_a_conversation_is_answered_and_its_answer_comes_back_to_it(stack: Stack) -> None:
    assert stack.mail(MAIL) == {"batchItemFailures": []}

    status, listed, _ = stack.api("GET", "/v1/conversations")
    assert status == 200
    (card,) = listed["conversations"]
    assert (card["subject"], card["sender"], card["preview"], card["number"]) == ("Order 7", "Ana", "Where is it?", 1)

    status, reply, _ = stack.api("POST", f"/v1/conversations/{card['id']}/replies", {"text": "On its way."})
    assert status == 202
    assert reply["sending"]["state"] == "queued"

    (queued,) = [fact for fact in stack.relay() if fact["detail-type"] == "ReplyQueued"]
    assert stack.deliver(queued) == {"batchItemFailures": []}
    (sent,) = stack.sent()
    mail = email.message_from_string(sent.raw_data, policy=policy.default)
    assert "ana@customer.example" in sent.destinations
    assert mail["To"] == "Ana <ana@customer.example>"
    assert mail["Subject"] == "Re: Order 7"
    assert mail["In-Reply-To"] == "<m1@customer.example>"

    _, read, _ = stack.api("GET", f"/v1/conversations/{card['id']}")
    marked = read["messages"][1]["sending"]
    assert marked["state"] == "sent"
    assert marked["message_id"].endswith(".amazonses.com")

    answer = (
        f"From: ana@customer.example\r\nTo: {mail['Reply-To']}\r\nSubject: Re: Order 7\r\n"
        f"References: {mail['References']} <{marked['message_id']}>\r\nMessage-ID: <m2@customer.example>\r\n\r\nThanks!\r\n"
    )
    reply_to = mail["Reply-To"].addresses[0].addr_spec
    assert stack.mail(answer.encode(), ses_message_id="ses2", recipients=(reply_to,)) == {"batchItemFailures": []}
    _, read, _ = stack.api("GET", f"/v1/conversations/{card['id']}")
    assert [message["text"].strip() for message in read["messages"]] == ["Where is it?", "On its way.", "Thanks!"]
    assert read["messages"][2]["threading"] == {
        "rule": "reply_address",
        "evidence": "envelope",
        "trust": "verified",
        "by": None,
    }
    assert read["status"] == "open"
    assert MAILBOX not in [each["address"] for each in read["participants"]]


def test_history_is_told_apart_from_what_was_written_and_the_whole_is_there_to_read(stack: Stack) -> None:
    history = "On 12/03/2024 10:30, Tom <tom@acme.example> wrote:\r\n" + "> Where to?\r\n" * 500
    stack.mail(MAIL.replace(b"Where is it?", f"{history}\r\nTo my office.".encode()))
    _, listed, _ = stack.api("GET", "/v1/conversations")
    (card,) = listed["conversations"]
    assert card["preview"] == "To my office."
    _, read, _ = stack.api("GET", f"/v1/conversations/{card['id']}")
    (message,) = read["messages"]
    assert (message["text"], message["visible_text"], message["truncated"]) == (("To my office.",) * 2 + (True,))
    _, whole, _ = stack.api("GET", f"/v1/conversations/{card['id']}/messages/{message['id']}")
    assert whole["text"].count("> Where to?") == 500
    assert (whole["visible_text"].strip(), whole["truncated"]) == ("To my office.", False)
