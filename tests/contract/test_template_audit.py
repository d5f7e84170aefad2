"""The audit log is written once, anchored out of everybody's reach, and checked by somebody who can change nothing."""

import pytest

from tools.template_model import Template, target, template_under_test

CHANGES = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def test_nobody_may_change_or_delete_an_entry(template: Template) -> None:
    policy = template.resources("AWS::DynamoDB::Table")["AuditTable"]["ResourcePolicy"]["PolicyDocument"]
    (denied,) = policy["Statement"]
    assert (denied["Effect"], denied["Principal"], "Condition" in denied) == ("Deny", "*", False)
    assert {*CHANGES, "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"} <= set(denied["Action"])


def test_no_role_allows_what_the_tables_policy_denies(template: Template) -> None:
    on_it = [
        one
        for one in template.statements("AWS::IAM::Role")
        if one.allows and any("AuditTable" in str(resource) for resource in one.resources)
    ]
    assert on_it
    assert [one.owner for one in on_it if CHANGES & set(one.actions)] == []


def test_an_entry_never_expires(template: Template) -> None:
    assert "TimeToLiveSpecification" not in template.resources("AWS::DynamoDB::Table")["AuditTable"]


def test_anchors_are_locked_for_400_days_for_everybody(template: Template) -> None:
    bucket = template.resources("AWS::S3::Bucket")["AuditAnchorsBucket"]
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}},
    }
    whole = template.resource("AuditAnchorsBucket")
    assert (whole["DeletionPolicy"], whole["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_no_role_may_lift_the_lock_or_touch_an_anchor_once_it_is_there(template: Template) -> None:
    actions = {
        action
        for one in template.statements("AWS::IAM::Role")
        if any("AuditAnchorsBucket" in str(resource) for resource in one.resources)
        for action in one.actions
    }
    assert actions == {"s3:PutObject", "s3:ListBucketVersions"}


def test_only_new_entries_come_to_the_chainer_and_one_batch_of_a_shard_at_a_time(template: Template) -> None:
    mappings = template.resources("AWS::Lambda::EventSourceMapping").values()
    (mapping,) = [one for one in mappings if target(one["FunctionName"]) == "AuditChainerFunction"]
    (pattern,) = [one["Pattern"] for one in mapping["FilterCriteria"]["Filters"]]
    assert pattern == '{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"act": {"S": [{"exists": true}]}}}}'
    assert mapping["ParallelizationFactor"] == 1


def test_chains_are_anchored_every_day_and_somebody_hears_when_not(template: Template) -> None:
    schedule = template.resources("AWS::Scheduler::Schedule")["AuditAnchorSchedule"]
    assert schedule["ScheduleExpression"] == "cron(7 2 * * ? *)"
    assert target(schedule["Target"]["Arn"]) == "AuditAnchorFunction"
    role = target(schedule["Target"]["RoleArn"])
    statements = [one for one in template.statements("AWS::IAM::Role") if one.owner == role]
    assert {(one.sid, *map(target, one.resources)) for one in statements} == {
        ("WakeAuditAnchor", "AuditAnchorFunction"),
        ("SetAsideFailures", "AuditAnchorDlq"),
        ("EncryptionAtRest", "StackKey"),
    }
    stopped = template.resources("AWS::CloudWatch::Alarm")["AuditAnchorStoppedAlarm"]
    assert (stopped["MetricName"], stopped["TreatMissingData"]) == ("Invocations", "breaching")


def test_a_difference_that_a_check_found_is_heard(template: Template) -> None:
    alarm = template.resources("AWS::CloudWatch::Alarm")["AuditDifferingAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Letterlock", "AuditDiffering")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "audit_verification"}]
    variables = template.resources("AWS::Lambda::Function")["AuditVerificationFunction"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == "audit_verification"


def test_who_links_and_who_checks_can_open_nothing(template: Template) -> None:
    for owner in ("AuditChainerRole", "AuditAnchorRole", "AuditVerificationRole"):
        statements = [one for one in template.statements("AWS::IAM::Role") if one.owner == owner]
        touched = {target(resource) for one in statements for resource in one.resources}
        assert touched
        assert not touched & {"SealingKey", "KeysTable", "AccountsTable", "ConversationsTable"}


def test_who_checks_can_change_nothing(template: Template) -> None:
    actions = {
        action for one in template.statements("AWS::IAM::Role") if one.owner == "AuditVerificationRole"
        for action in one.actions if action.startswith(("dynamodb:", "s3:"))
    }  # fmt: skip
    assert actions == {"dynamodb:BatchGetItem", "dynamodb:Query", "s3:ListBucketVersions"}
