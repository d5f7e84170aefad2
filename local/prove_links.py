"""The part of `make prove-revocation` that is about mailed links: four clients at once, before and after the end.

A link is used up by success, and counted: ten tries an hour. So what shows that it still opens is a try with a password
that is refused (one's own address); after the end each client tries with a good one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from local.newcomers import ACCEPTED, CREATED, NO_CONTENT, PASSWORD, joined
from local.visitor import Visitor

CLIENTS: Final = 4
INVALID: Final = 400
GONE: Final = 410
SUCCESS: Final = 300
"""Statuses below are one."""
INVITATIONS: Final = "/v1/invitations/accept"
RESETS: Final = "/v1/password-resets/complete"


@dataclass(frozen=True, slots=True)
class Mailed:
    """A link in somebody's hands. `end`: what is asked for, by whom, and it opens nothing any more."""

    kind: str
    holder: Visitor
    route: str
    secret: str
    asker: Visitor
    end: str


@dataclass(frozen=True, slots=True)
class Tries:
    """Statuses, in any order."""

    kind: str
    before: list[int]
    after: list[int]


def mailed_links(owner: Visitor, guest: Callable[[], Visitor]) -> list[Callable[[], Mailed]]:
    """Every way in which one ends before it is used. Each is made when it is called."""

    def invitation() -> Mailed:
        holder = guest()
        made = _invited(owner, holder)
        return Mailed("invitation", holder, INVITATIONS, holder.link(), owner, f"/v1/invitations/{made}")

    def invitation_of_a_removed_person() -> Mailed:
        host, holder = guest(), guest()
        person = joined(owner, host, "admin")["person"]
        _invited(host, holder)
        return Mailed("a removed one's invitation", holder, INVITATIONS, holder.link(), owner, f"/v1/people/{person}")

    def reset_link_of_a_removed_person() -> Mailed:
        holder = guest()
        person = joined(owner, holder)["person"]
        holder.must("POST", "/v1/password-resets", {"email": holder.address}, status=ACCEPTED)
        return Mailed("a removed one's reset link", holder, RESETS, holder.link(), owner, f"/v1/people/{person}")

    return [invitation, invitation_of_a_removed_person, reset_link_of_a_removed_person]


def tried(mailed: Mailed) -> Tries:
    """By four clients at once, then again when the end has been answered."""
    before = _at_once(mailed, password=mailed.holder.address)
    mailed.asker.must("DELETE", mailed.end, status=NO_CONTENT)
    return Tries(mailed.kind, before, _at_once(mailed, password=PASSWORD))


def _at_once(mailed: Mailed, *, password: str) -> list[int]:
    body = {"token": mailed.secret, "password": password}
    if mailed.route == INVITATIONS:
        body["name"] = "Guest"
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(lambda _: mailed.holder.ask("POST", mailed.route, body)[0], range(CLIENTS)))


def _invited(host: Visitor, guest: Visitor) -> str:
    made = host.must("POST", "/v1/invitations", {"email": guest.address, "role": "agent"}, status=CREATED)
    return str(made["id"])
