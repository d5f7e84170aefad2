"""What was found out about a mail is shown with it."""

from typing import Any

from bench.check_paths import bounce
from bench.scenarios import Desk
from tests.handlers.stack import Stack

AWAY = (
    b"From: Ana <ana@customer.example>\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n"
    b"List-Id: All <all.customer.example>\r\n\r\nBack on Monday.\r\n"
)
BOUNCED = (
    b"From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>\r\nSubject: Undelivered\r\n"
    b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n'
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
    b"Final-Recipient: rfc822; bob@customer.example\r\nAction: delayed\r\n\r\n"
    b"Final-Recipient: rfc822; ana@customer.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
    b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <elsewhere@acme.example>\r\n\r\n--b--\r\n"
)


def only_message(stack: Stack) -> Any:
    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    (message,) = stack.api("GET", f"/v1/conversations/{card['id']}")[1]["messages"]
    return message


def test_a_message_says_who_vouches_for_it_and_that_a_machine_sent_it(stack: Stack) -> None:
    stack.store("s1", AWAY)
    stack.notify_of("s1", dkim="FAIL", spam="GRAY")
    message = only_message(stack)
    assert message["checks"] == {
        "authentication": {"spf": "PASS", "dkim": "FAIL", "dmarc": "PASS", "sender": "authenticated"},
        "spam": "GRAY",
        "virus": "PASS",
        "auto": {"kind": "auto_replied", "evidence": "Auto-Submitted"},
        "mailing_list": {"id": "all.customer.example", "evidence": "List-Id"},
        "loop": None,
        "warnings": [],
    }
    assert message["bounce"] is None


def test_a_bounce_says_whom_a_mail_did_not_reach_and_which_mail(stack: Stack) -> None:
    stack.mail(BOUNCED)
    failed = {"recipient": "ana@customer.example", "action": "failed", "status": "5.1.1"}
    assert only_message(stack)["bounce"] == {
        **failed,
        "message_id": "elsewhere@acme.example",
        "message": None,
        "recipients": [failed, {"recipient": "bob@customer.example", "action": "delayed", "status": None}],
    }


def test_of_a_mail_that_was_not_read_only_the_mail_services_word_is_known(stack: Stack) -> None:
    stack.store("s1", AWAY)
    stack.notify_of("s1", virus="FAIL")
    (card,) = stack.api("GET", "/v1/conversations", query={"status": "quarantined"})[1]["conversations"]
    (message,) = stack.api("GET", f"/v1/conversations/{card['id']}")[1]["messages"]
    assert message["checks"]["virus"] == "FAIL"
    assert message["checks"]["authentication"]["sender"] is None
    assert message["checks"]["auto"] is None


def test_what_the_team_wrote_was_not_judged(stack: Stack) -> None:
    stack.mail(AWAY)
    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    note = stack.api("POST", f"/v1/conversations/{card['id']}/notes", {"text": "x"})[1]
    assert (note["checks"], note["bounce"]) == (None, None)


def test_a_reply_that_comes_back_by_mail_shows_it_in_its_own_conversation(stack: Stack) -> None:
    desk = Desk(stack)
    conversation = desk.opened()
    _, references = desk.sent("It left today.")
    stack.mail(bounce("b1", f"Message-ID: {references[-1]}"), ses_message_id="b1")
    read = stack.api("GET", f"/v1/conversations/{conversation}")[1]
    _, reply, bounced = read["messages"]
    assert (reply["sending"]["state"], reply["sending"]["bounce"]) == ("bounced", "hard")
    assert bounced["bounce"]["message"] == reply["id"]
    assert bounced["threading"] == {"rule": "bounce", "evidence": "Message-ID", "trust": "unverified", "by": None}
    assert len(stack.api("GET", "/v1/conversations")[1]["conversations"]) == 1
    assert read["status"] == "open"


def test_a_mail_of_ours_that_comes_back_wakes_nothing(stack: Stack) -> None:
    desk = Desk(stack)
    conversation = desk.opened()
    desk.sent("It left today.")
    stack.mail(stack.sent()[-1].raw_data.encode(), ses_message_id="back")
    read = stack.api("GET", f"/v1/conversations/{conversation}")[1]
    assert read["messages"][-1]["checks"]["loop"] == "own_mail"
    assert read["messages"][-1]["threading"]["trust"] == "unverified"
    assert read["status"] == "pending"
