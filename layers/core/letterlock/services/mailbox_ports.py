"""What the services of mailboxes and their domains need of stores and of the mail service; all else is in `ports`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letterlock.domain.accounts import Mailbox, Principal
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail_domains import Holder, Identity, MailDomain
from letterlock.services.deeds import Deed


@dataclass(frozen=True, slots=True)
class NewMailbox:
    mailbox: Mailbox
    asker: Principal
    at: datetime
    domain: Holder | None = None
    """Of its address, where that is not the stack's own: it is proven by now."""
    at_most: int | None = None
    """How many the workspace's plan allows."""


class MailboxChanges(Protocol):
    def add(self, new: NewMailbox, deed: Deed, once: Once | None = None) -> None:
        """One transaction: the mailbox, the two addresses that lead to it, and that the workspace has it.

        Raises Conflict when any workspace has the address, RuleBroken when the workspace has as many as any may,
        PlanLimit when it has as many as its plan allows, Stale when whose the domain is is no longer so; what
        `refuse_no_longer` does; AlreadyDone, KeyReused.
        """
        ...

    def change(self, asker: Principal, before: Mailbox, after: Mailbox, deed: Deed) -> None:
        """Name, signature, settings, and that its forwarding was confirmed. Raises Stale when it has changed since."""
        ...


class MailDomains(Protocol):
    def holder(self, name: str) -> Holder | None:
        """Whose claim stands, in any workspace; consistently read."""
        ...

    def claim(
        self, domain: MailDomain, asker: Principal, deed: Deed, over: Holder | None = None, once: Once | None = None
    ) -> None:
        """`over`: a claim that lapsed. Raises Conflict when somebody else was faster, RuleBroken when the workspace has
        as many as it may, Stale, what `refuse_no_longer` does, AlreadyDone, KeyReused.
        """
        ...

    def done(self, workspace: str, once: Once) -> Done | None:
        """What this request did before. Raises KeyReused."""
        ...

    def get(self, workspace: str, domain: str) -> MailDomain:
        """Raises NotFound."""
        ...

    def all(self, workspace: str) -> list[MailDomain]:
        """In the order in which they were claimed."""
        ...


class MailIdentities(Protocol):
    """Domains as the mail service knows them."""

    def standing(self, name: str) -> Identity | None:
        """Raises Unavailable."""
        ...

    def ensure(self, name: str, mail_from: str) -> None:
        """The service looks for its keys there, and for that subdomain. Again changes nothing.

        Raises Conflict when something else in the account has the domain, Unavailable.
        """
        ...


class KeyedNames(Protocol):
    """Names that only we can make, under the stack's key."""

    def forwarding(self, workspace: str, mailbox: str) -> str:
        """An address of the stack's own domain, which no mailbox can be given as its own."""
        ...

    def mail_from(self, workspace: str, domain: str) -> str:
        """The subdomain of `domain` by which this workspace, and no other, proves it."""
        ...
