"""What the local receipt rule stores and tells, held against SES's own shapes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.receipt import Delivery, header_fields, new_message_id, notification, stored_mail
from local.verdicts import BY_DOMAIN, Verdicts

NOW = datetime(2026, 11, 2, 9, 30, 0, 250_000, tzinfo=UTC)
MAIL = (
    b"Received: from a by b; Mon, 2 Nov 2026 09:29:59 +0000\r\n"
    b"From: =?utf-8?q?J=C3=B6rg?= <joerg@client.example>\r\nTo: Support <support@demo.test>, b@client.example\r\n"
    b"Cc: c@client.example\r\nMessage-ID: <m1@client.example>\r\nSubject: A\r\n folded\r\n  subject\r\n\r\nBody\r\n"
)


def delivery(*recipients: str, verdicts: Verdicts | None = None) -> Delivery:
    return Delivery(
        message_id="0" * 40,
        received_at=NOW,
        mail_from="joerg@client.example",
        recipients=recipients or ("support@demo.test",),
        helo="mx.client.example",
        client="127.0.0.1",
        verdicts=verdicts or Verdicts(),
    )


def told(raw: bytes, given: Delivery | None = None) -> Any:
    given = given or delivery()
    message = notification(
        given, stored_mail(given, raw), bucket="inbound", prefix="inbound/", topic="arn:aws:sns:r:1:t", now=NOW
    )
    return json.loads(json.dumps(message))


def test_ids_are_forty_lower_case_characters_and_differ() -> None:
    ids = {new_message_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(each) == 40 and each.isalnum() and each == each.lower() for each in ids)


def test_the_stored_mail_is_sess_headers_and_then_the_mail_byte_for_byte() -> None:
    stored = stored_mail(delivery(), MAIL)
    assert stored.endswith(MAIL)
    names = [name for name, _ in header_fields(stored.removesuffix(MAIL) + b"\r\n")]
    assert names == [
        "Return-Path",
        "Received",
        "X-SES-Spam-Verdict",
        "X-SES-Virus-Verdict",
        "Received-SPF",
        "Authentication-Results",
        "X-SES-RECEIPT",
        "X-SES-DKIM-SIGNATURE",
    ]


def test_a_forged_verdict_in_the_mail_stays_below_sess_own() -> None:
    forged = b"X-SES-Spam-Verdict: PASS\r\nFrom: a@b.example\r\n\r\n"
    stored = stored_mail(delivery(verdicts=BY_DOMAIN["spam.test"]), forged)
    assert [value for name, value in header_fields(stored) if name == "X-SES-Spam-Verdict"] == ["FAIL", "PASS"]


def test_the_receipt_names_the_envelopes_recipients_and_where_the_mail_is() -> None:
    receipt = told(MAIL, delivery("support+token@demo.test", "sales@demo.test"))["receipt"]
    assert receipt["recipients"] == ["support+token@demo.test", "sales@demo.test"]
    assert receipt["action"] == {
        "type": "S3",
        "topicArn": "arn:aws:sns:r:1:t",
        "bucketName": "inbound",
        "objectKeyPrefix": "inbound/",
        "objectKey": f"inbound/{'0' * 40}",
    }
    assert receipt["timestamp"] == "2026-11-02T09:30:00.250Z"


def test_verdicts_and_the_policy_of_a_failed_dmarc_check_are_in_the_receipt() -> None:
    failed = told(MAIL, delivery(verdicts=BY_DOMAIN["dmarc-reject.test"]))["receipt"]
    assert (failed["dmarcVerdict"], failed["dmarcPolicy"]) == ({"status": "FAIL"}, "reject")
    passed = told(MAIL)["receipt"]
    verdicts = {name: value["status"] for name, value in passed.items() if name.endswith("Verdict")}
    assert verdicts == dict.fromkeys(
        ("spamVerdict", "virusVerdict", "spfVerdict", "dkimVerdict", "dmarcVerdict"), "PASS"
    )
    assert "dmarcPolicy" not in passed


def test_the_mail_object_has_the_headers_unfolded_and_never_the_body() -> None:
    message = told(MAIL)
    mail = message["mail"]
    assert message["notificationType"] == "Received"
    assert {"name": "Subject", "value": "A folded  subject"} in mail["headers"]
    assert mail["destination"] == ["support@demo.test", "b@client.example", "c@client.example"]
    assert mail["commonHeaders"]["from"] == ["Jörg <joerg@client.example>"]
    assert mail["commonHeaders"]["messageId"] == "<m1@client.example>"
    assert mail["headersTruncated"] is False
    assert "Body" not in json.dumps(message)


@pytest.mark.parametrize("header", [b"X-Long: " + b"x" * 20_000, b"To: " + b"a@b.example, " * 30_000])
def test_headers_over_ten_kilobytes_are_truncated_and_the_message_fits_into_sns(header: bytes) -> None:
    message = told(b"From: a@b.example\r\n" + header + b"\r\nSubject: late\r\n\r\n")
    assert message["mail"]["headersTruncated"] is True
    assert len(json.dumps(message)) < 256 * 1024


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n", b"no header at all", b"\x00\xff\xfe\r\n\r\n", b": empty name\r\nSubject: =?utf-8?b?!!!?=\r\n\r\n"],
)
def test_any_bytes_are_stored_and_told(raw: bytes) -> None:
    message = told(raw)
    assert message["mail"]["messageId"] == "0" * 40
    assert stored_mail(delivery(), raw).endswith(raw)
