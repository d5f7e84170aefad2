"""Whatever keeps data keeps it encrypted, recoverable and to itself."""

from typing import Any

import pytest

from tools.template_model import Statement, Template, as_list, target, template_under_test

STACK_KEY = "StackKey"
# How long a deleted workspace's wrapped keys may live on in the table's own backups.
KEYS_RECOVERY_DAYS = 7


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def test_every_table_is_encrypted_with_the_stack_key(template: Template) -> None:
    tables = template.resources("AWS::DynamoDB::Table")
    assert set(tables) >= {"ConversationsTable", "AccountsTable", "KeysTable"}
    for name, table in tables.items():
        sse = table["SSESpecification"]
        assert (sse["SSEEnabled"], sse["SSEType"], target(sse["KMSMasterKeyId"])) == (True, "KMS", STACK_KEY), name


def test_every_table_can_be_restored_for_as_long_as_aws_allows_but_wrapped_keys_only_for_a_week(
    template: Template,
) -> None:
    for name, table in template.resources("AWS::DynamoDB::Table").items():
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery["RecoveryPeriodInDays"] == (KEYS_RECOVERY_DAYS if name == "KeysTable" else 35), name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_the_wrapped_keys_leave_no_trace_in_a_stream_and_never_expire_by_themselves(template: Template) -> None:
    keys = template.resources("AWS::DynamoDB::Table")["KeysTable"]
    assert "StreamSpecification" not in keys
    assert "TimeToLiveSpecification" not in keys


def test_an_index_projects_the_card_or_nothing(template: Template) -> None:
    indexes = template.resources("AWS::DynamoDB::Table")["ConversationsTable"]["GlobalSecondaryIndexes"]
    projected = {index["IndexName"]: index["Projection"] for index in indexes}
    card = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["card"]}
    assert projected == {"by_mailbox": card, "by_assignee": card, "due": {"ProjectionType": "KEYS_ONLY"}}


def test_every_bucket_is_encrypted_with_the_stack_key_and_knows_no_acls(template: Template) -> None:
    buckets = template.resources("AWS::S3::Bucket")
    assert set(buckets) >= {"InboundBucket", "ArchiveBucket"}
    for name, bucket in buckets.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        encryption = rule["ServerSideEncryptionByDefault"]
        assert (encryption["SSEAlgorithm"], target(encryption["KMSMasterKeyID"])) == ("aws:kms", STACK_KEY), name
        assert rule["BucketKeyEnabled"] is True, name
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}], name


def test_raw_mail_that_nobody_took_is_gone_after_14_days_and_what_was_taken_after_one(template: Template) -> None:
    (rule,) = template.resources("AWS::S3::Bucket")["InboundBucket"]["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == 14
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1


def test_mail_for_nobody_is_gone_from_the_archive_after_14_days(template: Template) -> None:
    rules = template.resources("AWS::S3::Bucket")["ArchiveBucket"]["LifecycleConfiguration"]["Rules"]
    assert {rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "stack/"} == {14}
    # Nothing else in the archive expires while it is current: it is somebody's mail.
    assert [rule for rule in rules if rule.get("Prefix") != "stack/" and "ExpirationInDays" in rule] == []


@pytest.mark.parametrize(
    ("kind", "key_property"),
    [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Events::EventBus", "KmsKeyIdentifier"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ],
)
def test_queues_topics_buses_and_logs_are_encrypted_with_the_stack_key(
    template: Template, kind: str, key_property: str
) -> None:
    found = template.resources(kind)
    assert found
    assert [name for name, one in found.items() if target(one.get(key_property)) != STACK_KEY] == []


def test_no_log_can_be_kept_for_more_than_two_years(template: Template) -> None:
    retention = template.body["Parameters"]["LogRetentionDays"]
    assert max(retention["AllowedValues"]) <= 731


def test_the_sealing_key_can_follow_a_restore_into_another_region(template: Template) -> None:
    assert template.resources("AWS::KMS::Key")["SealingKey"]["MultiRegion"] is True


DATA_USE = {
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}


def sealing_statements(template: Template) -> list[Statement]:
    return [one for one in template.statements("AWS::KMS::Key") if one.owner == "SealingKey"]


def test_the_sealing_key_refuses_everyone_who_names_no_workspace(template: Template) -> None:
    refusals: list[dict[str, Any]] = [
        one.body
        for one in sealing_statements(template)
        if one.body["Effect"] == "Deny" and set(one.actions) >= DATA_USE and one.body["Principal"] == {"AWS": "*"}
    ]
    conditions = [one["Condition"] for one in refusals]
    assert {"Null": {"kms:EncryptionContext:workspace": "true"}} in conditions
    assert {"StringNotEquals": {"kms:EncryptionContext:app": "letterlock"}} in conditions


ROLES = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}/${AWS::Region}"
WHO_MAY = {
    "kms:Decrypt": [f"{ROLES}/unseals/*", f"{ROLES}/creates-keys/*"],
    "kms:GenerateDataKey": [f"{ROLES}/creates-keys/*"],
}


def test_the_sealing_key_opens_for_the_functions_on_its_paths_and_for_nobody_else(template: Template) -> None:
    opened: dict[str, list[str]] = {}
    for statement in sealing_statements(template):
        if statement.allows and any(action in DATA_USE or "*" in action for action in statement.actions):
            (action,) = statement.actions
            assert set(statement.body["Condition"]) == {"ArnLike"}, statement.sid
            assert statement.condition_keys == {"aws:PrincipalArn"}, statement.sid
            patterns = as_list(statement.body["Condition"]["ArnLike"]["aws:PrincipalArn"])
            opened[action] = [pattern["Fn::Sub"] for pattern in patterns]
    assert opened == WHO_MAY


def test_the_account_can_still_administer_the_sealing_key(template: Template) -> None:
    administered = next(one for one in sealing_statements(template) if one.sid == "AccountAdministers")
    assert {"kms:PutKeyPolicy", "kms:DescribeKey", "kms:ScheduleKeyDeletion"} <= set(administered.actions)
    assert set(administered.actions) & DATA_USE == set()
    assert "kms:CreateGrant" not in administered.actions


def test_only_the_roles_on_the_sealing_keys_paths_are_allowed_to_unseal(template: Template) -> None:
    with_path = {name for name, role in template.resources("AWS::IAM::Role").items() if "Path" in role}
    uses = {
        statement.owner
        for statement in template.statements("AWS::IAM::Role")
        if any(target(one) == "SealingKey" for one in statement.resources)
    }
    assert uses == {
        "AccountMailRole",
        "AccountsApiRole",
        "AcknowledgementRole",
        "AgentNotificationsRole",
        "AttachmentScanRole",
        "AttachmentsApiRole",
        "AuditApiRole",
        "BillingApiRole",
        "ConnectedAccountsRole",
        "ConnectionsApiRole",
        "ConversationsApiRole",
        "DeliveryEventsRole",
        "DigestVerificationRole",
        "FactorResetRole",
        "InboundEmailRole",
        "MailReplayRole",
        "MailboxesApiRole",
        "OutboundEmailRole",
        "SignInApiRole",
        "TokenRevocationRole",
        "WorkspaceSetupRole",
    }
    assert with_path == uses


def test_no_role_asks_the_sealing_key_without_a_workspace(template: Template) -> None:
    for statement in template.statements("AWS::IAM::Role"):
        if any(target(one) == "SealingKey" for one in statement.resources):
            assert {"kms:EncryptionContext:app", "kms:EncryptionContext:workspace"} <= statement.condition_keys
