"""Domains that a workspace writes from: claimed, and shown with what is missing in their DNS."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import AlreadyDone, Conflict
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail_domains import (
    DomainState,
    Holder,
    Identity,
    MailDomain,
    Record,
    domain_name,
    records,
    refuse_nobodys,
)
from letterlock.domain.permissions import Action
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.mailbox_ports import KeyedNames, MailDomains, MailIdentities
from letterlock.services.ports import Clock, Ids

TAKEN = "another workspace has this domain"


@dataclass(frozen=True, slots=True)
class DomainShown:
    """A claim, and how the mail service sees its domain at this moment (None: it does not know it)."""

    domain: MailDomain
    state: DomainState
    identity: Identity | None
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class ShowDomain:
    """What others answer with. One read of the mail service."""

    domains: MailDomains
    identities: MailIdentities
    names: KeyedNames
    region: str

    def __call__(self, domain: MailDomain) -> DomainShown:
        holder = self.domains.holder(domain.name)
        if holder is None or holder.domain != domain.id:
            return DomainShown(domain, DomainState.TAKEN, None, ())
        mail_from = self.names.mail_from(domain.workspace, domain.name)
        found = self.identities.standing(domain.name)
        identity = found if found and found.ours else None
        proven = identity is not None and identity.proven(mail_from)
        return DomainShown(
            domain,
            DomainState.VERIFIED if proven else DomainState.PENDING,
            identity,
            tuple(records(domain.name, mail_from, identity, self.region)),
        )


@dataclass(frozen=True, slots=True)
class ClaimDomain:
    """Of a domain that the workspace has claimed already, it answers with that claim, and tells the mail service anew.

    Raises Forbidden, Invalid, DomainRefused, Conflict, RuleBroken, Stale, Unavailable, AlreadyDone, KeyReused.
    """

    domains: MailDomains
    identities: MailIdentities
    names: KeyedNames
    show: ShowDomain
    deeds: Deeds
    ids: Ids
    now: Clock
    stack: str

    def __call__(self, who: Principal, name: str, asked: Asked, once: Once | None = None) -> DomainShown:
        who.may(Action.MANAGE_DOMAINS)
        name = domain_name(name)
        refuse_nobodys(name, self.stack)
        holder = self.domains.holder(name)
        if holder and holder.workspace == who.workspace:
            self._refuse_what_is_done(who.workspace, once)
            claim = self.domains.get(who.workspace, holder.domain)
        else:
            self._refuse_held(name, holder)
            claim = MailDomain(self.ids.new("dom"), who.workspace, name, self.now())
            deed = self.deeds(who.workspace, asked, Act.DOMAIN_CLAIMED, claim.id)
            self.domains.claim(claim, who, deed, holder, once)
        # Behind the claim: whoever's claim stands is who the mail service is told of. What breaks off here goes on when
        # the same domain is claimed again, under the same key or another.
        self.identities.ensure(name, self.names.mail_from(who.workspace, name))
        return self.show(claim)

    def again(self, who: Principal, done: Done) -> DomainShown:
        """With what the first try may not have come to, for as long as the claim stands."""
        shown = self.show(self.domains.get(who.workspace, done.made))
        mail_from = self.names.mail_from(who.workspace, shown.domain.name)
        told = shown.identity is not None and shown.identity.mail_from == mail_from
        if shown.state is DomainState.TAKEN or told:
            return shown
        self.identities.ensure(shown.domain.name, mail_from)
        return self.show(shown.domain)

    def _refuse_what_is_done(self, workspace: str, once: Once | None) -> None:
        done = self.domains.done(workspace, once) if once else None
        if done:
            raise AlreadyDone(done)

    def _refuse_held(self, name: str, holder: Holder | None) -> None:
        """One that is proven, or may still be, or that something else in the account writes from."""
        if holder and (holder.proven or self.now() < holder.until):
            raise Conflict(TAKEN)
        identity = self.identities.standing(name)
        if identity and not identity.ours:
            raise Conflict(TAKEN)
        if holder and identity and identity.proven(self.names.mail_from(holder.workspace, name)):
            raise Conflict(TAKEN)


@dataclass(frozen=True, slots=True)
class ReadDomain:
    """Raises Forbidden, NotFound, Unavailable."""

    domains: MailDomains
    show: ShowDomain

    def __call__(self, who: Principal, domain: str) -> DomainShown:
        who.may(Action.MANAGE_DOMAINS)
        return self.show(self.domains.get(who.workspace, domain))


@dataclass(frozen=True, slots=True)
class ListDomains:
    """Without asking the mail service of each: whoever wants to know reads one. Raises Forbidden."""

    domains: MailDomains

    def __call__(self, who: Principal) -> list[MailDomain]:
        who.may(Action.MANAGE_DOMAINS)
        return self.domains.all(who.workspace)
