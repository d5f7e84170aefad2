"""Who may come into a workspace, in DynamoDB: one item a member, with all that they may come in with."""

from __future__ import annotations

import hmac
from datetime import date, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from letterlock.adapters import table_accounts as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import encode, instant
from letterlock.adapters.dynamo import ABSENT, Item, Step, batch_get, key, put, raw, transact
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Admission, Credential, Gate, Member
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.permissions import Role

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from letterlock.domain.tokens import Presented


class DynamoMembers:
    """`Members`."""

    def __init__(self, client: DynamoDBClient, table_name: str, sealer: Sealer, index: BlindIndex) -> None:
        self._client, self._table, self._sealer, self._index = client, table_name, sealer, index

    def admit(self, presented: Presented) -> Admission | None:
        """One consistent BatchGetItem of two items: 2 read units. What an unknown secret costs is the same.

        Raises Unavailable when DynamoDB did not read both: then nobody is let in.
        """
        workspace = presented.workspace
        member_key, gate_key = (workspace, table.member_key(presented.holder)), (workspace, table.GATE)
        found = batch_get(self._client, self._table, [member_key, gate_key], consistent=True, tries=1)
        if member_key not in found or gate_key not in found:
            return None
        member = _member(found[member_key])
        credential = self._with_secret(found[member_key], presented)
        gate = table.Gate.from_raw_data(found[gate_key])
        signed_out = datetime.fromisoformat(gate.signed_out_at) if gate.signed_out_at else None
        return Admission(
            member, credential, Gate(gate.state == table.ACTIVE, tuple(sorted(gate.mailboxes or ())), signed_out)
        )

    def _with_secret(self, item: Item, presented: Presented) -> Credential | None:
        """Every hash is compared, whatever the first ones say."""
        keyed = self.keyed(presented.secret)
        entries = item.get(table.CREDENTIALS, {"M": {}})["M"]
        same = [each for each in entries.items() if hmac.compare_digest(bytes(each[1]["M"]["h"]["B"]), keyed)]
        found = [table.credential_of(*each) for each in same]
        return next((each for each in found if each.kind is presented.kind), None)

    def keyed(self, secret: str) -> bytes:
        """What is stored of a secret: 32 octets under the stack's key."""
        return bytes.fromhex(self._index.router("credential", secret))

    def get(self, workspace: str, member: str) -> Member:
        answer = self._client.get_item(
            TableName=self._table, Key=key(workspace, table.member_key(member)), ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such member")
        return _member(dict(answer["Item"]))

    def add_service(self, member: Member, name: str, secret: str) -> None:
        [credential] = member.credentials
        stored = table.MemberItem(
            member.workspace,
            table.member_key(member.id),
            state=table.ACTIVE,
            role=member.role,
            mailboxes=table.limits_kept(member.mailboxes),
        )
        item = raw(stored)
        item[table.CREDENTIALS] = {"M": {credential.id: table.credential_entry(credential, self.keyed(secret))}}
        operation = {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT}
        steps = [Step("member", {"Put": operation}), self.token_listed(member, credential, name)]
        if transact(self._client, steps):
            raise Conflict("a token of that id exists")

    def token_listed(self, member: Member, credential: Credential, name: str) -> Step:
        """What the list of tokens shows of one."""
        place = Place(member.workspace, "token", credential.id, "name")
        listed = table.TokenItem(
            member.workspace,
            table.token_key(credential.id),
            kind=credential.kind,
            holder=member.id,
            scopes=" ".join(sorted(credential.scopes)),
            created_at=instant(credential.created_at),
            expires_on=instant(credential.expires_at) if credential.expires_at else None,
            name=self._sealer.seal(place, encode(name)),
        )
        return put(self._table, "token", listed, ABSENT)

    def note_use(self, workspace: str, member: str, credential: str, day: date) -> None:
        """One UpdateItem a day and credential. A revoked one does not come back by it."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(workspace, table.member_key(member)),
                UpdateExpression="SET credentials.#id.u = :day",
                ConditionExpression="attribute_exists(credentials.#id)",
                ExpressionAttributeNames={"#id": credential},
                ExpressionAttributeValues={":day": {"S": day.isoformat()}},
            )
        except (ClientError, BotoCoreError):
            return  # the next request notes it


def _member(item: Item) -> Member:
    row = table.MemberItem.from_raw_data({name: value for name, value in item.items() if name != table.CREDENTIALS})
    entries = item.get(table.CREDENTIALS, {"M": {}})["M"]
    return Member(
        id=row.sk.partition("#")[2],
        workspace=row.pk,
        role=Role(row.role),
        mailboxes=table.limits_of(row.mailboxes),
        active=row.state == table.ACTIVE,
        credentials=tuple(table.credential_of(*each) for each in sorted(entries.items())),
    )
