"""An owner buys a plan on Stripe's page, its events come over HTTP, a payment fails: on the running local cloud."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from letterlock.domain.billing_mails import PAYMENT_FAILED
from local.inbox import wait_for
from local.newcomers import CREATED
from local.progress import Progress
from local.settings import LocalCloudError, Settings
from local.visitor import Visitor

SEATS: Final = 3
PAYMENT_REQUIRED: Final = 402
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/(sub_\w+)")
_SECONDS: Final = 60.0


def subscribe(owner: Visitor, settings: Settings, progress: Progress) -> None:
    """Two work in the workspace, as many as it has for nothing. Raises LocalCloudError at the first step that fails."""
    third = {"email": "nils@newcomers.example", "role": "agent"}
    with progress.step("A third seat costs: the invitation is refused") as step:
        owner.must("POST", "/v1/invitations", third, status=PAYMENT_REQUIRED)
        step.found(str(PAYMENT_REQUIRED))
    with progress.step("Plan bought on Stripe's page; its events came in, signed") as step:
        wanted = {"plan": "team", "seats": SEATS}
        page = owner.must("POST", "/v1/billing/checkout", wanted, status=CREATED)["url"]
        _expect_page(page)
        _sent(page, {})
        step.found(_standing(owner, "trialing"))
    with progress.step("The third is invited, a fourth is refused") as step:
        owner.must("POST", "/v1/invitations", third, status=CREATED)
        fourth = third | {"email": "olga@newcomers.example"}
        owner.must("POST", "/v1/invitations", fourth, status=PAYMENT_REQUIRED)
        step.found(f"{CREATED}, {PAYMENT_REQUIRED}")
    subscription = _subscription(settings)
    with progress.step("A payment fails: the owner is told by mail, all goes on") as step:
        _sent(f"{settings.stripe}/subscriptions/{subscription}", {"happens": "failed"})
        said = _standing(owner, "past_due")
        wait_for("A mail to the owner", lambda: _told(settings.outbox, owner.address), _SECONDS)
        step.found(said)
    with progress.step("It is paid after all") as step:
        _sent(f"{settings.stripe}/subscriptions/{subscription}", {"happens": "settle"})
        step.found(_standing(owner, "active"))


def _standing(owner: Visitor, status: str) -> str:
    """How the workspace stands, once it stands so."""

    def look() -> Any:
        said = owner.must("GET", "/v1/billing")
        return said if said["status"] == status else None

    said = wait_for(f"The subscription as {status}", look, _SECONDS)
    read_only = "read-only" if said["read_only"] else "read and write"
    return f"{said['plan']}, {said['status']}, {said['seats']['used']} of {said['seats']['paid']} seats, {read_only}"


def _subscription(settings: Settings) -> str:
    """The one that there is at the stand-in."""
    found = _SUBSCRIPTION.search(_read(f"{settings.stripe}/"))
    if found is None:
        raise LocalCloudError("The stand-in for Stripe knows no subscription.")
    return found[1]


def _told(outbox: Path, address: str) -> str | None:
    for path in outbox.glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if str(mail["To"]) == address and str(mail["Subject"]) == PAYMENT_FAILED.subject:
            return path.name
    return None


def _expect_page(url: str) -> None:
    if "<form" not in _read(url):
        raise LocalCloudError("There is nothing to be paid on the page.")


def _read(url: str) -> str:
    return _asked(urllib.request.Request(url))  # noqa: S310 - the local cloud's own


def _sent(url: str, form: dict[str, str]) -> None:
    _asked(urllib.request.Request(url, urlencode(form).encode(), method="POST"))  # noqa: S310 - likewise


def _asked(request: urllib.request.Request) -> str:
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - likewise
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise LocalCloudError(f"The stand-in for Stripe answered {error.code}.") from error
