"""Mailboxes of a workspace: read, made, changed. Who works in which is decided where people are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.accounts import Mailbox, Principal, mailbox_address, mailbox_signature
from letterlock.domain.audit import Act
from letterlock.domain.errors import DomainRefused, Forbidden, Invalid, Stale, VersionPassed
from letterlock.domain.forwarding import ForwardingState
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail_domains import Holder, refuse_nobodys, refuse_reserved
from letterlock.domain.mailbox_settings import Chosen
from letterlock.domain.people import shown_name
from letterlock.domain.permissions import Action
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.mailbox_ports import KeyedNames, MailboxChanges, MailDomains, MailIdentities, NewMailbox
from letterlock.services.own_addresses import refuse_somebodys
from letterlock.services.people_ports import People
from letterlock.services.ports import Clock, Ids, Mailboxes
from letterlock.services.start_session import FRESH_READS


@dataclass(frozen=True, slots=True)
class ReadMailbox:
    """Raises Forbidden, NotFound."""

    mailboxes: Mailboxes

    def __call__(self, who: Principal, mailbox: str) -> Mailbox:
        who.may(Action.LIST_MAILBOXES)
        return _seen(who, self.mailboxes, mailbox)


@dataclass(frozen=True, slots=True)
class AddMailbox:
    """Of the stack's own domain, or of one that the workspace has proven.

    Raises Forbidden, Invalid, DomainRefused, Conflict, RuleBroken, PlanLimit, Stale, Unavailable, AlreadyDone,
    KeyReused.
    """

    mailboxes: Mailboxes
    people: People
    changes: MailboxChanges
    domains: MailDomains
    identities: MailIdentities
    names: KeyedNames
    deeds: Deeds
    ids: Ids
    now: Clock
    stack: str
    """The stack's own domain."""

    def __call__(
        self, who: Principal, address: str, name: str, signature: str, asked: Asked, once: Once | None = None
    ) -> Mailbox:
        who.may(Action.MANAGE_MAILBOXES)
        if who.limited:
            raise Forbidden("you do not work in all mailboxes, so a new one would not be yours")
        address = mailbox_address(address)
        holder = self._holder(who.workspace, address)
        refuse_somebodys(self.people, address)
        id = self.ids.new("mbx")  # noqa: A001 - the field's own name
        made = Mailbox(
            id,
            who.workspace,
            address,
            shown_name(name) if name else "",
            mailbox_signature(signature),
            self.names.forwarding(who.workspace, id),
        )
        deed = self.deeds(who.workspace, asked, Act.MAILBOX_ADDED, id)
        self.changes.add(NewMailbox(made, who, self.now(), holder, who.allowance.plan.mailboxes), deed, once)
        return made

    def again(self, who: Principal, done: Done) -> Mailbox:
        return self.mailboxes.get(who.workspace, done.made)

    def _holder(self, workspace: str, address: str) -> Holder | None:
        name = address.partition("@")[2]
        if name == self.stack:
            refuse_reserved(address)
            return None
        refuse_nobodys(name, self.stack)
        holder = self.domains.holder(name)
        if holder is None or holder.workspace != workspace:
            raise DomainRefused("the address's domain is not your workspace's: claim it first")
        identity = self.identities.standing(name)
        if identity is None or not identity.proven(self.names.mail_from(workspace, name)):
            raise DomainRefused("the address's domain is not verified yet: its records say what is missing")
        return holder


@dataclass(frozen=True, slots=True)
class MailboxWanted:
    """What is None stays. `confirmed`: the code or link of its forwarding was used."""

    name: str | None = None
    signature: str | None = None
    confirmed: bool = False
    settings: Chosen | None = None
    """Those that are to change."""


@dataclass(frozen=True, slots=True)
class ChangeMailbox:
    """Raises Forbidden, NotFound, Invalid, VersionPassed, Stale."""

    mailboxes: Mailboxes
    changes: MailboxChanges
    deeds: Deeds
    now: Clock

    def __call__(
        self, who: Principal, mailbox: str, wanted: MailboxWanted, asked: Asked, versions: frozenset[int] | None = None
    ) -> Mailbox:
        who.may(Action.MANAGE_MAILBOXES)
        if wanted == MailboxWanted():
            raise Invalid("say what is to change: the name, the signature, the forwarding or the settings")
        for attempt in range(1 + FRESH_READS):
            try:
                return self._changed(who, mailbox, wanted, asked, versions)
            except Stale:
                if attempt == FRESH_READS:
                    raise
        raise AssertionError("unreachable")

    def _changed(
        self, who: Principal, mailbox: str, wanted: MailboxWanted, asked: Asked, versions: frozenset[int] | None
    ) -> Mailbox:
        before = _seen(who, self.mailboxes, mailbox)
        after = self._after(before, wanted)
        if after == before:
            return before
        if versions is not None and before.version not in versions:
            raise VersionPassed("the mailbox has changed since: read it again, then decide again")
        changed = [each for each in ("name", "signature") if getattr(before, each) != getattr(after, each)]
        if after.forwarding_state is not before.forwarding_state:
            changed.append("forwarding")
        changed += after.settings.differing(before.settings)
        deed = self.deeds(who.workspace, asked, Act.MAILBOX_CHANGED, before.id, reason=", ".join(changed))
        self.changes.change(who, before, after, deed)
        return replace(after, version=before.version + 1)

    def _after(self, before: Mailbox, wanted: MailboxWanted) -> Mailbox:
        after = before
        if wanted.name is not None:
            after = replace(after, name=shown_name(wanted.name) if wanted.name else "")
        if wanted.signature is not None:
            after = replace(after, signature=mailbox_signature(wanted.signature))
        if wanted.settings:
            after = replace(after, settings=before.settings.with_chosen(wanted.settings))
        if wanted.confirmed and before.forwarding_state is not ForwardingState.CONFIRMED:
            after = replace(after, confirmation=None, confirmed_at=self.now())
        return after


def _seen(who: Principal, mailboxes: Mailboxes, mailbox: str) -> Mailbox:
    who.must_see(mailbox, "mailbox")
    return mailboxes.get(who.workspace, mailbox)
