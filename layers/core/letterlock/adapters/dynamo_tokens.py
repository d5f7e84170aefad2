"""API tokens in DynamoDB: a credential of its holder's item, and beside it what the lists show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import ABSENT, Item, Step, batch_get, key, pages, raw
from letterlock.adapters.member_items import gate_of, keyed, member_of
from letterlock.adapters.sealing import Sealer
from letterlock.adapters.token_items import TokenItems
from letterlock.domain.accounts import Credential, CredentialKind, Gate, Member
from letterlock.domain.api_tokens import ApiToken, Roll
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.idempotency import Done
from letterlock.services.ports import Clock
from letterlock.services.token_ports import Issue

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTokens:
    """`Tokens`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        sealer: Sealer,
        index: BlindIndex,
        commits: Commits,
        audit: AuditEntries,
        now: Clock,
    ) -> None:
        self._client, self._table, self._index = client, table_name, index
        self._items, self._commits, self._audit, self._now = TokenItems(table_name, sealer), commits, audit, now

    # ---- issuing ----------------------------------------------------------------------------------------------------

    def roll(self, workspace: str, person: str) -> Roll:
        """One BatchGetItem of two items."""
        member_item, gate_item = self._who_asks(workspace, person)
        member = member_of(member_item)
        live = sum(self._counts(each, CredentialKind.PERSONAL) for each in member.credentials)
        return Roll(member, gate_of(gate_item), live, _number(member_item, "tokens_made"))

    def roll_of_services(self, workspace: str, person: str) -> Roll:
        """The same after it: a service token that was issued before the gate's turn was read is among those counted."""
        member_item, gate_item = self._who_asks(workspace, person)
        request: Item = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :services)",
            "FilterExpression": "#state = :active",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":workspace": {"S": workspace},
                ":services": {"S": table.SERVICES},
                ":active": {"S": table.ACTIVE},
            },
            "ConsistentRead": True,
        }
        services = [member_of(item) for item in pages(self._client, request)]
        gate = gate_of(gate_item)
        live = sum(
            self._counts(credential, CredentialKind.SERVICE) and not gate.signed_out(credential)
            for each in services
            for credential in each.credentials
        )
        return Roll(member_of(member_item), gate, live, _number(gate_item, "services_made"))

    def _who_asks(self, workspace: str, person: str) -> tuple[Item, Item]:
        keys = (workspace, table.member_key(person)), (workspace, table.GATE)
        found = batch_get(self._client, self._table, keys, consistent=True)
        if len(found) < len(keys):
            raise NotFound("no such person")
        return found[keys[0]], found[keys[1]]

    def _counts(self, credential: Credential, kind: CredentialKind) -> bool:
        return credential.kind is kind and credential.live(self._now())

    def issue(self, issue: Issue) -> None:
        """One transaction. What has expired leaves the person's item on the way."""
        steps = self._personal(issue) if issue.token.kind is CredentialKind.PERSONAL else self._service(issue)
        steps = held(
            self._table, issue.asker, [*steps, self._items.step(issue.token), self._audit.step(issue.deed.entry)]
        )
        done = Done(made=issue.token.id)
        refusals = self._commits.keyed(steps, issue.token.workspace, issue.deed.told, issue.once, done)
        judge(issue.asker, refusals)
        if refusals:
            raise Stale("how many tokens there are has changed since it was read")

    def _personal(self, issue: Issue) -> list[Step]:
        credential = _credential(issue.token)
        gone = [each.id for each in issue.roll.member.credentials if not each.live(self._now())]
        names = {"#new": issue.token.id} | {f"#gone{at}": each for at, each in enumerate(gone)}
        remove = " REMOVE " + ", ".join(f"credentials.#gone{at}" for at in range(len(gone))) if gone else ""
        entry = table.credential_entry(credential, keyed(self._index, issue.secret))
        changes = f"SET credentials.#new = :entry, tokens_made = :next{remove}"
        at = key(issue.token.workspace, table.member_key(issue.roll.member.id))
        return [self._turn("member", at, "tokens_made", issue.roll.turn, changes, names, {":entry": entry})]

    def _service(self, issue: Issue) -> list[Step]:
        token = issue.token
        stored = table.MemberItem(
            token.workspace,
            table.member_key(token.id),
            state=table.ACTIVE,
            role=token.role or issue.roll.member.role,
            mailboxes=table.limits_kept(token.mailboxes),
        )
        entry = table.credential_entry(_credential(token), keyed(self._index, issue.secret))
        item = raw(stored) | {table.CREDENTIALS: {"M": {token.id: entry}}}
        put = {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT}
        gate = key(token.workspace, table.GATE)
        turn = self._turn("gate", gate, "services_made", issue.roll.turn, "SET services_made = :next", {}, {})
        return [Step("service", {"Put": put}), turn]

    def _turn(
        self, role: str, at: Item, counter: str, turn: int, changes: str, names: dict[str, str], values: Item
    ) -> Step:
        """An update that is made at this turn only, and moves it: of two who issue at once the second counts again."""
        first = "" if turn else f"attribute_not_exists({counter}) OR "
        operation: Item = {
            "TableName": self._table,
            "Key": at,
            "UpdateExpression": changes,
            "ConditionExpression": f"{first}{counter} = :turn",
            "ExpressionAttributeValues": {":turn": {"N": str(turn)}, ":next": {"N": str(turn + 1)}} | values,
        }
        return Step(role, {"Update": operation | ({"ExpressionAttributeNames": names} if names else {})})

    # ---- listing ----------------------------------------------------------------------------------------------------

    def get(self, workspace: str, token: str) -> ApiToken:
        """One GetItem, and one BatchGetItem of its holder and the gate."""
        answer = self._client.get_item(
            TableName=self._table, Key=key(workspace, table.token_key(token)), ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such token")
        [found] = self._standing(workspace, [dict(answer["Item"])])
        return found

    def listed(self, workspace: str, *, holder: str = "", after: str = "", limit: int = 25) -> Sequence[ApiToken]:
        """A Query of the workspace's tokens (of one holder's: filtered), and a BatchGetItem of those who hold them."""
        values: Item = {
            ":workspace": {"S": workspace},
            ":after": {"S": table.token_key(after)},
            ":last": {"S": table.token_key("~")},
        }
        request: Item = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :workspace AND sk BETWEEN :after AND :last",
            "ExpressionAttributeValues": values,
        }
        if holder:
            request["FilterExpression"] = "holder = :holder"
            values[":holder"] = {"S": holder}
        else:
            request["Limit"] = limit + 1
        # BETWEEN takes in both of its ends.
        found = (item for item in pages(self._client, request) if item["sk"] != values[":after"])
        return self._standing(workspace, list(islice(found, limit)))

    def _standing(self, workspace: str, items: Iterable[Item]) -> list[ApiToken]:
        listed = list(items)
        if not listed:
            return []
        places = {each["holder"]["S"]: (workspace, table.member_key(each["holder"]["S"])) for each in listed}
        wanted = [(workspace, table.GATE), *places.values()]
        read = batch_get(self._client, self._table, wanted, consistent=True)
        gate: Gate | None = gate_of(read[wanted[0]]) if wanted[0] in read else None
        holders: dict[str, Member] = {each: member_of(read[at]) for each, at in places.items() if at in read}
        return [self._items.token_of(each, holders.get(each["holder"]["S"]), gate) for each in listed]


def _credential(token: ApiToken) -> Credential:
    return Credential(token.id, token.kind, token.scopes, token.created_at, token.expires_at)


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
