"""Claims of domains, the mail service's view of them, and names that only we can make, in memory."""

from dataclasses import replace

from letterlock.domain.accounts import Principal
from letterlock.domain.errors import AlreadyDone, Conflict, KeyReused, NotFound
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail_domains import SUCCESS, Holder, Identity, MailDomain
from letterlock.services.deeds import Deed
from tests.fakes.accounts import FakeMembers


class FakeMailDomains:
    """`MailDomains`. Held to tests/adapters/test_mail_domains_contract.py."""

    def __init__(self, members: FakeMembers | None = None) -> None:
        """`members`: without them nobody is asked for who they are."""
        self._members = members
        self.claims: dict[tuple[str, str], MailDomain] = {}
        self.holders: dict[str, Holder] = {}
        self.deeds: list[Deed] = []
        self._done: dict[tuple[str, str], tuple[str, Done]] = {}

    def holder(self, name: str) -> Holder | None:
        return self.holders.get(name)

    def claim(
        self, domain: MailDomain, asker: Principal, deed: Deed, over: Holder | None = None, once: Once | None = None
    ) -> None:
        standing = self.holders.get(domain.name)
        done = self.done(domain.workspace, once) if once else None
        if done:
            raise AlreadyDone(done)
        if (standing.domain if standing else "") != (over.domain if over else "") or (standing and standing.proven):
            raise Conflict("another workspace has this domain")
        if self._members:
            self._members.hold(asker)
        self.holders[domain.name] = Holder(domain.workspace, domain.id, domain.until)
        self.claims[domain.workspace, domain.id] = domain
        self.deeds.append(deed)
        if once:
            self._done[domain.workspace, once.scope] = once.body, Done(made=domain.id)

    def done(self, workspace: str, once: Once) -> Done | None:
        body, done = self._done.get((workspace, once.scope), (once.body, None))
        if done and body != once.body:
            raise KeyReused(done)
        return done

    def get(self, workspace: str, domain: str) -> MailDomain:
        try:
            return self.claims[workspace, domain]
        except KeyError:
            raise NotFound("no such domain") from None

    def all(self, workspace: str) -> list[MailDomain]:
        return sorted((each for each in self.claims.values() if each.workspace == workspace), key=lambda d: d.id)


class FakeMailIdentities:
    """`MailIdentities`."""

    def __init__(self) -> None:
        self.found: dict[str, Identity] = {}

    def standing(self, name: str) -> Identity | None:
        return self.found.get(name)

    def ensure(self, name: str, mail_from: str) -> None:
        found = self.found.get(name) or Identity(True, "pending", ("a", "b", "c"), "dkim.test", "", "")
        if not found.ours:
            raise Conflict("another workspace has this domain")
        if found.mail_from != mail_from:
            found = replace(found, mail_from=mail_from, mail_from_status="pending")
        self.found[name] = found

    def verify(self, name: str) -> None:
        self.found[name] = replace(self.found[name], dkim=SUCCESS, mail_from_status=SUCCESS)


class FakeKeyedNames:
    """`KeyedNames`: told apart by what they are made of."""

    def forwarding(self, workspace: str, mailbox: str) -> str:
        return f"fwd-{workspace}-{mailbox}@stack.test".lower()

    def mail_from(self, workspace: str, domain: str) -> str:
        return f"mail-{workspace}.{domain}".replace("_", "-")
