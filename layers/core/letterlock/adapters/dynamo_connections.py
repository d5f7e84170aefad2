"""Connected accounts in the accounts table, and in the conversations table notes of whose provider is to be told."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters import table_due
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.connection_items import LEASE, START, TOKENS, ConnectionItems
from letterlock.adapters.dynamo import ABSENT, CONFLICT, Item, Step, key, pages, transact
from letterlock.adapters.dynamo_turns import turn_step
from letterlock.adapters.member_items import gate_of, member_of
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Principal
from letterlock.domain.channels import is_listened_to
from letterlock.domain.connections import Client, Connection, ConnectionState, Start, Tokens
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.idempotency import Done, Once
from letterlock.services.deeds import Deed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TELL: Final = "TELL"
"""The sort key of a note in the conversations table: `<ws>#connection#<con>`, with the marks of the index `due`."""
CONNECTION: Final = "connection"
TRIES: Final = 5
"""Of a transaction that meets another one."""


class DynamoConnections:
    """`Connections`. `app_of`: the operator's own with a provider of that name."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        notes_table: str,
        sealer: Sealer,
        index: BlindIndex,
        commits: Commits,
        audit: AuditEntries,
        app_of: Callable[[str], Client | None],
    ) -> None:
        self._client, self._table, self._notes, self._index = client, table_name, notes_table, index
        self._items, self._commits, self._audit, self._app_of = ConnectionItems(sealer), commits, audit, app_of

    # ---- connecting -------------------------------------------------------------------------------------------------

    def start(self, connection: Connection, start: Start, once: Once | None = None) -> None:
        item = self._items.item(connection) | {
            START: self._items.start(connection, start),
            "expires_at": {"N": str(int(start.until.timestamp()))},
        }
        put: Item = {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT}
        steps = [Step(CONNECTION, {"Put": put})]
        if self._commits.keyed(steps, connection.workspace, (), once, Done(made=connection.id)):
            raise Stale("it is being begun at this moment: ask again")

    def take_start(self, connection: Connection) -> Start:
        """The SDK's own repetition of an answer that got lost is this try's, and no second one."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=self._key(connection),
                UpdateExpression="SET taken_by = :this",
                ConditionExpression="#state = :started AND (attribute_not_exists(taken_by) OR taken_by = :this)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":started": {"S": ConnectionState.STARTED},
                    ":this": {"S": secrets.token_hex(16)},
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise NotFound("no such start") from None
        return self._items.start_of(connection, answer["Attributes"][START]["B"])

    def connect(self, connection: Connection, tokens: Tokens, asker: Principal, deed: Deed) -> None:
        made = [Step(CONNECTION, self._over_the_start(connection, tokens)), self._audit.step(deed.entry)]
        if is_listened_to(connection.provider):
            made.append(turn_step(self._notes, connection.workspace, connection.id, self._commits.now()))
        steps = held(self._table, asker, made)
        refusals = self._commits.commit(steps, connection.workspace, deed.told)
        judge(asker, refusals)
        if refusals:
            raise Stale("it was connected, or given up, meanwhile")

    def abandon(self, connection: Connection, tokens: Tokens) -> None:
        self._with_note(connection, self._over_the_start(connection, tokens))

    def _over_the_start(self, connection: Connection, tokens: Tokens) -> Item:
        """In the place of what was begun, as long as that stands."""
        put: Item = {
            "TableName": self._table,
            "Item": self._items.item(connection) | {TOKENS: self._items.tokens(connection, tokens)},
            "ConditionExpression": "#state = :started",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":started": {"S": ConnectionState.STARTED}},
        }
        return {"Put": put}

    # ---- reading ----------------------------------------------------------------------------------------------------

    def get(self, workspace: str, connection: str) -> Connection:
        return self._items.connection_of(self._read(workspace, connection))

    def listed(self, workspace: str, person: str = "") -> Sequence[Connection]:
        values: Item = {":workspace": {"S": workspace}, ":connections": {"S": table.CONNECTIONS}}
        request: Item = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :connections)",
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        if person:
            request["FilterExpression"] = "person = :person"
            values[":person"] = {"S": person}
        found = (self._items.connection_of(each) for each in pages(self._client, request))
        return [each for each in found if each.state is not ConnectionState.STARTED]

    def tokens(self, connection: Connection) -> Tokens:
        """Of who may still work in its mailbox, while it is used: of somebody who was removed a moment ago, none."""
        item = self._read(connection.workspace, connection.id)
        if TOKENS not in item:
            raise NotFound("the tokens are destroyed")
        if item["state"] == {"S": ConnectionState.ACTIVE} and not self._may_use(item):
            raise NotFound("whose connection this is, may not use it any more")
        return self._items.tokens_of(connection, item[TOKENS]["B"])

    def _may_use(self, item: Item) -> bool:
        workspace = item["pk"]["S"]
        member = self._item(workspace, table.member_key(item["person"]["S"]))
        gate = self._item(workspace, table.GATE)
        works = member is not None and member_of(member).works_in(item["mailbox"]["S"])
        return bool(works and gate and gate_of(gate).open)

    # ---- refreshing -------------------------------------------------------------------------------------------------

    def lease(self, connection: Connection, until: datetime) -> bool:
        return self._changed(
            connection,
            "SET lease_until = :until, version = :next",
            "#state = :active AND version = :read AND (attribute_not_exists(lease_until) OR lease_until < :now)",
            {":until": instant(until), ":now": instant(self._commits.now()), ":active": ConnectionState.ACTIVE},
        )

    def renew(self, connection: Connection, tokens: Tokens) -> None:
        sealed = self._items.tokens(connection, tokens)
        if self._updated(
            connection,
            f"SET #tokens = :tokens, version = :next REMOVE {LEASE}",
            "#state = :active AND version = :read",
            {":tokens": sealed, ":active": {"S": ConnectionState.ACTIVE}, **_versions(connection)},
            {"#state": "state", "#tokens": TOKENS},
        ):
            return
        self._recall(connection, sealed)
        raise Stale("it was revoked, or refreshed by another, meanwhile")

    def _recall(self, connection: Connection, sealed: Item) -> None:
        """Whatever its provider has confirmed, it has given these since."""
        change = f"SET #tokens = :tokens, #state = :revoking, version = :next REMOVE {LEASE}, confirmed_at"
        update: Item = {
            "TableName": self._table,
            "Key": self._key(connection),
            "UpdateExpression": change,
            "ConditionExpression": "#state <> :active AND version = :read",
            "ExpressionAttributeNames": {"#state": "state", "#tokens": TOKENS},
            "ExpressionAttributeValues": {
                ":tokens": sealed,
                ":revoking": {"S": ConnectionState.REVOKING},
                ":active": {"S": ConnectionState.ACTIVE},
                **_versions(connection),
            },
        }
        self._with_note(connection, {"Update": update})

    def end(self, connection: Connection, at: datetime, deed: Deed) -> bool:
        update: Item = {
            "TableName": self._table,
            "Key": self._key(connection),
            "UpdateExpression": f"SET #state = :ended, confirmed_at = :at REMOVE tokens, {LEASE}",
            "ConditionExpression": "#state = :active",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":ended": {"S": ConnectionState.ENDED},
                ":active": {"S": ConnectionState.ACTIVE},
                ":at": {"S": instant(at)},
            },
        }
        steps = [Step(CONNECTION, {"Update": update}), self._audit.step(deed.entry)]
        return not self._commits.commit(steps, connection.workspace, deed.told)

    # ---- telling the provider ---------------------------------------------------------------------------------------

    def to_tell(self, until: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """One Query of the index."""
        answer = self._client.query(
            TableName=self._notes,
            IndexName=table_due.DUE,
            KeyConditionExpression=f"{table_due.SHARD} = :shard AND {table_due.AT} <= :until",
            ExpressionAttributeValues={":shard": {"S": table_due.CONNECTION}, ":until": {"S": table_due.minute(until)}},
            Limit=limit,
        )
        places = (each["pk"]["S"].partition("#connection#") for each in answer["Items"])
        return [(workspace, connection) for workspace, _, connection in places]

    def forget(self, workspace: str, connection: str) -> None:
        transact(self._client, [self._forgotten(workspace, connection)])

    def confirm(self, connection: Connection, at: datetime | None) -> None:
        """With the note, so that neither is there without the other."""
        confirmed = "SET #state = :revoked, confirmed_at = :at REMOVE tokens, unreachable_since, refused_since"
        update: Item = {
            "TableName": self._table,
            "Key": self._key(connection),
            "UpdateExpression": f"{confirmed if at else 'SET #state = :revoked REMOVE tokens'}, {LEASE}",
            "ConditionExpression": "#state = :revoking AND version = :read",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":revoked": {"S": ConnectionState.REVOKED},
                ":revoking": {"S": ConnectionState.REVOKING},
                ":read": {"N": str(connection.version)},
                **({":at": {"S": instant(at)}} if at else {}),
            },
        }
        forgotten = self._forgotten(connection.workspace, connection.id)
        transact(self._client, [Step(CONNECTION, {"Update": update}), forgotten])

    def put_off(self, connection: Connection, until: datetime) -> None:
        since = {"unreachable_since": connection.unreachable_since, "refused_since": connection.refused_since}
        kept = {name: at for name, at in since.items() if at}
        gone = ", ".join(name for name in since if name not in kept)
        self._updated(
            connection,
            f"SET {', '.join(f'{name} = :{name}' for name in kept)}{f' REMOVE {gone}' if gone else ''}",
            "#state = :revoking",
            {f":{name}": {"S": instant(at)} for name, at in kept.items()}
            | {":revoking": {"S": ConnectionState.REVOKING}},
            {"#state": "state"},
        )
        self.later(connection.workspace, connection.id, until)

    def later(self, workspace: str, connection: str, until: datetime) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._notes,
                Key=note_key(workspace, connection),
                UpdateExpression=f"SET {table_due.AT} = :at",
                ConditionExpression=f"attribute_exists({table_due.SHARD})",
                ExpressionAttributeValues={":at": {"S": table_due.minute(until)}},
            )

    def _with_note(self, connection: Connection, operation: Item) -> None:
        """Nobody else knows of the tokens in it: it is not given up for somebody who writes at the same moment."""
        note = note_step(self._notes, connection.workspace, connection.id, self._commits.now())
        for _ in range(TRIES):
            refusals = transact(self._client, [Step(CONNECTION, operation), note])
            if all(each.code != CONFLICT for each in refusals):
                return
        raise Stale("the connection is being written at this moment")

    def _forgotten(self, workspace: str, connection: str) -> Step:
        """Nothing but the key is left, and DynamoDB takes that away."""
        update: Item = {
            "TableName": self._notes,
            "Key": note_key(workspace, connection),
            "UpdateExpression": f"SET expires_at = :now REMOVE {table_due.SHARD}, {table_due.AT}",
            "ExpressionAttributeValues": {":now": {"N": str(int(self._commits.now().timestamp()))}},
        }
        return Step("note", {"Update": update})

    # ---- what we are to a provider ----------------------------------------------------------------------------------

    def client(self, connection: Connection) -> Client | None:
        if not connection.provider.registration:
            return self._app_of(connection.provider.name)
        item = self._item(*table.app_place(self._app(connection)))
        return self._items.client_of(item) if item else None

    def keep_client(self, connection: Connection, client: Client) -> Client:
        item = self._items.client(self._app(connection), client)
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression=ABSENT)
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.client(connection) or client
        return client

    def _app(self, connection: Connection) -> str:
        """An instance knows where an app sends browsers back to: where that becomes another, it is another app."""
        return self._index.router("app", f"{connection.provider.issuer} {connection.redirect}")

    # ---- DynamoDB ---------------------------------------------------------------------------------------------------

    def _changed(self, connection: Connection, change: str, condition: str, words: Mapping[str, str]) -> bool:
        values = {name: {"S": str(word)} for name, word in words.items()} | _versions(connection)
        return self._updated(connection, change, condition, values, {"#state": "state"})

    def _updated(
        self, connection: Connection, change: str, condition: str, values: Item, names: dict[str, str]
    ) -> bool:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": self._key(connection),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ExpressionAttributeNames": names,
        }
        try:
            self._client.update_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _read(self, workspace: str, connection: str) -> Item:
        item = self._item(workspace, table.connection_key(connection)) if connection.startswith("con_") else None
        if item is None:
            raise NotFound("no such connection")
        return item

    def _item(self, pk: str, sk: str) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=key(pk, sk), ConsistentRead=True)
        return dict(answer["Item"]) if "Item" in answer else None

    @staticmethod
    def _key(connection: Connection) -> Item:
        return key(connection.workspace, table.connection_key(connection.id))


def note_key(workspace: str, connection: str) -> Item:
    return key(f"{workspace}#connection#{connection}", TELL)


def revoked_step(table_name: str, workspace: str, connection: str, at: datetime) -> Step:
    """Dead here; the tokens stay until their provider was told."""
    update: Item = {
        "TableName": table_name,
        "Key": key(workspace, table.connection_key(connection)),
        "UpdateExpression": "SET #state = :revoking, revoked_at = :at",
        "ConditionExpression": "#state = :active",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {
            ":revoking": {"S": ConnectionState.REVOKING},
            ":active": {"S": ConnectionState.ACTIVE},
            ":at": {"S": instant(at)},
        },
    }
    return Step(CONNECTION, {"Update": update})


def note_step(table_name: str, workspace: str, connection: str, at: datetime) -> Step:
    """Rides in the revocation's transaction: whose provider is to be told, from now on."""
    item = note_key(workspace, connection) | {
        table_due.SHARD: {"S": table_due.CONNECTION},
        table_due.AT: {"S": table_due.minute(at)},
    }
    return Step("note", {"Put": {"TableName": table_name, "Item": item}})


def _versions(connection: Connection) -> Item:
    return {":read": {"N": str(connection.version)}, ":next": {"N": str(connection.version + 1)}}
