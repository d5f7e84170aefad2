"""The local cloud's own servers over the loopback: what a mail client, an HTTP client and an SES client meet."""

import base64
import http.client
import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from stripe import WebhookSignature

from letterlock.adapters.stripe_version import API_VERSION
from local.connection import Connection
from local.gateway import Gateway
from local.inbox import wait_for
from local.outbox import Outbox
from local.ports import free_ports, require_free
from local.post import send
from local.receipt import Delivery
from local.servers import Servers
from local.ses import SesApi
from local.ses_events import SesEvent
from local.settings import HOST, LocalCloudError, Settings
from local.smtp_door import MAX_MAIL_BYTES, Door, open_door
from local.stripe.server import StripeServer

pytestmark = pytest.mark.e2e
SECONDS = 20.0

RAW = b"From: Support <support@demo.test>\r\nTo: ana@client.example\r\nReferences: <a@client.example>\r\n\r\nSecret text\r\n"


class Upstream:
    """Stands in for MiniStack: notes what it is asked, answers what it is told to."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status = 200
        self.answer: dict[str, Any] = {"MessageId": "not-of-ses-shape@email.amazonses.com"}
        self.headers: dict[str, str] = {}

    def application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(
            {"path": request.raw_path, "headers": request.headers.copy(), "body": await request.read()}
        )
        return web.json_response(self.answer, status=self.status, headers=self.headers)


@pytest.fixture
def servers() -> Iterator[Servers]:
    started = Servers()
    started.start()
    yield started
    started.stop()


@pytest.fixture
def upstream(servers: Servers) -> Upstream:
    stand_in = Upstream()
    stand_in.headers["X-Port"] = str(servers.serve_http(stand_in.application(), 0))
    return stand_in


def ask(url: str, *, headers: dict[str, str] | None = None, data: bytes | None = None) -> tuple[int, Any, Any]:
    request = urllib.request.Request(url, data, headers or {})  # noqa: S310 (our own http address)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (the same)
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers


# ---- SMTP -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def door(servers: Servers) -> tuple[Connection, list[tuple[Delivery, bytes]]]:
    taken: list[tuple[Delivery, bytes]] = []

    async def receive(delivery: Delivery, raw: bytes) -> None:
        taken.append((delivery, raw))

    port = free_ports(1)[0]
    servers.serve(open_door(Door(receive, mail_domain="demo.test"), HOST, port))
    return Connection("", "", f"{HOST}:{port}", "support@demo.test", "wsp_1", ""), taken


def test_a_mail_of_any_bytes_and_line_length_comes_through_unchanged(door: Any) -> None:
    connection, taken = door
    raw = b"From: a@client.example\r\n\r\n" + b"x" * 100_000 + b"\r\n.leading dot\r\n..\r\n\x00\xff\xfe\r\n"
    answer = send(connection, raw)
    assert answer.message_id == taken[0][0].message_id
    assert taken[0][1] == raw


def test_bounces_and_addresses_beyond_ascii_are_taken(door: Any) -> None:
    connection, taken = door
    assert send(connection, b"Subject: x\r\n\r\n", sender="<>").code == 250
    assert send(connection, b"Subject: x\r\n\r\n", sender="jörg@client.example").code == 250
    assert [delivery.mail_from for delivery, _ in taken] == ["", "jörg@client.example"]


def test_a_mail_over_forty_megabytes_is_refused_before_and_after_it_is_sent(door: Any) -> None:
    connection, taken = door
    host, port = connection.smtp_address
    with smtplib.SMTP(host, port) as session:
        session.ehlo()
        assert session.mail("a@client.example", [f"SIZE={MAX_MAIL_BYTES + 1}"])[0] == 552
        session.mail("a@client.example")
        session.rcpt("support@demo.test")
        assert session.data((b"x" * 998 + b"\r\n") * (MAX_MAIL_BYTES // 1000 + 1))[0] == 552
    assert taken == []


def test_a_door_that_is_not_there_is_said_so() -> None:
    connection = Connection("", "", f"{HOST}:{free_ports(1)[0]}", "support@demo.test", "", "")
    with pytest.raises(LocalCloudError, match="Nothing takes mail"):
        send(connection, b"")


# ---- The gateway ----------------------------------------------------------------------------------------------------


@pytest.fixture
def gateway(servers: Servers, upstream: Upstream, tmp_path: Path) -> str:
    settings = Settings(tmp_path, cloud_port=int(upstream.headers["X-Port"]), api_port=0, smtp_port=0)
    return f"http://{HOST}:{servers.serve_http(Gateway(settings, api_id='abcd1234').application(), 0)}"


def test_a_request_reaches_the_stage_of_the_api_as_it_was_written(gateway: str, upstream: Upstream) -> None:
    # urllib would say "Connection: close" whatever it is told.
    client = http.client.HTTPConnection(gateway.removeprefix("http://"), timeout=10)
    headers = {"Authorization": "Bearer x", "Connection": "close, X-Hop", "X-Hop": "1", "X-End": "2"}
    client.request("POST", "/v1/a%2Fb?x=1&x=%20y", body="{ü}".encode(), headers=headers)
    assert client.getresponse().status == 200
    client.close()
    seen = upstream.requests[0]
    assert seen["path"] == "/live/v1/a%2Fb?x=1&x=%20y"
    assert seen["headers"]["Host"].startswith("abcd1234.execute-api.localhost:")
    assert (seen["headers"]["Authorization"], seen["headers"]["X-End"]) == ("Bearer x", "2")
    assert seen["body"] == "{ü}".encode()
    assert "X-Hop" not in seen["headers"]


def test_an_answer_comes_back_with_its_status_headers_and_body(gateway: str, upstream: Upstream) -> None:
    upstream.status, upstream.answer = 429, {"title": "Too many requests"}
    upstream.headers |= {"Retry-After": "3", "Strict-Transport-Security": "max-age=1"}
    status, body, headers = ask(f"{gateway}/v1/conversations")
    assert (status, body) == (429, {"title": "Too many requests"})
    assert (headers["Retry-After"], headers["Strict-Transport-Security"]) == ("3", "max-age=1")


def test_without_the_cloud_the_gateway_answers_a_problem_document(servers: Servers, tmp_path: Path) -> None:
    settings = Settings(tmp_path, cloud_port=free_ports(1)[0], api_port=0, smtp_port=0)
    port = servers.serve_http(Gateway(settings, api_id="abcd1234").application(), 0)
    status, body, headers = ask(f"http://{HOST}:{port}/v1/conversations")
    assert (status, body["status"]) == (502, 502)
    assert headers["Content-Type"].startswith("application/problem+json")


# ---- SES ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def said() -> list[SesEvent]:
    """What SES published."""
    return []


@pytest.fixture
def ses(servers: Servers, upstream: Upstream, tmp_path: Path, said: list[SesEvent]) -> str:
    api = SesApi(upstream=f"http://{HOST}:{upstream.headers['X-Port']}", outbox=Outbox(tmp_path), say=said.extend)
    return f"http://{HOST}:{servers.serve_http(api.application(), 0)}/v2/email/outbound-emails"


def order(*to: str, raw: bytes = RAW) -> bytes:
    return json.dumps(
        {
            "FromEmailAddress": "Support <support@demo.test>",
            "Destination": {"ToAddresses": list(to)},
            "Content": {"Raw": {"Data": base64.b64encode(raw).decode()}},
            "ConfigurationSetName": "letterlock-mail",
            "EmailTags": [{"Name": "message", "Value": "msg_1"}],
        }
    ).encode()


def test_a_sent_mail_is_in_the_outbox_under_the_id_that_ses_answers(
    ses: str, upstream: Upstream, tmp_path: Path
) -> None:
    status, body, _ = ask(ses, data=order("ana@client.example"))
    (file,) = tmp_path.glob("*.eml")
    assert status == 200
    assert file.stem == body["MessageId"]
    assert "@" not in body["MessageId"]
    assert f"Message-ID: <{body['MessageId']}@email.amazonses.com>".encode() in file.read_bytes()
    assert file.read_bytes().endswith(b"References: <a@client.example>\r\n\r\nSecret text\r\n")


def test_what_ses_then_says_of_a_mail_carries_its_tags_and_what_became_of_it(ses: str, said: list[SesEvent]) -> None:
    _, body, _ = ask(ses, data=order("bounce@client.example", "ana@client.example"))
    kinds = wait_for("SES's events", lambda: [each.detail_type for each in said] or None, 5)
    assert kinds == ["Email Sent", "Email Bounced", "Email Delivered"]
    for event in said:
        assert event.detail["mail"]["messageId"] == body["MessageId"]
        assert event.detail["mail"]["tags"]["message"] == ["msg_1"]
    assert said[1].detail["bounce"]["bounceType"] == "Permanent"


def test_the_cloud_is_asked_for_permission_without_being_shown_the_mail(ses: str, upstream: Upstream) -> None:
    ask(ses, data=order("ana@client.example"), headers={"Authorization": "AWS4-HMAC-SHA256 ..."})
    seen = upstream.requests[0]
    shown = json.loads(seen["body"])
    assert seen["headers"]["Authorization"] == "AWS4-HMAC-SHA256 ..."
    assert (shown["FromEmailAddress"], shown["ConfigurationSetName"]) == ("sender@demo.test", "letterlock-mail")
    assert b"ana@" not in seen["body"]
    assert base64.b64encode(b"Secret")[:6] not in seen["body"]


def test_a_refusal_of_the_cloud_reaches_the_sender_and_nothing_is_delivered(
    ses: str, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.status, upstream.answer = 400, {"message": "Email address is not verified."}
    upstream.headers["x-amzn-ErrorType"] = "MessageRejected"
    status, body, headers = ask(ses, data=order("ana@client.example"))
    assert (status, headers["x-amzn-ErrorType"]) == (400, "MessageRejected")
    assert body["message"] == "Email address is not verified."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("domain", "status", "kind"),
    [
        ("ses-throttled.test", 429, "TooManyRequestsException"),
        ("ses-broken.test", 500, "InternalServiceErrorException"),
    ],
)
def test_a_failure_is_asked_for_with_the_recipients_domain(
    ses: str, tmp_path: Path, domain: str, status: int, kind: str
) -> None:
    answered, _, headers = ask(ses, data=order("ana@client.example", f"Ben <ben@{domain}>"))
    assert (answered, headers["x-amzn-ErrorType"]) == (status, kind)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"Content": {"Raw": {"Data": "!"}}}', b'{"Content": {}}'])
def test_an_order_that_is_none_is_a_bad_request(ses: str, body: bytes) -> None:
    assert ask(ses, data=body)[0] == 400


# ---- Ports ----------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_by_its_variable(servers: Servers, upstream: Upstream, tmp_path: Path) -> None:
    taken = int(upstream.headers["X-Port"])
    cloud, api = free_ports(2)
    with pytest.raises(LocalCloudError, match=f"{taken}.*SMTP_PORT"):
        require_free(Settings(tmp_path, cloud_port=cloud, api_port=api, smtp_port=taken))


def test_stripes_stand_in_tells_its_events_signed_and_again_until_they_are_taken(
    servers: Servers, tmp_path: Path
) -> None:
    upstream, path = Upstream(), tmp_path / "stripe.json"
    upstream.status = 503
    webhook = f"http://{HOST}:{servers.serve_http(upstream.application(), 0)}/v1/stripe/webhooks"
    server = StripeServer(address="http://stripe.example", webhook=webhook, secret="whsec_local", path=path)
    stripe = f"http://{HOST}:{servers.serve_http(server.application(), 0)}"
    headers = {"Authorization": "Bearer k", "Stripe-Version": API_VERSION, "Idempotency-Key": "k"}
    asked = urllib.request.Request(f"{stripe}/v1/customers", b"email=ana@acme.example", headers)  # noqa: S310 - ours
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - likewise
        assert json.load(answer)["object"] == "customer"
    wait_for("a first try", lambda: upstream.requests or None, SECONDS)
    assert json.loads(path.read_text())["events"] != []
    upstream.status = 200
    wait_for("the one that is taken", lambda: json.loads(path.read_text())["events"] == [] or None, SECONDS)
    assert len(upstream.requests) > 1
    for each in upstream.requests:
        assert WebhookSignature.verify_header(each["body"], each["headers"]["Stripe-Signature"], "whsec_local", 300)
