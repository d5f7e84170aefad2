"""The template's rules and queues at work: which events each rule lets through, what it hands on, and to whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.events.models import EventPattern

from tools.build_lambda import folder_of
from tools.template_model import Template, target

DEPLOYED = {"MailConfigurationSet": "letterlock-mail"}
"""What the names in patterns are in samples. SES spells the configuration set as it is called on deployment."""
Event = dict[str, Any]
Rule = dict[str, Any]


def rules(template: Template, function: str = "") -> dict[str, Rule]:
    """Those that events trigger; with a function, those that fill its queue."""
    found = {name: rule for name, rule in template.resources("AWS::Events::Rule").items() if "EventPattern" in rule}
    if not function:
        return found
    mine = {name for name, queue in queues(template).items() if queue.function == function}
    return {name: rule for name, rule in found.items() if mine & {target(one["Arn"]) for one in rule["Targets"]}}


def consumers(template: Template) -> list[str]:
    """The functions whose queue a rule fills."""
    folders = {queue.function for queue in queues(template).values()}
    return sorted(each for each in folders if rules(template, each))


def matches(rule: Rule, event: Event) -> bool:
    return bool(pattern(rule).matches_event(event))  # type: ignore[arg-type]  # moto's own TypedDict


def pattern(rule: Rule) -> EventPattern:
    """Moto's matcher, which knows the operators of EventBridge ("Amazon EventBridge event patterns")."""
    return EventPattern(None, resolved(rule["EventPattern"]))


def resolved(value: Any) -> Any:
    """A pattern as CloudFormation leaves it."""
    if isinstance(value, dict):
        return DEPLOYED[target(value)] if target(value) else {name: resolved(each) for name, each in value.items()}
    return [resolved(each) for each in value] if isinstance(value, list) else value


def handed_over(rule: Rule, event: Event) -> Event:
    """What the rule's target gets ("Amazon EventBridge input transformation")."""
    (where,) = rule["Targets"]
    if "InputTransformer" not in where:
        return event
    paths = where["InputTransformer"]["InputPathsMap"]
    values = {name: json.dumps(_at(event, path)) for name, path in paths.items()}
    filled = re.sub(r"<(\w+)>", lambda found: values[found[1]], where["InputTransformer"]["InputTemplate"])
    made: Event = json.loads(filled)
    return made


def _at(event: Any, path: str) -> Any:
    for part in path.removeprefix("$.").split("."):
        event = event[part]
    return event


# ---- what calls a function ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that a function is fed from. `hidden`: seconds until what failed comes again."""

    function: str
    batch: int
    receives: int
    hidden: int


def queues(template: Template) -> dict[str, Queue]:
    """By the queue's logical id."""
    made = template.resources("AWS::SQS::Queue")
    found = {}
    for mapping in template.resources("AWS::Lambda::EventSourceMapping").values():
        name = target(mapping["EventSourceArn"])
        if name in made:
            queue = made[name]
            found[name] = Queue(
                folder_of(target(mapping["FunctionName"])),
                int(mapping["BatchSize"]),
                int(queue["RedrivePolicy"]["maxReceiveCount"]),
                int(queue["VisibilityTimeout"]),
            )
    return found


@dataclass(frozen=True, slots=True)
class Stream:
    """A table's stream that a function is fed from: with new items that hold an attribute."""

    function: str
    table: str
    holding: str
    batch: int
    retries: int


def streams(template: Template) -> list[Stream]:
    tables = template.resources("AWS::DynamoDB::Table")
    return [
        Stream(
            folder_of(target(mapping["FunctionName"])),
            target(mapping["EventSourceArn"]),
            _held(mapping["FilterCriteria"]),
            int(mapping["BatchSize"]),
            int(mapping["MaximumRetryAttempts"]),
        )
        for mapping in template.resources("AWS::Lambda::EventSourceMapping").values()
        if target(mapping["EventSourceArn"]) in tables
    ]


def _held(criteria: Any) -> str:
    """The one attribute that the filter asks for; a stream that is filtered otherwise is not known here."""
    (wanted,) = [json.loads(each["Pattern"]) for each in criteria["Filters"]]
    (held,) = wanted["dynamodb"]["NewImage"]
    if wanted != {"eventName": ["INSERT"], "dynamodb": {"NewImage": {held: {"S": [{"exists": True}]}}}}:
        raise ValueError(criteria)
    return str(held)


def scheduled(template: Template) -> list[str]:
    """The functions that a schedule calls."""
    schedules = template.resources("AWS::Scheduler::Schedule").values()
    return sorted({folder_of(target(one["Target"]["Arn"])) for one in schedules})


@dataclass(frozen=True, slots=True)
class Topology:
    """All of it, read once."""

    queues: dict[str, Queue]
    streams: list[Stream]
    scheduled: list[str]
    rules: list[tuple[EventPattern, Rule, list[Queue]]]

    @classmethod
    def of(cls, template: Template) -> Topology:
        fed = queues(template)
        led = [
            (pattern(rule), rule, [fed[name] for one in rule["Targets"] if (name := target(one["Arn"])) in fed])
            for rule in rules(template).values()
        ]
        return cls(fed, streams(template), scheduled(template), led)

    def queue_of(self, function: str) -> Queue:
        (found,) = [each for each in self.queues.values() if each.function == function]
        return found

    def targets(self, event: Event) -> Iterator[tuple[Queue, Event]]:
        """Where an event goes, and as what."""
        for matcher, rule, led in self.rules:
            if matcher.matches_event(event):  # type: ignore[arg-type]  # moto's own TypedDict
                yield from ((queue, handed_over(rule, event)) for queue in led)
