"""Invitations, reset links and sign-ups in DynamoDB: never their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.codec import decode, encode, instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import ABSENT, Item, Step, batch_get, key, pages
from letterlock.adapters.keyring import STACK
from letterlock.adapters.member_items import gate_of, member_of
from letterlock.adapters.people_items import PeopleItems
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Principal
from letterlock.domain.errors import NotFound, Stale
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.people import Invitation, LinkState, Reset, SignUp
from letterlock.domain.permissions import Role
from letterlock.services.billing_ports import SeatTurn
from letterlock.services.deeds import Deed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHOWN_FOR: Final = timedelta(days=90)
"""How long an invitation is in the list after its end."""
KEPT: Final = timedelta(days=1)
"""How long other links are kept after theirs: so long a mail about one may wait."""


class DynamoLinks:
    """`Links`."""

    def __init__(
        self, client: DynamoDBClient, items: PeopleItems, sealer: Sealer, commits: Commits, audit: AuditEntries
    ) -> None:
        self._client, self._items, self._sealer = client, items, sealer
        self._commits, self._audit = commits, audit

    # ---- invitations ------------------------------------------------------------------------------------------------

    def invite(
        self,
        invitation: Invitation,
        asker: Principal | None,
        deed: Deed,
        once: Once | None = None,
        turn: SeatTurn | None = None,
    ) -> None:
        steps = self.steps(invitation, deed)
        if turn:
            steps.append(self._items.seat_turn(invitation.workspace, turn))
        steps = held(self._items.table, asker, steps) if asker else steps
        refusals = self._commits.keyed(steps, invitation.workspace, deed.told, once, Done(made=invitation.id))
        if asker:
            judge(asker, refusals)
        if refusals:
            raise Stale("you, or the workspace's seats, are being changed at this moment: ask again")

    def steps(self, invitation: Invitation, deed: Deed) -> list[Step]:
        """An invitation and the audit log's entry of it, for a transaction in which there is more."""
        kept = table.limits_kept(invitation.mailboxes)
        item = key(invitation.workspace, table.invitation_key(invitation.id)) | {
            "state": {"S": LinkState.PENDING.value},
            "until": {"S": instant(invitation.until)},
            "created_at": {"S": instant(invitation.created_at)},
            "role": {"S": invitation.role},
            "invited_by": {"S": invitation.invited_by},
            "to": {"S": self._items.route(invitation.address)},
            "who": {"B": self._sealed(invitation.workspace, invitation.id, [invitation.address, invitation.name])},
            "expires_at": {"N": _ttl(invitation.until, SHOWN_FOR)},
        }
        if kept is not None:
            item["mailboxes"] = {"SS": sorted(kept)}
        return [self._items.put("link", item, ABSENT), self._audit.step(deed.entry)]

    def done(self, workspace: str, once: Once) -> Done | None:
        return self._commits.done(workspace, once)

    def invitation(self, workspace: str, invitation: str) -> Invitation:
        return self._invitation(self._item(workspace, table.invitation_key(invitation)))

    def invitations(self, workspace: str, *, after: str = "", limit: int = 25) -> list[Invitation]:
        """A Query, and a BatchGetItem of those who invited and the gate."""
        answer = self._client.query(
            TableName=self._items.table,
            KeyConditionExpression="pk = :workspace AND sk BETWEEN :after AND :last",
            ExpressionAttributeValues={
                ":workspace": {"S": workspace},
                ":after": {"S": table.invitation_key(after)},
                ":last": {"S": table.invitation_key("~")},
            },
            Limit=limit + 1,
        )
        found = [dict(each) for each in answer["Items"] if each["sk"]["S"] != table.invitation_key(after)]
        return self._as_things_stand(workspace, [self._invitation(each) for each in found[:limit]])

    def _as_things_stand(self, workspace: str, found: list[Invitation]) -> list[Invitation]:
        if not found:
            return []
        gate = (workspace, table.GATE)
        inviters = {each.inviter: (workspace, table.member_key(each.inviter)) for each in found if each.inviter}
        read = batch_get(self._client, self._items.table, [gate, *inviters.values()], consistent=True)
        if gate not in read:
            raise NotFound("no such workspace")
        members = {each: member_of(read[at]) for each, at in inviters.items() if at in read}
        return [each.as_things_stand(members.get(each.inviter), gate_of(read[gate])) for each in found]

    def _invitation(self, item: Item) -> Invitation:
        workspace, id = item["pk"]["S"], item["sk"]["S"].removeprefix(table.INVITATIONS)  # noqa: A001 - its own name
        address, name = decode(self._sealer.unseal(_place(workspace, id), item["who"]["B"]))
        return Invitation(
            id=id,
            workspace=workspace,
            address=address,
            role=Role(item["role"]["S"]),
            mailboxes=table.limits_of(item["mailboxes"]["SS"]) if "mailboxes" in item else None,
            invited_by=item["invited_by"]["S"],
            created_at=datetime.fromisoformat(item["created_at"]["S"]),
            until=datetime.fromisoformat(item["until"]["S"]),
            state=LinkState(item["state"]["S"]),
            name=name,
        )

    # ---- resets and sign-ups ----------------------------------------------------------------------------------------

    def ask_reset(self, reset: Reset, deed: Deed) -> None:
        item = key(reset.workspace, table.reset_key(reset.id)) | {
            "state": {"S": LinkState.PENDING.value},
            "until": {"S": instant(reset.until)},
            "person": {"S": reset.person},
            "expires_at": {"N": _ttl(reset.until, KEPT)},
        }
        self._put(reset.workspace, item, deed)

    def reset(self, workspace: str, reset: str) -> Reset:
        item = self._item(workspace, table.reset_key(reset))
        return Reset(reset, workspace, item["person"]["S"], *_standing(item))

    def resets_of(self, workspace: str, person: str, now: datetime) -> list[Reset]:
        """One Query of the workspace's, which leave the table a day after their end; filtered."""
        request: Item = {
            "TableName": self._items.table,
            "KeyConditionExpression": "pk = :workspace AND begins_with(sk, :resets)",
            "FilterExpression": "person = :person AND #state = :pending AND #until > :now",
            "ExpressionAttributeNames": {"#state": "state", "#until": "until"},
            "ExpressionAttributeValues": {
                ":workspace": {"S": workspace},
                ":resets": {"S": table.RESETS},
                ":person": {"S": person},
                ":pending": {"S": LinkState.PENDING.value},
                ":now": {"S": instant(now)},
            },
            "ConsistentRead": True,
        }
        return [
            Reset(each["sk"]["S"].removeprefix(table.RESETS), workspace, person, *_standing(each))
            for each in pages(self._client, request)
        ]

    def ask_sign_up(self, sign_up: SignUp, deed: Deed) -> None:
        """Under the stack's key: the workspace has none, and may never be."""
        item = key(STACK, table.sign_up_key(sign_up.id)) | {
            "state": {"S": LinkState.PENDING.value},
            "until": {"S": instant(sign_up.until)},
            "workspace": {"S": sign_up.workspace},
            "who": {"B": self._sealed(STACK, sign_up.id, [sign_up.address, sign_up.name])},
            "expires_at": {"N": _ttl(sign_up.until, KEPT)},
        }
        self._put(sign_up.workspace, item, deed)

    def sign_up(self, workspace: str, sign_up: str) -> SignUp:
        item = self._item(STACK, table.sign_up_key(sign_up))
        if item["workspace"]["S"] != workspace:
            raise NotFound("no such link")
        address, name = decode(self._sealer.unseal(_place(STACK, sign_up), item["who"]["B"]))
        return SignUp(sign_up, workspace, address, name, *_standing(item))

    def _put(self, workspace: str, item: Item, deed: Deed) -> None:
        """Under the stack's key goes the audit log's entry: whose it is must not be told by which keys are read."""
        steps = [self._items.put("link", item, ABSENT), self._audit.step(deed.entry, under=STACK)]
        if self._commits.commit(steps, workspace, deed.told):
            raise Stale("ask again")

    def _item(self, pk: str, sk: str) -> Item:
        answer = self._client.get_item(TableName=self._items.table, Key=key(pk, sk), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound("no such link")
        return dict(answer["Item"])

    def _sealed(self, workspace: str, link: str, said: list[str]) -> bytes:
        return self._sealer.seal(_place(workspace, link), encode(said))


def _place(workspace: str, link: str) -> Place:
    return Place(workspace, "link", link, "who")


def _ttl(until: datetime, more: timedelta) -> str:
    return str(int((until + more).timestamp()))


def _standing(item: Mapping[str, Any]) -> tuple[datetime, LinkState]:
    return datetime.fromisoformat(item["until"]["S"]), LinkState(item["state"]["S"])
