"""The mails that an account's changes cause: links, and word of what changed. Never lost; twice at worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from letterlock.domain import account_mails, billing_mails
from letterlock.domain.account_mails import Words
from letterlock.domain.errors import NotFound, SendDelayed, SendUncertain
from letterlock.domain.people import Link, LinkKind, LinkState
from letterlock.domain.sign_in import NOBODY
from letterlock.services.people_ports import AccountMail, AccountMailer, Links, LinkSecrets, MailClaims, People, SignIns
from letterlock.services.ports import Clock, Mailboxes, Workspaces
from letterlock.services.send_once import NOT_WANTED, SHARED, send_once
from letterlock.services.token_ports import Revocations

NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class ToTell:
    """`named`: what the text names beside the workspace: ids, a time."""

    person: str
    words: Words
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail, and under which name it is claimed: the fact's, and of several the person's beside it."""

    claim: str
    mail: AccountMail


@dataclass(frozen=True, slots=True)
class Called:
    """A workspace, and its name in quotes; empty where it has none yet."""

    workspace: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SendAccountMail:
    """How many ended how, in a word each.

    Raises SendDelayed, SendUncertain when another try is wanted: what was sent is not sent again.
    """

    links: Links
    people: People
    sign_ins: SignIns
    revocations: Revocations
    workspaces: Workspaces
    mailboxes: Mailboxes
    secrets: LinkSecrets
    claims: MailClaims
    mailer: AccountMailer
    now: Clock
    app: str
    """Where links lead; empty: nowhere, the mail shows what to send to the API."""

    def __call__(self, fact: str, name: str, data: dict[str, str]) -> Counter[str]:
        try:
            mails = self._mails(fact, name, data)
        except NotFound:
            mails = []
        ended: Counter[str] = Counter()
        later: SendDelayed | SendUncertain | None = None
        for each in mails:
            try:
                ended[self._sent(data["workspace"], fact, each)] += 1
            except (SendDelayed, SendUncertain) as again:
                later = again
        if later:
            raise later
        return ended or Counter({NOT_WANTED: 1})

    def _sent(self, workspace: str, fact: str, each: Claimed) -> str:
        """Never to a mailbox of ours, made since then perhaps: a team, or a customer's thread, would have the link."""
        if self.mailboxes.receives(each.mail.to):
            return SHARED
        tags = {"workspace": workspace, "fact": fact}
        return send_once(self.claims, workspace, each.claim, lambda: self.mailer.send(each.mail, tags))

    def _mails(self, fact: str, name: str, data: dict[str, str]) -> list[Claimed]:
        workspace = data["workspace"]
        if workspace == NOBODY:
            return []
        made: dict[str, Callable[[], AccountMail | None]] = {
            "PersonInvited": lambda: self._invitation(workspace, data["invitation"]),
            "PasswordResetRequested": lambda: self._reset(workspace, data["person"], data["reset"]),
            "SignUpRequested": lambda: self._sign_up(workspace, data["sign_up"]),
            "PersonRemoved": lambda: self._told(workspace, data["person"], account_mails.REMOVED, gone=True),
        }
        if name in account_mails.OWN_SIGN_IN:
            made[name] = lambda: self._told(workspace, data["person"], account_mails.OWN_SIGN_IN[name])
        if name in made:
            mail = made[name]()
            return [Claimed(fact, mail)] if mail else []
        return [
            Claimed(f"{fact}#{each.person}", mail)
            for each in (self._of_money(name, data) if name in billing_mails.FACTS else self._whom(name, data))
            if (mail := self._told(workspace, each.person, each.words, each.named))
        ]

    def _of_money(self, name: str, data: dict[str, str]) -> Sequence[ToTell]:
        words = billing_mails.words_of(name, data)
        return self._owners(data["workspace"], words) if words else []

    def _whom(self, name: str, data: dict[str, str]) -> Sequence[ToTell]:
        """Whom it concerns, where that may be several, and the words for it."""
        workspace = data["workspace"]
        if name == "EverybodySignedOut":
            return self._owners(workspace, account_mails.EVERYBODY_SIGNED_OUT)
        if name in ("SecondFactorResetAsked", "SecondFactorResetStopped"):
            return self._of_a_reset(name, workspace, data["person"])
        if name == "ConnectionEnded":
            return [ToTell(data["person"], account_mails.CONNECTION_ENDED, {"connection": data["connection"]})]
        if name not in ("TokenLeaked", "CredentialRevoked"):
            raise KeyError(name)
        return self._of_a_credential(name, data, data.get("holder", ""), data.get("by", ""))

    def _of_a_credential(self, name: str, data: dict[str, str], holder: str, by: str) -> Sequence[ToTell]:
        """Whose it was; of a service's, the owners."""
        leaked, named = name == "TokenLeaked", {"credential": data["credential"]}
        # What a scanner found is told of by the fact of the leak; what people end of their own is no news to them.
        if not leaked and (not by or by == holder or not data["credential"].startswith(("tok_", "ses_", "con_"))):
            return []
        if data["credential"].startswith("con_"):
            return [ToTell(holder, account_mails.CONNECTION_REVOKED, named)]
        if holder.startswith("per_"):
            return [ToTell(holder, account_mails.TOKEN_LEAKED if leaked else account_mails.CREDENTIAL_REVOKED, named)]
        words = account_mails.SERVICE_TOKEN_LEAKED if leaked else account_mails.SERVICE_TOKEN_REVOKED
        return [each for each in self._owners(data["workspace"], words, named) if leaked or each.person != by]

    def _of_a_reset(self, name: str, workspace: str, person: str) -> Sequence[ToTell]:
        """All owners. That it is asked for is no news where it was stopped meanwhile."""
        if name == "SecondFactorResetStopped":
            return self._owners(workspace, account_mails.FACTOR_RESET_STOPPED, {"person": person})
        reset = self.sign_ins.of_person(workspace, person).factor_reset
        if reset is None:
            return []
        named = {"person": person, "until": f"{reset.ready_at:%Y-%m-%dT%H:%M:%SZ}"}
        others = [each for each in self._owners(workspace, account_mails.FACTOR_RESET, named) if each.person != person]
        return [ToTell(person, account_mails.OWN_FACTOR_RESET, named), *others]

    def _owners(self, workspace: str, words: Words, named: Mapping[str, str] = NOTHING) -> Sequence[ToTell]:
        return [ToTell(person, words, named) for person in self.revocations.owners(workspace).people]

    def _invitation(self, workspace: str, id: str) -> AccountMail | None:  # noqa: A002 - the field's own name
        invitation = self.links.invitation(workspace, id)
        if invitation.standing(self.now()) is not LinkState.PENDING:
            return None
        secret = self.secrets.secret(Link(LinkKind.INVITATION, workspace, id))
        return self._filled(account_mails.INVITATION, invitation.address, self._called(workspace), secret)

    def _reset(self, workspace: str, person: str, id: str) -> AccountMail | None:  # noqa: A002 - the field's own name
        reset, found = self.links.reset(workspace, id), self.people.get(workspace, person)
        if reset.state is not LinkState.PENDING or reset.until <= self.now() or not found.member.active:
            return None
        secret = self.secrets.secret(Link(LinkKind.RESET, workspace, id))
        return self._filled(account_mails.RESET, found.profile.address, self._called(workspace), secret)

    def _sign_up(self, workspace: str, id: str) -> AccountMail | None:  # noqa: A002 - the field's own name
        """Without the name that they want: anybody may ask, and would have us mail words of theirs to anybody."""
        wanted = self.links.sign_up(workspace, id)
        if wanted.state is not LinkState.PENDING or wanted.until <= self.now():
            return None
        secret = self.secrets.secret(Link(LinkKind.SIGN_UP, workspace, id))
        return self._filled(account_mails.SIGN_UP, wanted.address, Called(workspace), secret)

    def _told(
        self, workspace: str, person: str, words: Words, named: Mapping[str, str] = NOTHING, *, gone: bool = False
    ) -> AccountMail | None:
        """`gone`: it is for somebody who was removed, and for nobody who has come back since."""
        found = self.people.get(workspace, person)
        if found.member.active is gone:
            return None
        return self._filled(words, found.profile.address, self._called(workspace), named=named)

    def _called(self, workspace: str) -> Called:
        return Called(workspace, account_mails.quoted(self.workspaces.name(workspace)))

    def _filled(
        self, words: Words, to: str, called: Called, secret: str = "", named: Mapping[str, str] = NOTHING
    ) -> AccountMail:
        link = account_mails.link(words, self.app, secret)
        text = words.text.format(workspace=called.name, link=link, **named)
        return AccountMail(to, words.subject, text + account_mails.below(called.workspace, called.name))
