"""People come in, on the running local cloud: sign-up, invitation, second factor, a token and its end."""

from __future__ import annotations

import time
from typing import Any, Final

from bench.authenticator import code_of
from local.connection import Connection
from local.progress import Progress
from local.settings import LocalCloudError
from local.visitor import Visitor

FOUNDER: Final = "ines@newcomers.example"
COLLEAGUE: Final = "noor@newcomers.example"
PASSWORD: Final = "a quiet lamp over the desk"  # noqa: S105 - nobody's
CREATED: Final = 201
ACCEPTED: Final = 202
NO_CONTENT: Final = 204
UNAUTHORIZED: Final = 401


def come_in(connection: Connection, progress: Progress) -> Visitor:
    """The owner of a new workspace in which two work. Raises LocalCloudError at the first step that fails."""
    founder, colleague = Visitor(connection, FOUNDER), Visitor(connection, COLLEAGUE)
    with progress.step("Workspace signed up, by a mailed link") as step:
        step.found(signed_up(founder)["workspace"])
    with progress.step("Colleague invited, and joined") as step:
        step.found(joined(founder, colleague)["person"])
    with progress.step("Signed in with password and one-time code") as step:
        step.found(second_factor(colleague)["session"])
    with progress.step("Token issued, used, revoked, dead") as step:
        step.found(token_and_its_end(colleague))
    return founder


def signed_up(founder: Visitor) -> Any:
    founder.must("POST", "/v1/sign-ups", {"email": founder.address, "workspace_name": "Newcomers"}, status=ACCEPTED)
    new = {"token": founder.link(), "name": "Ines", "password": PASSWORD}
    return founder.must("POST", "/v1/sign-ups/complete", new, status=CREATED)


def joined(host: Visitor, guest: Visitor, role: str = "agent") -> Any:
    host.must("POST", "/v1/invitations", {"email": guest.address, "role": role}, status=CREATED)
    new = {"token": guest.link(), "name": "Noor", "password": PASSWORD}
    return guest.must("POST", "/v1/invitations/accept", new, status=CREATED)


def second_factor(visitor: Visitor) -> Any:
    """Set up, signed out, and in again: the password alone is refused, a code of the authenticator's opens."""
    secret = visitor.must("POST", "/v1/me/totp", {"password": PASSWORD}, status=CREATED)["secret"]
    visitor.must("POST", "/v1/me/totp/confirm", {"code": code_of(secret, time.time())})
    visitor.must("DELETE", "/v1/sessions/current", status=NO_CONTENT)
    given = {"email": visitor.address, "password": PASSWORD}
    visitor.must("POST", "/v1/sessions", given, status=UNAUTHORIZED)
    # A code counts once: this is the next one, which a clock half a minute ahead shows already (RFC 6238, 5.2).
    return visitor.must("POST", "/v1/sessions", given | {"code": code_of(secret, time.time() + 30)}, status=CREATED)


def token_and_its_end(visitor: Visitor) -> str:
    wanted = {"name": "the demo's", "scopes": ["conversations:read"]}
    made = visitor.must("POST", "/v1/me/tokens", wanted, status=CREATED)
    visitor.must("GET", "/v1/me", token=made["token"])
    visitor.must("DELETE", f"/v1/me/tokens/{made['id']}", status=NO_CONTENT)
    status, _ = visitor.ask("GET", "/v1/me", token=made["token"])
    if status != UNAUTHORIZED:
        raise LocalCloudError(f"The revoked token was answered {status}, not {UNAUTHORIZED}")
    return f"{made['id']}: {status}"
