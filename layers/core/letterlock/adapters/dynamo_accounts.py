"""Workspaces and mailboxes in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries, steps_of
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import decode, encode
from letterlock.adapters.dynamo import (
    ABSENT,
    CONDITION_FAILED,
    Item,
    Key,
    Step,
    batch_get,
    key,
    put,
    transact,
)
from letterlock.adapters.keyring import STACK, STACK_PURPOSES, WORKSPACE_PURPOSES
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Mailbox
from letterlock.domain.audit import Entry
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.threading import without_subaddress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class KeyMaker(Protocol):
    def create(self, workspace: str, purposes: Iterable[str]) -> None: ...


class DynamoWorkspaces:
    """`Workspaces`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        sealer: Sealer,
        keys: KeyMaker,
        audit: AuditEntries | None = None,
    ) -> None:
        self._client, self._table, self._sealer, self._keys, self._audit = client, table_name, sealer, keys, audit

    def prepare_stack(self) -> None:
        self._keys.create(STACK, STACK_PURPOSES)

    def create(self, workspace: str, name: str, entry: Entry | None = None) -> None:
        """Keys first, for the name is sealed already. A second one of the same id changes nothing."""
        self._keys.create(workspace, WORKSPACE_PURPOSES)
        sealed = self._sealer.seal(name_place(workspace), encode(name))
        gate = table.Gate(workspace, state=table.ACTIVE, name=sealed)
        transact(self._client, [put(self._table, "gate", gate, ABSENT), *steps_of(self._audit, entry)])

    def name(self, workspace: str) -> str:
        answer = self._client.get_item(TableName=self._table, Key=key(workspace, table.GATE))
        if "Item" not in answer:
            raise NotFound("no such workspace")
        name: str = decode(self._sealer.unseal(name_place(workspace), answer["Item"]["name"]["B"]))
        return name


class DynamoMailboxes:
    """`Mailboxes`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        sealer: Sealer,
        index: BlindIndex,
        audit: AuditEntries | None = None,
    ) -> None:
        self._client, self._table, self._sealer, self._index, self._audit = client, table_name, sealer, index, audit

    def route(self, addresses: Sequence[str]) -> dict[str, Mailbox]:
        """Two BatchGetItems: routers, then mailboxes; half a read unit an item.

        A mailbox's own address has no subaddress, so every address is looked up without its.
        """
        routers = {address: (self._router(without_subaddress(address)), table.ROUTE) for address in addresses}
        routes = {
            at: table.MailboxRoute.from_raw_data(item) for at, item in self._found_for_sure(routers.values()).items()
        }
        places = {at: (route.workspace, table.mailbox_key(route.mailbox)) for at, route in routes.items()}
        stored = self._found_for_sure(places.values())
        mailboxes = {at: self._mailbox(stored[place]) for at, place in places.items() if place in stored}
        return {address: mailboxes[at] for address, at in routers.items() if at in mailboxes}

    def _found_for_sure(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """What the cheap read misses is read again consistently: mail to a mailbox made just now is not for nobody."""
        wanted = set(keys)
        found = batch_get(self._client, self._table, wanted, consistent=False)
        return found | batch_get(self._client, self._table, wanted - found.keys(), consistent=True)

    def get(self, workspace: str, mailbox: str) -> Mailbox:
        answer = self._client.get_item(TableName=self._table, Key=key(workspace, table.mailbox_key(mailbox)))
        if "Item" not in answer:
            raise NotFound("no such mailbox")
        return self._mailbox(dict(answer["Item"]))

    def all(self, workspace: str) -> list[Mailbox]:
        """In the order in which they were made."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :workspace AND begins_with(sk, :mailboxes)",
            ExpressionAttributeValues={":workspace": {"S": workspace}, ":mailboxes": {"S": table.MAILBOXES}},
        )
        return [self._mailbox(dict(item)) for page in pages for item in page["Items"]]

    def add(self, mailbox: Mailbox, entry: Entry | None = None) -> None:
        place = _mailbox_place(mailbox.workspace, mailbox.id)
        stored = table.MailboxItem(
            mailbox.workspace,
            table.mailbox_key(mailbox.id),
            address=self._sealer.seal(place, encode([mailbox.address, mailbox.name])),
        )
        route = table.MailboxRoute(self._router(mailbox.address), workspace=mailbox.workspace, mailbox=mailbox.id)
        steps = [
            put(self._table, "route", route, ABSENT),
            put(self._table, "item", stored, ABSENT),
            Step("gate", {"Update": self._at_the_gate(mailbox)}),
            *steps_of(self._audit, entry),
        ]
        refusals = transact(self._client, steps)
        if any(each.role == "gate" and each.code == CONDITION_FAILED for each in refusals):
            raise NotFound("no such workspace")
        if refusals:
            raise Conflict("another mailbox has that address")

    def _at_the_gate(self, mailbox: Mailbox) -> Item:
        return {
            "TableName": self._table,
            "Key": key(mailbox.workspace, table.GATE),
            "UpdateExpression": "ADD mailboxes :added",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":added": {"SS": [mailbox.id]}},
        }

    def _router(self, address: str) -> str:
        return table.mailbox_route_key(self._index.router("mailbox", address.strip().casefold()))

    def _mailbox(self, item: Item) -> Mailbox:
        row = table.MailboxItem.from_raw_data(item)
        id = row.sk.removeprefix(table.MAILBOXES)  # noqa: A001 - the field's own name
        address, name = decode(self._sealer.unseal(_mailbox_place(row.pk, id), row.address))
        return Mailbox(id, row.pk, address, name)


def name_place(workspace: str) -> Place:
    return Place(workspace, "workspace", workspace, "name")


def _mailbox_place(workspace: str, mailbox: str) -> Place:
    return Place(workspace, "mailbox", mailbox, "address")
