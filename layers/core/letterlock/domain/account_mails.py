"""What the mails about accounts say. Nothing in them is anybody's free text but a workspace's name, between quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """`text` may name `{workspace}` and `{link}`."""

    subject: str
    text: str
    page: str = ""
    """The app's, which reads the secret from behind the `#`: no server's log has it."""
    route: str = ""


INVITATION: Final = Words(
    "You are invited to a shared inbox",
    "You are invited to the workspace {workspace} on Letterlock, where a team answers its mail together.\n\n{link}\n"
    "\nThis works once, within three days. If you did not expect it, do nothing: without you nothing happens.\n",
    "invitation",
    "POST /v1/invitations/accept",
)
RESET: Final = Words(
    "A new password for Letterlock",
    "Somebody, perhaps you, asked for a new password for this address.\n\n{link}\n"
    "\nThis works once, within an hour. If it was not you, do nothing: your password stays as it is.\n",
    "password-reset",
    "POST /v1/password-resets/complete",
)
SIGN_UP: Final = Words(
    "Your workspace on Letterlock",
    "Somebody, perhaps you, wants to open a workspace on Letterlock with this address.\n\n{link}\n"
    "\nThis works once, within an hour. If it was not you, do nothing: nothing is opened.\n",
    "sign-up",
    "POST /v1/sign-ups/complete",
)
PASSWORD_CHANGED: Final = Words(
    "Your password was changed",
    "The password of this address in the workspace {workspace} on Letterlock was changed, and every other session "
    "ended.\n\nIf it was not you, ask for a new password at once, and tell an owner of the workspace.\n",
)
SECOND_FACTOR_REMOVED: Final = Words(
    "Your second factor was removed",
    "The second factor of this address in the workspace {workspace} on Letterlock was removed: the password alone lets "
    "you in now.\n\nIf it was not you, change your password at once, and tell an owner of the workspace.\n",
)


def link(words: Words, app: str, secret: str) -> str:
    """How to use the secret: a page of the app, where there is one; and what to send to the API."""
    if not secret:
        return ""
    page = f"{app.rstrip('/')}/{words.page}#{secret}\n\n" if app else ""
    return f"{page}Token, for {words.route}:\n{secret}"


def quoted(name: str) -> str:
    """A name that somebody chose, as it may stand in a mail to a stranger: nothing in it is a link."""
    plain = re.sub(r"[^\w .,&'()+-]+|(?<=\w)[.](?=\w)", " ", name)
    return f'"{" ".join(plain.split())[:60]}"'
