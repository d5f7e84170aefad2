"""Domains that workspaces have claimed, in DynamoDB: a router that says whose claim stands, and each claim."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import decode, encode, instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import ABSENT, CONDITION_FAILED, Item, Step, key
from letterlock.adapters.people_items import PeopleItems
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Principal
from letterlock.domain.errors import Conflict, NotFound, RuleBroken, Stale
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail_domains import DOMAINS_AT_MOST, Holder, MailDomain
from letterlock.services.deeds import Deed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROUTE: Final = "route"
GATE: Final = "gate"


class DynamoMailDomains:
    """`MailDomains`."""

    def __init__(
        self,
        client: DynamoDBClient,
        items: PeopleItems,
        sealer: Sealer,
        index: BlindIndex,
        commits: Commits,
        audit: AuditEntries,
    ) -> None:
        self._client, self._items, self._sealer, self._index = client, items, sealer, index
        self._commits, self._audit = commits, audit

    def holder(self, name: str) -> Holder | None:
        answer = self._client.get_item(TableName=self._items.table, Key=self._route(name), ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return None
        return Holder(
            item["workspace"]["S"],
            item["domain"]["S"],
            datetime.fromisoformat(item["until"]["S"]),
            proven="proven_at" in item,
        )

    def claim(
        self, domain: MailDomain, asker: Principal, deed: Deed, over: Holder | None = None, once: Once | None = None
    ) -> None:
        """Five steps, and one for the key."""
        steps = [
            self._claimed(domain, over),
            self._items.put("domain", self._item(domain), ABSENT),
            self._at_the_gate(domain.workspace),
            self._audit.step(deed.entry),
        ]
        steps = held(self._items.table, asker, steps)
        refusals = self._commits.keyed(steps, domain.workspace, deed.told, once, Done(made=domain.id))
        judge(asker, refusals)
        refused = {each.role for each in refusals if each.code == CONDITION_FAILED}
        if ROUTE in refused:
            raise Conflict("another workspace has this domain")
        if GATE in refused:
            raise RuleBroken(f"a workspace claims {DOMAINS_AT_MOST} domains at most")
        if refusals:
            raise Stale("the domain is being claimed at this moment: ask again")

    def _claimed(self, domain: MailDomain, over: Holder | None) -> Step:
        item = self._route(domain.name) | {
            "workspace": {"S": domain.workspace},
            "domain": {"S": domain.id},
            "until": {"S": instant(domain.until)},
        }
        if over is None:
            return self._items.put(ROUTE, item, ABSENT)
        step = self._items.put(ROUTE, item, "#domain = :over AND attribute_not_exists(proven_at)")
        step.operation["Put"] |= {
            "ExpressionAttributeNames": {"#domain": "domain"},
            "ExpressionAttributeValues": {":over": {"S": over.domain}},
        }
        return step

    def _item(self, domain: MailDomain) -> Item:
        return key(domain.workspace, table.domain_key(domain.id)) | {
            "name": {"B": self._sealer.seal(_place(domain.workspace, domain.id), encode(domain.name))},
            "claimed_at": {"S": instant(domain.claimed_at)},
        }

    def _at_the_gate(self, workspace: str) -> Step:
        return self._items.update(
            GATE,
            (workspace, table.GATE),
            UpdateExpression="ADD domains_claimed :one",
            ConditionExpression=(
                "attribute_exists(pk) AND (attribute_not_exists(domains_claimed) OR domains_claimed < :most)"
            ),
            ExpressionAttributeValues={":one": {"N": "1"}, ":most": {"N": str(DOMAINS_AT_MOST)}},
        )

    def proven(self, name: str, holder: Holder, at: datetime) -> Step:
        """Of a mailbox's transaction: the claim still stands, and does not lapse any more."""
        return self._items.update(
            "domain",
            (self._route(name)["pk"]["S"], table.ROUTE),
            UpdateExpression="SET proven_at = if_not_exists(proven_at, :at)",
            ConditionExpression="#domain = :domain",
            ExpressionAttributeNames={"#domain": "domain"},
            ExpressionAttributeValues={":domain": {"S": holder.domain}, ":at": {"S": instant(at)}},
        )

    def done(self, workspace: str, once: Once) -> Done | None:
        return self._commits.done(workspace, once)

    def get(self, workspace: str, domain: str) -> MailDomain:
        answer = self._client.get_item(
            TableName=self._items.table, Key=key(workspace, table.domain_key(domain)), ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such domain")
        return self._domain(dict(answer["Item"]))

    def all(self, workspace: str) -> list[MailDomain]:
        """One Query: there are few."""
        answer = self._client.query(
            TableName=self._items.table,
            KeyConditionExpression="pk = :workspace AND begins_with(sk, :domains)",
            ExpressionAttributeValues={":workspace": {"S": workspace}, ":domains": {"S": table.DOMAINS}},
            ConsistentRead=True,
        )
        return [self._domain(dict(each)) for each in answer["Items"]]

    def _domain(self, item: Item) -> MailDomain:
        workspace, id = item["pk"]["S"], item["sk"]["S"].removeprefix(table.DOMAINS)  # noqa: A001 - its own name
        name: str = decode(self._sealer.unseal(_place(workspace, id), item["name"]["B"]))
        return MailDomain(id, workspace, name, datetime.fromisoformat(item["claimed_at"]["S"]))

    def _route(self, name: str) -> Item:
        return key(table.domain_route_key(self._index.router("domain", name)), table.ROUTE)


def _place(workspace: str, domain: str) -> Place:
    return Place(workspace, "domain", domain, "name")
