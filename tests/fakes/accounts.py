"""Workspaces, mailboxes and tokens in memory, held to the contract in tests/adapters/test_accounts_contract.py."""

from collections.abc import Sequence
from dataclasses import replace

from letterlock.domain.accounts import Credential, Mailbox
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.threading import without_subaddress


class FakeWorkspaces:
    """`Workspaces`."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def prepare_stack(self) -> None:
        """Nothing is keyed here."""

    def create(self, workspace: str, name: str) -> None:
        self.names.setdefault(workspace, name)


class FakeMailboxes:
    """`Mailboxes`."""

    def __init__(self, *mailboxes: Mailbox) -> None:
        self._mailboxes: dict[str, Mailbox] = {}
        for mailbox in mailboxes:
            self.add(mailbox)

    def route(self, addresses: Sequence[str]) -> dict[str, Mailbox]:
        named = {address: without_subaddress(address.strip().casefold()) for address in addresses}
        return {address: self._mailboxes[name] for address, name in named.items() if name in self._mailboxes}

    def get(self, workspace: str, mailbox: str) -> Mailbox:
        for each in self.all(workspace):
            if each.id == mailbox:
                return each
        raise NotFound("no such mailbox")

    def all(self, workspace: str) -> list[Mailbox]:
        return sorted((each for each in self._mailboxes.values() if each.workspace == workspace), key=lambda m: m.id)

    def add(self, mailbox: Mailbox) -> None:
        if mailbox.address.casefold() in self._mailboxes:
            raise Conflict("another mailbox has that address")
        self._mailboxes[mailbox.address.casefold()] = mailbox


class FakeCredentials:
    """`Credentials`. Knows the workspaces whose gate stands open: those of `workspaces`."""

    def __init__(self, workspaces: FakeWorkspaces, mailboxes: FakeMailboxes | None = None) -> None:
        self._workspaces, self._mailboxes = workspaces, mailboxes or FakeMailboxes()
        self._by_secret: dict[str, Credential] = {}

    def add(self, credential: Credential, secret: str) -> None:
        if secret in self._by_secret or self.exists(credential.workspace, credential.id):
            raise Conflict("a token of that id exists")
        self._by_secret[secret] = credential

    def find(self, workspace: str, secret: str) -> Credential | None:
        credential = self._by_secret.get(secret)
        if credential is None or credential.workspace != workspace or workspace not in self._workspaces.names:
            return None
        return replace(credential, name="", mailboxes=tuple(each.id for each in self._mailboxes.all(workspace)))

    def exists(self, workspace: str, principal: str) -> bool:
        return any(each.workspace == workspace and each.id == principal for each in self._by_secret.values())
