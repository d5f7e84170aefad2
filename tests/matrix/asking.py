"""Asking for a route as a kind of caller, and what a refusal must leave as it was."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import boto3

from bench.recorder import Call
from letterlock.domain.permissions import STOPPED, Action
from tests.matrix.world import OWN_PASSWORD, Headers, World
from tools.openapi import DESCRIPTION

DESCRIBED: dict[str, Any] = json.loads(DESCRIPTION.read_text())["paths"]
CALLERS = (
    "anonymous",
    "foreign",
    "viewer",
    "elsewhere",
    "agent",
    "limited",
    "admin",
    "owner",
    "token",
    "revoked",
    "expired",
    "unscoped",
)
REFUSED = (400, 401, 402, 403, 404, 409, 410)
PASSWORD = "a password of nobody's"
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/conversations/{conversation}/replies"): {"text": "Soon."},
    ("POST", "/v1/conversations/{conversation}/notes"): {"text": "Careful."},
    ("POST", "/v1/conversations/{conversation}/participants"): {"address": "bob@customer.example"},
    ("PUT", "/v1/conversations/{conversation}/assignee"): {"assignee": "me"},
    ("POST", "/v1/attachments"): {"name": "note.txt", "media_type": "text/plain", "size": 12},
    ("PUT", "/v1/conversations/{conversation}/status"): {"status": "closed"},
    ("PUT", "/v1/conversations/{conversation}/messages/{message}/attachments/{attachment}/state"): {
        "state": "released"
    },
    ("POST", "/v1/me/tokens"): {"name": "Mine", "scopes": ["conversations:read"]},
    ("POST", "/v1/tokens"): {"name": "CI", "scopes": ["conversations:read"]},
    ("POST", "/v1/secret-scanning"): [],
    ("POST", "/v1/stripe/webhooks"): {"id": "evt_1"},
    # Each who is signed in anew is one more: by then there are more people than a team takes.
    ("POST", "/v1/billing/checkout"): {"plan": "business", "seats": 500},
    ("PATCH", "/v1/me"): {"name": "Another"},
    ("PATCH", "/v1/me/notifications"): {"unassigned": True},
    ("PATCH", "/v1/workspace"): {"name": "Another"},
    ("PATCH", "/v1/people/{person}"): {"role": "agent"},
    ("POST", "/v1/mailboxes"): lambda world: {"address": f"m{world.address().partition('@')[0]}@acme.example"},
    ("PATCH", "/v1/mailboxes/{mailbox}"): lambda world: {"name": world.address()},
    ("POST", "/v1/domains"): lambda world: {"domain": world.domain()},
    ("POST", "/v1/connections"): lambda world: world.account(),
    ("POST", "/v1/invitations"): lambda world: {"email": world.address(), "role": "viewer"},
    ("POST", "/v1/invitations/accept"): lambda world: {
        "token": world.link("lli_"),
        "name": "Eve",
        "password": PASSWORD,
    },
    ("POST", "/v1/sign-ups"): lambda world: {"email": world.address(), "workspace_name": "Eve's"},
    ("POST", "/v1/sign-ups/complete"): lambda world: {"token": world.link("llu_"), "name": "Eve", "password": PASSWORD},
    ("POST", "/v1/password-resets"): lambda world: {"email": world.address()},
    ("POST", "/v1/password-resets/complete"): lambda world: {"token": world.link("llr_"), "password": PASSWORD},
    ("POST", "/v1/sessions"): lambda world: {"email": world.address(), "password": PASSWORD},
    ("PUT", "/v1/me/password"): {"current": OWN_PASSWORD, "new": f"{PASSWORD} more"},
    ("POST", "/v1/me/totp"): {"password": OWN_PASSWORD},
    ("POST", "/v1/me/totp/confirm"): {"code": "123456"},
    ("POST", "/v1/me/totp/recovery-codes"): {"password": OWN_PASSWORD, "code": "123456"},
    ("DELETE", "/v1/me/totp"): {"password": OWN_PASSWORD, "code": "123456"},
}
"""What is sent; where it has to be something new each time, how it is made."""
VARIANTS: dict[tuple[str, str], Any] = {
    ("POST", "/v1/invitations+sales"): lambda world: _invited(world, role="viewer", mailboxes=[world.sales]),
    ("POST", "/v1/invitations+support"): lambda world: _invited(world, role="viewer", mailboxes=[world.stack.mailbox]),
    ("POST", "/v1/invitations+admin"): lambda world: _invited(world, role="admin", mailboxes=[]),
    ("POST", "/v1/invitations+owner"): lambda world: _invited(world, role="owner", mailboxes=[]),
    ("PATCH", "/v1/people/{person}+sales"): lambda world: {"role": "agent", "mailboxes": [world.sales]},
    ("PATCH", "/v1/people/{person}+support"): lambda world: {"mailboxes": [world.stack.mailbox]},
    ("PATCH", "/v1/people/{person}+admin"): {"role": "admin", "mailboxes": []},
    ("PATCH", "/v1/people/{person}+owner"): {"role": "owner", "mailboxes": []},
}
"""The same routes asked for something else, in lines of their own: behind the `+` it says what."""
READ_ONLY = "+read-only"
"""The same routes while the workspace is read-only, for a payment is overdue: all that change what nobody then changes,
and some that go on.
"""
GOES_ON = (
    ("GET", "/v1/conversations/{conversation}"),
    ("GET", "/v1/conversations/{conversation}/messages/{message}/attachments/{attachment}"),
    ("DELETE", "/v1/connections/{connection}"),
    ("DELETE", "/v1/people/{person}"),
    ("DELETE", "/v1/tokens/{token}"),
    ("PATCH", "/v1/people/{person}"),
    ("POST", "/v1/billing/checkout"),
)
CHANGES = ("POST", "PUT", "PATCH")
UNPAID = sorted(
    [
        *(
            (method.upper(), path)
            for path, methods in DESCRIBED.items()
            for method, said in methods.items()
            if method.upper() in CHANGES and said["x-letterlock-action"] in STOPPED
        ),
        *GOES_ON,
    ]
)
VARIANTS |= {(method, f"{path}{READ_ONLY}"): BODIES.get((method, path)) for method, path in UNPAID}
ROUTES = sorted([*((method.upper(), path) for path, methods in DESCRIBED.items() for method in methods), *VARIANTS])
UNCOUNTED = {"LimitsTable"}
"""What a refused request may write: that it was counted."""
READS = {"BatchGetItem", "GetItem", "Query", "GetObject", "HeadObject", "Decrypt"}
"""What may be asked of AWS on the way to a refusal; anything else counts as written, unless AWS refused it."""
ENDS_THE_SESSION = {
    ("DELETE", "/v1/me"),
    ("DELETE", "/v1/sessions/current"),
    ("PUT", "/v1/me/password"),
    ("POST", "/v1/me/totp"),
    ("DELETE", "/v1/me/totp"),
}
"""Or gives it another secret."""
FORBIDDEN = 403
CALLBACK = "/v1/connections/callback"
"""What is brought there is what the owner's browser was sent back with."""


def expected() -> dict[tuple[str, str], dict[str, int]]:
    """The table as it can be read."""
    found = {}
    for line in Path(__file__).with_name("table.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            method, path, *answers = line.split()
            found[method, path] = dict(zip(CALLERS, map(int, answers), strict=True))
    return found


EXPECTED = expected()


def stored() -> dict[str, Any]:
    """All that lies in the tables and the buckets, but for what is only counted."""
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    found: dict[str, Any] = {}
    for table in dynamodb.list_tables()["TableNames"]:
        if table not in UNCOUNTED:
            items = dynamodb.scan(TableName=table)["Items"]
            found[table] = sorted(json.dumps(item, sort_keys=True, default=str) for item in items)
    for bucket in s3.list_buckets()["Buckets"]:
        listed = s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", [])
        found[bucket["Name"]] = sorted((each["Key"], each["VersionId"]) for each in listed)
    return found


def written(calls: list[Call], but: set[str]) -> list[str]:
    """The calls that AWS took and that were more than reads, but for those that touched these tables alone."""
    return [
        f"{call.service}:{call.operation}"
        for call in calls
        if call.operation not in READS and not call.error and not {resource for _, resource in call.grants} <= but
    ]


def _invited(world: World, **wanted: Any) -> dict[str, Any]:
    return {"email": world.address(), **wanted}


def on_record(world: World) -> dict[str, tuple[str, str]]:
    """What the audit log has: of each entry its act, and who did it."""
    found = [each for each in world.stack.items("AuditTable") if "act" in each]
    return {each["sk"]["S"]: (each["act"]["S"], each["actor"]["S"]) for each in found}


def recorded(world: World, method: str, path: str, who: str | Headers, status: int) -> list[tuple[str, str]]:
    """What a refusal is to leave in the audit log: of somebody known, and of a sign-in."""
    if (method, path) == ("POST", "/v1/sessions"):
        return [("sign_in_refused", "")]
    return [("access_refused", world.id_of(who))] if status == FORBIDDEN else []


def real(world: World, method: str, path: str, caller: str) -> str:
    """The route's path with something of each kind in its place: something new for who may change it."""
    if path == CALLBACK:
        return f"{path}?{world.brought('owner')}"
    changed = method != "GET" and EXPECTED[method, path][caller] not in REFUSED
    if path in world.targets and not changed:
        return world.targets[path]
    filled = path.partition("+")[0]
    for name in re.findall(r"{(\w+)}", path):
        within = filled.split("/")[3]
        if name == "message":
            found = world.message(within, path)
        elif name == "contact" and "participants" in path:
            found = world.participant(within)
        else:
            found = world.file if "{message}" in path and name == "attachment" else world.target(name, path)
        filled = filled.replace(f"{{{name}}}", found)
    if not changed:
        world.targets[path] = filled
    return filled


def answered(world: World, method: str, path: str, caller: str) -> int:
    """The status; and a refusal has told nothing, written nothing but the entry that it is to leave in the audit log, and
    is the same as for what never was.
    """
    said = DESCRIBED[path.partition("+")[0]][method.lower()]["x-letterlock-action"]
    who: str | Headers = caller
    if caller == "unscoped":
        who = world.unscoped(Action(said)) if said != "anybody" else "owner"
    where, sent = real(world, method, path, caller), (BODIES | VARIANTS).get((method, path))
    sent = sent(world) if callable(sent) else sent
    with world.read_only() if path.endswith(READ_ONLY) else nullcontext():
        return _answered(world, method, path, caller, who, where, sent)


def _answered(world: World, method: str, path: str, caller: str, who: str | Headers, where: str, sent: Any) -> int:
    start, before = len(world.stack.recorder.calls), on_record(world)
    status, body = world.ask(who, method, where, sent)
    if status in REFUSED:
        assert written(world.stack.recorder.calls[start:], UNCOUNTED | {"AuditTable"}) == [], f"{caller} has written"
        found = [entry for own, entry in on_record(world).items() if own not in before]
        assert found == recorded(world, method, path, who, status), f"of {caller}, the audit log has {found}"
    if caller == "foreign":
        assert world.stack.workspace not in body
        assert world.stack.mailbox not in body
        if status in REFUSED:
            never = re.sub(r"_[0-9A-Z]{26}", "_" + "0" * 26, where)
            assert (status, body) == world.ask(who, method, never, sent)
    if path == "/v1/credentials":
        world.reopen()
    if (method, path) in ENDS_THE_SESSION and status not in REFUSED:
        world.seat()
    return status
