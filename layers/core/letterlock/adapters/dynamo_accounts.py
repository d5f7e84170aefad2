"""Workspaces and mailboxes in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries, steps_of
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import decode, encode, instant
from letterlock.adapters.dynamo import (
    ABSENT,
    CONDITION_FAILED,
    Item,
    Key,
    Refusal,
    Step,
    batch_get,
    key,
    put,
    transact,
)
from letterlock.adapters.keyring import STACK, STACK_PURPOSES, WORKSPACE_PURPOSES
from letterlock.adapters.mailbox_items import GATE, MailboxItems
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Mailbox
from letterlock.domain.audit import Entry
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.forwarding import Confirmation
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
        self._client, self._table, self._audit = client, table_name, audit
        self._items = MailboxItems(table_name, sealer, index)

    def route(self, addresses: Sequence[str]) -> dict[str, Mailbox]:
        """Two BatchGetItems: routers, then mailboxes; half a read unit an item.

        A mailbox's own address has no subaddress, so every address is looked up without its.
        """
        routers = {address: (self._items.router(without_subaddress(address)), table.ROUTE) for address in addresses}
        routes = {
            at: table.MailboxRoute.from_raw_data(item) for at, item in self._found_for_sure(routers.values()).items()
        }
        places = {at: (route.workspace, table.mailbox_key(route.mailbox)) for at, route in routes.items()}
        stored = self._found_for_sure(places.values())
        mailboxes = {at: self._items.mailbox_of(stored[place]) for at, place in places.items() if place in stored}
        return {address: mailboxes[at] for address, at in routers.items() if at in mailboxes}

    def receives(self, address: str) -> bool:
        """One BatchGetItem of one router."""
        at = (self._items.router(without_subaddress(address)), table.ROUTE)
        return bool(batch_get(self._client, self._table, [at], consistent=True))

    def ours(self, workspace: str, addresses: Sequence[str]) -> set[str]:
        """One BatchGetItem of routers: half a read unit each."""
        routers = {address: (self._items.router(without_subaddress(address)), table.ROUTE) for address in addresses}
        found = batch_get(self._client, self._table, routers.values(), consistent=False)
        return {address for address, at in routers.items() if at in found and found[at]["workspace"]["S"] == workspace}

    def _found_for_sure(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """What the cheap read misses is read again consistently: mail to a mailbox made just now is not for nobody."""
        wanted = set(keys)
        found = batch_get(self._client, self._table, wanted, consistent=False)
        return found | batch_get(self._client, self._table, wanted - found.keys(), consistent=True)

    def get(self, workspace: str, mailbox: str) -> Mailbox:
        answer = self._client.get_item(TableName=self._table, Key=key(workspace, table.mailbox_key(mailbox)))
        if "Item" not in answer:
            raise NotFound("no such mailbox")
        return self._items.mailbox_of(dict(answer["Item"]))

    def all(self, workspace: str) -> list[Mailbox]:
        """In the order in which they were made."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :workspace AND begins_with(sk, :mailboxes)",
            ExpressionAttributeValues={":workspace": {"S": workspace}, ":mailboxes": {"S": table.MAILBOXES}},
        )
        return [self._items.mailbox_of(dict(item)) for page in pages for item in page["Items"]]

    def add(self, mailbox: Mailbox, entry: Entry | None = None) -> None:
        self.judge(transact(self._client, self.steps(mailbox, entry)))

    def steps(self, mailbox: Mailbox, entry: Entry | None = None) -> list[Step]:
        """What `add` does, for a transaction in which there is more."""
        return [*self._items.steps(mailbox), *steps_of(self._audit, entry)]

    @staticmethod
    def judge(refusals: Sequence[Refusal]) -> None:
        """Of such a transaction. Raises NotFound, Conflict."""
        if any(each.role == GATE and each.code == CONDITION_FAILED for each in refusals):
            raise NotFound("no such workspace")
        if refusals:
            raise Conflict("another mailbox has that address")

    def note_confirmation(self, mailbox: Mailbox, confirmation: Confirmation) -> None:
        sealed = self._items.sealed_confirmation(mailbox.workspace, mailbox.id, confirmation)
        try:
            self._client.update_item(
                TableName=self._items.table,
                Key=key(mailbox.workspace, table.mailbox_key(mailbox.id)),
                UpdateExpression="SET confirmation = :sealed, confirmation_at = :at REMOVE confirmed_at",
                ConditionExpression=(
                    "attribute_exists(pk) AND (attribute_not_exists(confirmation_at) OR confirmation_at < :at)"
                ),
                ExpressionAttributeValues={
                    ":sealed": {"B": sealed},
                    ":at": {"S": instant(confirmation.received_at)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def name_place(workspace: str) -> Place:
    return Place(workspace, "workspace", workspace, "name")
