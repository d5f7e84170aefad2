"""Whom we call, and whom nobody gets us to call. What goes over a socket is tried in `tests/e2e/test_outgoing_connections.py`."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from letterlock.adapters.outgoing_http import NoAnswer, NotAllowed, OutgoingHttp, target_of
from letterlock.adapters.public_addresses import is_public

LIST = Path(__file__).with_name("outgoing_http_attacks.txt")


SPELT = {"{long}": "a." * 126, r"\t": "\t", r"\r": "\r", r"\n": "\n", r"\x00": "\0"}
"""What the list cannot hold as it is."""


class Case(NamedTuple):
    name: str
    url: str
    answers: list[str]


def cases() -> list[Case]:
    found = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, url, answers = (each.strip(" ") for each in line.split("|"))
            for spelt, meant in SPELT.items():
                url = url.replace(spelt, meant)
            found.append(Case(name, url, answers.split()))
    return found


class Network:
    """Answers every name with the same addresses, and notes what is connected to."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.later: tuple[str, ...] = answers
        """What whoever asks a second time would be told."""
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        answers, self.answers = self.answers, self.later
        return list(answers)

    def connect(self, address: tuple[str, int], _seconds: float) -> socket.socket:
        self.connected.append(address)
        raise ConnectionRefusedError

    def http(self, *, local: bool = False) -> OutgoingHttp:
        return OutgoingHttp(5, local=local, resolve=self.resolve, connect=self.connect)


@pytest.mark.parametrize(
    "case", [pytest.param(each, id=each.name, marks=pytest.mark.attack(f"SSRF, {each.name}")) for each in cases()]
)
def test_nobody_has_us_call_what_is_not_public(case: Case) -> None:
    network = Network(*case.answers)
    with pytest.raises(NotAllowed):
        network.http()("GET", case.url)
    assert network.connected == []


def test_each_attack_has_a_name_of_its_own() -> None:
    names = [each.name for each in cases()]
    assert len(names) == len(set(names)) > 70


@pytest.mark.attack("SSRF, a name whose servers never answer")
def test_a_name_that_is_not_resolved_in_time_is_not_waited_for() -> None:
    never, network = threading.Event(), Network("93.184.216.34")

    def resolve(_host: str, _port: int) -> list[str]:
        never.wait()
        return ["93.184.216.34"]

    with pytest.raises(NoAnswer):
        OutgoingHttp(0.01, resolve=resolve, connect=network.connect)("GET", "https://slow.example/")
    assert network.connected == []
    never.set()


@pytest.mark.attack("SSRF, a name that means something else a moment later (DNS rebinding)")
def test_what_is_connected_to_is_the_address_that_was_checked() -> None:
    network = Network("93.184.216.34")
    network.later = ("127.0.0.1",)
    with pytest.raises(NoAnswer):
        network.http()("GET", "https://social.example/")
    assert network.asked == ["social.example"]
    assert network.connected == [("93.184.216.34", 443)]


@pytest.mark.attack("SSRF, plain HTTP on the local cloud reaches stand-ins only")
@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.2:80/", "http://localhost:80/", "http://127.0.0.1/", "http://127.0.0.1:99999/",
     "http://10.0.0.1:80/", "http://127.0.0.1:80@10.0.0.1/", "https://127.0.0.1:80/"],
)  # fmt: skip
def test_on_the_local_cloud_plain_http_goes_to_this_machine_only(url: str) -> None:
    network = Network("93.184.216.34")
    with pytest.raises(NotAllowed):
        network.http(local=True)("GET", url)
    assert network.connected == []


def test_on_the_local_cloud_a_stand_in_is_called() -> None:
    network = Network()
    with pytest.raises(NoAnswer):
        network.http(local=True)("GET", "http://127.0.0.1:8080/token?x=1")
    assert network.connected == [("127.0.0.1", 8080)]


@pytest.mark.parametrize(
    ("url", "host", "rest"),
    [
        ("https://social.example", "social.example", "/"),
        ("https://social.example:443/api/v1/statuses?since_id=1", "social.example", "/api/v1/statuses?since_id=1"),
        ("https://social.example?q=1", "social.example", "/?q=1"),
        ("https://api.stripe.com/v1/prices?lookup_keys[0]=team", "api.stripe.com", "/v1/prices?lookup_keys[0]=team"),
        ("HTTPS://Social.Example/%7Eana", "social.example", "/%7Eana"),
        ("https://xn--mgbh0fb.example/", "xn--mgbh0fb.example", "/"),
        ("https://a-b.c1.example/", "a-b.c1.example", "/"),
    ],
)
def test_a_public_name_is_called_over_tls(url: str, host: str, rest: str) -> None:
    target = target_of(url)
    assert (target.host, target.port, target.rest, target.secure) == (host, 443, rest, True)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


def test_three_addresses_of_a_host_are_tried_and_no_more() -> None:
    network = Network("93.184.216.34", "1.1.1.1", "8.8.8.8", "9.9.9.9")
    with pytest.raises(NoAnswer):
        network.http()("GET", "https://social.example/")
    assert [each for each, _ in network.connected] == ["93.184.216.34", "1.1.1.1", "8.8.8.8"]


def test_a_refusal_does_not_say_what_was_asked_for() -> None:
    with pytest.raises(NotAllowed) as refused:
        Network("10.0.0.1").http()("GET", "https://secret.example/?code=hidden")
    assert "secret" not in str(refused.value)
    assert "hidden" not in str(refused.value)
