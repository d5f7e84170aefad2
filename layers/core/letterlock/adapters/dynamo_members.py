"""Who may come into a workspace, in DynamoDB: one item a member, with all that they may come in with."""

from __future__ import annotations

import hmac
from datetime import date
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries, steps_of
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import ABSENT, Item, Step, batch_get, key, raw, transact
from letterlock.adapters.member_items import credentials_of, gate_of, keyed, member_of
from letterlock.adapters.sealing import Sealer
from letterlock.adapters.token_items import TokenItems
from letterlock.domain.accounts import Admission, Credential, Member
from letterlock.domain.api_tokens import ApiToken
from letterlock.domain.audit import Entry
from letterlock.domain.errors import Conflict, NotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from letterlock.domain.tokens import Presented


class DynamoMembers:
    """`Members`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        sealer: Sealer,
        index: BlindIndex,
        audit: AuditEntries | None = None,
    ) -> None:
        self._client, self._table, self._index, self._audit = client, table_name, index, audit
        self._tokens = TokenItems(table_name, sealer)

    def admit(self, presented: Presented) -> Admission | None:
        """One consistent BatchGetItem of two items: 2 read units. What an unknown secret costs is the same.

        Raises Unavailable when DynamoDB did not read both: then nobody is let in.
        """
        workspace = presented.workspace
        member_key, gate_key = (workspace, table.member_key(presented.holder)), (workspace, table.GATE)
        found = batch_get(self._client, self._table, [member_key, gate_key], consistent=True, tries=1)
        if member_key not in found or gate_key not in found:
            return None
        member = member_of(found[member_key])
        credential = self._with_secret(found[member_key], presented)
        return Admission(member, credential, gate_of(found[gate_key]))

    def _with_secret(self, item: Item, presented: Presented) -> Credential | None:
        """Every hash is compared, whatever the first ones say."""
        hashed = keyed(self._index, presented.secret)
        entries = credentials_of(item).items()
        same = [each for each in entries if hmac.compare_digest(bytes(each[1]["M"]["h"]["B"]), hashed)]
        found = [table.credential_of(*each) for each in same]
        return next((each for each in found if each.kind is presented.kind), None)

    def get(self, workspace: str, member: str) -> Member:
        answer = self._client.get_item(
            TableName=self._table, Key=key(workspace, table.member_key(member)), ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such member")
        return member_of(dict(answer["Item"]))

    def add_service(self, member: Member, name: str, secret: str, entry: Entry | None = None) -> None:
        [credential] = member.credentials
        stored = table.MemberItem(
            member.workspace,
            table.member_key(member.id),
            state=table.ACTIVE,
            role=member.role,
            mailboxes=table.limits_kept(member.mailboxes),
        )
        item = raw(stored)
        item[table.CREDENTIALS] = {"M": {credential.id: table.credential_entry(credential, keyed(self._index, secret))}}
        operation = {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT}
        token = ApiToken(
            id=credential.id,
            workspace=member.workspace,
            kind=credential.kind,
            holder=member.id,
            name=name,
            scopes=credential.scopes,
            created_at=credential.created_at,
            expires_at=credential.expires_at,
        )
        steps = [Step("member", {"Put": operation}), self._tokens.step(token)]
        if transact(self._client, [*steps, *steps_of(self._audit, entry)]):
            raise Conflict("a token of that id exists")

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
