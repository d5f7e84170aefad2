"""What the team sees of somebody outside it: who they are, and what they wrote about."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.contacts import Contact
from letterlock.domain.errors import NotFound
from letterlock.domain.permissions import Action
from letterlock.services.ports import Contacts, Cursors
from letterlock.services.read_inbox import Page

LOOKED_AT = 100
"""Conversations of a contact that are asked for at once: a BatchGetItem of heads takes as many."""


@dataclass(frozen=True, slots=True)
class ReadContact:
    """Raises Forbidden, NotFound."""

    contacts: Contacts

    def __call__(self, principal: Principal, contact: str) -> Contact:
        principal.may(Action.READ_CONTACT)
        must_have_met(self.contacts, principal, contact)
        return self.contacts.get(principal.workspace, contact)


@dataclass(frozen=True, slots=True)
class ListContactConversations:
    """Whatever their status, opened last first. Raises Forbidden, NotFound, Invalid (cursor)."""

    contacts: Contacts
    cursors: Cursors

    def __call__(self, principal: Principal, contact: str, *, limit: int, cursor: str) -> Page:
        principal.may(Action.READ_CONTACT)
        asked = f"contact|{contact}"
        must_have_met(self.contacts, principal, contact)
        before = self.cursors.open(principal.workspace, asked, cursor) if cursor else ""
        page = self.contacts.conversations(principal.workspace, contact, before=before, limit=limit)
        cards = tuple(card for card in page.cards if principal.sees(card.mailbox))
        return Page(cards, self.cursors.seal(principal.workspace, asked, page.before) if page.before else "")


def must_have_met(contacts: Contacts, principal: Principal, contact: str) -> None:
    """To whom does not see every mailbox, a contact is there who takes part in something that they see.

    Raises NotFound.
    """
    before, looking = "", principal.limited
    while looking:
        page = contacts.conversations(principal.workspace, contact, before=before, limit=LOOKED_AT)
        if any(principal.sees(card.mailbox) for card in page.cards):
            return
        before = page.before
        if not before:
            raise NotFound("no such contact")
