"""Who may do what: workspaces, mailboxes, principals, scopes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from letterlock.domain.errors import Forbidden, Invalid
from letterlock.domain.mail import Address
from letterlock.domain.threading import MAILBOX_LOCAL_PART_OCTETS


class Scope(StrEnum):
    READ = "conversations:read"
    WRITE = "conversations:write"


class Action(StrEnum):
    """Everything that can be asked of the API."""

    LIST_MAILBOXES = "list_mailboxes"
    LIST_CONVERSATIONS = "list_conversations"
    READ_CONVERSATION = "read_conversation"
    READ_CONTACT = "read_contact"
    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    CHANGE_STATUS = "change_status"
    SORT_QUARANTINE = "sort_quarantine"
    READ_INGEST_SUMMARY = "read_ingest_summary"


SCOPE_OF: dict[Action, Scope] = {
    Action.LIST_MAILBOXES: Scope.READ,
    Action.LIST_CONVERSATIONS: Scope.READ,
    Action.READ_CONVERSATION: Scope.READ,
    Action.READ_CONTACT: Scope.READ,
    Action.REPLY: Scope.WRITE,
    Action.NOTE: Scope.WRITE,
    Action.ASSIGN: Scope.WRITE,
    Action.CHANGE_STATUS: Scope.WRITE,
    Action.SORT_QUARANTINE: Scope.WRITE,
    Action.READ_INGEST_SUMMARY: Scope.READ,
}
"""The one table of what each action needs. An action without a line here is refused."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: an API token, for now. `id` is what conversations are assigned to and replies are signed with."""

    workspace: str
    id: str
    scopes: frozenset[Scope]
    mailboxes: tuple[str, ...] = ()
    """Every mailbox of the workspace, by id."""

    def may(self, action: Action) -> None:
        """Raises Forbidden unless this principal may do that."""
        needed = SCOPE_OF.get(action)
        if needed is None or needed not in self.scopes:
            raise Forbidden(f"this needs the scope {needed}" if needed else "nobody may do this")


@dataclass(frozen=True, slots=True)
class Credential:
    """What the store knows of an API token; its secret is kept as a keyed hash only."""

    id: str
    workspace: str
    scopes: frozenset[Scope]
    name: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    mailboxes: tuple[str, ...] = ()
    """Those of its workspace, where it was found by its secret: they are read with it."""

    def live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address customers write to."""

    id: str
    workspace: str
    address: str
    name: str = ""

    def as_address(self) -> Address:
        return Address(self.address, self.name)


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
