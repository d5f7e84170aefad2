"""`make prove-revocation`: nothing that was revoked lets anybody in once the revocation has been answered.

A cloud of its own. For each kind, four clients ask the API with what is about to be revoked, as fast as they can, while
it is revoked over the API. Counted are the requests that began after the revocation's answer was there: none of these
may succeed. Exit 1 when one does, when a kind was not tried, or when what hangs on it is not ended in time.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle

from local.connection import Connection
from local.demo import temporary_cloud
from local.inbox import wait_for
from local.main import run
from local.newcomers import CREATED, FOUNDER, NO_CONTENT, PASSWORD, UNAUTHORIZED, joined, signed_up
from local.progress import Progress
from local.prove_links import CLIENTS, GONE, INVALID, mailed_links, tried
from local.settings import LocalCloudError
from local.visitor import Visitor

ENOUGH = 200
"""So many successes come before the revocation, and so many requests begin after its answer."""
PATIENCE_SECONDS = 120.0
"""The first request starts the functions, which takes the local cloud a while."""
FINISHED_SECONDS = 60.0
PATHS = ("/v1/me", "/v1/mailboxes")
"""One of each function behind the API: what is revoked is dead for all of them."""
SCOPES = ["conversations:read"]
OK = 200
GUESTS = "guests.example"

Ask = Callable[[], int]
"""Presents something to the API; the answer's status, 0 when nothing answered."""


@dataclass
class Attempts:
    """When each request began, and what it was answered."""

    made: list[tuple[float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, began: float, status: int) -> None:
        with self.lock:
            self.made.append((began, status))

    def wait_for(self, count: Callable[[], int]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while count() < ENOUGH and time.monotonic() < until:
            time.sleep(0.05)

    def begun(self, since: float) -> int:
        return sum(began > since for began, _ in list(self.made))

    def successes(self, *, since: float = 0.0, until: float = float("inf")) -> int:
        return sum(since < began <= until and status == OK for began, status in list(self.made))


@dataclass(frozen=True, slots=True)
class Figures:
    """`enough`: so many must have succeeded before, and have begun after."""

    kind: str
    attempts: int
    succeeded_before: int
    begun_after: int
    succeeded_after: int
    unexpected: int
    """Answers that are neither a success nor a refusal."""
    enough: int = ENOUGH

    @property
    def proves(self) -> bool:
        return min(self.succeeded_before, self.begun_after) >= self.enough and not self.succeeded_after

    def __str__(self) -> str:
        return (
            f"{self.kind:<24}{self.attempts:>10}{self.succeeded_before:>12}{self.begun_after:>14}"
            f"{self.succeeded_after:>12}{self.unexpected:>10}"
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """`presented`: what is revoked, as it is shown to the API, over and over. `place`: where it is deleted."""

    presented: list[Ask]
    asker: Visitor
    place: str


@dataclass
class Proof:
    """In a workspace of its own, whose owner signed up and whose people were invited, all by their mails."""

    connection: Connection
    owner: Visitor
    people: int = 0

    def guest(self) -> Visitor:
        """Somebody whom nobody knows yet."""
        self.people += 1
        return Visitor(self.connection, f"guest{self.people}@{GUESTS}")

    def person(self) -> tuple[str, Visitor]:
        guest = self.guest()
        return joined(self.owner, guest)["person"], guest

    def token(self, who: Visitor, path: str) -> tuple[str, Ask]:
        """A token's id, and how it is presented."""
        made = who.must("POST", path, {"name": "to be revoked", "scopes": SCOPES}, status=CREATED)
        return made["id"], presented(who, made["token"])

    def personal_token(self) -> Kind:
        token, bearer = self.token(self.owner, "/v1/me/tokens")
        return Kind([bearer], self.owner, f"/v1/me/tokens/{token}")

    def service_token(self) -> Kind:
        token, bearer = self.token(self.owner, "/v1/tokens")
        return Kind([bearer], self.owner, f"/v1/tokens/{token}")

    def anothers_token(self) -> Kind:
        token, bearer = self.token(self.person()[1], "/v1/me/tokens")
        return Kind([bearer], self.owner, f"/v1/tokens/{token}")

    def session(self) -> Kind:
        """The owner's, in another browser."""
        other = Visitor(self.connection, self.owner.address)
        given = {"email": other.address, "password": PASSWORD}
        session = other.must("POST", "/v1/sessions", given, status=CREATED)["session"]
        return Kind([presented(other)], self.owner, f"/v1/me/sessions/{session}")

    def removed_person(self) -> Kind:
        """By session and by token."""
        person, guest = self.person()
        _, bearer = self.token(guest, "/v1/me/tokens")
        return Kind([presented(guest), bearer], self.owner, f"/v1/people/{person}")

    def everybody(self) -> Kind:
        """The owner who asks for it, a colleague, a personal and a service token."""
        _, personal = self.token(self.owner, "/v1/me/tokens")
        _, service = self.token(self.owner, "/v1/tokens")
        _, colleague = self.person()
        return Kind([presented(self.owner), presented(colleague), personal, service], self.owner, "/v1/credentials")

    def finished(self, path: str) -> None:
        """What hangs on a revoked token is ended, and its list says so. Raises LocalCloudError."""
        place = path.replace("/v1/me/tokens", "/v1/tokens")

        def said() -> bool | None:
            _, token = self.owner.ask("GET", place)
            return True if token and token["finished"] else None

        wait_for("The end of what hangs on a revoked token", said, FINISHED_SECONDS)


def presented(visitor: Visitor, token: str = "") -> Ask:
    paths = cycle(PATHS)

    def ask() -> int:
        try:
            return visitor.ask("GET", next(paths), token=token)[0]
        except LocalCloudError:
            return 0

    return ask


def hammered(name: str, kind: Kind) -> Figures:
    attempts, over = Attempts(), threading.Event()
    clients = [
        threading.Thread(target=_hammer, args=(kind.presented[number % len(kind.presented)], attempts, over))
        for number in range(CLIENTS)
    ]
    for each in clients:
        each.start()
    try:
        attempts.wait_for(attempts.successes)
        asked = time.monotonic()
        kind.asker.must("DELETE", kind.place, status=NO_CONTENT)
        answered = time.monotonic()
        attempts.wait_for(lambda: attempts.begun(answered))
    finally:
        over.set()
        for each in clients:
            each.join()
    made = attempts.made
    return Figures(
        name,
        len(made),
        attempts.successes(until=asked),
        attempts.begun(answered),
        attempts.successes(since=answered),
        sum(status not in (OK, UNAUTHORIZED) for _, status in made),
    )


def _hammer(ask: Ask, attempts: Attempts, over: threading.Event) -> None:
    while not over.is_set():
        began = time.monotonic()
        attempts.note(began, ask())


def links_ended(proof: Proof, progress: Progress) -> list[Figures]:
    """The owner signs in anew, after everybody was signed out."""
    proof.owner.must("POST", "/v1/sessions", {"email": proof.owner.address, "password": PASSWORD}, status=CREATED)
    figures = []
    for prepare in mailed_links(proof.owner, proof.guest):
        with progress.step("Ended before it was used") as step:
            tries = tried(prepare())
            step.found(tries.kind)
        figures.append(
            Figures(
                tries.kind,
                attempts=len(tries.before) + len(tries.after),
                succeeded_before=tries.before.count(INVALID),
                begun_after=len(tries.after),
                succeeded_after=sum(status != GONE for status in tries.after),
                unexpected=sum(status not in (INVALID, GONE) for status in tries.before + tries.after),
                enough=CLIENTS,
            )
        )
    return figures


def main(progress: Progress) -> int:
    figures: list[Figures] = []
    with temporary_cloud(progress) as (_, connection):
        owner = Visitor(connection, FOUNDER)
        with progress.step("Workspace signed up, by a mailed link"):
            signed_up(owner)
        proof = Proof(connection, owner)
        kinds: dict[str, Callable[[], Kind]] = {
            "personal token": proof.personal_token,
            "a colleague's token": proof.anothers_token,
            "service token": proof.service_token,
            "session": proof.session,
            "removed person": proof.removed_person,
            "everybody signed out": proof.everybody,
        }
        for name, prepare in kinds.items():
            with progress.step(f"Revoked under fire: {name}"):
                kind = prepare()
                figures.append(hammered(name, kind))
                if name == "personal token":
                    proof.finished(kind.place)
        figures += links_ended(proof, progress)
    progress.say(f"\n{'kind':<24}{'attempts':>10}{'ok before':>12}{'begun after':>14}{'ok after':>12}{'other':>10}")
    for each in figures:
        progress.say(str(each))
    after = sum(each.succeeded_after for each in figures)
    progress.say(
        f"{sum(each.attempts for each in figures)} attempts by {CLIENTS} clients, "
        f"{sum(each.begun_after for each in figures)} begun after the answer, {after} of them succeeded"
    )
    return 0 if all(each.proves for each in figures) else 1


if __name__ == "__main__":
    sys.exit(run(main))
