"""People of a workspace in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import at_version, held, judge
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import ABSENT, CONDITION_FAILED, Item, Step, batch_get, key, raw
from letterlock.adapters.dynamo_revocations import owner_gone
from letterlock.adapters.people_items import INVITER, LINK, PeopleItems
from letterlock.domain.accounts import Principal
from letterlock.domain.errors import Conflict, Gone, NotFound, Stale
from letterlock.domain.links import NO_GOOD
from letterlock.domain.people import Person, Profile
from letterlock.domain.sign_in import SignIn
from letterlock.services.deeds import Deed
from letterlock.services.people_ports import Joining, PersonChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoPeople:
    """`People`."""

    def __init__(self, client: DynamoDBClient, items: PeopleItems, commits: Commits, audit: AuditEntries) -> None:
        self._client, self._items, self._commits, self._audit = client, items, commits, audit

    def get(self, workspace: str, person: str) -> Person:
        """One BatchGetItem of two items."""
        if not person.startswith("per_"):
            raise NotFound("no such person")
        at = [(workspace, table.member_key(person)), (workspace, table.profile_key(person))]
        found = batch_get(self._client, self._items.table, at, consistent=True)
        if len(found) < len(at):
            raise NotFound("no such person")
        return self._items.person_of(found[at[0]], found[at[1]])

    def listed(self, workspace: str, *, after: str = "", limit: int = 25) -> list[Person]:
        """One Query of profiles, one BatchGetItem of members."""
        answer = self._client.query(
            TableName=self._items.table,
            KeyConditionExpression="pk = :workspace AND sk BETWEEN :after AND :last",
            ExpressionAttributeValues={
                ":workspace": {"S": workspace},
                ":after": {"S": table.profile_key(after)},
                ":last": {"S": table.profile_key("~")},
            },
            Limit=limit + 1,
        )
        # BETWEEN takes in both of its ends.
        profiles = [dict(each) for each in answer["Items"] if each["sk"]["S"] != table.profile_key(after)][:limit]
        ids = [each["sk"]["S"].removeprefix(table.PROFILES) for each in profiles]
        keys = [(workspace, table.member_key(each)) for each in ids]
        members = batch_get(self._client, self._items.table, keys, consistent=True)
        both = zip(keys, profiles, strict=True)
        return [self._items.person_of(members[at], profile) for at, profile in both if at in members]

    def at(self, workspace: str, address: str) -> str:
        answer = self._client.get_item(
            TableName=self._items.table, Key=key(self._items.route(address), workspace), ConsistentRead=True
        )
        return answer.get("Item", {}).get("person", {}).get("S", "")

    def signs_in(self, address: str) -> bool:
        """One Query."""
        answer = self._client.query(
            TableName=self._items.table,
            KeyConditionExpression="pk = :route",
            ExpressionAttributeValues={":route": {"S": self._items.route(address)}},
            ConsistentRead=True,
        )
        return any("person" in each for each in answer["Items"])

    # ---- changing ---------------------------------------------------------------------------------------------------

    def join(self, joining: Joining, deed: Deed) -> None:
        """Ten steps, with the inviter's and the facts."""
        member, items = joining.member, self._items
        sign_in = SignIn(member.workspace, member.id, joining.password)
        profile = items.profile_item(member.workspace, member.id, joining.profile, joining.at)
        steps = [
            items.used(joining.link, joining.at),
            items.not_signed_out_since(member.workspace, joining.made_at),
            items.put("member", self._member(joining), ABSENT),
            items.put("profile", profile, ABSENT),
            items.put("sign_in", items.sign_in_item(sign_in, joining.profile.address), ABSENT),
            self._route(joining),
            items.session_step(member.workspace, member.id, joining.session),
            self._audit.step(deed.entry),
        ]
        if joining.inviter:
            steps.append(items.as_read(INVITER, joining.inviter))
        refusals = self._commits.commit(steps, member.workspace, deed.told)
        failed = {each.role for each in refusals if each.code == CONDITION_FAILED}
        if LINK in failed:
            raise Gone(NO_GOOD)
        if "route" in failed:
            raise Conflict("this address is a person of the workspace already: sign in")
        if refusals:
            raise Stale("somebody else is joining with this link, or their inviter is being changed, at this moment")

    def _member(self, joining: Joining) -> Item:
        member = joining.member
        stored = table.MemberItem(
            member.workspace,
            table.member_key(member.id),
            state=table.ACTIVE,
            role=member.role,
            mailboxes=table.limits_kept(member.mailboxes),
            version=member.version,
        )
        return raw(stored) | {
            table.CREDENTIALS: {"M": {joining.session.credential.id: self._items.entry(joining.session)}}
        }

    def _route(self, joining: Joining) -> Step:
        route = key(self._items.route(joining.profile.address), joining.member.workspace)
        item = route | {"person": {"S": joining.member.id}}
        if not joining.replaces:
            return self._items.put("route", item, "attribute_not_exists(person)")
        return self._items.put("route", item, "person = :gone", {":gone": {"S": joining.replaces}})

    def change(self, change: PersonChange, deed: Deed) -> None:
        before = change.before
        kept = table.limits_kept(change.mailboxes)
        values: dict[str, Item] = {
            ":active": {"S": table.ACTIVE},
            ":role": {"S": change.role},
            ":before": {"S": before.role},
            ":read": {"N": str(before.version)},
            ":next": {"N": str(before.version + 1)},
        }
        changes = "SET #role = :role, #version = :next"
        if kept is None:
            changes += " REMOVE mailboxes"
        else:
            changes += ", mailboxes = :mailboxes"
            values[":mailboxes"] = {"SS": sorted(kept)}
        names = {"#role": "role", "#version": "version", "#state": "state"}
        condition = f"#state = :active AND #role = :before AND {at_version(before.version)}"
        step = self._items.update(
            "member",
            (before.workspace, table.member_key(before.id)),
            UpdateExpression=changes,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        steps = [step, self._audit.step(deed.entry)]
        if change.owners:
            steps.append(Step("owners", {"Update": owner_gone(self._items.table, before.workspace, change.owners)}))
        refusals = self._commits.commit(held(self._items.table, change.asker, steps), before.workspace, deed.told)
        judge(change.asker, refusals)
        if refusals:
            raise Stale("people are being changed at this moment: ask again")

    def name_workspace(self, asker: Principal, name: str, deed: Deed) -> None:
        workspace = asker.workspace
        step = self._items.update(
            "gate",
            (workspace, table.GATE),
            UpdateExpression="SET #name = :name",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={":name": {"B": self._items.sealed_workspace_name(workspace, name)}},
        )
        steps = held(self._items.table, asker, [step, self._audit.step(deed.entry)])
        refusals = self._commits.commit(steps, workspace, deed.told)
        judge(asker, refusals)
        if refusals:
            raise Stale("the workspace is being changed at this moment: ask again")

    def rename(self, workspace: str, person: str, profile: Profile) -> None:
        try:
            self._client.update_item(
                TableName=self._items.table,
                Key=key(workspace, table.profile_key(person)),
                UpdateExpression="SET who = :who",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":who": {"B": self._items.sealed_profile(workspace, person, profile)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise NotFound("no such person") from None
