"""What the team sees of somebody outside it: who they are, and what they wrote about."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Action, Principal
from letterlock.domain.contacts import Contact
from letterlock.services.ports import Contacts, Cursors
from letterlock.services.read_inbox import Page


@dataclass(frozen=True, slots=True)
class ReadContact:
    """Raises Forbidden, NotFound."""

    contacts: Contacts

    def __call__(self, principal: Principal, contact: str) -> Contact:
        principal.may(Action.READ_CONTACT)
        return self.contacts.get(principal.workspace, contact)


@dataclass(frozen=True, slots=True)
class ListContactConversations:
    """Whatever their status, opened last first. Raises Forbidden, NotFound, Invalid (cursor)."""

    contacts: Contacts
    cursors: Cursors

    def __call__(self, principal: Principal, contact: str, *, limit: int, cursor: str) -> Page:
        principal.may(Action.READ_CONTACT)
        asked = f"contact|{contact}"
        before = self.cursors.open(principal.workspace, asked, cursor) if cursor else ""
        page = self.contacts.conversations(principal.workspace, contact, before=before, limit=limit)
        return Page(page.cards, self.cursors.seal(principal.workspace, asked, page.before) if page.before else "")
