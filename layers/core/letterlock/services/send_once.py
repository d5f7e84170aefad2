"""One mail for each claim: never lost, and twice at worst."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from letterlock.domain.errors import SendDelayed, SendRefused, SendUncertain
from letterlock.services.people_ports import MailClaims

SENT: Final = "Sent"
NOT_WANTED: Final = "NotWanted"
"""Nothing is to be sent (any more)."""
REFUSED: Final = "Refused"
SHARED: Final = "Shared"
"""The address is a mailbox of ours."""
LEASE: Final = timedelta(minutes=2)
"""Longer than a function that sends may run, and shorter than its queue waits before it brings a fact again."""


def send_once(claims: MailClaims, workspace: str, claim: str, send: Callable[[], None]) -> str:
    """How it ended, in a word. Raises SendDelayed, SendUncertain: another try is wanted.

    Where nobody knows whether the mail service took a mail, it is sent again: a link in it is the same one and works
    once, so twice does no harm, and an owner who is never invited does.
    """
    if not claims.claim(workspace, claim, LEASE):
        return NOT_WANTED
    ended = SENT
    try:
        send()
    except (SendDelayed, SendUncertain):
        claims.release(workspace, claim)
        raise
    except SendRefused:
        ended = REFUSED
    claims.settle(workspace, claim)
    return ended
