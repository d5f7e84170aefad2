"""Contacts as items of the table: who they are is sealed, how they are found is a keyed hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ulid import ULID

from letterlock.adapters import codec
from letterlock.adapters import table_conversations as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import Item
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.contacts import Contact, Undeliverable
from letterlock.domain.mail import Address


class ContactItems:
    """Knows how each thing is spelt as an item. Raises KeyMissing, SealBroken."""

    def __init__(self, sealer: Sealer, index: BlindIndex) -> None:
        self._sealer, self._index = sealer, index

    def id_of(self, workspace: str, address: Address) -> str:
        """The contact's id: 128 bits of a keyed hash of the address, spelt as the other ids are.

        Nothing is looked up and nothing is claimed, so two mails at once cannot make two contacts; and who can read
        the table cannot tell whose id it is.
        """
        return f"ctc_{ULID.from_hex(self._index.index(workspace, 'contact', address.key))}"

    def takes_part(
        self, workspace: str, address: Address, conversation: str, at: datetime, *, left: bool = False
    ) -> table.TakesPart:
        """`left`: they did once, and do not any more. Nothing is deleted: that they were seen stays true."""
        contact = self.id_of(workspace, address)
        return table.TakesPart(
            table.contact_key(workspace, contact),
            table.takes_part_key(conversation),
            at=instant(at),
            who=self._sealer.seal(_place(workspace, contact, conversation), codec.address_bytes(address)),
            left=left or None,
        )

    def sealed_address(self, workspace: str, contact: str, address: Address) -> bytes:
        """For the profile's own item."""
        return self._sealer.seal(_place(workspace, contact, table.PROFILE), codec.address_bytes(address))

    def contact(self, workspace: str, contact: str, items: Sequence[Item]) -> Contact:
        """From the profile's item, if there is one, and any that say where the contact takes part, oldest first.

        The first name wins; what a mail called them that nobody vouched for was never kept.
        """
        seen = [self._seen(workspace, contact, item) for item in items]
        named = next((address for _, address in seen if address.name), seen[0][1])
        undeliverable = next((_undeliverable(item) for item in items if "undeliverable" in item), None)
        return Contact(contact, workspace, named, min(at for at, _ in seen), undeliverable)

    def _seen(self, workspace: str, contact: str, item: Item) -> tuple[datetime, Address]:
        record = item["sk"]["S"].removeprefix(table.TAKES_PART)
        address = codec.address(self._sealer.unseal(_place(workspace, contact, record), item["who"]["B"]))
        return datetime.fromisoformat(item["at"]["S"]), address


def _undeliverable(item: Item) -> Undeliverable:
    row = table.ContactProfile.from_raw_data(item)
    return Undeliverable(row.undeliverable, datetime.fromisoformat(row.undeliverable_at))


def _place(workspace: str, contact: str, record: str) -> Place:
    """The record is part of the name: an address moved to another contact, or conversation, does not open there."""
    return Place(workspace, "contact", f"{contact}/{record}", "who")
