"""Work that fails is tried again, set aside, counted and seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_off, leads_to, listed, mappings, number, parsed
from tools.policy.rule import Found, rule
from tools.template_model import Json, Template

QUEUE, FUNCTION, MAPPING = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"
STREAMS = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer")
_VISIBILITY, _TIMEOUT = 30, 3  # CloudFormation's defaults, in seconds
_FOUR_DAYS = 345_600  # what SQS keeps a message for where nothing is said: a weekend and a day
_HOUR = 3_600
_UNBOUNDED = 1_000  # the highest MaximumConcurrency that SQS takes, and an account's own limit
_HANDED_ON = {"sqs", "lambda", "http", "https", "firehose"}  # SNS protocols that know dead-letter queues


def queue_mappings(template: Template) -> Iterator[tuple[str, Json, str, str]]:
    """Mapping, its properties, its queue and its function; the last two empty where they are not of this template."""
    for name, mapping in template.resources(MAPPING).items():
        queue = leads_to(template, mapping.get("EventSourceArn"), QUEUE)
        if queue or ":sqs:" in spelt(mapping.get("EventSourceArn")):
            yield name, mapping, queue, leads_to(template, mapping.get("FunctionName"), FUNCTION)


def stream_mappings(template: Template) -> Iterator[tuple[str, Json]]:
    for name, mapping in template.resources(MAPPING).items():
        source = spelt(mapping.get("EventSourceArn"))
        if leads_to(template, mapping.get("EventSourceArn"), *STREAMS) or ":kinesis:" in source or "/stream/" in source:
            yield name, mapping


@rule
def queue_visibility(template: Template) -> Found:
    """A queue hides a message for six times its function's timeout, and the batching window (Lambda: "Using SQS")."""
    for name, mapping, queue, function in queue_mappings(template):
        if queue and function:
            timeout = number(template.resources(FUNCTION)[function].get("Timeout", _TIMEOUT))
            hidden = number(template.resources(QUEUE)[queue].get("VisibilityTimeout", _VISIBILITY))
            window = number(mapping.get("MaximumBatchingWindowInSeconds", 0)) or 0
            if timeout is None or hidden is None:
                yield queue, f"visibility timeout or {function}'s timeout is left to the deployment"
            elif hidden < 6 * timeout + window:
                yield queue, f"visibility timeout {hidden:g} s is under 6 x {function}'s {timeout:g} s ({name})"


def _redrive(properties: Json) -> Any:
    return parsed(properties.get("RedrivePolicy"))


@rule
def queue_tries(template: Template) -> Found:
    """A message is tried at least three times before it is set aside."""
    for name, queue in template.resources(QUEUE).items():
        if _redrive(queue):
            tries = number(at(_redrive(queue), "maxReceiveCount"))
            if tries is None or tries < 3:  # noqa: PLR2004 - the rule itself
                yield name, f"maxReceiveCount {at(_redrive(queue), 'maxReceiveCount')} is under 3"


def dead_letter_queues(template: Template) -> dict[str, str]:
    """Every queue to which something hands what it could not deliver or process, and who does."""
    handed: dict[str, Any] = {}
    for name, resource in template.body["Resources"].items():
        for each in _aside(resource["Type"], resource.get("Properties", {})):
            handed.setdefault(leads_to(template, each, QUEUE), name)
    handed.pop("", None)
    return handed


def _aside(kind: str, properties: Json) -> Iterator[Any]:
    """Where a resource sets aside what failed."""
    match kind:
        case "AWS::SQS::Queue" | "AWS::SNS::Subscription":
            yield at(_redrive(properties), "deadLetterTargetArn")
        case "AWS::Lambda::EventSourceMapping" | "AWS::Lambda::EventInvokeConfig":
            yield at(properties, "DestinationConfig.OnFailure.Destination")
        case "AWS::Events::Rule":
            for target in mappings(properties.get("Targets")):
                yield at(target, "DeadLetterConfig.Arn")
        case "AWS::Scheduler::Schedule":
            yield at(properties, "Target.DeadLetterConfig.Arn")
        case "AWS::Events::EventBus":
            yield at(properties, "DeadLetterConfig.Arn")
        case "AWS::Lambda::Function":
            yield at(properties, "DeadLetterConfig.TargetArn")


@rule
def queue_dead_letters(template: Template) -> Found:
    """A queue of work hands what keeps failing to another queue."""
    aside = dead_letter_queues(template)
    fed = {queue for _, _, queue, _ in queue_mappings(template)} | _delivered_to(template)
    for name, queue in template.resources(QUEUE).items():
        where = at(_redrive(queue), "deadLetterTargetArn")
        if name in fed - set(aside) and not where:
            yield name, "has no dead-letter queue (RedrivePolicy)"
        elif where and leads_to(template, where, QUEUE) == name:
            yield name, "is its own dead-letter queue"


def _delivered_to(template: Template) -> set[str]:
    """Queues that topics, rules and schedules fill."""
    ends = [one.get("Endpoint") for one in template.resources("AWS::SNS::Subscription").values()]
    ends += [at(one, "Target.Arn") for one in template.resources("AWS::Scheduler::Schedule").values()]
    for one in template.resources("AWS::Events::Rule").values():
        ends += [target.get("Arn") for target in mappings(one.get("Targets"))]
    return {leads_to(template, end, QUEUE) for end in ends} - {""}


@rule
def queue_retention(template: Template) -> Found:
    """A queue keeps what waits for four days or more, and its dead-letter queue no shorter: SQS counts from the first
    sending.
    """
    kept = {
        name: number(queue.get("MessageRetentionPeriod", _FOUR_DAYS)) or 0
        for name, queue in template.resources(QUEUE).items()
    }
    for name, queue in template.resources(QUEUE).items():
        aside = leads_to(template, at(_redrive(queue), "deadLetterTargetArn"), QUEUE)
        if kept[name] < _FOUR_DAYS:
            yield name, f"MessageRetentionPeriod {kept[name]:g} s is under four days: what waits is lost"
        elif aside and kept[aside] < kept[name]:
            yield (
                aside,
                f"keeps messages for {kept[aside]:g} s, {name} for {kept[name]:g} s: some are gone when set aside",
            )


@rule
def dead_letter_alarm(template: Template) -> Found:
    """A message in a dead-letter queue raises an alarm that somebody hears."""
    heard = {
        queue for alarm in template.resources("AWS::CloudWatch::Alarm").values() for queue in watched(template, alarm)
    }
    for queue, of in dead_letter_queues(template).items():
        if queue not in heard:
            yield queue, f"is the dead-letter queue of {of}, and no alarm with an action tells of its first message"


@rule
def alarm_heard(template: Template) -> Found:
    """Every alarm calls somebody."""
    for name, alarm in template.resources("AWS::CloudWatch::Alarm").items():
        if is_off(alarm.get("ActionsEnabled")) or not listed(alarm.get("AlarmActions")):
            yield name, "tells nobody (AlarmActions, ActionsEnabled)"


def watched(template: Template, alarm: Json) -> Iterator[str]:
    """The queues whose first visible message raises this alarm."""
    rises = {"GreaterThanThreshold": 1, "GreaterThanOrEqualToThreshold": 2}.get(str(alarm.get("ComparisonOperator")), 0)
    threshold = number(alarm.get("Threshold"))
    if is_off(alarm.get("ActionsEnabled")) or not listed(alarm.get("AlarmActions")) or threshold is None:
        return
    if threshold >= rises or threshold < 0 or not _is_soon(alarm):
        return
    metrics = [alarm, *(at(one, "MetricStat.Metric") or {} for one in mappings(alarm.get("Metrics")))]
    for metric in metrics:
        named = (spelt(metric.get("Namespace")), spelt(metric.get("MetricName")))
        if named == ("AWS/SQS", "ApproximateNumberOfMessagesVisible"):
            for dimension in mappings(metric.get("Dimensions")):
                if dimension.get("Name") == "QueueName":
                    yield leads_to(template, dimension.get("Value"), QUEUE)


def _is_soon(alarm: Json) -> bool:
    """Whether one look within the hour sees a message: neither the least of many looks, nor a run of them."""
    if spelt(alarm.get("Statistic", "Maximum")) not in ("Maximum", "Sum"):
        return False
    looks = number(alarm.get("DatapointsToAlarm", alarm.get("EvaluationPeriods", 1)))
    period = number(alarm.get("Period", 0))  # an alarm on an expression says it inside
    return looks is not None and period is not None and looks * period <= _HOUR


@rule
def partial_batches(template: Template) -> Found:
    """Only the messages of a batch that failed come back (ReportBatchItemFailures)."""
    names = [name for name, *_ in queue_mappings(template)] + [name for name, _ in stream_mappings(template)]
    for name in names:
        if "ReportBatchItemFailures" not in listed(template.resources(MAPPING)[name].get("FunctionResponseTypes")):
            yield name, "ReportBatchItemFailures is off: one failure brings the whole batch back"


@rule
def bounded_pace(template: Template) -> Found:
    """A queue is drained by a bounded number of executions, within what its function has reserved."""
    wanted: dict[str, float] = {}
    for name, mapping, _queue, function in queue_mappings(template):
        most = number(at(mapping, "ScalingConfig.MaximumConcurrency"))
        if most is None or most >= _UNBOUNDED:
            yield name, "MaximumConcurrency is off" if most is None else f"MaximumConcurrency {most:g} bounds nothing"
            continue
        wanted[function] = wanted.get(function, 0) + most
        reserved = number(template.resources(FUNCTION).get(function, {}).get("ReservedConcurrentExecutions"))
        if reserved is not None and wanted[function] > reserved:
            yield name, f"MaximumConcurrency {wanted[function]:g} is above {function}'s reserved {reserved:g}"


@rule
def stream_failures(template: Template) -> Found:
    """What a stream's reader gives up on is set aside."""
    for name, mapping in stream_mappings(template):
        if not at(mapping, "DestinationConfig.OnFailure.Destination"):
            yield name, "has no destination for what fails (DestinationConfig.OnFailure)"
        tries = number(mapping.get("MaximumRetryAttempts", -1))
        if tries is not None and 0 <= tries < 2:  # noqa: PLR2004 - with the first, three
            yield name, f"MaximumRetryAttempts {tries:g} gives up before the third try"
        if (
            number(mapping.get("MaximumRetryAttempts", -1)) == -1
            and number(mapping.get("MaximumRecordAgeInSeconds", -1)) == -1
        ):
            yield name, "tries for ever: neither MaximumRetryAttempts nor MaximumRecordAgeInSeconds is set"


@rule
def target_dead_letters(template: Template) -> Found:
    """What a schedule, a rule, a topic or a bus cannot deliver is set aside."""
    for name, properties in template.resources("AWS::Events::Rule").items():
        for target in mappings(properties.get("Targets")):
            if not at(target, "DeadLetterConfig.Arn"):
                yield name, f"target {spelt(target.get('Id'))} has no dead-letter queue"
    for name, properties in template.resources("AWS::Scheduler::Schedule").items():
        if not at(properties, "Target.DeadLetterConfig.Arn"):
            yield name, "the schedule's target has no dead-letter queue"
    for name, properties in template.resources("AWS::SNS::Subscription").items():
        if spelt(properties.get("Protocol")) in _HANDED_ON and not at(_redrive(properties), "deadLetterTargetArn"):
            yield name, "the subscription has no dead-letter queue"
    for name, properties in template.resources("AWS::Events::EventBus").items():
        if properties.get("KmsKeyIdentifier") and not at(properties, "DeadLetterConfig.Arn"):
            yield name, "the encrypted bus has no dead-letter queue for what it cannot decrypt"
