"""Work that fails is set aside, counted and seen; nothing is dropped on the way."""

from typing import Any

import pytest

from tools.template_model import Template, target, template_under_test, variants

FOUR_DAYS = 4 * 86_400


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def dead_letter_queues(template: Template) -> set[str]:
    """Every queue to which something else hands what it could not deliver or process."""
    queues = template.resources("AWS::SQS::Queue")
    found = {
        target(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues.values() if "RedrivePolicy" in queue
    }
    for subscription in template.resources("AWS::SNS::Subscription").values():
        if "RedrivePolicy" in subscription:
            found.add(target(subscription["RedrivePolicy"]["deadLetterTargetArn"]))
    for mapping in template.resources("AWS::Lambda::EventSourceMapping").values():
        if "DestinationConfig" in mapping:
            found.add(target(mapping["DestinationConfig"]["OnFailure"]["Destination"]))
    for rule in template.resources("AWS::Events::Rule").values():
        found |= {target(one["DeadLetterConfig"]["Arn"]) for one in rule["Targets"] if "DeadLetterConfig" in one}
    for schedule in template.resources("AWS::Scheduler::Schedule").values():
        found.add(target(schedule["Target"].get("DeadLetterConfig", {}).get("Arn")))
    for bus in template.resources("AWS::Events::EventBus").values():
        found.add(target(bus.get("DeadLetterConfig", {}).get("Arn")))
    return found - {""}


def queue_mappings(template: Template) -> dict[str, dict[str, Any]]:
    queues = template.resources("AWS::SQS::Queue")
    mappings = template.resources("AWS::Lambda::EventSourceMapping")
    return {name: one for name, one in mappings.items() if target(one["EventSourceArn"]) in queues}


def stream_mappings(template: Template) -> dict[str, dict[str, Any]]:
    tables = template.resources("AWS::DynamoDB::Table")
    mappings = template.resources("AWS::Lambda::EventSourceMapping")
    return {name: one for name, one in mappings.items() if target(one["EventSourceArn"]) in tables}


def test_every_queue_of_work_hands_what_keeps_failing_to_a_dead_letter_queue(template: Template) -> None:
    aside = dead_letter_queues(template)
    work = {name: queue for name, queue in template.resources("AWS::SQS::Queue").items() if name not in aside}
    assert work
    assert [name for name, queue in work.items() if "RedrivePolicy" not in queue] == []


def test_queues_are_drained_at_a_bounded_pace_within_what_is_reserved(template: Template) -> None:
    functions = template.resources("AWS::Lambda::Function")
    for mapping in queue_mappings(template).values():
        pace = variants(mapping["ScalingConfig"]["MaximumConcurrency"])
        reserved = variants(functions[target(mapping["FunctionName"])]["ReservedConcurrentExecutions"])
        assert {"Ref": "ReservedConcurrency"} in pace
        assert {"Ref": "ReservedConcurrency"} in reserved
        assert all(isinstance(one, dict) or 2 <= one <= 10 for one in pace)


def test_a_stream_is_read_from_the_first_record_retried_within_bounds_and_then_set_aside(template: Template) -> None:
    mappings = stream_mappings(template)
    assert mappings
    for mapping in mappings.values():
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["BisectBatchOnFunctionError"] is True
        assert 1 <= mapping["MaximumRetryAttempts"] <= 100
        assert 3_600 <= mapping["MaximumRecordAgeInSeconds"] < 86_400
        assert target(mapping["DestinationConfig"]["OnFailure"]["Destination"]) in template.resources("AWS::SQS::Queue")


def test_the_notification_arrives_as_ses_wrote_it(template: Template) -> None:
    to_queues = [one for one in template.resources("AWS::SNS::Subscription").values() if one["Protocol"] == "sqs"]
    assert to_queues
    assert all(one.get("RawMessageDelivery") is True for one in to_queues)


def test_notifications_which_carry_headers_are_kept_for_four_days_at_most(template: Template) -> None:
    queues = template.resources("AWS::SQS::Queue")
    for subscription in template.resources("AWS::SNS::Subscription").values():
        if subscription["Protocol"] != "sqs":
            continue
        fed = target(subscription["Endpoint"])
        for name in (
            fed,
            target(queues[fed]["RedrivePolicy"]["deadLetterTargetArn"]),
            target(subscription["RedrivePolicy"]["deadLetterTargetArn"]),
        ):
            assert queues[name]["MessageRetentionPeriod"] <= FOUR_DAYS, name


def test_a_function_that_raises_is_noticed(template: Template) -> None:
    watched = {
        target(dimension["Value"])
        for alarm in template.resources("AWS::CloudWatch::Alarm").values()
        if alarm.get("Namespace") == "AWS/Lambda" and alarm["MetricName"] == "Errors" and alarm.get("AlarmActions")
        for dimension in alarm["Dimensions"]
    }
    assert set(template.resources("AWS::Lambda::Function")) - watched == set()


def test_the_last_try_to_send_is_the_one_after_which_the_queue_gives_up(template: Template) -> None:
    variables = template.resources("AWS::Lambda::Function")["OutboundEmailFunction"]["Environment"]["Variables"]
    receives = template.resources("AWS::SQS::Queue")["OutboundEmailQueue"]["RedrivePolicy"]["maxReceiveCount"]
    assert int(variables["SEND_ATTEMPTS"]) == receives


def test_the_last_look_into_a_file_is_the_one_after_which_the_queue_gives_up(template: Template) -> None:
    variables = template.resources("AWS::Lambda::Function")["AttachmentScanFunction"]["Environment"]["Variables"]
    receives = template.resources("AWS::SQS::Queue")["AttachmentScanQueue"]["RedrivePolicy"]["maxReceiveCount"]
    assert int(variables["SCAN_ATTEMPTS"]) == receives


def test_a_function_that_sends_for_itself_may_do_so_as_often_as_it_has_to(template: Template) -> None:
    """Lambda stops one that comes through its own queue about sixteen times, unless that is allowed (AWS Lambda: "Use
    Lambda recursive loop detection"): the removal of somebody with much to do takes longer.
    """
    functions = template.resources("AWS::Lambda::Function")
    sends = {
        (one.owner, target(resource))
        for one in template.statements("AWS::IAM::Role")
        if "sqs:SendMessage" in one.actions
        for resource in one.resources
    }
    loops = {
        target(each["FunctionName"])
        for each in queue_mappings(template).values()
        if (target(functions[target(each["FunctionName"])]["Role"]), target(each["EventSourceArn"])) in sends
    }
    assert loops == {"TokenRevocationFunction"}
    assert {name for name, one in functions.items() if one.get("RecursiveLoop") == "Allow"} == loops


def test_waiting_work_faults_of_the_api_broken_seals_and_refusals_off_record_are_noticed(template: Template) -> None:
    watched = {
        (alarm["Namespace"], alarm["MetricName"], target(dimension["Value"]) or dimension["Value"])
        for alarm in template.resources("AWS::CloudWatch::Alarm").values()
        if alarm.get("AlarmActions")
        for dimension in alarm["Dimensions"]
    }
    queues = [name for name in template.resources("AWS::SQS::Queue") if name.endswith("Queue")]
    assert len(queues) >= 3
    for queue in queues:
        assert ("AWS/SQS", "ApproximateAgeOfOldestMessage", queue) in watched
    for mapping in stream_mappings(template).values():
        assert ("AWS/Lambda", "IteratorAge", target(mapping["FunctionName"])) in watched
    assert ("AWS/ApiGateway", "5XXError", "live") in watched
    assert ("Letterlock", "SealsBroken", "seal") in watched
    assert ("Letterlock", "RefusalsNotRecorded", "audit") in watched
