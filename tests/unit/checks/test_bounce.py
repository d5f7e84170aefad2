"""What servers send back is read, in the forms that are met."""

from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.checks.bounce import Bounce, BouncedRecipient, ReportedAction, bounce

SENT_AS = "0102018f-7a@eu-west-1.amazonses.com"
HEADERS = f"Message-ID: <{SENT_AS}>\nReferences: <abc@acme.example>\n <m1@customer.example>\nSubject: Re: Order\n"
REPORTED = """From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>
To: support@acme.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example
Arrival-Date: Mon, 2 Nov 2026 09:00:00 +0000

{groups}
--b
Content-Type: {kind}

{headers}
--b--
"""
FAILED = """Final-Recipient: rfc822; ana@customer.example
Action: failed
Status: 5.1.1 (no such user)
Diagnostic-Code: smtp; 550 5.1.1 <ana@customer.example>: no such user
"""


def read(raw: str) -> Bounce | None:
    return bounce(MimeParser().parse(raw.replace("\n", "\r\n").encode()))


def reported(groups: str = FAILED, kind: str = "text/rfc822-headers", headers: str = HEADERS) -> Bounce:
    found = read(REPORTED.format(groups=groups, kind=kind, headers=headers))
    assert found is not None
    return found


def test_a_delivery_report_says_whom_the_mail_did_not_reach_and_which_one_it_was() -> None:
    found = reported()
    assert found == Bounce((BouncedRecipient("ana@customer.example", ReportedAction.FAILED, "5.1.1"),), SENT_AS)
    assert found.worst.for_good


def test_the_mail_may_come_back_whole() -> None:
    assert reported(kind="message/rfc822", headers=HEADERS + "\nHello Ana\n").message_id == SENT_AS


def test_a_report_without_the_mail_is_a_bounce_of_something_unknown() -> None:
    assert reported(kind="application/octet-stream", headers="x").message_id == ""


def test_of_several_recipients_those_come_first_whom_it_did_not_reach() -> None:
    relayed = "Final-Recipient: rfc822;bob@customer.example\nAction: relayed\nStatus: 2.1.9\n"
    delayed = "Final-Recipient: rfc822;cleo@customer.example\nAction: delayed\nStatus: 4.4.1\n"
    found = reported(f"{relayed}\n{delayed}\n{FAILED}")
    assert [(each.address[:3], each.action) for each in found.recipients] == [
        ("ana", ReportedAction.FAILED),
        ("cle", ReportedAction.DELAYED),
        ("bob", ReportedAction.RELAYED),
    ]


def test_an_address_that_was_passed_on_is_known_by_the_one_it_was_sent_to() -> None:
    group = (
        "Original-Recipient: rfc822;ana@customer.example\nFinal-Recipient: rfc822;a77@inner.example\nAction: failed\n"
    )
    assert reported(group).worst == BouncedRecipient(
        "a77@inner.example", ReportedAction.FAILED, "", "ana@customer.example"
    )


def test_what_a_report_leaves_out_follows_from_what_it_says() -> None:
    base = "Final-Recipient: rfc822;ana@customer.example\n"
    assert reported(base + "Status: 4.2.2\n").worst.action is ReportedAction.DELAYED
    assert reported(base + "Status: 2.0.0\n").worst.action is ReportedAction.DELIVERED
    assert reported(base + "Action: eaten\n").worst == BouncedRecipient(
        "ana@customer.example", ReportedAction.FAILED, ""
    )
    diagnosed = reported(base + "Action: failed\nDiagnostic-Code: smtp; 552 5.2.2 over quota at 10.5.2.2\n")
    assert diagnosed.worst.status == "5.2.2"


def test_a_report_of_thousands_is_read_as_far_as_it_is_useful() -> None:
    found = reported("\n".join(FAILED.replace("ana", f"ana{n}") for n in range(3_000)))
    assert len(found.recipients) == 20
    assert found.message_id == SENT_AS


def test_words_of_the_servers_own_in_a_part_before_the_report_hide_nothing() -> None:
    words = "--b\nContent-Type: message/delivery-status\n\nIt was undeliverable: no such address.\n\n"
    raw = REPORTED.replace(
        "--b\nContent-Type: message/delivery-status", words + "--b\nContent-Type: message/delivery-status"
    )
    found = read(raw.format(groups=FAILED, kind="text/rfc822-headers", headers=HEADERS))

    assert found is not None
    assert found.message_id == SENT_AS


def test_a_broken_report_is_a_mail_like_any_other() -> None:
    assert read(REPORTED.format(groups="\x00\n:::\n-", kind="message/rfc822", headers="\n")) is None
    assert read("Content-Type: multipart/report; boundary=b\n\nno parts") is None


def test_a_read_receipt_is_no_bounce() -> None:
    receipt = REPORTED.replace("message/delivery-status", "message/disposition-notification")
    assert read(receipt.format(groups=FAILED, kind="text/rfc822-headers", headers=HEADERS)) is None


def test_a_report_that_somebody_forwards_is_no_bounce() -> None:
    inner = REPORTED.format(groups=FAILED, kind="text/rfc822-headers", headers=HEADERS)
    outer = 'From: ana@customer.example\nContent-Type: multipart/mixed; boundary="o"\n\n--o\n\nWhat is this?\n'
    assert read(f"{outer}--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n") is None


def test_exim_and_gmail_name_whom_they_could_not_reach_in_a_field() -> None:
    found = read(
        "From: Mail Delivery System <mailer-daemon@mx.example>\nX-Failed-Recipients: ana@customer.example,\n"
        " bob@customer.example\nSubject: Mail delivery failed\n\nA message could not be delivered: 550 5.1.1 unknown\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\nReceived: from x\n{HEADERS}\nHello"
    )
    assert found is not None
    assert [each.address for each in found.recipients] == ["ana@customer.example", "bob@customer.example"]
    assert (found.worst.action, found.worst.status, found.message_id) == (ReportedAction.FAILED, "5.1.1", SENT_AS)


def test_qmail_says_it_in_words() -> None:
    found = read(
        "From: MAILER-DAEMON@mx.customer.example\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program at mx.customer.example.\nI'm afraid I wasn't able to deliver it.\n\n"
        "<ana@customer.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <x@acme.example>\n{HEADERS}\nHello Ana\n"
    )
    assert found == Bounce((BouncedRecipient("ana@customer.example", ReportedAction.FAILED, "5.1.1"),), SENT_AS)


def test_a_person_who_writes_of_a_bounce_sends_none() -> None:
    assert (
        read("From: ana@customer.example\n\nI got this:\n\n> Hi. This is the qmail-send program\n\n<a@b.test>:\n")
        is None
    )
