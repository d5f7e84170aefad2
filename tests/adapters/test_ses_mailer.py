"""Answers on their way to SES: what the recipient gets, and what every kind of failure means."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import exceptions as botocore_errors
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from letterlock.adapters.mime_parser import MimeParser
from letterlock.adapters.outgoing_mime import compose
from letterlock.adapters.ses_mailer import SesMailer, outcome_of, sending_config
from letterlock.domain.errors import LetterlockError, SendDelayed, SendRefused, SendUncertain
from letterlock.domain.mail import Address, Mail
from letterlock.domain.replies import OutgoingMail
from letterlock.services.ports import MailTags

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
TAGS = MailTags("wsp_1", "cnv_1", "msg_1", 2)
SES_ID = "0102018b1f2e3d4c-example-000000"
ANSWER = OutgoingMail(
    sender=Address("support@acme.example", "Acme Support"),
    reply_to=Address("support+abcdefghijklmnopqrstuvwxyz234567abcdefgh@acme.example", "Acme Support"),
    to=(Address("ana@customer.example", "Ana Pérez"),),
    cc=(Address("bob@customer.example"), Address("carol@other.example", "Carol, the second")),
    subject="Re: Dónde está mi paquete? 📦",
    text="It left our warehouse.\n\nOn Mon, Ana wrote:\n\n> ¿Dónde está?\n",
    html="<div>It left our warehouse.</div>",
    in_reply_to="1@customer.example",
    references=("token@acme.example", "0@customer.example", "1@customer.example"),
)


def received(mail: OutgoingMail) -> Mail:
    return MimeParser().parse(bytes(compose(mail, NOON)))


# ---- what the recipient gets -----------------------------------------------------------------------------------------


def test_the_recipient_gets_what_was_written() -> None:
    mail = received(ANSWER)

    assert mail.sender == ANSWER.sender
    assert mail.reply_to == (ANSWER.reply_to,)
    assert mail.to == ANSWER.to
    assert mail.cc == ANSWER.cc
    assert mail.subject == ANSWER.subject
    assert mail.date == NOON
    assert mail.in_reply_to == (ANSWER.in_reply_to,)
    assert mail.references == ANSWER.references
    assert mail.text == ANSWER.text.rstrip("\n")
    assert mail.html == ANSWER.html


def test_the_mail_is_ascii_in_lines_that_every_server_takes() -> None:
    long = replace(
        ANSWER,
        subject="Ü" * 998,
        text="ä" * 5_000 + "\n" + "a" * 5_000,
        references=tuple(f"{'r' * 200}{each}@customer.example" for each in range(21)),
        to=tuple(Address(f"u{each}@customer.example", "N" * 200) for each in range(50)),
    )
    raw = bytes(compose(long, NOON))

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    mail = MimeParser().parse(raw)
    assert (mail.subject, mail.references, mail.to) == (long.subject, long.references, long.to)
    assert mail.text == long.text


@pytest.mark.parametrize(
    "name", ['Ana "the cup" P.', "back\\slash", "Last, First", "a <b@c.example>", "(comment)", "=?utf-8?q?x?="]
)
def test_a_name_arrives_as_it_is_whatever_signs_are_in_it(name: str) -> None:
    (to,) = received(replace(ANSWER, to=(Address("ana@customer.example", name),))).to

    assert to == Address("ana@customer.example", name)


HOSTILE = "x\r\nBcc: evil@other.example\r\n\r\n<script>\x00\u2028\x0b\udcff"


def test_nothing_that_a_customer_wrote_can_begin_a_header_of_its_own() -> None:
    attack = replace(
        ANSWER,
        sender=Address("support@acme.example", HOSTILE),
        to=(Address("ana@customer.example", HOSTILE), Address("eve@other.example\r\nBcc: evil@other.example")),
        subject=HOSTILE,
        text=HOSTILE,
        html=HOSTILE,
        in_reply_to=HOSTILE,
        references=("ok@customer.example", HOSTILE, "a> <b@c"),
    )
    raw = bytes(compose(attack, NOON))

    header, _, _ = raw.partition(b"\r\n\r\n")
    names = re.findall(rb"^([A-Za-z-]+):", header, re.MULTILINE)
    assert sorted(names) == sorted(
        [
            *(b"From", b"Reply-To", b"To", b"Cc", b"Subject", b"Date", b"References", b"X-Letterlock-Loop"),
            *(b"MIME-Version", b"Content-Type"),
        ]
    )
    mail = MimeParser().parse(raw)
    assert mail.to == (Address("ana@customer.example", "x Bcc: evil@other.example <script> \ufffd"),)
    assert mail.references == ("ok@customer.example",)


@given(st.text(), st.text(), st.text(), st.text())
def test_any_subject_name_and_text_arrive_as_one_mail(subject: str, name: str, text: str, message_id: str) -> None:
    odd = replace(
        ANSWER, subject=subject, to=(Address("ana@customer.example", name),), text=text, in_reply_to=message_id
    )
    mail = received(odd)

    assert [each.address for each in mail.to] == ["ana@customer.example"]
    assert mail.cc == ANSWER.cc
    assert mail.html == ANSWER.html


# ---- whom it goes to -------------------------------------------------------------------------------------------------


@pytest.fixture
def client() -> "SESV2Client":
    return boto3.client(
        "sesv2",
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=sending_config(),
    )


@pytest.fixture
def ses(client: "SESV2Client") -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def sent(**changes: Any) -> dict[str, Any]:
    return {
        "FromEmailAddress": "support@acme.example",
        "Destination": {
            "ToAddresses": ["ana@customer.example"],
            "CcAddresses": ["bob@customer.example", "carol@other.example"],
        },
        "Content": {"Raw": {"Data": ANY}},
        "EmailTags": [
            {"Name": "workspace", "Value": "wsp_1"},
            {"Name": "conversation", "Value": "cnv_1"},
            {"Name": "message", "Value": "msg_1"},
            {"Name": "attempt", "Value": "2"},
        ],
        "ConfigurationSetName": "letterlock",
    } | changes


def mailer(client: "SESV2Client", region: str = "eu-west-1") -> SesMailer:
    return SesMailer(client, "letterlock", region, now=lambda: NOON)


def test_an_answer_goes_to_its_recipients_and_its_events_name_the_message(client: "SESV2Client", ses: Stubber) -> None:
    ses.add_response("send_email", {"MessageId": SES_ID}, sent())

    assert mailer(client).send(ANSWER, tags=TAGS) == f"{SES_ID}@eu-west-1.amazonses.com"


def test_the_message_id_of_us_east_1_has_a_name_of_its_own(client: "SESV2Client", ses: Stubber) -> None:
    ses.add_response("send_email", {"MessageId": SES_ID})

    assert mailer(client, "us-east-1").send(ANSWER, tags=TAGS) == f"{SES_ID}@email.amazonses.com"


def test_addresses_that_nobody_can_write_to_are_left_out(client: "SESV2Client", ses: Stubber) -> None:
    odd = replace(
        ANSWER,
        to=(
            Address("jürgen@customer.example"),
            Address("dana@müller.example", "Dana"),
            Address("dana@müller.example"),
            Address("a..b@carrier.example"),
        ),
        cc=(Address("no address"), Address("x@"), Address("dana@MÜLLER.example"), Address("erik@-.example")),
    )
    to = ["dana@xn--mller-kva.example", '"a..b"@carrier.example']
    ses.add_response("send_email", {"MessageId": SES_ID}, sent(Destination={"ToAddresses": to, "CcAddresses": []}))

    mailer(client).send(odd, tags=TAGS)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"to": (), "cc": ()}, "no_recipient"),
        ({"to": (Address("jürgen@customer.example"),), "cc": ()}, "no_recipient"),
        ({"sender": Address("nobody")}, "no_sender"),
        ({"cc": tuple(Address(f"u{each}@other.example") for each in range(50))}, "too_many_recipients"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_refused_before_ses_is_asked(
    client: "SESV2Client", ses: Stubber, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SendRefused) as refused:
        mailer(client).send(replace(ANSWER, **changes), tags=TAGS)

    assert refused.value.reason == reason


def test_an_answer_larger_than_ses_takes_is_refused(
    client: "SESV2Client", ses: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("letterlock.adapters.ses_mailer.MAIL_BYTES", len(compose(ANSWER, NOON)) - 1)
    with pytest.raises(SendRefused, match="over_size"):
        mailer(client).send(ANSWER, tags=TAGS)


# ---- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("MessageRejected", 400, SendRefused),
        ("MailFromDomainNotVerifiedException", 400, SendRefused),
        ("AccountSuspendedException", 400, SendRefused),
        ("BadRequestException", 400, SendRefused),
        ("ValidationException", 400, SendRefused),
        ("NotFoundException", 404, SendRefused),
        ("RequestEntityTooLargeException", 413, SendRefused),
        ("TooManyRequestsException", 429, SendDelayed),
        ("LimitExceededException", 400, SendDelayed),
        ("SendingPausedException", 400, SendDelayed),
        ("ThrottlingException", 400, SendDelayed),
        ("Throttling", 400, SendDelayed),
        ("AccessDeniedException", 403, SendDelayed),
        ("ExpiredTokenException", 403, SendDelayed),
        ("InternalFailure", 500, SendUncertain),
        ("ServiceUnavailable", 503, SendUncertain),
        ("RequestTimeout", 408, SendUncertain),
        ("", 504, SendUncertain),
    ],
)
def test_what_ses_answers_says_whether_the_mail_may_be_sent_again(
    client: "SESV2Client",
    ses: Stubber,
    code: str,
    status: int,
    meaning: type[SendRefused | SendDelayed | SendUncertain],
) -> None:
    ses.add_client_error("send_email", code, "Address ana@customer.example is odd", status)
    with pytest.raises(LetterlockError) as failure:
        mailer(client).send(ANSWER, tags=TAGS)

    assert type(failure.value) is meaning
    assert str(failure.value) == (code or "no_code")
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    ("said", "status", "meaning", "reason"),
    [
        ("503", 503, SendUncertain, "http_503"),  # botocore's own, where a body is empty or a page of a proxy's
        ("413", 413, SendRefused, "http_413"),
        ("Foo-Bar.Baz", 400, SendRefused, "other"),
        ("Ana's mailbox is full", 400, SendRefused, "other"),
        ("9999", 500, SendUncertain, "other"),
    ],
)
def test_what_is_no_code_of_ses_is_shown_as_one_word(
    client: "SESV2Client", ses: Stubber, said: str, status: int, meaning: type[SendRefused], reason: str
) -> None:
    ses.add_client_error("send_email", said, "x", status)
    with pytest.raises(LetterlockError) as failure:
        mailer(client).send(ANSWER, tags=TAGS)

    assert type(failure.value) is meaning
    assert str(failure.value) == reason


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (botocore_errors.EndpointConnectionError(endpoint_url="https://ses"), SendDelayed),
        (botocore_errors.ConnectTimeoutError(endpoint_url="https://ses"), SendDelayed),
        (botocore_errors.NoCredentialsError(), SendDelayed),
        (botocore_errors.SSLError(endpoint_url="https://ses", error=OSError("x")), SendDelayed),
        (botocore_errors.ParamValidationError(report="ana@customer.example"), SendRefused),
        (botocore_errors.ReadTimeoutError(endpoint_url="https://ses"), SendUncertain),
        (botocore_errors.ConnectionClosedError(endpoint_url="https://ses"), SendUncertain),
        (botocore_errors.HTTPClientError(error="x"), SendUncertain),
        (botocore_errors.ResponseStreamingError(error="x"), SendUncertain),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else type(each).__name__,
)
def test_a_broken_connection_says_whether_the_mail_may_be_sent_again(
    error: botocore_errors.BotoCoreError, meaning: type[SendRefused | SendDelayed | SendUncertain]
) -> None:
    outcome = outcome_of(error)

    assert type(outcome) is meaning
    assert str(outcome) == type(error).__name__


def test_an_answer_without_an_id_leaves_the_sending_open(client: "SESV2Client", ses: Stubber) -> None:
    ses.add_response("send_email", {})
    with pytest.raises(SendUncertain):
        mailer(client).send(ANSWER, tags=TAGS)


def test_the_client_never_tries_again_by_itself(client: "SESV2Client") -> None:
    calls: list[str] = []

    def fail(**_: Any) -> None:
        calls.append("send")
        raise botocore_errors.ReadTimeoutError(endpoint_url="https://ses")

    client.meta.events.register("before-send.sesv2.SendEmail", fail)
    with pytest.raises(SendUncertain):
        mailer(client).send(ANSWER, tags=TAGS)

    assert calls == ["send"]
