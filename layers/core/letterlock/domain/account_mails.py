"""What the mails about accounts say. Nothing in them is anybody's free text but a workspace's name, between quotes, and
that only where somebody of the workspace has given it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """`text` may name `{workspace}`, `{link}`, `{credential}` and `{person}`, which are ids, and `{until}`, a time."""

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
    "Somebody, perhaps you, asked for a new password for this address in the workspace {workspace} on Letterlock.\n\n"
    "{link}\n"
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
SECOND_FACTOR_ENROLLED: Final = Words(
    "You have a second factor now",
    "A second factor was set up for this address in the workspace {workspace} on Letterlock: from now on the password "
    "is not enough to sign in, and every other session ended.\n"
    "\nIf it was not you, ask for a new password at once, and tell an owner of the workspace: somebody knew the old "
    "one.\n",
)
RECOVERY_CODES_RENEWED: Final = Words(
    "You have new recovery codes",
    "New recovery codes were made for this address in the workspace {workspace} on Letterlock. Those that there were "
    "work no more, and every other session ended.\n"
    "\nIf it was not you, ask for a new password at once, and tell an owner of the workspace: somebody knew the old "
    "one, and a code.\n",
)
RECOVERY_CODE_USED: Final = Words(
    "Somebody signed in with a recovery code",
    "One of your recovery codes let somebody in to the workspace {workspace} on Letterlock, and works no more. If the "
    "authenticator is lost, remove the second factor and set up another one; if few codes are left, make new ones.\n"
    "\nIf it was not you, change your password at once, make new recovery codes, and tell an owner of the workspace: "
    "somebody knew the password, and has your codes.\n",
)
REMOVED: Final = Words(
    "You are no longer in a workspace",
    "You are no longer a person of the workspace {workspace} on Letterlock: you left it, or somebody who may do so "
    "removed you. Your sessions and API tokens there have ended, and your conversations belong to nobody.\n"
    "\nIf you think that it was a mistake, ask an owner of the workspace. This is the last mail about it.\n",
)
TOKEN_LEAKED: Final = Words(
    "Your API token leaked, and was revoked",
    "A secret scanner found your credential {credential}, of the workspace {workspace} on Letterlock, where it should "
    "not be. It was revoked in the same moment and opens nothing any more.\n"
    "\nFind out how it got there, look at the audit log for what was done with it, and make another one.\n",
)
SERVICE_TOKEN_LEAKED: Final = Words(
    "An API token of your workspace leaked, and was revoked",
    "A secret scanner found the service token {credential}, of the workspace {workspace} on Letterlock, where it "
    "should not be. It was revoked in the same moment and opens nothing any more, so what used it has stopped.\n"
    "\nFind out how it got there, look at the audit log for what was done with it, and make another one.\n",
)
CREDENTIAL_REVOKED: Final = Words(
    "Your API token was revoked",
    "Somebody who may do so revoked your credential {credential}, of the workspace {workspace} on Letterlock. It opens "
    "nothing any more.\n\nIf you did not expect it, ask an owner of the workspace: the audit log says who it was.\n",
)
SERVICE_TOKEN_REVOKED: Final = Words(
    "An API token of your workspace was revoked",
    "The service token {credential}, of the workspace {workspace} on Letterlock, was revoked, and what used it has "
    "stopped.\n\nIf you did not expect it, look at the audit log: it says who it was.\n",
)
CONNECTION_ENDED: Final = Words(
    "An account that you connected is no longer connected",
    "The provider of an account that you connected ({connection}), in the workspace {workspace} on Letterlock, takes "
    "its token no more: somebody ended it there, or it ran out. Nothing comes in by it, and nothing goes out.\n"
    "\nConnect it again if it was not you who ended it, and look there at what else is connected.\n",
)
CONNECTION_REVOKED: Final = Words(
    "An account that you connected was taken off",
    "Somebody else revoked the account that you connected ({credential}), in the workspace {workspace} on Letterlock. "
    "Nothing comes in by it, and nothing goes out; its provider is told.\n"
    "\nIf you did not expect it, ask an owner to look at the audit log.\n",
)
EVERYBODY_SIGNED_OUT: Final = Words(
    "Everybody was signed out of your workspace",
    "An owner signed everybody out of the workspace {workspace} on Letterlock: every session and every API token there "
    "was has ended, and so have the reply addresses of notifications. People sign in again; services need new tokens.\n"
    "\nIf you did not expect it, look at the audit log: it says who it was.\n",
)
OWN_FACTOR_RESET: Final = Words(
    "Your second factor is about to be removed",
    "The operator of this Letterlock was told that you lost your authenticator and your recovery codes, and is about "
    "to remove the second factor of this address in the workspace {workspace} on Letterlock: not before {until}.\n"
    "\nIf it was not you, sign in with a code of your authenticator: that stops it. So can any owner of the workspace, "
    "with DELETE /v1/people/{person}/factor-reset. Then tell the operator.\n",
)
FACTOR_RESET: Final = Words(
    "An owner's second factor is about to be removed",
    "The operator of this Letterlock was told that the owner {person}, of the workspace {workspace} on Letterlock, "
    "lost authenticator and recovery codes, and is about to remove their second factor: not before {until}.\n"
    "\nAsk them whether that is so, and not by mail. If it is not, stop it: DELETE /v1/people/{person}/factor-reset.\n",
)
FACTOR_RESET_STOPPED: Final = Words(
    "An owner's second factor stays",
    "An owner stopped the removal of the second factor of the owner {person}, of the workspace {workspace} on "
    "Letterlock.\n\nIf you did not expect it, look at the audit log: it says who it was.\n",
)
OWN_SIGN_IN: Final = {
    "PasswordChanged": PASSWORD_CHANGED,
    "SecondFactorEnrolled": SECOND_FACTOR_ENROLLED,
    "SecondFactorRemoved": SECOND_FACTOR_REMOVED,
    "RecoveryCodesRenewed": RECOVERY_CODES_RENEWED,
    "RecoveryCodeUsed": RECOVERY_CODE_USED,
}
"""By the fact: what becomes of how somebody signs in is told to them."""


def link(words: Words, app: str, secret: str) -> str:
    """How to use the secret: a page of the app, where there is one; and what to send to the API."""
    if not secret:
        return ""
    page = f"{app.rstrip('/')}/{words.page}#{secret}\n\n" if app else ""
    return f"{page}Token, for {words.route}:\n{secret}"


def below(workspace: str, called: str) -> str:
    """Under every mail: which workspace it is about, for who is in several. `called`: its name in quotes, if any."""
    named = f"Workspace {called} ({workspace})" if called else f"Workspace {workspace}"
    return f"\n-- \n{named}. Whose address is in several signs in to this one by that id.\n"


def quoted(name: str) -> str:
    """A name that somebody chose, as it may stand in a mail to a stranger: nothing in it is a link."""
    plain = re.sub(r"[^\w .,&'()+-]+|(?<=\w)[.](?=\w)", " ", name)
    return f'"{" ".join(plain.split())[:60]}"'
