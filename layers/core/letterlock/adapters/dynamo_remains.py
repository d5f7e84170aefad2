"""What is left after a revocation, in DynamoDB. Each write is a conditional update, which does nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from letterlock.adapters import table_accounts as table
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import Item, key, pages, transact
from letterlock.adapters.dynamo_connections import note_step, revoked_step
from letterlock.adapters.member_items import gate_of
from letterlock.domain.api_tokens import SHOWN_FOR
from letterlock.domain.connections import ConnectionState
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoRemains:
    """`Remains`."""

    def __init__(self, client: DynamoDBClient, table_name: str, notes_table: str, now: Clock) -> None:
        """`notes_table`: the conversations table, where it stands whose provider is to be told."""
        self._client, self._table, self._notes, self._now = client, table_name, notes_table, now

    def note_revoked(self, workspace: str, credential: str, at: datetime, *, finished: bool) -> None:
        changes = "SET revoked_at = if_not_exists(revoked_at, :at), expires_at = :until"
        changes += ", finished_at = if_not_exists(finished_at, :now)" if finished else ""
        values = {":at": {"S": instant(at)}, ":until": {"N": str(int((at + SHOWN_FOR).timestamp()))}}
        self._update(
            key(workspace, table.listed_key(credential)),
            UpdateExpression=changes,
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=values | ({":now": {"S": instant(self._now())}} if finished else {}),
        )

    def end_links(self, workspace: str, person: str, at: datetime, limit: int) -> int:
        """A GetItem of how they signed in, and Queries of the workspace's invitations and reset links, filtered."""
        links = [
            *self._pending(workspace, table.INVITATIONS, "invited_by", person),
            *self._sent_to(workspace, person, at),
            *self._pending(workspace, table.RESETS, "person", person),
        ]
        links = list(dict.fromkeys(links))[:limit]
        for sk in links:
            self._update(
                key(workspace, sk),
                UpdateExpression="SET #state = :revoked",
                ConditionExpression="#state = :pending",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":revoked": {"S": table.REVOKED}, ":pending": {"S": table.PENDING}},
            )
        return len(links)

    def end_connections(self, workspace: str, person: str, at: datetime, limit: int) -> int:
        """A Query of the workspace's connections, filtered, and a transaction for each."""
        found = list(
            islice(
                self._found(
                    workspace,
                    table.CONNECTIONS,
                    "#state = :active AND #whose = :person",
                    {"#state": "state", "#whose": "person"},
                    {":active": {"S": ConnectionState.ACTIVE}, ":person": {"S": person}},
                ),
                limit,
            )
        )
        for each in found:
            connection = each["sk"]["S"].removeprefix(table.CONNECTIONS)
            revoked = revoked_step(self._table, workspace, connection, at)
            transact(self._client, [revoked, note_step(self._notes, workspace, connection, self._now())])
        return len(found)

    def forget_sign_in(self, workspace: str, person: str) -> None:
        """The route first: without the other item nobody would find it again. It may be somebody's who came after."""
        route = self._route(workspace, person)
        if not route:
            return
        self._lapse(key(route, workspace), ["person"], person)
        self._lapse(key(workspace, table.sign_in_key(person)), table.SIGN_IN_ATTRIBUTES)

    def _lapse(self, at: Item, attributes: Sequence[str], person: str = "") -> None:
        """Nothing but the key is left, and DynamoDB takes that away: no function may delete an item."""
        names = {f"#a{number}": name for number, name in enumerate(attributes)}
        values: dict[str, Item] = {":now": {"N": str(int(self._now().timestamp()))}}
        self._update(
            at,
            UpdateExpression=f"SET expires_at = :now REMOVE {', '.join(names)}",
            ConditionExpression="#a0 = :person" if person else "attribute_exists(pk)",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values | ({":person": {"S": person}} if person else {}),
        )

    def _pending(self, workspace: str, prefix: str, whose: str, person: str) -> Iterable[str]:
        which = "#state = :pending AND #whose = :person"
        names = {"#state": "state", "#whose": whose}
        found = self._found(
            workspace, prefix, which, names, {":pending": {"S": table.PENDING}, ":person": {"S": person}}
        )
        return (each["sk"]["S"] for each in found)

    def _sent_to(self, workspace: str, person: str, at: datetime) -> Iterable[str]:
        """Invitations to their address, of before they were removed: they may have come by another one."""
        route = self._route(workspace, person)
        if not route:
            return ()
        found = self._found(
            workspace,
            table.INVITATIONS,
            "#state = :pending AND #to = :route AND created_at <= :at",
            {"#state": "state", "#to": "to"},
            {":pending": {"S": table.PENDING}, ":route": {"S": route}, ":at": {"S": instant(at)}},
        )
        return (each["sk"]["S"] for each in found)

    def _route(self, workspace: str, person: str) -> str:
        """The key of the item that leads from their address to them; empty when that is forgotten."""
        at = key(workspace, table.sign_in_key(person))
        found = self._client.get_item(TableName=self._table, Key=at, ConsistentRead=True)
        return found.get("Item", {}).get("route", {}).get("S", "")

    def outlived(self, workspace: str, *, after: str, limit: int) -> Sequence[tuple[str, str]]:
        answer = self._client.get_item(TableName=self._table, Key=key(workspace, table.GATE), ConsistentRead=True)
        signed_out_at = gate_of(dict(answer["Item"])).signed_out_at if "Item" in answer else None
        if signed_out_at is None:
            return []
        found = (
            (each["sk"]["S"].partition("#")[2], (each.get("holder") or each["person"])["S"])
            for prefix in (table.SESSIONS, table.TOKENS)
            for each in self._found(
                workspace,
                prefix,
                "attribute_not_exists(revoked_at) AND created_at <= :at",
                {},
                {":at": {"S": instant(signed_out_at)}},
            )
        )
        return list(islice((each for each in found if each[0] > after), limit))

    def _found(
        self, workspace: str, prefix: str, which: str, names: dict[str, str], values: dict[str, Item]
    ) -> Iterator[Item]:
        request: Item = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :prefix)",
            "FilterExpression": which,
            "ExpressionAttributeValues": values | {":workspace": {"S": workspace}, ":prefix": {"S": prefix}},
            "ConsistentRead": True,
        }
        return pages(self._client, request | ({"ExpressionAttributeNames": names} if names else {}))

    def take_out(self, workspace: str, holder: str, credentials: Sequence[str]) -> None:
        """A service that has no other is removed with it."""
        names = {f"#id{at}": each for at, each in enumerate(credentials)}
        changes = "REMOVE " + ", ".join(f"credentials.{name}" for name in names)
        more: dict[str, Any] = {}
        if holder in credentials:
            changes += " SET #state = :removed, removed_at = if_not_exists(removed_at, :now)"
            names["#state"] = "state"
            more = {
                "ExpressionAttributeValues": {":removed": {"S": table.REMOVED}, ":now": {"S": instant(self._now())}}
            }
        self._update(
            key(workspace, table.member_key(holder)),
            UpdateExpression=changes,
            ConditionExpression="attribute_exists(credentials)",
            ExpressionAttributeNames=names,
            **more,
        )

    def finish(self, workspace: str, member: str, at: datetime) -> None:
        """A service leaves the table with what the lists show of it; of a person the item stays."""
        if not member.startswith("per_"):
            self.note_revoked(workspace, member, at, finished=True)
        self._update(
            key(workspace, table.member_key(member)),
            UpdateExpression="SET finished_at = if_not_exists(finished_at, :at), credentials = :none",
            ConditionExpression="#state = :removed",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":at": {"S": instant(at)},
                ":none": {"M": {}},
                ":removed": {"S": table.REMOVED},
            },
        )

    def _update(self, at: Item, **how: Any) -> None:
        """Where the condition does not hold it has been done, or there is nothing to be done."""
        try:
            self._client.update_item(TableName=self._table, Key=at, **how)
        except self._client.exceptions.ConditionalCheckFailedException:
            return
