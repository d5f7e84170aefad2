"""What is due is looked at each minute, by a function that somebody would miss, and that unseals nothing."""

from datetime import timedelta

import pytest

from letterlock.adapters.due import REPLY_PATIENCE
from letterlock.entry.settings import BACKOFF_LIMIT_SECONDS, BACKOFF_SECONDS
from letterlock.services.requeue_orphans import NOTICES_KEPT
from tools.template_model import Template, target, template_under_test


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def test_due_work_is_woken_each_minute_by_a_role_that_may_do_only_that(template: Template) -> None:
    schedule = template.resources("AWS::Scheduler::Schedule")["DueWorkSchedule"]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert target(schedule["Target"]["Arn"]) == "DueWorkFunction"
    role = target(schedule["Target"]["RoleArn"])
    statements = [one for one in template.statements("AWS::IAM::Role") if one.owner == role]
    assert {(one.sid, *map(target, one.resources)) for one in statements} == {
        ("WakeDueWork", "DueWorkFunction"),
        ("SetAsideFailures", "DueWorkDlq"),
        ("EncryptionAtRest", "StackKey"),
    }
    (trust,) = template.resources("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


def test_somebody_hears_when_it_no_longer_runs_and_when_a_mail_cannot_be_given_to_anybody(template: Template) -> None:
    alarms = template.resources("AWS::CloudWatch::Alarm")
    stopped, unattributed = alarms["DueWorkStoppedAlarm"], alarms["MailUnattributedAlarm"]
    assert (stopped["MetricName"], stopped["ComparisonOperator"]) == ("Invocations", "LessThanThreshold")
    assert stopped["TreatMissingData"] == "breaching"
    assert unattributed["Dimensions"] == [{"Name": "service", "Value": "due_work"}]
    service = template.resources("AWS::Lambda::Function")["DueWorkFunction"]["Environment"]["Variables"]
    assert service["POWERTOOLS_SERVICE_NAME"] == "due_work"
    assert all(alarm["AlarmActions"] for alarm in (stopped, unattributed))


def test_a_reply_is_given_up_only_after_its_queue_has_given_it_up(template: Template) -> None:
    queue = template.resources("AWS::SQS::Queue")["OutboundEmailQueue"]
    tries = queue["RedrivePolicy"]["maxReceiveCount"]
    pauses = [min(BACKOFF_SECONDS * 2**tried, BACKOFF_LIMIT_SECONDS) for tried in range(tries - 1)]
    horizon = sum(max(pause, queue["VisibilityTimeout"]) for pause in pauses) + queue["VisibilityTimeout"]
    assert timedelta(seconds=horizon) < REPLY_PATIENCE


def test_a_mail_is_given_up_only_when_no_queue_can_bring_it_and_somebody_can_still_look(template: Template) -> None:
    queues = template.resources("AWS::SQS::Queue")
    for name in ("InboundEmailQueue", "InboundEmailDlq", "InboundTopicDlq"):
        assert timedelta(seconds=queues[name]["MessageRetentionPeriod"]) <= NOTICES_KEPT, name
    queue = queues["InboundEmailQueue"]
    tried = timedelta(seconds=queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"])
    assert tried < NOTICES_KEPT
    rules = template.resources("AWS::S3::Bucket")["InboundBucket"]["LifecycleConfiguration"]["Rules"]
    kept = min(rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule)
    assert NOTICES_KEPT + timedelta(days=7) <= timedelta(days=kept)


def test_it_may_not_unseal_and_reads_raw_mail_only_where_ses_leaves_it(template: Template) -> None:
    statements = [one for one in template.statements("AWS::IAM::Role") if one.owner == "DueWorkRole"]
    touched = {target(resource) for one in statements for resource in one.resources}
    assert not touched & {"SealingKey", "KeysTable", "AccountsTable", "ArchiveBucket"}
    (read,) = [one for one in statements if "s3:GetObject" in one.actions]
    assert read.resources == [{"Fn::Sub": "${InboundBucket.Arn}/inbound/*"}]
