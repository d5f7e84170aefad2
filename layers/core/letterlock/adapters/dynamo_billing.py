"""What Stripe says, in DynamoDB: its events, and the copy of how each workspace stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from letterlock.adapters import table_billing as table
from letterlock.adapters.audit_entries import AuditEntries, steps_of
from letterlock.adapters.commits import commit
from letterlock.adapters.dynamo import ABSENT, Item, Step, key
from letterlock.adapters.table_accounts import BILLING, GATE, paid_entry
from letterlock.adapters.table_due import minute
from letterlock.domain.audit import Entry
from letterlock.domain.billing import BillingAccount, StripeEvent
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.facts import Told
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TAKE_OFF: Final = f"REMOVE {table.WORK}, {table.AT}"


class DynamoStripeEvents:
    """`StripeEvents`."""

    def __init__(self, client: DynamoDBClient, table_name: str, now: Clock) -> None:
        self._client, self._table, self._now = client, table_name, now

    def record(self, event: StripeEvent, told: Sequence[Told]) -> bool:
        """One conditional put: a write unit, and one more in the index where somebody applies it."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=table.event_item(event, list(told), self._now()),
                ConditionExpression=ABSENT,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, event: str) -> StripeEvent:
        answer = self._client.get_item(
            TableName=self._table, Key=key(table.event_key(event), table.EVENT), ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such event")
        return table.event_of(dict(answer["Item"]))

    def applied(self, event: str) -> None:
        """Without the condition an item that expired would come back as an empty one."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(table.event_key(event), table.EVENT),
                UpdateExpression=_TAKE_OFF,
                ConditionExpression=f"attribute_exists({table.WORK})",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def overdue(self, limit: int) -> list[str]:
        places = _due(self._client, self._table, table.EVENTS, self._now(), limit)
        return [each["pk"]["S"].partition("#")[2] for each in places]


class DynamoBillingAccounts:
    """`BillingAccounts`. The gate lies in the accounts table, facts in the conversations table's outbox.

    `audit` only for who does what has an entry.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        accounts_table: str,
        conversations_table: str,
        now: Clock,
        audit: AuditEntries | None = None,
    ) -> None:
        self._client, self._table, self._now, self._audit = client, table_name, now, audit
        self._accounts, self._conversations = accounts_table, conversations_table

    def of_workspace(self, workspace: str) -> BillingAccount | None:
        item = self._item(workspace, table.ACCOUNT)
        return table.account_of(item) if item else None

    def workspace_of(self, customer: str) -> str:
        item = self._item(table.customer_key(customer), table.ROUTE)
        return str(item["workspace"]["S"]) if item else ""

    def save(self, account: BillingAccount, told: Sequence[Told] = (), entry: Entry | None = None) -> None:
        steps = [self._copy(account), self._gate(account), self._route(account), *steps_of(self._audit, entry)]
        if commit(self._client, self._conversations, steps, account.workspace, told, self._now()):
            raise Stale("billing is being changed at this moment: ask again")

    def due(self, limit: int) -> list[str]:
        return [each["pk"]["S"] for each in _due(self._client, self._table, table.ACCOUNTS, self._now(), limit)]

    def _copy(self, account: BillingAccount) -> Step:
        operation: dict[str, Any] = {
            "TableName": self._table,
            "Item": table.account_item(account, account.version + 1, self._now()),
            "ConditionExpression": ABSENT,
        }
        if account.version:
            operation["ConditionExpression"] = "version = :read"
            operation["ExpressionAttributeValues"] = {":read": {"N": str(account.version)}}
        return Step("copy", {"Put": operation})

    def _gate(self, account: BillingAccount) -> Step:
        operation = {
            "TableName": self._accounts,
            "Key": key(account.workspace, GATE),
            "UpdateExpression": f"SET {BILLING} = :paid",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":paid": paid_entry(account.paid)},
        }
        return Step("gate", {"Update": operation})

    def _route(self, account: BillingAccount) -> Step:
        """Put again with each copy: a workspace whose customer was deleted has another one later."""
        item = key(table.customer_key(account.customer), table.ROUTE) | {"workspace": {"S": account.workspace}}
        return Step("route", {"Put": {"TableName": self._table, "Item": item}})

    def _item(self, pk: str, sk: str) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=key(pk, sk), ConsistentRead=True)
        return dict(answer["Item"]) if "Item" in answer else None


def _due(client: DynamoDBClient, table_name: str, work: str, now: Any, limit: int) -> list[Item]:
    answer = client.query(
        TableName=table_name,
        IndexName=table.DUE,
        KeyConditionExpression=f"{table.WORK} = :work AND {table.AT} <= :now",
        ExpressionAttributeValues={":work": {"S": work}, ":now": {"S": minute(now)}},
        Limit=limit,
    )
    return [dict(each) for each in answer["Items"]]
