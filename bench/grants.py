"""What IAM checks when a call is made: actions and resources (AWS: "Service Authorization Reference").

Resources are spelt with the template's logical ids: `ConversationsTable`, `ConversationsTable/index/by_mailbox`,
`ArchiveBucket/wsp_*/cnv_*/msg_*/raw`, `SealingKey`. Ids become `*`: what is used can be set beside what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Grant = tuple[str, str]
"""An action and a resource."""

_ID = re.compile(r"(wsp|mbx|dom|cnv|msg|att|dld|tok|ctc|fct|per|ses|inv|rst|aud)_[0-9A-Z]{26}")
_OF_SES = re.compile(r"^(inbound|stack)/[^/]+")
_OF_ANCHORS = re.compile(r"^(anchors)/.+")

_ONE_ITEM = {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"}
_BATCHES = {"BatchGetItem", "BatchWriteItem"}
_STEPS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_OBJECTS = {"GetObject": "GetObject", "HeadObject": "GetObject", "DeleteObject": "DeleteObject"}
_IDENTITIES = {"GetEmailIdentity", "PutEmailIdentityMailFromAttributes"}
_QUEUES = {"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage"}


class Unknown(Exception):
    """A call whose permission nobody wrote down here: say what IAM checks for it."""


def grants(service: str, operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> set[Grant]:
    """What a call needs. `names` is the logical id of each physical name: tables, buckets, keys, queues, buses."""
    try:
        needed = {
            "dynamodb": _dynamodb,
            "events": _events,
            "kms": _kms,
            "s3": _s3,
            "secretsmanager": _secrets,
            "sesv2": _ses,
            "sqs": _sqs,
        }[service](operation, asked, names)
        return {(f"{'ses' if service == 'sesv2' else service}:{action}", resource) for action, resource in needed}
    except KeyError as missing:
        raise Unknown(f"{service}:{operation} ({missing})") from None


def _dynamodb(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    if operation in _ONE_ITEM:
        index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
        yield operation, names[asked["TableName"]] + index
    elif operation in _BATCHES:
        for table in asked["RequestItems"]:
            yield operation, names[table]
    elif operation == "TransactWriteItems":
        # There is no action of that name: each step is checked as what it does.
        for step in asked["TransactItems"]:
            [(kind, one)] = step.items()
            yield _STEPS[kind], names[one["TableName"]]
    elif operation == "TransactGetItems":
        for step in asked["TransactItems"]:
            yield "GetItem", names[step["Get"]["TableName"]]
    else:
        raise KeyError(operation)


def _s3(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    bucket = names[asked["Bucket"]]
    if operation == "ListObjectsV2":
        yield "ListBucket", bucket
    elif operation == "ListObjectVersions":
        yield "ListBucketVersions", bucket
    elif operation == "DeleteObjects":
        for each in asked["Delete"]["Objects"]:
            yield "DeleteObjectVersion", f"{bucket}/{shape(each['Key'])}"
    elif operation == "PutObject":
        yield "PutObject", f"{bucket}/{shape(asked['Key'])}"
    else:
        version = "Version" if "VersionId" in asked else ""
        yield _OBJECTS[operation] + version, f"{bucket}/{shape(asked['Key'])}"


def _kms(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    if operation not in ("Decrypt", "GenerateDataKey"):
        raise KeyError(operation)
    yield operation, names[asked["KeyId"]]


def _sqs(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    batch = operation.endswith("Batch")
    action = operation.removesuffix("Batch") if batch else operation
    if action not in _QUEUES:
        raise KeyError(operation)
    yield action, names[asked["QueueUrl"]]


def _secrets(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    if operation != "GetSecretValue":
        raise KeyError(operation)
    yield operation, names[asked["SecretId"]]


def _events(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    if operation != "PutEvents":
        raise KeyError(operation)
    for entry in asked["Entries"]:
        yield "PutEvents", names[entry["EventBusName"]]


def _ses(operation: str, asked: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    if operation == "CreateEmailIdentity":
        yield from ((action, "identity/*") for action in (operation, *(["TagResource"] if "Tags" in asked else [])))
        return
    if operation in _IDENTITIES:
        yield operation, "identity/*"
        return
    if operation != "SendEmail":
        raise KeyError(operation)
    # SES checks SendRawEmail too when SendEmail is given a whole MIME message (SES: "Identity and access management").
    own = names.get(asked["FromEmailAddress"].rpartition("@")[2])
    identity = f"${{{own}}}" if own else "*"  # a workspace's own: any, but for what the statement's condition says
    for action in ("SendEmail", "SendRawEmail") if "Raw" in asked["Content"] else ("SendEmail",):
        yield action, f"identity/{identity}"
        if "ConfigurationSetName" in asked:
            yield action, names[asked["ConfigurationSetName"]]


def shape(key: str) -> str:
    """An object's key with its ids left open."""
    return _ID.sub(r"\1_*", _OF_ANCHORS.sub(r"\1/*", _OF_SES.sub(r"\1/*", key)))
