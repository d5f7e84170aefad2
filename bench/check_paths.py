"""The ways of mails that are no person's, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

import json

from bench.letters import CUSTOMER
from bench.recorder import refusal
from bench.scenarios import Desk
from bench.stack import sqs_event

SAYS = """From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>\r
Subject: Undelivered\r
Message-ID: <{name}@mx.customer.example>\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
\r
Sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.customer.example\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: failed\r
Status: 5.1.1\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
{header}\r
\r
--b--\r
"""


def bounce(name: str, header: str) -> bytes:
    """A server says that a mail with this header did not reach the customer."""
    return SAYS.format(name=name, recipient=CUSTOMER, header=header).encode()


def a_reply_comes_back_by_mail(desk: Desk) -> None:
    """Known by its Message-ID, twice, and then by the keyed reference in it alone; once it is of something unknown."""
    desk.opened()
    _, references = desk.sent("It left today.")
    headers = (f"Message-ID: {references[-1]}", f"References: {references[0]}", "Message-ID: <unknown@acme.example>")
    for number, header in enumerate(headers):
        name = f"bounce-{desk.conversation}-{number}"
        for _ in range(2):
            desk.stack.mail(bounce(name, header), ses_message_id=name)


def a_mail_is_acknowledged(desk: Desk) -> None:
    """SES puts it off first; then it goes, once, and of the sender's next mail none does."""
    desk.acknowledges()
    _writes(desk, "first")
    desk.stack.recorder.faults["sesv2", "SendEmail"] = refusal(429, "TooManyRequestsException")
    desk.stack.acknowledged(failing=True)
    desk.stack.recorder.faults.clear()
    told = [each for each in desk.stack.published if each["detail-type"] == "AcknowledgementQueued"][-1]
    for _ in range(2):
        desk.accepted(desk.stack.call("acknowledgement", sqs_event(json.dumps(told))))
    _writes(desk, "second")
    desk.stack.acknowledged()
    desk.acknowledges(enabled=False)


def _writes(desk: Desk, name: str) -> None:
    raw = f"From: bob@customer.example\r\nSubject: {name}\r\n\r\nWhere is it?\r\n"
    desk.accepted(desk.stack.mail(raw.encode(), ses_message_id=f"acknowledged-{name}"))


CHECKED = (a_reply_comes_back_by_mail, a_mail_is_acknowledged)
