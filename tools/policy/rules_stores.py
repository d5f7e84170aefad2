"""Whatever keeps data keeps it encrypted, recoverable and to itself."""

from __future__ import annotations

from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_off, is_on, mappings, number, resources
from tools.policy.rule import Found, rule
from tools.template_model import Json, Template

KEY, BUCKET, TABLE, GLOBAL_TABLE = (
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
)
KEY_PROPERTIES = {
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::Events::EventBus": "KmsKeyIdentifier",
    "AWS::Events::Archive": "KmsKeyIdentifier",
    "AWS::Kinesis::Stream": "StreamEncryption.KeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::StepFunctions::StateMachine": "EncryptionConfiguration.KmsKeyId",
}
"""Where each kind names its KMS key."""
_ANSWERS_FOR_ITSELF = {
    "AWS::SQS::Queue",
    "AWS::Events::EventBus",
    "AWS::Events::Archive",
    "AWS::SecretsManager::Secret",
}
"""Encrypted under a key of AWS's own where no key is named."""
_PUBLIC_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_PENDING_DAYS, _ROTATION_DAYS = 30, 365


def is_own_key(key: Any) -> bool:
    """A key that somebody named, and not one of AWS's own."""
    return bool(key) and "alias/aws/" not in spelt(key)


@rule
def encryption_at_rest(template: Template) -> Found:
    """Every store is encrypted; in a template that brings a KMS key, with a key of one's own."""
    own = bool(template.resources(KEY))
    for name, properties in template.resources(TABLE).items():
        yield from _table(name, properties.get("SSESpecification"), properties.get("SSESpecification"), own=own)
    for name, properties in template.resources(GLOBAL_TABLE).items():
        for replica in mappings(properties.get("Replicas")):
            yield from _table(name, properties.get("SSESpecification"), replica.get("SSESpecification"), own=own)
    for name, properties in template.resources(BUCKET).items():
        yield from _bucket(name, properties, own=own)
    for name, kind, properties in resources(template, KEY_PROPERTIES):
        key = at(properties, KEY_PROPERTIES[kind])
        if own and not is_own_key(key):
            yield name, f"{KEY_PROPERTIES[kind]} names no key of ours: SSE-KMS is off"
        elif not key and (kind not in _ANSWERS_FOR_ITSELF or is_off(properties.get("SqsManagedSseEnabled"))):
            yield name, "encryption at rest is off"


def _table(name: str, switch: Any, keys: Any, *, own: bool) -> Found:
    if not is_on(at(switch, "SSEEnabled")):
        yield name, "SSESpecification.SSEEnabled is not true: no KMS key encrypts the table"
    elif own and not is_own_key(at(keys, "KMSMasterKeyId")):
        yield name, "SSESpecification names no key of ours"
    elif at(switch, "SSEType") not in (None, "KMS"):
        yield name, "SSESpecification.SSEType is not KMS"


def _bucket(name: str, properties: Json, *, own: bool) -> Found:
    rules = list(mappings(at(properties, "BucketEncryption.ServerSideEncryptionConfiguration")))
    if not rules:
        yield name, "BucketEncryption is missing"
    for each in rules:
        default = each.get("ServerSideEncryptionByDefault")
        if own and at(default, "SSEAlgorithm") not in ("aws:kms", "aws:kms:dsse"):
            yield name, f"is encrypted with {at(default, 'SSEAlgorithm')} instead of SSE-KMS"
        elif own and not is_own_key(at(default, "KMSMasterKeyID")):
            yield name, "BucketEncryption names no key of ours"
        elif not at(default, "SSEAlgorithm"):
            yield name, "BucketEncryption names no algorithm"


@rule
def key_rotation(template: Template) -> Found:
    """A symmetric key rotates at least once a year, and stays recoverable for thirty days."""
    for name, key in template.resources(KEY).items():
        if str(key.get("KeySpec", "SYMMETRIC_DEFAULT")) == "SYMMETRIC_DEFAULT" and not is_on(
            key.get("EnableKeyRotation")
        ):
            yield name, "EnableKeyRotation is not true"
        if (number(key.get("RotationPeriodInDays")) or 0) > _ROTATION_DAYS:
            yield name, "rotates less than once a year"
        if (number(key.get("PendingWindowInDays", _PENDING_DAYS)) or 0) < _PENDING_DAYS:
            yield name, f"PendingWindowInDays {spelt(key.get('PendingWindowInDays'))} is under {_PENDING_DAYS}"


@rule
def public_bucket(template: Template) -> Found:
    """No bucket can be made public."""
    for name, bucket in template.resources(BUCKET).items():
        blocks = bucket.get("PublicAccessBlockConfiguration")
        missing = [each for each in _PUBLIC_BLOCKS if not is_on(at(blocks, each))]
        if missing:
            yield name, f"PublicAccessBlockConfiguration leaves {', '.join(missing)} off"
        if spelt(bucket.get("AccessControl", "Private")) in {"PublicRead", "PublicReadWrite", "AuthenticatedRead"}:
            yield name, f"AccessControl is {bucket['AccessControl']}"
        owners = [each.get("ObjectOwnership") for each in mappings(at(bucket, "OwnershipControls.Rules"))]
        if any(each != "BucketOwnerEnforced" for each in owners):
            yield name, "OwnershipControls lets ACLs count again"


@rule
def versioning(template: Template) -> Found:
    """Every bucket keeps what is overwritten or deleted."""
    for name, bucket in template.resources(BUCKET).items():
        if at(bucket, "VersioningConfiguration.Status") != "Enabled":
            yield name, "versioning is off"


@rule
def point_in_time_recovery(template: Template) -> Found:
    """Every table can be restored to any moment of the last days."""
    for name, holder in _tables(template):
        if not is_on(at(holder, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled")):
            yield name, "point-in-time recovery is off"


@rule
def deletion_protection(template: Template) -> Found:
    """No table is deleted by mistake."""
    for name, holder in _tables(template):
        if not is_on(holder.get("DeletionProtectionEnabled")):
            yield name, "DeletionProtectionEnabled is not true"


def _tables(template: Template) -> list[tuple[str, Json]]:
    """Each table, and each replica of a global one, which has switches of its own."""
    found = list(template.resources(TABLE).items())
    for name, properties in template.resources(GLOBAL_TABLE).items():
        found += [(name, replica) for replica in mappings(properties.get("Replicas"))]
    return found


@rule
def retained(template: Template) -> Found:
    """Tables, keys and buckets outlive their stack and their replacement; a bucket that empties itself need not."""
    for name, kind, properties in resources(template, (TABLE, GLOBAL_TABLE, KEY, BUCKET)):
        if kind == BUCKET and _empties_itself(properties):
            continue
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if template.resource(name).get(policy) not in ("Retain", "RetainExceptOnCreate", "Snapshot"):
                yield name, f"{policy} is not Retain"


def _empties_itself(bucket: Json) -> bool:
    """Whether every object expires: a rule without a prefix or any other filter."""
    narrows = {"Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"}
    return any(
        rule_.get("Status") == "Enabled" and number(rule_.get("ExpirationInDays")) and not narrows & set(rule_)
        for rule_ in mappings(at(bucket, "LifecycleConfiguration.Rules"))
    )
