"""`make prove-revocation`: nothing that was revoked lets anybody in once the revocation has been answered.

A cloud of its own. For each kind, four clients ask the API with what is about to be revoked, as fast as they can, while
it is revoked over the API. Counted are the requests that began after the revocation's answer was there: none of these
may succeed. Exit 1 when one does, when a kind was not tried, or when what hangs on it is not ended in time.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from letterlock.domain.permissions import Role
from local.aws import resource
from local.cloud import LocalCloud
from local.connection import Connection
from local.demo import temporary_cloud
from local.inbox import wait_for
from local.main import run
from local.progress import Progress
from local.settings import LocalCloudError
from local.team import Person, Team

CLIENTS = 4
ENOUGH = 200
"""So many successes come before the revocation, and so many requests begin after its answer."""
PATIENCE_SECONDS = 120.0
"""The first request starts the functions, which takes the local cloud a while."""
FINISHED_SECONDS = 60.0
PATHS = ("/v1/me", "/v1/mailboxes")
"""One of each function behind the API: what is revoked is dead for all of them."""
SCOPES = ["conversations:read"]
OK, CREATED, NO_CONTENT, UNAUTHORIZED = 200, 201, 204, 401

Headers = dict[str, str]


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
    kind: str
    attempts: int
    succeeded_before: int
    begun_after: int
    succeeded_after: int
    unexpected: int
    """Answers that are neither a success nor 401."""

    @property
    def proves(self) -> bool:
        return self.succeeded_before >= ENOUGH and self.begun_after >= ENOUGH and not self.succeeded_after

    def __str__(self) -> str:
        return (
            f"{self.kind:<24}{self.attempts:>10}{self.succeeded_before:>12}{self.begun_after:>14}"
            f"{self.succeeded_after:>12}{self.unexpected:>10}"
        )


class Site:
    """The API as browsers and tools come to it."""

    def __init__(self, cloud: LocalCloud, connection: Connection) -> None:
        where = urlsplit(connection.api)
        self._host, self._port = where.hostname or "", where.port or 0
        self._origin = f"http://{resource(cloud.resources, 'Api')}.execute-api.localhost:{cloud.settings.cloud_port}"

    def cookie(self, person: Person) -> Headers:
        return {"Cookie": f"__Host-session={person.secret}", "Origin": self._origin}

    def bearer(self, token: str) -> Headers:
        return {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, headers: Headers, body: Any = None) -> tuple[int, Any]:
        """Status 0 when nothing answered."""
        sent = headers | ({"Content-Type": "application/json"} if body is not None else {})
        asking = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            asking.request(method, path, None if body is None else json.dumps(body), sent)
            answer = asking.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            asking.close()
        return answer.status, json.loads(said) if said else None

    def must(self, method: str, path: str, headers: Headers, status: int, body: Any = None) -> Any:
        answered, said = self.ask(method, path, headers, body)
        if answered != status:
            raise LocalCloudError(f"{method} {path} was answered {answered}, not {status}")
        return said


@dataclass
class Proof:
    site: Site
    team: Team
    owner: Person

    def token(self, who: Person, path: str) -> tuple[str, Headers]:
        """A token's id, and what it is presented as."""
        made = self.site.must("POST", path, self.site.cookie(who), CREATED, {"name": "to be revoked", "scopes": SCOPES})
        return made["id"], self.site.bearer(made["token"])

    def personal_token(self) -> tuple[list[Headers], str]:
        token, bearer = self.token(self.owner, "/v1/me/tokens")
        return [bearer], f"/v1/me/tokens/{token}"

    def service_token(self) -> tuple[list[Headers], str]:
        token, bearer = self.token(self.owner, "/v1/tokens")
        return [bearer], f"/v1/tokens/{token}"

    def anothers_token(self) -> tuple[list[Headers], str]:
        token, bearer = self.token(self.team.joined_by(Role.AGENT), "/v1/me/tokens")
        return [bearer], f"/v1/tokens/{token}"

    def removed_person(self) -> tuple[list[Headers], str]:
        """By session and by token."""
        person = self.team.joined_by(Role.AGENT)
        _, bearer = self.token(person, "/v1/me/tokens")
        return [self.site.cookie(person), bearer], f"/v1/people/{person.id}"

    def everybody(self) -> tuple[list[Headers], str]:
        """The owner who asks for it, a colleague, a personal and a service token."""
        _, personal = self.token(self.owner, "/v1/me/tokens")
        _, service = self.token(self.owner, "/v1/tokens")
        colleague = self.team.joined_by(Role.AGENT)
        return [self.site.cookie(self.owner), self.site.cookie(colleague), personal, service], "/v1/credentials"

    def hammered(self, kind: str, presented: list[Headers], path: str) -> Figures:
        attempts, over = Attempts(), threading.Event()
        clients = [
            threading.Thread(target=self._hammer, args=(presented[number % len(presented)], attempts, over))
            for number in range(CLIENTS)
        ]
        for each in clients:
            each.start()
        try:
            attempts.wait_for(attempts.successes)
            asked = time.monotonic()
            self.site.must("DELETE", path, self.site.cookie(self.owner), NO_CONTENT)
            answered = time.monotonic()
            attempts.wait_for(lambda: attempts.begun(answered))
        finally:
            over.set()
            for each in clients:
                each.join()
        made = attempts.made
        return Figures(
            kind,
            len(made),
            attempts.successes(until=asked),
            attempts.begun(answered),
            attempts.successes(since=answered),
            sum(status not in (OK, UNAUTHORIZED) for _, status in made),
        )

    def _hammer(self, presented: Headers, attempts: Attempts, over: threading.Event) -> None:
        number = 0
        while not over.is_set():
            began = time.monotonic()
            status, _ = self.site.ask("GET", PATHS[number % len(PATHS)], presented)
            attempts.note(began, status)
            number += 1

    def finished(self, path: str) -> None:
        """What hangs on a revoked token is ended, and its list says so. Raises LocalCloudError."""
        place = path.replace("/v1/me/tokens", "/v1/tokens")

        def said() -> bool | None:
            _, token = self.site.ask("GET", place, self.site.cookie(self.owner))
            return True if token and token["finished"] else None

        wait_for("The end of what hangs on a revoked token", said, FINISHED_SECONDS)


def main(progress: Progress) -> int:
    figures: list[Figures] = []
    with temporary_cloud(progress) as (cloud, connection):
        team = Team(cloud, connection.workspace)
        proof = Proof(Site(cloud, connection), team, team.joined_by(Role.OWNER))
        kinds: dict[str, Callable[[], tuple[list[Headers], str]]] = {
            "personal token": proof.personal_token,
            "a colleague's token": proof.anothers_token,
            "service token": proof.service_token,
            "removed person": proof.removed_person,
            "everybody signed out": proof.everybody,
        }
        for kind, prepare in kinds.items():
            with progress.step(f"Revoked under fire: {kind}"):
                presented, path = prepare()
                figures.append(proof.hammered(kind, presented, path))
                if kind == "personal token":
                    proof.finished(path)
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
