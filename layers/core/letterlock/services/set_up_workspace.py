"""A workspace, its first mailbox, and a token to reach it with: the operator's first act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.accounts import Credential, CredentialKind, Mailbox, Member, mailbox_address
from letterlock.domain.audit import OPERATOR, Act, Entry
from letterlock.domain.errors import AddressRefused, Conflict, Forbidden, Invalid
from letterlock.domain.people import Profile, shown_name, sign_in_address
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.threading import without_subaddress
from letterlock.domain.tokens import SECRET_BYTES, spell
from letterlock.services.deeds import Asked
from letterlock.services.invite import MakeInvitation
from letterlock.services.mailbox_ports import KeyedNames
from letterlock.services.own_addresses import refuse_shared, refuse_somebodys
from letterlock.services.people_ports import Openings, People
from letterlock.services.ports import Clock, Ids, Mailboxes, Members, Workspaces

NAME_CHARACTERS = 100
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was made. `token` is shown this once; only its keyed hash is kept."""

    workspace: str
    mailbox: str
    token: str
    invitation: str = ""
    """The owner's, where one was named: its link is on its way to them."""


@dataclass(frozen=True, slots=True)
class SetUpWorkspace:
    """Raises Invalid, AddressRefused (the owner's), and Conflict when the address is taken (nothing that could be
    reached is left behind then).
    """

    workspaces: Workspaces
    mailboxes: Mailboxes
    members: Members
    people: People
    ids: Ids
    now: Clock
    random: Callable[[int], bytes]
    invitation: MakeInvitation
    openings: Openings
    setting: Callable[[], str]
    """The operator's own: `closed` means no workspace more."""
    names: KeyedNames

    def __call__(
        self,
        *,
        name: str,
        address: str,
        mailbox_name: str,
        token_name: str,
        scopes: frozenset[Scope],
        request: str,
        owner: Profile | None = None,
    ) -> SetUp:
        """`request` is the id of the invocation, for the audit log."""
        if self.setting() == CLOSED:
            raise Forbidden("the stack's setting SignUp is closed: no workspace more")
        for value in (name, mailbox_name, token_name):
            if len(value) > NAME_CHARACTERS or not value.isprintable():
                raise Invalid(f"a name may have {NAME_CHARACTERS} printable characters at most")
        name = shown_name(name)
        address = mailbox_address(address)
        if owner:
            owner = Profile(sign_in_address(owner.address), shown_name(owner.name))
        self.workspaces.prepare_stack()
        self._refuse_addresses(address, owner.address if owner else "")
        workspace = self.ids.new("wsp")
        box = self.ids.new("mbx")
        mailbox = Mailbox(box, workspace, address, mailbox_name, forwarding=self.names.forwarding(workspace, box))
        id = self.ids.new("tok")  # noqa: A001 - the field's own name
        credential = Credential(id, CredentialKind.SERVICE, scopes, self.now())
        token = spell(CredentialKind.SERVICE, workspace, id, self.random(SECRET_BYTES))
        service = Member(id, workspace, Role.ADMIN, credentials=(credential,))
        self.workspaces.create(workspace, name, self._done(workspace, Act.WORKSPACE_CREATED, workspace, request))
        issued = self._done(workspace, Act.TOKEN_ISSUED, id, request)
        self.members.add_service(service, token_name, token, issued)
        # Last, for it takes the address: whatever fails before leaves it free for another try.
        added = self._done(workspace, Act.MAILBOX_ADDED, mailbox.id, request)
        if not owner:
            self.mailboxes.add(mailbox, added)
            return SetUp(workspace, mailbox.id, token)
        # And the owner with it: whoever is invited finds the workspace that has the address.
        invitation, deed = self.invitation.owner(workspace, owner.address, owner.name, Asked(OPERATOR, request))
        self.openings.open(mailbox, added, invitation, deed)
        return SetUp(workspace, mailbox.id, token, invitation.id)

    def _refuse_addresses(self, mailbox: str, owner: str) -> None:
        if self.mailboxes.receives(mailbox):
            raise Conflict("another mailbox has that address")
        refuse_somebodys(self.people, mailbox)
        if without_subaddress(owner) == mailbox:
            raise AddressRefused("the mailbox is the team's: an owner signs in with an address of their own")
        if owner:
            refuse_shared(self.mailboxes, owner)

    def _done(self, workspace: str, act: Act, subject: str, request: str) -> Entry:
        return Entry(self.ids.new("aud"), workspace, OPERATOR, act, subject, self.now(), request)
