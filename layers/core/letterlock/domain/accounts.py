"""Who is who: workspaces' members, what they come in with, and the mailboxes they see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from letterlock.domain.billing import WITHOUT_LIMITS, Allowance, Paid, allowance
from letterlock.domain.errors import Forbidden, Invalid, NotFound, ReadOnly, Stale, Unauthenticated
from letterlock.domain.forwarding import Confirmation, ForwardingState
from letterlock.domain.mail import Address
from letterlock.domain.mailbox_settings import MailboxSettings
from letterlock.domain.permissions import PERMISSIONS, STOPPED, Action, AnyToken, Role, Scope
from letterlock.domain.threading import MAILBOX_LOCAL_PART_OCTETS

REFUSED: Final = "this token or session is unknown, expired or revoked"
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a person, or a workspace's own token. `id` is what conversations are assigned to and replies are
    signed with: `per_…` or `tok_…`.
    """

    workspace: str
    id: str
    role: Role
    scopes: frozenset[Scope] = frozenset()
    mailboxes: tuple[str, ...] = ()
    """Those that it sees, by id."""
    limited: bool = False
    """The workspace may have mailboxes that it does not see."""
    credential: str = ""
    """What it came in with: `ses_…` or `tok_…`."""
    signed_in: bool = False
    """With a session, which needs no scope."""
    since: datetime = LONG_AGO
    """When that was made."""
    version: int = 1
    """Of role and mailboxes, as they were read."""
    allowance: Allowance = WITHOUT_LIMITS
    """What the workspace's plan allows."""
    paid: Paid | None = None
    """What it pays for; None where it never bought anything, and where the operator charges for nothing."""

    @property
    def kind(self) -> CredentialKind:
        """Of what it came in with."""
        if self.signed_in:
            return CredentialKind.SESSION
        return CredentialKind.PERSONAL if self.id.startswith("per_") else CredentialKind.SERVICE

    def may(self, action: Action) -> None:
        """Raises Forbidden unless this principal may do that."""
        refusal = self.refusal(action)
        if refusal:
            raise Forbidden(refusal)

    def may_change(self, action: Action) -> None:
        """Raises ReadOnly where it would be changed in a workspace that is read-only."""
        if self.allowance.read_only and action in STOPPED:
            raise ReadOnly("a payment is overdue, so nothing can be changed until it is made: an owner can, in billing")

    def refusal(self, action: Action) -> str:
        """Why it may not; empty when it may."""
        needed = PERMISSIONS.get(action)
        if needed is None:
            return "nobody may do this"
        if not self.role.covers(needed.least):
            return f"this needs the role {needed.least}"
        if self.signed_in or isinstance(needed, AnyToken):
            return ""
        if needed.scope is None:
            return "this is done by somebody who is signed in, not with a token"
        return "" if needed.scope in self.scopes else f"this needs the scope {needed.scope}"

    def sees(self, mailbox: str) -> bool:
        return mailbox in self.mailboxes

    def must_see(self, mailbox: str, what: str) -> None:
        """Raises NotFound: what lies in a mailbox that one does not see is as absent as what never was."""
        if not self.sees(mailbox):
            raise NotFound(f"no such {what}")


class CredentialKind(StrEnum):
    """What a member comes in with."""

    SESSION = "session"
    PERSONAL = "personal"
    """A person's own API token."""
    SERVICE = "service"
    """A workspace's API token: its holder is no person."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What the store knows of a session or a token; of its secret it has a keyed hash."""

    id: str
    kind: CredentialKind
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    used_on: date | None = None
    """The last day (UTC) on which it was used, as far as was noted."""

    def live(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Member:
    """A person or a service of a workspace, as every request reads it. `mailboxes` None: all there are, and will be."""

    id: str
    workspace: str
    role: Role
    mailboxes: frozenset[str] | None = None
    active: bool = True
    credentials: tuple[Credential, ...] = ()
    """Those that were not revoked."""
    version: int = 1
    """Of role and mailboxes."""
    removed_at: datetime | None = None
    finished_at: datetime | None = None
    """When all that hung on them was ended."""

    def sees(self, mailbox: str) -> bool:
        """As far as it is the member's own part that decides."""
        return self.active and (self.mailboxes is None or mailbox in self.mailboxes)

    def works_in(self, mailbox: str) -> bool:
        """Whether conversations of that mailbox can be given to them."""
        return self.sees(mailbox) and self.role.covers(Role.AGENT)


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether anybody may come into a workspace, and what there is to see in it."""

    open: bool
    mailboxes: tuple[str, ...] = ()
    signed_out_at: datetime | None = None
    """When everybody was signed out: what was made until then is dead."""
    paid: Paid | None = None
    """What the workspace pays for; None where it never bought anything."""

    def signed_out(self, credential: Credential) -> bool:
        return self.signed_out_at is not None and credential.created_at <= self.signed_out_at

    def seen_by(self, member: Member) -> tuple[str, ...]:
        """The mailboxes that they see, by id."""
        return tuple(each for each in self.mailboxes if member.mailboxes is None or each in member.mailboxes)


@dataclass(frozen=True, slots=True)
class Admission:
    """What one read tells of whoever presents a secret: the credential is None when the secret is none of theirs."""

    member: Member
    credential: Credential | None
    gate: Gate

    def principal(self, now: datetime, *, billed: bool = False) -> Principal | None:
        """None when they may not come in, whatever the reason. `billed`: whether the operator charges at all."""
        member, credential, gate = self.member, self.credential, self.gate
        if credential is None or not credential.live(now) or not member.active or not gate.open:
            return None
        if gate.signed_out(credential):
            return None
        return Principal(
            member.workspace,
            member.id,
            member.role,
            credential.scopes,
            gate.seen_by(member),
            limited=member.mailboxes is not None,
            credential=credential.id,
            signed_in=credential.kind is CredentialKind.SESSION,
            since=credential.created_at,
            version=member.version,
            allowance=allowance(gate.paid, now, billed=billed),
            paid=gate.paid if billed else None,
        )


def refuse_no_longer(asker: Principal, now: Member | Gate | None) -> None:
    """`now`: the asker's member, or gate, as it stands when what they asked for is to be written; None: it is gone.

    Raises Unauthenticated, Forbidden, or Stale where they may ask again, unless it is as it was when they were let in.
    """
    match now:
        case Gate():
            if not now.open or (now.signed_out_at is not None and asker.since <= now.signed_out_at):
                raise Unauthenticated(REFUSED)
        case Member():
            if not now.active or asker.credential not in {each.id for each in now.credentials}:
                raise Unauthenticated(REFUSED)
            if not now.role.covers(asker.role):
                raise Forbidden("you were given a smaller role at this moment")
            if now.version != asker.version:
                raise Stale("what you may do was changed at this moment: ask again")
        case None:
            raise Unauthenticated(REFUSED)


def by_mail(member: Member, gate: Gate, allows: Allowance) -> Principal | None:
    """Who answers a notification by mail: what their role allows, of what a token may write. None when they may not
    come in.
    """
    if not member.active or not gate.open:
        return None
    return Principal(
        member.workspace,
        member.id,
        member.role,
        frozenset({Scope.WRITE}),
        gate.seen_by(member),
        limited=member.mailboxes is not None,
        allowance=allows,
    )


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address customers write to."""

    id: str
    workspace: str
    address: str
    name: str = ""
    """Stands in From."""
    signature: str = ""
    """Stands under every reply that goes out."""
    forwarding: str = ""
    """An address of the stack that leads here as well: another provider forwards to it."""
    version: int = 1
    """Of name, signature, settings and forwarding's state."""
    confirmation: Confirmation | None = None
    """What that provider wants to know first."""
    confirmed_at: datetime | None = None
    settings: MailboxSettings = field(default_factory=MailboxSettings)

    @property
    def forwarding_state(self) -> ForwardingState:
        if self.confirmation:
            return ForwardingState.TO_CONFIRM
        return ForwardingState.CONFIRMED if self.confirmed_at else ForwardingState.WAITING

    def as_address(self) -> Address:
        return Address(self.address, self.name)


MAILBOXES_AT_MOST: Final = 100
"""Of a workspace: every request reads their ids."""
SIGNATURE_OCTETS: Final = 2_000
"""With it, a mailbox is less than 4 kB: as much as any mail to it reads for half a read unit."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


def mailbox_signature(signature: str) -> str:
    """Lines that end with a newline each, none of them behind the last. Raises Invalid."""
    signature = signature.replace("\r\n", "\n").strip("\n").rstrip()
    if len(signature.encode("utf-8", "surrogatepass")) > SIGNATURE_OCTETS or _CONTROL.search(signature):
        raise Invalid(f"a signature has {SIGNATURE_OCTETS} octets of plain text at most")
    return signature


_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*/=?^_`{|}~-]+@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def mailbox_address(address: str) -> str:
    """A mailbox's address as we keep it, in lower case. Raises Invalid where a reply address of it would not work."""
    address = address.strip().lower()
    local = address.partition("@")[0]
    if "+" in local:
        raise Invalid("a mailbox's address takes no '+': that is where reply addresses carry their token")
    if not _ADDRESS.fullmatch(address):
        raise Invalid("a mailbox needs an address of the form name@domain (RFC 5321)")
    if len(local) > MAILBOX_LOCAL_PART_OCTETS:
        raise Invalid(f"the part before the @ may have {MAILBOX_LOCAL_PART_OCTETS} characters at most")
    return address
