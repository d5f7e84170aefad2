"""Uploads in the conversations table: what is called how is sealed, and so is what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from letterlock.adapters import codec, table_due
from letterlock.adapters import table_conversations as table
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import ABSENT, CONDITION_FAILED, Item, Step, batch_get, key, put
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.errors import NotFound, Stale, TooManyRequests
from letterlock.domain.facts import Told
from letterlock.domain.files import UPLOAD_LIVES, UPLOADS_AN_HOUR, ScanState, Upload
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.throttle import Rule
from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UPLOAD: Final = "upload"
_BEGUN: Final = Rule(UPLOADS_AN_HOUR, timedelta(hours=1))


class DynamoUploads:
    """`Uploads`. One item each, below a kilobyte, that no other transaction holds."""

    def __init__(self, client: DynamoDBClient, table_name: str, sealer: Sealer, commits: Commits, now: Clock) -> None:
        self._client, self._table, self._sealer, self._commits, self._now = client, table_name, sealer, commits, now

    def count(self, workspace: str) -> None:
        """One UpdateItem; nobody waits for it in a transaction."""
        now = self._now()
        began = _BEGUN.began(now)
        answer = self._client.update_item(
            TableName=self._table,
            Key=key(table.counter_key(workspace), table.uploads_of(instant(began)[:13])),
            UpdateExpression="ADD #number :one SET expires_at = :until",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":until": {"N": str(int((began + 2 * _BEGUN.window).timestamp()))},
            },
            ReturnValues="UPDATED_NEW",
        )
        if int(answer["Attributes"]["number"]["N"]) > _BEGUN.times:
            raise TooManyRequests(_BEGUN.seconds_left(now))

    def add(self, upload: Upload, once: Once | None = None) -> None:
        what = codec.encode([upload.owner, upload.name, upload.media_type, upload.size])
        item = table.UploadItem(
            table.upload_key(upload.workspace, upload.id),
            state=ScanState.WAITING.value,
            what=self._sealer.seal(_place(upload.workspace, upload.id, "what"), what),
            at=instant(upload.at),
            expires_at=int((upload.at + timedelta(days=table.UPLOAD_DAYS)).timestamp()),
        )
        step = put(self._table, UPLOAD, item, ABSENT)
        step.operation["Put"]["Item"] |= {
            table_due.SHARD: {"S": table_due.UPLOAD},
            table_due.AT: {"S": table_due.minute(upload.at + UPLOAD_LIVES)},
        }
        self._commits.keyed([step], upload.workspace, (), once, Done(made=upload.id))

    def get(self, workspace: str, attachment: str) -> Upload:
        answer = self._client.get_item(
            TableName=self._table, Key=key(table.upload_key(workspace, attachment), table.UPLOAD), ConsistentRead=True
        )
        upload = self._upload(workspace, dict(answer["Item"])) if "Item" in answer else None
        if upload is None:
            raise NotFound("no such attachment")
        return upload

    def some(self, workspace: str, attachments: Sequence[str]) -> list[Upload]:
        """One BatchGetItem."""
        keys = [(table.upload_key(workspace, each), table.UPLOAD) for each in attachments]
        items = batch_get(self._client, self._table, keys, consistent=True)
        return [each for each in (self._upload(workspace, item) for item in items.values()) if each]

    def claim(self, upload: Upload, version: str) -> bool:
        if upload.version:
            return upload.version == version
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(table.upload_key(upload.workspace, upload.id), table.UPLOAD),
                UpdateExpression="SET #version = :version",
                ConditionExpression="#state = :waiting AND (attribute_not_exists(#version) OR #version = :version)",
                ExpressionAttributeNames={"#state": "state", "#version": "version"},
                ExpressionAttributeValues={":waiting": {"S": ScanState.WAITING}, ":version": {"S": version}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def settle(self, upload: Upload, told: Sequence[Told]) -> bool:
        if upload.scan is None:
            raise ValueError("nothing was found yet")
        found = codec.found_bytes(upload.scan, upload.sha256)
        values: Item = {
            ":state": {"S": upload.state},
            ":scanned": {"B": self._sealer.seal(_place(upload.workspace, upload.id, "scanned"), found)},
            ":waiting": {"S": ScanState.WAITING},
            ":version": {"S": upload.version},
        }
        kept = ""
        if upload.kept_version:
            kept = ", kept_version = :kept"
            values[":kept"] = {"S": upload.kept_version}
        operation = {
            "TableName": self._table,
            "Key": key(table.upload_key(upload.workspace, upload.id), table.UPLOAD),
            "UpdateExpression": f"SET #state = :state, scanned = :scanned{kept}",
            "ConditionExpression": "#state = :waiting AND #version = :version",
            "ExpressionAttributeNames": {"#state": "state", "#version": "version"},
            "ExpressionAttributeValues": values,
        }
        refusals = self._commits.commit([Step(UPLOAD, {"Update": operation})], upload.workspace, told)
        if refusals and all(each.code != CONDITION_FAILED for each in refusals):
            raise Stale("the upload is being written at this moment")
        return not refusals

    def _upload(self, workspace: str, item: Item) -> Upload | None:
        """None for one that was dropped."""
        row = table.UploadItem.from_raw_data(item)
        if row.state == table.DROPPED:
            return None
        id = row.pk.rpartition("#")[2]  # noqa: A001 - the field's own name
        owner, name, media_type, size = codec.decode(self._sealer.unseal(_place(workspace, id, "what"), row.what))
        scan, sha256 = None, ""
        if row.scanned is not None:
            scan, sha256 = codec.found(self._sealer.unseal(_place(workspace, id, "scanned"), row.scanned))
        return Upload(
            id=id,
            workspace=workspace,
            owner=owner,
            name=name,
            media_type=media_type,
            size=size,
            at=datetime.fromisoformat(row.at),
            version=row.version or "",
            scan=scan,
            sha256=sha256,
            kept_version=row.kept_version or "",
            attached=row.state == table.ATTACHED,
        )


def _place(workspace: str, attachment: str, field: str) -> Place:
    return Place(workspace, "upload", attachment, field)
