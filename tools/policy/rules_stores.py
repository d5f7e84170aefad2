"""Whatever keeps data keeps it encrypted, recoverable and to itself."""

from __future__ import annotations

from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_off, is_on, listed, mappings, number, parsed, resources
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
_RECOVERY_DAYS, _LONGEST_RECOVERY, _LOCKED_DAYS, _SOON_DAYS = 7, 35, 365, 31
_REWRITES = ("batchwriteitem", "deleteitem", "partiqldelete", "partiqlupdate", "updateitem")
"""What changes or removes an item that is there (DynamoDB); a put may be held to what is not there yet."""


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
    """Every table can be restored to any moment of the last week; where copies must not outlive what was erased
    (`Metadata.Letterlock.CopiesForDays`), to none before.
    """
    for name, holder in _tables(template):
        if not is_on(at(holder, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled")):
            yield name, "point-in-time recovery is off"
        days = number(at(holder, "PointInTimeRecoverySpecification.RecoveryPeriodInDays") or _LONGEST_RECOVERY)
        most = number(at(template.resource(name), "Metadata.Letterlock.CopiesForDays"))
        if days is None or days < _RECOVERY_DAYS:
            yield name, f"RecoveryPeriodInDays is under {_RECOVERY_DAYS}"
        elif most is not None and days > most:
            yield name, f"RecoveryPeriodInDays {days:g} is above {most:g}: what was erased can be brought back"


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
        if kind == BUCKET and empties_itself(properties):
            continue
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if template.resource(name).get(policy) not in ("Retain", "RetainExceptOnCreate", "Snapshot"):
                yield name, f"{policy} is not Retain"


def empties_itself(bucket: Json) -> bool:
    """Whether every object expires within a month: nothing that is only here stays here."""
    return any(0 < (number(one.get("ExpirationInDays")) or 0) <= _SOON_DAYS for one in _for_all_objects(bucket))


def _for_all_objects(bucket: Json) -> list[Json]:
    """The lifecycle's rules that are on, without a prefix or any other filter."""
    narrows = {"Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"}
    rules = mappings(at(bucket, "LifecycleConfiguration.Rules"))
    return [one for one in rules if one.get("Status") == "Enabled" and not narrows & set(one)]


@rule
def old_versions(template: Template) -> Found:
    """A bucket whose objects expire soon does not keep their old versions: what is deleted would stay readable."""
    for name, bucket in template.resources(BUCKET).items():
        kept = [number(at(one, "NoncurrentVersionExpiration.NoncurrentDays")) for one in _for_all_objects(bucket)]
        if empties_itself(bucket) and not any(days is not None and days <= _SOON_DAYS for days in kept):
            yield name, "keeps old versions of what expires (NoncurrentVersionExpiration)"


@rule
def written_once(template: Template) -> Found:
    """What is declared to be written once (`Metadata.Letterlock.WrittenOnce`), or is under Object Lock, nobody changes
    or deletes: objects for a year by Object Lock in compliance mode, items by a refusal in the table's own policy.
    """
    for name, bucket in template.resources(BUCKET).items():
        if (_is_written_once(template, name) or bucket.get("ObjectLockEnabled")) and not _is_locked(bucket):
            yield name, f"objects can be changed within {_LOCKED_DAYS} days (ObjectLockConfiguration, COMPLIANCE)"
    for name, table in template.resources(TABLE).items():
        if _is_written_once(template, name) and not any(map(_refuses_changes, _own_statements(table))):
            yield name, "its own policy refuses nobody to update or delete items (ResourcePolicy)"


def _is_written_once(template: Template, name: str) -> bool:
    return is_on(at(template.resource(name), "Metadata.Letterlock.WrittenOnce"))


def _is_locked(bucket: Json) -> bool:
    default = at(bucket, "ObjectLockConfiguration.Rule.DefaultRetention") or {}
    days = (number(default.get("Days")) or 0) + 365 * (number(default.get("Years")) or 0)
    return is_on(bucket.get("ObjectLockEnabled")) and default.get("Mode") == "COMPLIANCE" and days >= _LOCKED_DAYS


def _own_statements(table: Json) -> list[Json]:
    return list(mappings(at(parsed(at(table, "ResourcePolicy.PolicyDocument")), "Statement")))


def _refuses_changes(statement: Json) -> bool:
    actions = {spelt(action).lower().removeprefix("dynamodb:") for action in listed(statement.get("Action"))}
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and not statement.get("Condition")
        and (actions >= set(_REWRITES) or "*" in actions)
        and listed(statement.get("Resource")) == ["*"]
    )
