"""What a recipient gets of a mail that the local SES sent."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from local.outbox import Outbox, as_delivered, message_id_domain, new_message_id

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BODY = b"text\r\nMessage-ID: <in-the-body@x.example>\r\n\xff\r\n"
MAIL = (
    b"From: Support <support@demo.test>\r\nTo: ana@client.example\r\nMessage-ID: <ours@demo.test>\r\n"
    b"Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nBcc: hidden@client.example\r\nX-SES-CONFIGURATION-SET: letterlock-mail\r\n"
    b"References: <a@client.example>\r\n <token@demo.test>\r\nReply-To: support+token@demo.test\r\nSubject: Re: Hello\r\n\r\n"
)


def test_ses_replaces_message_id_and_date_and_adds_each_once() -> None:
    mail = message_from_bytes(as_delivered(MAIL + BODY, "0100-id", now=NOW), policy=policy.default)
    assert mail.get_all("Message-ID") == ["<0100-id@email.amazonses.com>"]
    assert [str(date) for date in mail.get_all("Date", [])] == ["Mon, 02 Nov 2026 09:30:00 +0000"]


def test_bcc_and_instructions_to_ses_do_not_reach_a_recipient() -> None:
    delivered = as_delivered(MAIL + BODY, "0100-id", now=NOW)
    assert b"hidden@client.example" not in delivered
    assert b"X-SES-CONFIGURATION-SET" not in delivered


def test_what_threads_an_answer_and_the_body_stay_byte_for_byte() -> None:
    delivered = as_delivered(MAIL + BODY, "0100-id", now=NOW)
    assert b"References: <a@client.example>\r\n <token@demo.test>\r\nReply-To: support+token@demo.test\r\n" in delivered
    assert delivered.endswith(b"\r\n\r\n" + BODY)


@pytest.mark.parametrize("raw", [b"", b"Subject: only a header", b"\r\nno header", b"Subject: lf\n\nbody\n"])
def test_a_mail_without_a_proper_header_is_delivered_all_the_same(raw: bytes) -> None:
    assert b"Message-ID: <0100-id@" in as_delivered(raw, "0100-id", now=NOW)


def test_only_us_east_1_has_a_message_id_domain_of_its_own() -> None:
    assert message_id_domain("us-east-1") == "email.amazonses.com"
    assert message_id_domain("eu-west-1") == "eu-west-1.amazonses.com"


def test_the_outbox_holds_one_file_a_mail_named_by_its_id_and_private(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    ids = [new_message_id(), new_message_id()]
    for each in ids:
        outbox.deliver(MAIL + BODY, each)
    files = sorted((tmp_path / "outbox").iterdir())
    assert [file.name for file in files] == sorted(f"{each}.eml" for each in ids)
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
