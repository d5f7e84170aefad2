"""Workspaces, mailboxes and tokens in memory, held to the contract in tests/adapters/test_accounts_contract.py."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from letterlock.domain.accounts import Admission, Gate, Mailbox, Member, Principal, refuse_no_longer
from letterlock.domain.audit import Entry
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.forwarding import Confirmation
from letterlock.domain.threading import without_subaddress
from letterlock.domain.tokens import Presented


class FakeWorkspaces:
    """`Workspaces`."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.audited: list[Entry] = []

    def prepare_stack(self) -> None:
        """Nothing is keyed here."""

    def create(self, workspace: str, name: str, entry: Entry | None = None) -> None:
        if workspace not in self.names:
            self.names[workspace] = name
            self.audited += [entry] if entry else []

    def name(self, workspace: str) -> str:
        try:
            return self.names[workspace]
        except KeyError:
            raise NotFound("no such workspace") from None


class FakeMailboxes:
    """`Mailboxes`."""

    def __init__(self, *mailboxes: Mailbox) -> None:
        self._mailboxes: dict[str, Mailbox] = {}
        self._confirmation_at: dict[str, datetime] = {}
        self.audited: list[Entry] = []
        for mailbox in mailboxes:
            self.add(mailbox)

    def route(self, addresses: Sequence[str]) -> dict[str, Mailbox]:
        named = {address: without_subaddress(address.strip().casefold()) for address in addresses}
        led = self._mailboxes | {each.forwarding: each for each in self._mailboxes.values() if each.forwarding}
        return {address: led[name] for address, name in named.items() if name in led}

    def receives(self, address: str) -> bool:
        return bool(self.route([address]))

    def ours(self, workspace: str, addresses: Sequence[str]) -> set[str]:
        return {address for address, mailbox in self.route(addresses).items() if mailbox.workspace == workspace}

    def get(self, workspace: str, mailbox: str) -> Mailbox:
        for each in self.all(workspace):
            if each.id == mailbox:
                return each
        raise NotFound("no such mailbox")

    def all(self, workspace: str) -> list[Mailbox]:
        return sorted((each for each in self._mailboxes.values() if each.workspace == workspace), key=lambda m: m.id)

    def add(self, mailbox: Mailbox, entry: Entry | None = None) -> None:
        if mailbox.address.casefold() in self._mailboxes:
            raise Conflict("another mailbox has that address")
        self._mailboxes[mailbox.address.casefold()] = mailbox
        self.audited += [entry] if entry else []

    def put(self, mailbox: Mailbox) -> None:
        """Over the one that there is."""
        self._mailboxes[mailbox.address.casefold()] = mailbox

    def note_confirmation(self, mailbox: Mailbox, confirmation: Confirmation) -> None:
        before = self.get(mailbox.workspace, mailbox.id)
        newest = self._confirmation_at.get(mailbox.id)
        if newest is None or newest < confirmation.received_at:
            self._confirmation_at[mailbox.id] = confirmation.received_at
            self._mailboxes[before.address.casefold()] = replace(before, confirmation=confirmation, confirmed_at=None)


class FakeMembers:
    """`Members`. Knows the workspaces whose gate stands open: those of `workspaces`."""

    def __init__(self, workspaces: FakeWorkspaces, mailboxes: FakeMailboxes | None = None) -> None:
        self._workspaces, self._mailboxes = workspaces, mailboxes or FakeMailboxes()
        self.members: dict[tuple[str, str], Member] = {}
        self.secrets: dict[str, str] = {}
        """The credential of each secret."""
        self.signed_out: dict[str, datetime] = {}
        self.owners_gone: dict[str, int] = {}
        """How often somebody stopped being an owner."""
        self.noted: list[tuple[str, date]] = []
        self.audited: list[Entry] = []

    def admit(self, presented: Presented) -> Admission | None:
        member = self.members.get((presented.workspace, presented.holder))
        if member is None or presented.workspace not in self._workspaces.names:
            return None
        credential = next(
            (
                each
                for each in member.credentials
                if each.id == self.secrets.get(presented.secret) and each.kind is presented.kind
            ),
            None,
        )
        return Admission(member, credential, self.gate(presented.workspace))

    def gate(self, workspace: str) -> Gate:
        mailboxes = tuple(each.id for each in self._mailboxes.all(workspace))
        return Gate(workspace in self._workspaces.names, mailboxes, self.signed_out.get(workspace))

    def get(self, workspace: str, member: str) -> Member:
        try:
            return self.members[workspace, member]
        except KeyError:
            raise NotFound("no such member") from None

    def add_service(self, member: Member, name: str, secret: str, entry: Entry | None = None) -> None:
        if (member.workspace, member.id) in self.members:
            raise Conflict("a token of that id exists")
        self.put(member, **{member.credentials[0].id: secret})
        self.audited += [entry] if entry else []

    def note_use(self, workspace: str, member: str, credential: str, day: date) -> None:
        self.noted.append((credential, day))
        found = self.members[workspace, member]
        used = tuple(replace(each, used_on=day) if each.id == credential else each for each in found.credentials)
        self.members[workspace, member] = replace(found, credentials=used)

    def hold(self, asker: Principal) -> None:
        """What a transaction holds of whoever asks for it. Raises what `refuse_no_longer` does."""
        refuse_no_longer(asker, self.members.get((asker.workspace, asker.id)))
        refuse_no_longer(asker, self.gate(asker.workspace))

    def put(self, member: Member, **secrets: str) -> None:
        """A member as it is told, with the secret of each of its credentials."""
        self.members[member.workspace, member.id] = member
        self.secrets |= {secret: credential for credential, secret in secrets.items()}
