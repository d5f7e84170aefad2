"""How everybody but AWS is called over HTTP: here and nowhere else.

Hosts are named by strangers (an instance that somebody connects, what a provider's answer says), so each request is
safe against that (OWASP: "Server-Side Request Forgery Prevention"):

- `https` to port 443 of a name; no address in any spelling, nobody's credentials in the URL. One expression reads the
  URL, and what it does not read is refused, so there is no second reading of it.
- The name is resolved once, every address that comes of it must be public, and the connection goes to just what was
  checked: a name that means something else a moment later is not asked again. The certificate is checked for the name.
- Nothing is followed, no proxy of the environment is used, no connection is kept.
- An answer has a time and a size. A server that sends a byte now and then is cut off when the whole time is over.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final

import botocore
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from letterlock.adapters.public_addresses import is_public

ANSWER_BYTES: Final = 1024 * 1024
ADDRESSES_TRIED: Final = 3
CONNECT_SECONDS: Final = 3.0
"""To one address, the TLS handshake included."""
RESOLVE_SECONDS: Final = 5.0
"""For a name, whatever its servers do: the system's resolver would wait for each of them, several times."""
PORT: Final = 443
CERTIFICATES: Final = Path(botocore.__file__).with_name("cacert.pem")
"""Mozilla's list, as the AWS SDK brings it."""

_LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_CHARACTER: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]"
_REST: Final = rf"(?P<rest>(?:/{_CHARACTER}*)?(?:\?(?:{_CHARACTER}|[?\[\]])*)?)"
"""Brackets are no characters of a query, strictly; Stripe's library sends them as they are."""
_PUBLIC: Final = re.compile(
    rf"(?i:https)://(?P<host>(?i:(?:{_LABEL}\.)+(?!-)[a-z][a-z0-9-]{{1,62}}(?<!-)))(?::443)?{_REST}"
)
"""RFC 3986, of a name (RFC 1123, section 2.1) whose last label begins with a letter: so no number in any base."""
_LOCAL: Final = re.compile(rf"http://(?P<host>127\.0\.0\.1):(?P<port>[1-9][0-9]{{0,4}}){_REST}")
_LONGEST_NAME: Final = 253
_LAST_PORT: Final = 65_535
_PIECE_BYTES: Final = 64 * 1024

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]


class NotAllowed(Exception):
    """Refused here, and nothing was sent. Says why, never what: a URL is somebody's content."""


class NoAnswer(Exception):
    """Nobody knows what became of the request: not reached, broken off, too slow, too large."""


class TooLarge(NoAnswer):
    """More than was wanted. What is asked for is not smaller the next time."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int
    rest: str
    """Path and query."""
    secure: bool = True


def target_of(url: str, *, local: bool = False) -> Target:
    """`local`: plain HTTP to this machine counts too. Raises NotAllowed."""
    if found := _PUBLIC.fullmatch(url):
        host = found["host"].lower()
        if len(host) > _LONGEST_NAME:
            raise NotAllowed("the host's name is too long")
        return Target(host, PORT, _from_root(found["rest"]))
    if local and (found := _LOCAL.fullmatch(url)) and int(found["port"]) <= _LAST_PORT:
        return Target(found["host"], int(found["port"]), _from_root(found["rest"]), secure=False)
    raise NotAllowed("only https to port 443 of a named host is called")


def is_local_peer(said: str) -> bool:
    """Whether it is the host and port of a stand-in on this machine."""
    return _LOCAL.fullmatch(f"http://{said}") is not None


def _from_root(rest: str) -> str:
    return rest if rest.startswith("/") else f"/{rest}"


def addresses(host: str, port: int) -> list[str]:
    """What the system's resolver answers, in its order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class OutgoingHttp:
    """One request, one answer. `seconds`: for the whole of it.

    `local`: whether peers on this machine may be called, by plain HTTP; the local cloud's stand-ins are such.
    """

    def __init__(
        self,
        seconds: float,
        *,
        local: bool = False,
        resolve: Resolve = addresses,
        connect: Connect = socket.create_connection,
        certificates: Path = CERTIFICATES,
    ) -> None:
        self._seconds, self._local, self._resolve, self._connect = seconds, local, resolve, connect
        self._certificates = certificates

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        most: int = ANSWER_BYTES,
    ) -> Answer:
        """Also of a redirect, which is not followed. Raises NotAllowed; NoAnswer."""
        target = target_of(url, local=self._local)
        wire = _Wire(self._public_peer if target.secure else self._connected, self._seconds)
        sent = {"User-Agent": "Letterlock", "Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
        with wire.until_it_is_over():
            connection = self._connection(target, wire)
            try:
                connection.request(
                    method, target.rest, body=body or None, headers=sent, preload_content=False, decode_content=False
                )
                return _read(connection.getresponse(), most)
            except (HTTPError, HTTPException, OSError) as error:
                raise NoAnswer(type(error).__name__) from None
            finally:
                connection.close()

    def _connection(self, target: Target, wire: _Wire) -> _PlainConnection | _SecureConnection:
        if not target.secure:
            return _PlainConnection(wire, target.host, target.port)
        context = ssl.create_default_context(cafile=str(self._certificates))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return _SecureConnection(wire, target.host, target.port, ssl_context=context)

    def _public_peer(self, host: str, port: int) -> socket.socket:
        """To an address that was checked. One that is not public refuses the name: it has no business being there."""
        found = _in_time(lambda: self._resolve(host, port), min(self._seconds, RESOLVE_SECONDS))
        if not found or not all(map(is_public, found)):
            raise NotAllowed("the host has an address that is not public")
        failed = OSError()
        for each in found[:ADDRESSES_TRIED]:
            try:
                return self._connected(each, port)
            except OSError as error:
                failed = error
        raise failed

    def _connected(self, address: str, port: int) -> socket.socket:
        return self._connect((address, port), CONNECT_SECONDS)


def _in_time(resolve: Callable[[], Sequence[str]], seconds: float) -> list[str]:
    """The resolver takes no time limit, so it is asked by another thread, and left alone when the time is over."""
    found: list[str] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(resolve())
        except Exception as error:  # noqa: BLE001 - raised below, where somebody waits for it
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise TimeoutError
    if failed:
        raise failed[0]
    return found


class _Wire:
    """What one request goes over, and the whole time that it has.

    Each read has a time of its own, so a server that sends little by little would never be late: it is cut off from
    beside, by another handle of the same connection.
    """

    def __init__(self, reach: Callable[[str, int], socket.socket], seconds: float) -> None:
        self._reach, self._seconds = reach, seconds
        self._over = threading.Event()
        self._end: socket.socket | None = None

    def opened(self, host: str, port: int) -> socket.socket:
        made = self._reach(host, port)
        made.settimeout(self._seconds)
        self._end = made.dup()
        if self._over.is_set():
            made.close()
            raise TimeoutError
        return made

    @contextmanager
    def until_it_is_over(self) -> Iterator[None]:
        """Raises NoAnswer once the time is over, whatever else went wrong by that."""
        timer = threading.Timer(self._seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except NoAnswer:
            self._judge()
            raise
        else:
            self._judge()
        finally:
            timer.cancel()
            if self._end:
                self._end.close()

    def _judge(self) -> None:
        if self._over.is_set():
            raise NoAnswer("its time was over") from None

    def _cut(self) -> None:
        self._over.set()
        if self._end:
            with suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)


class _PlainConnection(HTTPConnection):
    def __init__(self, wire: _Wire, host: str, port: int) -> None:
        super().__init__(host, port)
        self._wire = wire

    def _new_conn(self) -> socket.socket:
        return self._wire.opened(self.host, self.port)


class _SecureConnection(HTTPSConnection):
    """SNI, Host and the certificate are the name's, whatever address it has."""

    def __init__(self, wire: _Wire, host: str, port: int, ssl_context: ssl.SSLContext) -> None:
        super().__init__(host, port, ssl_context=ssl_context)
        self._wire = wire

    def _new_conn(self) -> socket.socket:
        return self._wire.opened(self.host, self.port)


def _read(answer: HTTPResponse, most: int) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if headers.get("content-encoding", "identity") != "identity":
        raise NoAnswer("it is packed, which was not asked for")
    body = bytearray()
    # To its end: that it ended too soon is only told by the read after its last octet.
    while piece := answer.read(_PIECE_BYTES):
        body += piece
        if len(body) > most:
            raise TooLarge("it is too large")
    return Answer(answer.status, headers, bytes(body))
