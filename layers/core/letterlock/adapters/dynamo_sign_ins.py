"""How people sign in, in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import CONDITION_FAILED, Item, Step, batch_get, key
from letterlock.adapters.people_items import LINK, PeopleItems
from letterlock.domain.accounts import Member
from letterlock.domain.errors import Gone, NotFound, Stale
from letterlock.domain.links import NO_GOOD
from letterlock.domain.sign_in import NO_PERSON, NOBODY, SessionShown, SignIn, sessions_of
from letterlock.services.deeds import Deed
from letterlock.services.people_ports import SignInChange
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSignIns:
    """`SignIns`."""

    def __init__(
        self, client: DynamoDBClient, items: PeopleItems, commits: Commits, audit: AuditEntries, now: Clock
    ) -> None:
        self._client, self._items, self._commits, self._audit, self._now = client, items, commits, audit, now

    def of_address(self, address: str, workspace: str = "") -> SignIn | None:
        """One Query and one GetItem, for known and unknown alike."""
        answer = self._client.query(
            TableName=self._items.table,
            KeyConditionExpression="pk = :route",
            ExpressionAttributeValues={":route": {"S": self._items.route(address)}},
            ConsistentRead=True,
        )
        routes = {each["sk"]["S"]: each["person"]["S"] for each in answer["Items"] if "person" in each}
        where = workspace or min(routes, default=NOBODY)
        item = self._item(where, routes.get(where, NO_PERSON))
        return self._items.sign_in_of(item) if item else None

    def of_person(self, workspace: str, person: str) -> SignIn:
        item = self._item(workspace, person)
        if item is None:
            raise NotFound("no such person")
        return self._items.sign_in_of(item)

    def _item(self, workspace: str, person: str) -> Item | None:
        answer = self._client.get_item(
            TableName=self._items.table, Key=key(workspace, table.sign_in_key(person)), ConsistentRead=True
        )
        item = dict(answer.get("Item", {}))
        return item if "password" in item else None

    def factor(self, sign_in: SignIn, kept: bytes) -> bytes:
        return self._items.factor(sign_in.workspace, sign_in.person, kept)

    def sessions(self, member: Member) -> list[SessionShown]:
        credentials = sessions_of(member)
        keys = {each.id: (member.workspace, table.listed_key(each.id)) for each in credentials}
        found = batch_get(self._client, self._items.table, keys.values(), consistent=True)
        return [self._items.shown(member.workspace, each, found.get(keys[each.id])) for each in credentials]

    # ---- changing ---------------------------------------------------------------------------------------------------

    def change(self, change: SignInChange, deed: Deed) -> None:
        """How they sign in, who they are, the session or the link, the audit entry, the facts."""
        steps = [self._sign_in(change), self._member(change)]
        if change.session:
            steps.append(self._items.session_step(change.member.workspace, change.member.id, change.session))
        if change.reset:
            steps.append(self._items.used(change.reset.link, self._now()))
            steps.append(self._items.not_signed_out_since(change.reset.workspace, change.reset.made_at))
        steps.append(self._audit.step(deed.entry))
        if change.asker:
            steps = held(self._items.table, change.asker, steps)
        refusals = self._commits.commit(steps, change.member.workspace, deed.told)
        if change.asker:
            judge(change.asker, refusals)
        if any(each.role == LINK and each.code == CONDITION_FAILED for each in refusals):
            raise Gone(NO_GOOD)
        if refusals:
            raise Stale("this account is being changed at this moment: ask again")

    def _sign_in(self, change: SignInChange) -> Step:
        """Also where nothing of it changes: the old password lets nobody in who brought it while it was changed."""
        read = change.sign_in
        at = (read.workspace, table.sign_in_key(read.person))
        as_read: Item = {":read": {"N": str(read.version)}}
        values: dict[str, Item] = {
            name: value
            for name, value in (
                ("password", {"S": change.password} if change.password else None),
                ("chosen_at", {"S": instant(change.chosen_at)} if change.chosen_at else None),
                ("totp", self._sealed(change, change.totp)),
                ("proposed", self._sealed(change, change.proposed)),
                ("step", {"N": str(change.step)} if change.step is not None else None),
                ("recovery", {"SS": sorted(change.recovery)} if change.recovery else None),
                ("factor_reset", {"S": instant(change.factor_reset.asked_at)} if change.factor_reset else None),
            )
            if value is not None
        }
        gone = [
            name
            for name, now in (("totp", change.totp), ("proposed", change.proposed), ("recovery", change.recovery))
            if now is not None and not now
        ] + (["factor_reset"] if change.ends_reset else [])
        if not values and not gone:
            return self._items.check(
                "sign_in",
                at,
                ConditionExpression="#version = :read",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues=as_read,
            )
        sets = ["#version = :next", *(f"#{name} = :{name}" for name in values)]
        changes = "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(f"#{name}" for name in gone) if gone else "")
        named = {"#version": "version"} | {f"#{name}": name for name in (*values, *gone)}
        return self._items.update(
            "sign_in",
            at,
            UpdateExpression=changes,
            ConditionExpression="#version = :read",
            ExpressionAttributeNames=named,
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()}
            | as_read
            | {":next": {"N": str(read.version + 1)}},
        )

    def _sealed(self, change: SignInChange, secret: bytes | None) -> Item | None:
        if not secret:
            return None
        return {"B": self._items.sealed_factor(change.sign_in.workspace, change.sign_in.person, secret)}

    def _member(self, change: SignInChange) -> Step:
        """They are still there, with as many credentials as were read, those that end among them: two that make room at
        once do not both.
        """
        names = {"#state": "state"} | {f"#e{at}": each for at, each in enumerate(change.ended)}
        values: dict[str, Item] = {
            ":active": {"S": table.ACTIVE},
            ":count": {"N": str(len(change.member.credentials))},
        }
        condition = " AND ".join(
            (
                "#state = :active",
                "size(credentials) = :count",
                *(f"attribute_exists(credentials.#e{at})" for at in range(len(change.ended))),
            )
        )
        changes = []
        if change.session:
            names["#new"] = change.session.credential.id
            values[":entry"] = self._items.entry(change.session)
            changes.append("SET credentials.#new = :entry")
        if change.ended:
            changes.append("REMOVE " + ", ".join(f"credentials.#e{at}" for at in range(len(change.ended))))
        at = (change.member.workspace, table.member_key(change.member.id))
        if not changes:
            return self._items.check(
                "member",
                at,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        return self._items.update(
            "member",
            at,
            UpdateExpression=" ".join(changes),
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
