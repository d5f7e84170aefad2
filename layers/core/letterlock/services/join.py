"""Somebody becomes a person of a workspace: by an invitation, or by signing one up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from letterlock.domain.accounts import Member
from letterlock.domain.audit import Act
from letterlock.domain.errors import Conflict, Forbidden, Gone, NotFound, Stale
from letterlock.domain.facts import PersonJoined, SignUpRequested
from letterlock.domain.links import NO_GOOD
from letterlock.domain.passwords import password_to_keep
from letterlock.domain.people import (
    LIFE,
    Invitation,
    Link,
    LinkKind,
    LinkState,
    Profile,
    SignUp,
    shown_name,
    sign_in_address,
)
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import SESSION_LIFE
from letterlock.domain.throttle import Tried
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.own_addresses import refuse_shared
from letterlock.services.people_ports import Joining, Limits, Links, LinkSecrets, Passwords, People
from letterlock.services.ports import Clock, Ids, Mailboxes, Members, Workspaces
from letterlock.services.record_refusal import RecordRefusal
from letterlock.services.sign_in import STACK, SignedIn
from letterlock.services.start_session import FRESH_READS, StartSession

OPEN = "open"
"""The operator's setting, of `open`, `invitation` and `closed`: anybody may sign a workspace up."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    token: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Join:
    """The part that both ways have in common. Raises Invalid, Gone, Conflict, Stale."""

    people: People
    members: Members
    passwords: Passwords
    start: StartSession
    deeds: Deeds
    ids: Ids
    now: Clock

    def __call__(
        self,
        new: Newcomer,
        address: str,
        member: Member,
        link: Link,
        asked: Asked,
        act: Act,
        made_at: datetime,
        inviter: Member | None = None,
    ) -> SignedIn:
        """`made_at`: when the link was."""
        name, password = shown_name(new.name), password_to_keep(new.password, address)
        session = self.start(member.workspace, member.id, asked, SESSION_LIFE)
        member = replace(member, credentials=(session.credential,))
        joining = Joining(
            member,
            Profile(address, name),
            self.passwords.hash(password),
            session,
            link,
            made_at,
            self.now(),
            replaces=self._replaced(member.workspace, address, made_at),
            inviter=inviter,
        )
        deed = self.deeds(
            member.workspace,
            Asked(member.id, asked.request, asked.source, asked.user_agent),
            act,
            link.id,
            [PersonJoined(member.workspace, member.id)],
            after=member.role,
        )
        self.people.join(joining, deed)
        return SignedIn(member, session)

    def _replaced(self, workspace: str, address: str, made_at: datetime) -> str:
        """Whoever was removed comes back by an invitation that was made after that, and by no older one."""
        person = self.people.at(workspace, address)
        if not person:
            return ""
        standing = self.members.get(workspace, person)
        if standing.active:
            raise Conflict("this address is a person of the workspace already: sign in")
        if standing.removed_at and made_at <= standing.removed_at:
            raise Gone(NO_GOOD)
        return person


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """Nobody gets more by it than its inviter could give by now, nor anything by one that was made before everybody was
    signed out.

    Raises TooManyRequests, Gone, Invalid, AddressRefused, Conflict, Stale.
    """

    join: Join
    mailboxes: Mailboxes
    links: Links
    secrets: LinkSecrets
    limits: Limits
    refusal: RecordRefusal

    def __call__(self, token: str, name: str, password: str, asked: Asked) -> SignedIn:
        new = Newcomer(token, name, password)
        self.limits.count(Tried.LINK, new.token, asked.source)
        link = self.secrets.read(new.token, LinkKind.INVITATION)
        for attempt in range(1 + FRESH_READS):
            try:
                return self._accepted(new, link, asked)
            except Stale:
                if attempt == FRESH_READS:
                    raise
        raise AssertionError("unreachable")

    def _accepted(self, new: Newcomer, link: Link, asked: Asked) -> SignedIn:
        try:
            invitation = self.links.invitation(link.workspace, link.id)
        except NotFound:
            raise Gone(NO_GOOD) from None
        state = invitation.standing(self.join.now())
        with self.refusal.of_link(link, state, asked):
            if state is not LinkState.PENDING:
                raise Gone(NO_GOOD)
            inviter = self._inviter(invitation)
            refuse_shared(self.mailboxes, invitation.address)
            member = Member(self.join.ids.new("per"), link.workspace, invitation.role, invitation.mailboxes)
            act, made_at = Act.INVITATION_ACCEPTED, invitation.created_at
            return self.join(new, invitation.address, member, link, asked, act, made_at, inviter)

    def _inviter(self, invitation: Invitation) -> Member | None:
        """None when it was the operator. Raises Gone: what somebody may give no more, nobody gets by them."""
        if not invitation.inviter:
            return None
        try:
            inviter = self.join.members.get(invitation.workspace, invitation.inviter)
        except NotFound:
            raise Gone(NO_GOOD) from None
        if not invitation.still_given_by(inviter):
            raise Gone(NO_GOOD)
        return inviter


@dataclass(frozen=True, slots=True)
class AskSignUp:
    """Raises Forbidden where the operator has not opened it, Invalid, TooManyRequests."""

    links: Links
    limits: Limits
    deeds: Deeds
    ids: Ids
    now: Clock
    setting: Callable[[], str]

    def __call__(self, address: str, name: str, asked: Asked) -> None:
        if self.setting() != OPEN:
            raise Forbidden("workspaces are not signed up here: ask the operator")
        address, name = sign_in_address(address), shown_name(name)
        self.limits.count(Tried.SIGN_UP, address, asked.source)
        wanted = SignUp(self.ids.new("sup"), self.ids.new("wsp"), address, name, self.now() + LIFE[LinkKind.SIGN_UP])
        facts = [SignUpRequested(wanted.workspace, wanted.id)]
        self.links.ask_sign_up(wanted, self.deeds(STACK, asked, Act.SIGN_UP_REQUESTED, wanted.id, facts))


@dataclass(frozen=True, slots=True)
class CompleteSignUp:
    """The workspace, keys first, and its owner. A try that breaks off in between is taken up by the same link.

    Raises Forbidden, TooManyRequests, Gone, Invalid, AddressRefused, Stale.
    """

    join: Join
    mailboxes: Mailboxes
    workspaces: Workspaces
    links: Links
    secrets: LinkSecrets
    limits: Limits
    refusal: RecordRefusal
    setting: Callable[[], str]

    def __call__(self, token: str, name: str, password: str, asked: Asked) -> SignedIn:
        new = Newcomer(token, name, password)
        if self.setting() != OPEN:
            raise Forbidden("workspaces are not signed up here: ask the operator")
        self.limits.count(Tried.LINK, new.token, asked.source)
        link = self.secrets.read(new.token, LinkKind.SIGN_UP)
        try:
            wanted = self.links.sign_up(link.workspace, link.id)
        except NotFound:
            raise Gone(NO_GOOD) from None
        if wanted.state is LinkState.USED:  # else there is no workspace, and nobody to look into its log
            with self.refusal.of_link(link, wanted.state, asked):
                raise Gone(NO_GOOD)
        if wanted.state is not LinkState.PENDING or wanted.until <= self.join.now():
            raise Gone(NO_GOOD)
        # What is wrong with the request must be said before anything is made.
        shown_name(new.name)
        password_to_keep(new.password, wanted.address)
        refuse_shared(self.mailboxes, wanted.address)
        created = self.join.deeds(wanted.workspace, asked, Act.WORKSPACE_CREATED, wanted.workspace)
        self.workspaces.create(wanted.workspace, wanted.name, created.entry)
        member = Member(self.join.ids.new("per"), wanted.workspace, Role.OWNER)
        made_at = wanted.until - LIFE[LinkKind.SIGN_UP]
        return self.join(new, wanted.address, member, link, asked, Act.SIGNED_UP, made_at)
