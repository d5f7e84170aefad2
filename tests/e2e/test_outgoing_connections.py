"""Calls to others over a real connection: TLS by name, and servers that mean no good. Over the loopback: the name is
resolved to a public address, and only the last step leads to a server of the test's.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from letterlock.adapters.outgoing_http import NoAnswer, OutgoingHttp

pytestmark = pytest.mark.e2e

HOST = "social.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Told: yes\r\n\r\nok"


@dataclass(frozen=True)
class Identity:
    """A server's key and certificate, which is its own authority."""

    pem: Path
    certificate: Path


def identity(folder: Path, name: str) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.pem").write_bytes(private + certificate)
    (folder / f"{name}.crt").write_bytes(certificate)
    return Identity(folder / f"{name}.pem", folder / f"{name}.crt")


def whole_request(wire: ssl.SSLSocket) -> bytes:
    """To its last octet: a server that closes with something unread resets the connection, answer and all."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += _more(wire)
    head, _, _ = said.partition(b"\r\n\r\n")
    length = next((int(each.split(b":")[1]) for each in head.split(b"\r\n") if each.startswith(b"Content-Length:")), 0)
    while len(said) < len(head) + 4 + length:
        said += _more(wire)
    return said


def _more(wire: ssl.SSLSocket) -> bytes:
    if piece := wire.recv(65_536):
        return piece
    raise ConnectionError


Answering = Callable[[ssl.SSLSocket], None]


@dataclass
class Server:
    """One TLS server; `names` are what clients asked for by SNI, `asked` what they sent."""

    own: Identity
    answering: Answering
    names: list[str] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.own.pem)
        self._context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), self._context.wrap_socket(taken, server_side=True) as wire:
                self.asked.append(whole_request(wire))
                self.answering(wire)

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


Serving = Callable[..., tuple[Server, OutgoingHttp]]


@pytest.fixture(name="serving")
def _serving(tmp_path: Path) -> Iterator[Serving]:
    started: list[Server] = []

    def start(answering: Answering, *, named: str = HOST, seconds: float = 20) -> tuple[Server, OutgoingHttp]:
        server = Server(identity(tmp_path, named), answering)
        started.append(server)
        return server, OutgoingHttp(
            seconds,
            resolve=lambda _host, _port: ["93.184.216.34"],
            connect=lambda _address, within: socket.create_connection(server.address, within),
            certificates=server.own.certificate,
        )

    yield start
    for each in started:
        each.stop()


def says(*parts: bytes) -> Answering:
    def answering(wire: ssl.SSLSocket) -> None:
        for each in parts:
            wire.sendall(each)

    return answering


def test_the_name_is_what_tls_and_the_host_field_say(serving: Serving) -> None:
    server, http = serving(says(OK))
    answer = http("POST", f"https://{HOST}/token?a=b", headers={"Accept": "application/json"}, body=b"x=1")
    assert (answer.status, answer.body, answer.headers["x-told"]) == (200, b"ok", "yes")
    assert server.names == [HOST]
    head, _, body = server.asked[0].partition(b"\r\n\r\n")
    assert body == b"x=1"
    assert head.split(b"\r\n")[0] == b"POST /token?a=b HTTP/1.1"
    assert b"Host: social.example" in head


@pytest.mark.attack("SSRF, a server of another name at the address")
def test_a_server_whose_certificate_is_of_another_name_is_told_nothing(serving: Serving) -> None:
    server, http = serving(says(OK), named="another.example")
    with pytest.raises(NoAnswer):
        http("GET", f"https://{HOST}/?secret")
    assert server.asked == []


def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(serving: Serving, tmp_path: Path) -> None:
    server, _ = serving(says(OK))
    http = OutgoingHttp(
        20,
        resolve=lambda _host, _port: ["93.184.216.34"],
        connect=lambda _address, within: socket.create_connection(server.address, within),
    )
    with pytest.raises(NoAnswer):
        http("GET", f"https://{HOST}/")
    assert server.asked == []


@pytest.mark.attack("SSRF, a redirect to the metadata service")
def test_a_redirect_is_an_answer_and_is_not_followed(serving: Serving) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    server, http = serving(says(moved))
    assert http("GET", f"https://{HOST}/").status == 302
    assert len(server.asked) == 1


@pytest.mark.attack("SSRF, a proxy in the environment")
def test_no_proxy_of_the_environment_is_used(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server, http = serving(says(OK))
    assert http("GET", f"https://{HOST}/").status == 200
    assert len(server.asked) == 1


@pytest.mark.attack("SSRF, an answer without an end")
@pytest.mark.parametrize("length", [b"", b"Content-Length: 100000000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_an_answer_that_is_too_large_is_none(serving: Serving, length: bytes) -> None:
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n" if b"chunked" in length else b"x" * 65_536
    _, http = serving(says(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n", *([piece] * 40)))
    with pytest.raises(NoAnswer, match="too large"):
        http("GET", f"https://{HOST}/")


@pytest.mark.attack("SSRF, a small answer that would be large unpacked")
def test_an_answer_that_is_packed_is_none(serving: Serving) -> None:
    _, http = serving(says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx"))
    with pytest.raises(NoAnswer, match="packed"):
        http("GET", f"https://{HOST}/")


@pytest.mark.attack("SSRF, an answer that comes a byte at a time")
@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_never_ends_is_cut_off(serving: Serving, start: bytes) -> None:
    def drips(wire: ssl.SSLSocket) -> None:
        wire.sendall(start)
        while not gone.wait(0.02):
            wire.sendall(b"H")

    gone = threading.Event()
    _, http = serving(drips, seconds=0.5)
    try:
        with pytest.raises(NoAnswer, match="time was over"):
            http("GET", f"https://{HOST}/")
    finally:
        gone.set()


@pytest.mark.attack("SSRF, a server that breaks off")
def test_an_answer_that_breaks_off_is_none(serving: Serving) -> None:
    _, http = serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
    with pytest.raises(NoAnswer):
        http("GET", f"https://{HOST}/")


def test_what_is_no_http_is_no_answer(serving: Serving) -> None:
    _, http = serving(says(b"SSH-2.0-OpenSSH\r\n"))
    with pytest.raises(NoAnswer):
        http("GET", f"https://{HOST}/")
