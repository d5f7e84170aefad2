"""What the services need of the stores of people, of how they come in, and of the links that are mailed to them; what
they need of all else is in `ports`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from letterlock.domain.accounts import Mailbox, Member, Principal
from letterlock.domain.audit import Entry
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.people import Invitation, Link, LinkKind, Person, Profile, Reset, SignUp
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import FactorReset, Session, SessionShown, SignIn
from letterlock.domain.throttle import Tried
from letterlock.services.billing_ports import SeatTurn
from letterlock.services.deeds import Deed
from letterlock.services.token_ports import Owners


class Limits(Protocol):
    def count(self, tried: Tried, who: str, source: str, by: str = "") -> None:
        """One more try of `who` (an address, a person, a link), from `source` (an address, a workspace), and of that
        the id of whoever does it, where one is given. All are counted, whatever comes of it.

        Raises TooManyRequests.
        """
        ...


class Passwords(Protocol):
    def hash(self, password: str) -> str: ...

    def matches(self, password: str, kept: str) -> bool:
        """`kept` empty: it matches nothing, and takes as long."""
        ...

    def outdated(self, kept: str) -> bool:
        """Made with other parameters than today's."""
        ...


class SecondFactors(Protocol):
    def new_secret(self) -> bytes: ...

    def spelt(self, secret: bytes) -> str: ...

    def uri(self, secret: bytes, account: str) -> str: ...

    def step(self, secret: bytes, code: str, now: datetime, after: int) -> int | None:
        """The time step that the code is of, when it is one of now and later than `after`."""
        ...

    def new_codes(self, count: int) -> list[str]: ...

    def kept(self, person: str, code: str) -> str:
        """What is kept of a recovery code."""
        ...


class LinkSecrets(Protocol):
    def secret(self, link: Link) -> str: ...

    def read(self, secret: str, kind: LinkKind) -> Link:
        """Raises Gone for what we never made."""
        ...


@dataclass(frozen=True, slots=True)
class SignInChange:
    """What becomes of how somebody signs in. None: it stays. Empty: it goes."""

    sign_in: SignIn
    """As it was read."""
    member: Member
    """Likewise."""
    password: str | None = None
    chosen_at: datetime | None = None
    """Where it is another password, and not the same one hashed anew."""
    totp: bytes | None = None
    """The secret itself."""
    proposed: bytes | None = None
    step: int | None = None
    recovery: frozenset[str] | None = None
    session: Session | None = None
    """One that begins."""
    ended: tuple[str, ...] = ()
    """Credentials that open nothing any more."""
    asker: Principal | None = None
    """Who asks for it; None where it is proven otherwise: by the password, or by a link."""
    reset: Reset | None = None
    """Whose link is used up by it."""
    factor_reset: FactorReset | None = None
    """One that is asked for."""
    stops_reset: bool = False

    @property
    def ends_reset(self) -> bool:
        """Whoever uses the second factor, or changes it, did not lose it."""
        return self.stops_reset or any(each is not None for each in (self.totp, self.step, self.recovery))


class SignIns(Protocol):
    """How people prove to be themselves."""

    def of_address(self, address: str, workspace: str = "") -> SignIn | None:
        """In that workspace, or in the first that the address is in. The same reads for everybody."""
        ...

    def of_person(self, workspace: str, person: str) -> SignIn:
        """Raises NotFound."""
        ...

    def factor(self, sign_in: SignIn, kept: bytes) -> bytes:
        """The secret itself of a second factor."""
        ...

    def change(self, change: SignInChange, deed: Deed) -> None:
        """One transaction. Raises Stale when the person, or how they sign in, has changed since; Gone when the link was
        used meanwhile, is too old, or is older than everybody's last sign-out; what `refuse_no_longer` does.
        """
        ...

    def sessions(self, member: Member) -> list[SessionShown]:
        """Of these, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody becomes a person of a workspace, by a link, and is signed in."""

    member: Member
    profile: Profile
    password: str
    session: Session
    link: Link
    made_at: datetime
    """When the link was."""
    at: datetime
    replaces: str = ""
    """A removed person of that address."""
    inviter: Member | None = None
    """Who invited them, as they were read; None when it was the operator, or they signed up."""


@dataclass(frozen=True, slots=True)
class PersonChange:
    """As they were read, and as they are to be."""

    before: Member
    role: Role
    mailboxes: frozenset[str] | None
    asker: Principal
    owners: Owners | None = None
    """Where they stop being one."""


class People(Protocol):
    def get(self, workspace: str, person: str) -> Person:
        """Consistently read. Raises NotFound."""
        ...

    def listed(self, workspace: str, *, after: str = "", limit: int = 25) -> list[Person]:
        """In the order in which they joined, also those who were removed."""
        ...

    def at(self, workspace: str, address: str) -> str:
        """Who signs in there with that address, also when they were removed; empty when nobody does."""
        ...

    def signs_in(self, address: str) -> bool:
        """Whether anybody signs in with it, in any workspace; consistently read."""
        ...

    def join(self, joining: Joining, deed: Deed) -> None:
        """One transaction. Raises Gone when the link was used meanwhile, or is older than everybody's last sign-out,
        Conflict when the address is somebody's, Stale when the inviter is no longer so.
        """
        ...

    def change(self, change: PersonChange, deed: Deed) -> None:
        """Raises Stale when they, or the owners, are no longer so; what `refuse_no_longer` does."""
        ...

    def name_workspace(self, asker: Principal, name: str, deed: Deed) -> None:
        """Raises Stale, and what `refuse_no_longer` does."""
        ...

    def rename(self, workspace: str, person: str, profile: Profile) -> None:
        """Raises NotFound."""
        ...


class Links(Protocol):
    """Links that are mailed, without their secrets."""

    def invite(
        self,
        invitation: Invitation,
        asker: Principal | None,
        deed: Deed,
        once: Once | None = None,
        turn: SeatTurn | None = None,
    ) -> None:
        """`asker` None: the operator. Raises Stale, also when the turn is another's, what `refuse_no_longer` does,
        AlreadyDone, KeyReused.
        """
        ...

    def done(self, workspace: str, once: Once) -> Done | None:
        """What this request did before. Raises KeyReused."""
        ...

    def invitation(self, workspace: str, invitation: str) -> Invitation:
        """Raises NotFound."""
        ...

    def invitations(self, workspace: str, *, after: str = "", limit: int = 25) -> list[Invitation]:
        """As things stand: of those that wait, what would let nobody in is void."""
        ...

    def ask_reset(self, reset: Reset, deed: Deed) -> None:
        """The same writes for everybody."""
        ...

    def reset(self, workspace: str, reset: str) -> Reset:
        """Raises NotFound."""
        ...

    def resets_of(self, workspace: str, person: str, now: datetime) -> list[Reset]:
        """Those that they can still use, oldest first; consistently read."""
        ...

    def ask_sign_up(self, sign_up: SignUp, deed: Deed) -> None: ...

    def sign_up(self, workspace: str, sign_up: str) -> SignUp:
        """Raises NotFound, also where it is another workspace's."""
        ...


class Openings(Protocol):
    def open(self, mailbox: Mailbox, entry: Entry, invitation: Invitation, deed: Deed) -> None:
        """A workspace's first mailbox, and its owner's invitation with it. Raises what `Mailboxes.add` does."""
        ...


class MailClaims(Protocol):
    """Which facts were mailed about: a queue brings them more than once."""

    def claim(self, workspace: str, fact: str, lease: timedelta) -> bool:
        """Whether it is ours to send, for so long: False when it was sent. Raises SendDelayed while another has it."""
        ...

    def settle(self, workspace: str, fact: str) -> None:
        """It was sent, or never can be: nobody claims it again."""
        ...

    def release(self, workspace: str, fact: str) -> None:
        """It was not sent, or nobody knows: another try may claim it."""
        ...


@dataclass(frozen=True, slots=True)
class AccountMail:
    to: str
    subject: str
    text: str


class AccountMailer(Protocol):
    def send(self, mail: AccountMail, tags: Mapping[str, str]) -> None:
        """Raises SendRefused, SendDelayed, SendUncertain."""
        ...
