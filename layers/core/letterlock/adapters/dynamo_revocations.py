"""What lets somebody in, taken away in DynamoDB: a conditional update, outbox and audit entry in one transaction.

Nothing is read first: that it is there to be taken away is the update's condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import CONDITION_FAILED, Item, Step, key, pages
from letterlock.adapters.dynamo_connections import note_step, revoked_step
from letterlock.domain.accounts import Member, Principal
from letterlock.domain.connections import ConnectionState
from letterlock.domain.errors import NotFound, RuleBroken, Stale
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Deed
from letterlock.services.token_ports import Owners

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TAKEN: Final = "taken"
OWNERS: Final = "owners"


class DynamoRevocations:
    """`Revocations`. Seven write units for a token: two each for the update and the entry, three for the outbox."""

    def __init__(self, client: DynamoDBClient, table_name: str, commits: Commits, audit: AuditEntries) -> None:
        self._client, self._table, self._commits, self._audit = client, table_name, commits, audit
        self._notes = commits.table

    def credential(self, workspace: str, holder: str, credential: str, deed: Deed) -> bool:
        """Out of its holder's item; a service, which has no other, is removed with it."""
        update: Item = {
            "Key": key(workspace, table.member_key(holder)),
            "UpdateExpression": "REMOVE credentials.#id",
            "ConditionExpression": "attribute_exists(credentials.#id)",
            "ExpressionAttributeNames": {"#id": credential},
        }
        if holder == credential:
            update["UpdateExpression"] += " SET #state = :removed, removed_at = :at"
            update["ExpressionAttributeNames"] |= {"#state": "state"}
            update["ExpressionAttributeValues"] = {
                ":removed": {"S": table.REMOVED},
                ":at": {"S": instant(deed.entry.at)},
            }
        if self._taken(workspace, update, deed):
            return True
        listed = self._item(workspace, table.listed_key(credential))
        if listed is None or listed.get("holder", listed.get("person")) != {"S": holder}:
            raise NotFound("no such token or session")
        return False

    def invitation(self, workspace: str, invitation: str, deed: Deed) -> bool:
        return self._link(workspace, table.invitation_key(invitation), deed)

    def reset_link(self, workspace: str, reset: str, deed: Deed) -> bool:
        return self._link(workspace, table.reset_key(reset), deed)

    def _link(self, workspace: str, sk: str, deed: Deed) -> bool:
        if self._taken(workspace, _ended(workspace, sk), deed):
            return True
        item = self._item(workspace, sk)
        if item is None:
            raise NotFound("no such link")
        if item["state"] != {"S": table.REVOKED}:
            raise RuleBroken("this link has been used: there is nothing to revoke")
        return False

    def connection(self, workspace: str, connection: str, deed: Deed) -> bool:
        """Two write units more than a token: the note by which its provider is told. The tokens stay until it was."""
        update = revoked_step(self._table, workspace, connection, deed.entry.at).operation["Update"]
        if self._taken(workspace, update, deed, [note_step(self._notes, workspace, connection, deed.entry.at)]):
            return True
        item = self._item(workspace, table.connection_key(connection))
        if item is None or item["state"] == {"S": ConnectionState.STARTED}:
            raise NotFound("no such connection")
        return False

    def owners(self, workspace: str) -> Owners:
        """A GetItem of the gate, and after it a Query of the people: who stops being an owner moves the gate's turn."""
        gate = self._item(workspace, table.GATE) or {}
        request: Item = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :people)",
            "FilterExpression": "#state = :active AND #role = :owner",
            "ExpressionAttributeNames": {"#state": "state", "#role": "role"},
            "ExpressionAttributeValues": {
                ":workspace": {"S": workspace},
                ":people": {"S": table.PEOPLE},
                ":active": {"S": table.ACTIVE},
                ":owner": {"S": Role.OWNER},
            },
            "ConsistentRead": True,
        }
        people = tuple(each["sk"]["S"].removeprefix(table.PEOPLE) for each in pages(self._client, request))
        return Owners(people, int(gate["owners_gone"]["N"]) if "owners_gone" in gate else 0)

    def person(
        self, member: Member, at: datetime, owners: Owners | None, deed: Deed, asker: Principal | None = None
    ) -> bool:
        """The state decides: what they came in with stays in the item until their lists are marked."""
        update = {
            "Key": key(member.workspace, table.member_key(member.id)),
            "UpdateExpression": "SET #state = :removed, removed_at = :at",
            "ConditionExpression": "#state = :active AND #role = :role",
            "ExpressionAttributeNames": {"#state": "state", "#role": "role"},
            "ExpressionAttributeValues": {
                ":removed": {"S": table.REMOVED},
                ":active": {"S": table.ACTIVE},
                ":role": {"S": member.role},
                ":at": {"S": instant(at)},
            },
        }
        steps = [Step(OWNERS, {"Update": owner_gone(self._table, member.workspace, owners)})] if owners else []
        if not self._taken(member.workspace, update, deed, steps, asker):
            raise Stale("the person has changed since they were read")
        return True

    def everybody(self, workspace: str, at: datetime, deed: Deed) -> bool:
        update = {
            "Key": key(workspace, table.GATE),
            "UpdateExpression": "SET signed_out_at = :at",
            "ConditionExpression": (
                "attribute_exists(pk) AND (attribute_not_exists(signed_out_at) OR signed_out_at < :at)"
            ),
            "ExpressionAttributeValues": {":at": {"S": instant(at)}},
        }
        if self._taken(workspace, update, deed):
            return True
        if self._item(workspace, table.GATE) is None:
            raise NotFound("no such workspace")
        return False

    # ---- the transaction --------------------------------------------------------------------------------------------

    def _taken(
        self,
        workspace: str,
        update: Item,
        deed: Deed,
        more: Sequence[Step] = (),
        asker: Principal | None = None,
    ) -> bool:
        """False when its condition refused it. Raises Stale when another transaction holds one of the items."""
        steps = [Step(TAKEN, {"Update": {"TableName": self._table, **update}}), *more, self._audit.step(deed.entry)]
        if asker:
            steps = held(self._table, asker, steps)
        refusals = self._commits.commit(steps, workspace, deed.told)
        if asker:
            judge(asker, refusals)
        if any(each.role == TAKEN and each.code == CONDITION_FAILED for each in refusals):
            return False
        if refusals:
            raise Stale("it is being changed at this moment: ask again")
        return True

    def _item(self, workspace: str, sk: str) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=key(workspace, sk), ConsistentRead=True)
        return dict(answer["Item"]) if "Item" in answer else None


def owner_gone(table_name: str, workspace: str, owners: Owners) -> Item:
    """The update that has to ride with whatever makes an owner one no more."""
    turn = "owners_gone = :turn" if owners.turn else "attribute_not_exists(owners_gone)"
    read = {":turn": {"N": str(owners.turn)}} if owners.turn else {}
    return {
        "TableName": table_name,
        "Key": key(workspace, table.GATE),
        "UpdateExpression": "SET owners_gone = :next",
        "ConditionExpression": f"attribute_exists(pk) AND {turn}",
        "ExpressionAttributeValues": read | {":next": {"N": str(owners.turn + 1)}},
    }


def _ended(workspace: str, sk: str) -> Item:
    """An invitation or a reset link that nobody has used opens nothing any more."""
    return {
        "Key": key(workspace, sk),
        "UpdateExpression": "SET #state = :revoked",
        "ConditionExpression": "#state = :pending",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":revoked": {"S": table.REVOKED}, ":pending": {"S": table.PENDING}},
    }
