"""Mailboxes as items, and back; and the steps of the transaction that makes one."""

from __future__ import annotations

from datetime import datetime

from letterlock.adapters import table_accounts as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import decode, encode
from letterlock.adapters.dynamo import ABSENT, Item, Step, key, put
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Mailbox
from letterlock.domain.forwarding import Confirmation, Provider
from letterlock.domain.mailbox_settings import MailboxSettings

GATE = "gate"


class MailboxItems:
    def __init__(self, table_name: str, sealer: Sealer, index: BlindIndex) -> None:
        self.table, self._sealer, self._index = table_name, sealer, index

    def router(self, address: str) -> str:
        return table.mailbox_route_key(self._index.router("mailbox", address.strip().casefold()))

    def steps(self, mailbox: Mailbox, at_most: int | None = None) -> list[Step]:
        """The mailbox, what leads to it, and that the workspace has it; `at_most`: unless it has as many already."""
        stored = table.MailboxItem(
            mailbox.workspace, table.mailbox_key(mailbox.id), address=self.sealed(mailbox), version=mailbox.version
        )
        led = [mailbox.address, *([mailbox.forwarding] if mailbox.forwarding else [])]
        return [
            *(put(self.table, "route", self._route(mailbox, each), ABSENT) for each in led),
            put(self.table, "item", stored, ABSENT),
            Step(GATE, {"Update": self._at_the_gate(mailbox, at_most)}),
        ]

    def _route(self, mailbox: Mailbox, address: str) -> table.MailboxRoute:
        return table.MailboxRoute(self.router(address), workspace=mailbox.workspace, mailbox=mailbox.id)

    def _at_the_gate(self, mailbox: Mailbox, at_most: int | None) -> Item:
        condition = "attribute_exists(pk)"
        values: Item = {":added": {"SS": [mailbox.id]}}
        if at_most is not None:
            condition += " AND (attribute_not_exists(mailboxes) OR size(mailboxes) < :most)"
            values |= {":most": {"N": str(at_most)}}
        return {
            "TableName": self.table,
            "Key": key(mailbox.workspace, table.GATE),
            "UpdateExpression": "ADD mailboxes :added",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }

    def sealed(self, mailbox: Mailbox) -> bytes:
        said = [mailbox.address, mailbox.name, mailbox.signature, mailbox.forwarding, mailbox.settings.chosen]
        return self._sealer.seal(_place(mailbox.workspace, mailbox.id, "address"), encode(said))

    def sealed_confirmation(self, workspace: str, mailbox: str, confirmation: Confirmation) -> bytes:
        said = [confirmation.provider, confirmation.code, confirmation.link]
        return self._sealer.seal(_place(workspace, mailbox, "confirmation"), encode(said))

    def mailbox_of(self, item: Item) -> Mailbox:
        row = table.MailboxItem.from_raw_data(item)
        id = row.sk.removeprefix(table.MAILBOXES)  # noqa: A001 - the field's own name
        said = decode(self._sealer.unseal(_place(row.pk, id, "address"), row.address))
        address, name, signature, forwarding, *chosen = said
        return Mailbox(
            id,
            row.pk,
            address,
            name,
            signature,
            forwarding,
            version=int(row.version or 1),
            confirmation=self._confirmation(row, id),
            confirmed_at=datetime.fromisoformat(row.confirmed_at) if row.confirmed_at else None,
            settings=MailboxSettings.of(chosen[0]) if chosen else MailboxSettings(),
        )

    def _confirmation(self, row: table.MailboxItem, id: str) -> Confirmation | None:  # noqa: A002 - its own name
        if not row.confirmation or not row.confirmation_at:
            return None
        provider, code, link = decode(self._sealer.unseal(_place(row.pk, id, "confirmation"), row.confirmation))
        return Confirmation(Provider(provider), code, link, datetime.fromisoformat(row.confirmation_at))


def _place(workspace: str, mailbox: str, field: str) -> Place:
    return Place(workspace, "mailbox", mailbox, field)
