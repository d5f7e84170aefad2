"""What each function may do on AWS against what it does: `python -m bench.permissions`.

Allowed: the statements of each function's role in the expanded template. Used: what the recorder noted over every
scenario of the bill and of `bench.paths`, and what AWS does in the role's name where no code of ours can be seen doing
it (`BY_AWS`), each with its reason. Both ways: nothing is missing, nothing is unused.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from bench.billing_paths import BILLING
from bench.check_paths import CHECKED
from bench.connection_paths import CONNECTED
from bench.file_paths import FILES
from bench.mailbox_paths import MAILBOXES
from bench.notify_paths import NOTIFICATIONS
from bench.paths import PATHS
from bench.people_paths import PEOPLE
from bench.recorder import Call
from bench.scenarios import SCENARIOS, Desk, Scenario
from bench.stack import stack_on_moto
from bench.steady import hold_steady
from bench.thread_paths import THREADS
from letterlock.adapters.keyring import LIFETIME
from tools.build_lambda import folder_of
from tools.template_model import Statement, Template, as_list, target, template_under_test

Grant = tuple[str, str, str]
"""Function, action (with ` via <service>` for the stack's own key), resource."""


# ---- allowed --------------------------------------------------------------------------------------------------------


def allowed(template: Template) -> set[Grant]:
    """Every function's role, statement by statement. A statement that denies takes nothing away here."""
    roles = {target(one["Role"]): folder_of(name) for name, one in template.resources("AWS::Lambda::Function").items()}
    return {
        (roles[statement.owner], action, resource)
        for statement in template.statements("AWS::IAM::Role")
        if statement.owner in roles and statement.allows
        for action in _actions(statement)
        for resource in map(spelt, statement.resources)
    }


def _actions(statement: Statement) -> list[str]:
    services = as_list(statement.body.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", []))
    if not services:
        return statement.actions
    return [f"{action} via {one['Fn::Sub'].partition('.')[0]}" for action in statement.actions for one in services]


BEHIND_ITS_NAME = "-??????"
"""Secrets Manager user guide, "Secret ARN": what it puts behind a name."""


def spelt(resource: Any) -> str:
    """As `bench.grants` spells resources. Raises ValueError for one that it cannot read."""
    if resource == "*":
        return "*"
    if target(resource):
        stream = resource.get("Fn::GetAtt", ["", ""])[1] == "StreamArn"
        return target(resource) + ("/stream" if stream else "")
    pattern = str(resource.get("Fn::Sub", ""))
    if pattern.startswith("${"):
        return pattern.replace(".Arn}", "").removeprefix("${")
    kind, _, name = pattern.rpartition(":")[2].partition("/")
    if name.endswith(BEHIND_ITS_NAME):
        return name.removesuffix(BEHIND_ITS_NAME).strip("${}")
    if kind == "identity":
        return f"{kind}/{name}"
    if kind == "configuration-set":
        return name.strip("${}")
    raise ValueError(resource)


# ---- used -----------------------------------------------------------------------------------------------------------


def recorded() -> list[Call]:
    """Every call of every scenario, cold starts included."""
    with pytest.MonkeyPatch.context() as patch:
        clock = hold_steady(patch)
        with contextlib.redirect_stdout(io.StringIO()), stack_on_moto(patch) as stack:
            # All functions share this process; on AWS each reads its keys itself.
            stack.before_call = lambda: clock.skip(2 * LIFETIME)
            desk = Desk(stack)
            for way in all_ways():
                way(desk)
            return stack.recorder.calls


def all_ways() -> list[Callable[[Desk], object]]:
    """Through all functions: every scenario of the bill and of `bench.paths`."""
    bill: list[Callable[[Desk], object]] = [partial(_whole, each) for each in SCENARIOS]
    return [*bill, *PATHS, *PEOPLE, *MAILBOXES, *NOTIFICATIONS, *FILES, *BILLING, *THREADS, *CHECKED, *CONNECTED]


def _whole(scenario: Scenario, desk: Desk) -> None:
    scenario.prepare(desk)()


def used(calls: Iterable[Call]) -> set[Grant]:
    return {(call.function, action, resource) for call in calls if call.function for action, resource in call.grants}


# ---- by AWS, in the role's name -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ByAws:
    """`of` tells what a function needs, from the template and from what was recorded of it."""

    reason: str
    of: Callable[[Template, str, set[Grant]], Iterable[tuple[str, str]]]


def _logs(_template: Template, prefix: str, _used: set[Grant]) -> Iterable[tuple[str, str]]:
    return [("logs:CreateLogStream", f"{prefix}LogGroup"), ("logs:PutLogEvents", f"{prefix}LogGroup")]


def _traces(_template: Template, _prefix: str, _used: set[Grant]) -> Iterable[tuple[str, str]]:
    return [("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")]


def _mappings(template: Template, prefix: str) -> list[dict[str, Any]]:
    mappings = template.resources("AWS::Lambda::EventSourceMapping").values()
    return [one for one in mappings if target(one["FunctionName"]) == f"{prefix}Function"]


def _source(mapping: dict[str, Any]) -> str:
    return spelt(mapping["EventSourceArn"])


def _queue(template: Template, prefix: str, _used: set[Grant]) -> Iterable[tuple[str, str]]:
    actions = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    sources = [_source(one) for one in _mappings(template, prefix)]
    return [(action, source) for source in sources if not source.endswith("/stream") for action in actions]


def _stream(template: Template, prefix: str, _used: set[Grant]) -> Iterable[tuple[str, str]]:
    actions = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
    streams = [source for one in _mappings(template, prefix) if (source := _source(one)).endswith("/stream")]
    yield from ((action, stream) for stream in streams for action in actions)
    yield from (("dynamodb:ListStreams", f"{stream}/*") for stream in streams)


def _set_aside(template: Template, prefix: str, _used: set[Grant]) -> Iterable[tuple[str, str]]:
    for mapping in _mappings(template, prefix):
        for destination in mapping.get("DestinationConfig", {}).values():
            yield "sqs:SendMessage", spelt(destination["Destination"])


KEY_USES: dict[str, dict[str, tuple[str, ...]]] = {
    "dynamodb": {"dynamodb": ("kms:Decrypt",)},
    "s3": {
        "s3:GetObject": ("kms:Decrypt",),
        "s3:GetObjectVersion": ("kms:Decrypt",),
        "s3:PutObject": ("kms:GenerateDataKey",),
    },
    "secretsmanager": {"secretsmanager:GetSecretValue": ("kms:Decrypt",)},
    "sqs": {"sqs:ReceiveMessage": ("kms:Decrypt",), "sqs:SendMessage": ("kms:Decrypt", "kms:GenerateDataKey")},
}
"""What a service asks of the key of an encrypted store or queue in the caller's name: by service, then by action (or by
its prefix). DynamoDB developer guide, "Encryption at rest: usage notes"; Secrets Manager user guide, "Secret encryption
and decryption"; S3 user guide, "Using server-side encryption
with AWS KMS keys"; SQS developer guide, "Key management"."""


def _at_rest(_template: Template, _prefix: str, needed: set[Grant]) -> Iterable[tuple[str, str]]:
    for service, uses in KEY_USES.items():
        for begins, actions in uses.items():
            if any(action == begins or action.startswith(f"{begins}:") for _, action, _ in needed):
                yield from ((f"{action} via {service}", "StackKey") for action in actions)


def _forms(_template: Template, prefix: str, _used: set[Grant]) -> Iterable[tuple[str, str]]:
    return [("s3:PutObject", "UploadsBucket/uploads/wsp_*/att_*")] if prefix == "AttachmentsApi" else []


BY_AWS = (
    ByAws("S3 checks a form that was signed against the signer, when a browser sends it", _forms),
    ByAws("Lambda writes what the function prints", _logs),
    ByAws("Lambda's tracing reports; X-Ray knows no resources to name", _traces),
    ByAws("Lambda's poller takes messages from the function's queue", _queue),
    ByAws("Lambda's poller reads the table's stream", _stream),
    ByAws("Lambda sets aside what the function gave up on", _set_aside),
    ByAws("the service that encrypts at rest asks for the stack's key in the caller's name", _at_rest),
)


def by_aws(template: Template, of_functions: set[Grant]) -> dict[Grant, str]:
    """With the reason of each."""
    found: dict[Grant, str] = {}
    for name in template.resources("AWS::Lambda::Function"):
        folder, prefix = folder_of(name), name.removesuffix("Function")
        needed = {grant for grant in of_functions if grant[0] == folder}
        for rule in BY_AWS:
            more = {(folder, action, resource) for action, resource in rule.of(template, prefix, needed)}
            found |= dict.fromkeys(more, rule.reason)
            needed |= more
    return found


# ---- both ways ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    functions: int
    allowed: set[Grant]
    used: set[Grant]

    @property
    def missing(self) -> list[Grant]:
        return sorted(self.used - self.allowed)

    @property
    def unused(self) -> list[Grant]:
        return sorted(self.allowed - self.used)

    def __str__(self) -> str:
        sign = "=" if self.allowed == self.used else "!="
        return (
            f"{self.functions} functions, {len(self.allowed)} actions allowed {sign} {len(self.used)} actions used, "
            f"{len(self.missing)} missing, {len(self.unused)} unused"
        )


def compare(template: Template, calls: Iterable[Call]) -> Comparison:
    of_functions = used(calls)
    everything = of_functions | set(by_aws(template, of_functions))
    return Comparison(len(template.resources("AWS::Lambda::Function")), allowed(template), everything)


def main() -> int:
    found = compare(template_under_test(), recorded())
    for title, grants in (("missing", found.missing), ("unused", found.unused)):
        for function, action, resource in grants:
            print(f"{title}: {function} {action} on {resource}")
    print(found)
    return 1 if found.missing or found.unused else 0


if __name__ == "__main__":
    sys.exit(main())
