"""The mails that an account's changes cause: links, and word of what changed. Once each, as far as SES lets us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from letterlock.domain import account_mails
from letterlock.domain.errors import NotFound, SendDelayed, SendRefused, SendUncertain
from letterlock.domain.people import Link, LinkKind, LinkState
from letterlock.domain.sign_in import NOBODY
from letterlock.services.people_ports import AccountMail, AccountMailer, Links, LinkSecrets, MailClaims, People
from letterlock.services.ports import Clock, Workspaces

SENT: Final = "Sent"
NOT_WANTED: Final = "NotWanted"
"""Nothing is to be sent (any more)."""
REFUSED: Final = "Refused"
UNCERTAIN: Final = "Uncertain"


@dataclass(frozen=True, slots=True)
class SendAccountMail:
    """What became of it, in a word. Composed before it is claimed, so that a claim means that SES may have it.

    Raises SendDelayed when another try is wanted.
    """

    links: Links
    people: People
    workspaces: Workspaces
    secrets: LinkSecrets
    claims: MailClaims
    mailer: AccountMailer
    now: Clock
    app: str
    """Where links lead; empty: nowhere, the mail shows what to send to the API."""

    def __call__(self, fact: str, name: str, data: dict[str, str]) -> str:
        try:
            mail = self._mail(name, data)
        except NotFound:
            mail = None
        if mail is None or not self.claims.claim(data["workspace"], fact):
            return NOT_WANTED
        try:
            self.mailer.send(mail, {"workspace": data["workspace"], "fact": fact})
        except SendDelayed:
            self.claims.release(data["workspace"], fact)
            raise
        except SendRefused:
            return REFUSED
        except SendUncertain:
            return UNCERTAIN
        return SENT

    def _mail(self, name: str, data: dict[str, str]) -> AccountMail | None:
        workspace = data["workspace"]
        if workspace == NOBODY:
            return None
        made: dict[str, Callable[[], AccountMail | None]] = {
            "PersonInvited": lambda: self._invitation(workspace, data["invitation"]),
            "PasswordResetRequested": lambda: self._reset(workspace, data["person"], data["reset"]),
            "SignUpRequested": lambda: self._sign_up(workspace, data["sign_up"]),
            "PasswordChanged": lambda: self._told(workspace, data["person"], account_mails.PASSWORD_CHANGED),
            "SecondFactorRemoved": lambda: self._told(workspace, data["person"], account_mails.SECOND_FACTOR_REMOVED),
        }
        return made[name]()

    def _invitation(self, workspace: str, id: str) -> AccountMail | None:  # noqa: A002 - the field's own name
        invitation = self.links.invitation(workspace, id)
        if invitation.standing(self.now()) is not LinkState.PENDING:
            return None
        secret = self.secrets.secret(Link(LinkKind.INVITATION, workspace, id))
        called = account_mails.quoted(self.workspaces.name(workspace))
        return self._filled(account_mails.INVITATION, invitation.address, secret, called)

    def _reset(self, workspace: str, person: str, id: str) -> AccountMail | None:  # noqa: A002 - the field's own name
        reset, found = self.links.reset(workspace, id), self.people.get(workspace, person)
        if reset.state is not LinkState.PENDING or reset.until <= self.now() or not found.member.active:
            return None
        secret = self.secrets.secret(Link(LinkKind.RESET, workspace, id))
        return self._filled(account_mails.RESET, found.profile.address, secret)

    def _sign_up(self, workspace: str, id: str) -> AccountMail | None:  # noqa: A002 - the field's own name
        wanted = self.links.sign_up(workspace, id)
        if wanted.state is not LinkState.PENDING or wanted.until <= self.now():
            return None
        secret = self.secrets.secret(Link(LinkKind.SIGN_UP, workspace, id))
        return self._filled(account_mails.SIGN_UP, wanted.address, secret)

    def _told(self, workspace: str, person: str, words: account_mails.Words) -> AccountMail | None:
        found = self.people.get(workspace, person)
        if not found.member.active:
            return None
        called = account_mails.quoted(self.workspaces.name(workspace))
        return self._filled(words, found.profile.address, "", called)

    def _filled(self, words: account_mails.Words, to: str, secret: str, called: str = "") -> AccountMail:
        text = words.text.format(workspace=called, link=account_mails.link(words, self.app, secret))
        return AccountMail(to, words.subject, text)
