"""Where old mail is imported to: connection.json, and what an operator's credentials reach of that stack.

    {
      "stack": "letterlock",               the name of the CloudFormation stack
      "region": "eu-west-1",
      "workspace": "wsp_…",                as workspace_setup answered, or `make deploy` printed
      "mailbox_id": "mbx_…",               likewise
      "mailbox": "support@acme.example",   that mailbox's address
      "endpoint": "http://127.0.0.1:4566"  for a local cloud only, which takes the place of AWS
    }

Nothing in it is a secret; what else is in it is not read. `make run` writes such a file for the local cloud.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from letterlock.adapters import table_conversations as table
from letterlock.adapters.s3_orphans import PREFIX
from letterlock.adapters.sqs_inbound_queue import SqsInboundQueue
from letterlock.domain.mail import Delivery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

BATCH: Final = 100
"""Of BatchGetItem."""
LOCAL_KEY: Final = "test"
"""What the local cloud takes as its account's own key; it opens nothing anywhere else."""
WANTED: Final = ("InboundBucket", "InboundEmailQueue", "ConversationsTable")
_PATTERNS: Final = {"workspace": r"wsp_\w{26}", "mailbox_id": r"mbx_\w{26}", "mailbox": r"[^@\s]+@[^@\s]+"}


class NotImported(Exception):
    """It cannot begin, or go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    stack: str
    region: str
    workspace: str
    mailbox_id: str
    mailbox: str
    endpoint: str = ""


def read_target(path: Path) -> Target:
    """Raises NotImported."""
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotImported(f"{path} cannot be read: {type(error).__name__}") from error
    except ValueError:
        raise NotImported(f"{path} is no JSON") from None
    if not isinstance(said, dict):
        raise NotImported(f"{path} is no JSON object")
    found = {each.name: said.get(each.name, "") for each in fields(Target)}
    for name, value in found.items():
        if not isinstance(value, str) or (not value and name != "endpoint"):
            raise NotImported(f"{path} does not say its {name}: see docs/operations.md, Importing an old mailbox")
        if name in _PATTERNS and not re.fullmatch(_PATTERNS[name], value):
            raise NotImported(f"{path}: {name} is not of the form of one")
    return Target(**found)


@dataclass(frozen=True, slots=True)
class Inbound:
    """The way that mail takes into a stack, from behind the place where SES stands, and how it ended."""

    s3: S3Client
    bucket: str
    queue: SqsInboundQueue
    dynamodb: DynamoDBClient
    table: str
    target: Target

    def bring(self, delivery: Delivery, raw: bytes) -> None:
        """As SES does: the mail first, then word of it."""
        self.s3.put_object(Bucket=self.bucket, Key=delivery.object_key, Body=raw)
        self.queue.put(delivery)

    def waiting(self) -> int:
        """About how many mails are in the queue, everybody's."""
        return self.queue.waiting()

    def outcomes(self, ids: Sequence[str]) -> dict[str, str]:
        """Of those that the ledger has, in this mailbox."""
        return dict(self._outcomes(ids))

    def refused(self, id: str) -> bool:  # noqa: A002 - the field's own name
        """The stack's own ledger has it: no mailbox has that address."""
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": table.stack_ingest_key(id)}},
            ConsistentRead=True,
            Limit=1,
        )
        return bool(answer["Items"])

    def _outcomes(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        of = {table.ingest_key(self.target.workspace, each): each for each in ids}
        keys: list[Any] = [{"pk": {"S": pk}, "sk": {"S": self.target.mailbox_id}} for pk in of]
        while keys:
            answer = self.dynamodb.batch_get_item(
                RequestItems={
                    self.table: {
                        "Keys": keys[:BATCH],
                        "ProjectionExpression": "pk, outcome",
                        "ConsistentRead": True,
                    }
                }
            )
            for item in answer["Responses"].get(self.table, []):
                yield of[item["pk"]["S"]], item["outcome"]["S"]
            unprocessed: Any = answer.get("UnprocessedKeys", {})
            keys = [*unprocessed.get(self.table, {}).get("Keys", []), *keys[BATCH:]]


def inbound_of(target: Target) -> Inbound:
    """With the operator's own credentials. Raises NotImported, and botocore's errors."""
    at: dict[str, Any] = {"config": Config(retries={"mode": "standard", "total_max_attempts": 5})}
    if target.endpoint:
        at["endpoint_url"] = target.endpoint
        session = boto3.session.Session(LOCAL_KEY, LOCAL_KEY, region_name=target.region)
    else:
        session = boto3.session.Session(region_name=target.region)
    pages = session.client("cloudformation", **at).get_paginator("list_stack_resources")
    found = {
        each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
        for page in pages.paginate(StackName=target.stack)
        for each in page["StackResourceSummaries"]
    }
    if missing := [each for each in WANTED if not found.get(each)]:
        raise NotImported(f"the stack {target.stack} has no {', '.join(missing)}")
    bucket, queue, conversations = (found[each] for each in WANTED)
    return Inbound(
        session.client("s3", **at),
        bucket,
        SqsInboundQueue(session.client("sqs", **at), queue),
        session.client("dynamodb", **at),
        conversations,
        target,
    )


def object_key(id: str) -> str:  # noqa: A002 - the field's own name
    return f"{PREFIX}{id}"
