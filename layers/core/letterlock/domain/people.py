"""People of a workspace: how they are called, how they are invited, and what stands of a link that was sent to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from letterlock.domain.accounts import Gate, Member, Principal
from letterlock.domain.audit import OPERATOR
from letterlock.domain.errors import Forbidden, Invalid, NotFound
from letterlock.domain.permissions import PERMISSIONS, Action, Role

NAME_CHARACTERS: Final = 100
ADDRESS_OCTETS: Final = 254
"""RFC 5321, section 4.5.3.1.3."""
_ADDRESS: Final = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)


def sign_in_address(address: str) -> str:
    """As we keep it, in lower case. Raises Invalid, never quoting it."""
    address = address.strip().lower()
    if len(address) > ADDRESS_OCTETS or not _ADDRESS.fullmatch(address):
        raise Invalid("an address has the form name@domain (RFC 5321)")
    return address


def shown_name(name: str) -> str:
    """Raises Invalid."""
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise Invalid(f"a name has 1 to {NAME_CHARACTERS} printable characters")
    return name


@dataclass(frozen=True, slots=True)
class Profile:
    """Sealed, wherever it is kept."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    member: Member
    profile: Profile
    joined_at: datetime


class LinkKind(StrEnum):
    """What a link that was mailed to somebody is for. Each works once."""

    INVITATION = "invitation"
    RESET = "reset"
    SIGN_UP = "sign_up"


LIFE: Final = {
    LinkKind.INVITATION: timedelta(hours=72),
    LinkKind.RESET: timedelta(hours=1),
    LinkKind.SIGN_UP: timedelta(hours=1),
}
LINK_IDS: Final = {LinkKind.INVITATION: "inv", LinkKind.RESET: "rst", LinkKind.SIGN_UP: "sup"}


@dataclass(frozen=True, slots=True)
class Link:
    """Where it is kept. Of its secret nothing is: it follows from these, under the stack's key."""

    kind: LinkKind
    workspace: str
    id: str


class LinkState(StrEnum):
    PENDING = "pending"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"
    """Shown, never stored: it follows from the time."""
    VOID = "void"
    """Shown, never stored: everybody was signed out since it was made, or its inviter could not give the same now."""


@dataclass(frozen=True, slots=True)
class Invitation:
    id: str
    workspace: str
    address: str
    role: Role
    mailboxes: frozenset[str] | None
    """None: all there are, and will be."""
    invited_by: str
    """`per_…`, `tok_…`, or the operator."""
    created_at: datetime
    until: datetime
    state: LinkState = LinkState.PENDING
    name: str = ""
    """What the inviter calls them; they may say otherwise."""

    def standing(self, now: datetime) -> LinkState:
        return LinkState.EXPIRED if self.state is LinkState.PENDING and self.until <= now else self.state

    @property
    def inviter(self) -> str:
        """The member's id; empty when it was the operator."""
        return "" if self.invited_by == OPERATOR else self.invited_by

    def as_things_stand(self, inviter: Member | None, gate: Gate) -> Invitation:
        """As it is shown. `inviter` None: it was the operator, or whoever it was is not there."""
        given = self.still_given_by(inviter) if inviter else not self.inviter
        closed = gate.signed_out_at is not None and self.created_at <= gate.signed_out_at
        dead = self.state is LinkState.PENDING and (closed or not given)
        return replace(self, state=LinkState.VOID) if dead else self

    def still_given_by(self, inviter: Member) -> bool:
        """Whether they could give the same again, as they stand now."""
        if not (inviter.active and inviter.role.covers(PERMISSIONS[Action.INVITE].least)):
            return False
        mailboxes = inviter.mailboxes is None or (self.mailboxes is not None and self.mailboxes <= inviter.mailboxes)
        return mailboxes and inviter.role.covers(self.role)


@dataclass(frozen=True, slots=True)
class Reset:
    id: str
    workspace: str
    person: str
    until: datetime
    state: LinkState = LinkState.PENDING

    @property
    def link(self) -> Link:
        return Link(LinkKind.RESET, self.workspace, self.id)

    @property
    def made_at(self) -> datetime:
        return self.until - LIFE[LinkKind.RESET]

    def standing(self, now: datetime) -> LinkState:
        return LinkState.EXPIRED if self.state is LinkState.PENDING and self.until <= now else self.state

    def good(self, now: datetime, chosen_at: datetime | None) -> bool:
        """`chosen_at`: when the password was. A link is for the password that somebody forgot, and not for the next."""
        outdated = chosen_at is not None and self.made_at <= chosen_at
        return self.state is LinkState.PENDING and now < self.until and not outdated


@dataclass(frozen=True, slots=True)
class SignUp:
    id: str
    workspace: str
    """The id that the workspace will have."""
    address: str
    name: str
    """The workspace's."""
    until: datetime
    state: LinkState = LinkState.PENDING


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody is in a workspace. `mailboxes` None: all there are, and will be."""

    role: Role
    mailboxes: frozenset[str] | None

    @classmethod
    def of(cls, member: Member) -> Part:
        return cls(member.role, member.mailboxes)


MAKING: Final = {Role.ADMIN: Action.MAKE_ADMIN, Role.OWNER: Action.MAKE_OWNER}
"""What one must be allowed to do to make somebody that, or to change who is."""


def refuse_more_than_ones_own(who: Principal, after: Part, before: Part | None = None) -> None:
    """Nobody gives what they do not have, nor a larger role to somebody who works in mailboxes that they do not.

    `before` None: they are invited. What only takes away is any admin's to do. Raises Forbidden; NotFound for a mailbox
    that `who` does not see.
    """
    for part in filter(None, (before, after)):
        if part.role in MAKING:
            who.may(MAKING[part.role])
    had = before.mailboxes if before else frozenset[str]()
    if after.mailboxes is None:
        if had is not None and who.limited:
            raise Forbidden("name the mailboxes: you do not work in all of them yourself")
    elif not after.mailboxes - (had or frozenset()) <= set(who.mailboxes):
        raise NotFound("no such mailbox")
    raised = before is not None and not before.role.covers(after.role)
    if raised and who.limited and (after.mailboxes is None or not after.mailboxes <= set(who.mailboxes)):
        raise Forbidden("they work in mailboxes that you do not: a larger role is for somebody else to give")
