"""Who may come to a resource: named, over TLS, and a service of AWS for this account alone."""

from __future__ import annotations

import re
from typing import Any

from tools.policy.intrinsics import as_text, spelt
from tools.policy.reading import at, is_off, leads_to, listed, names_account, referred
from tools.policy.rule import Found, rule
from tools.policy.statements import RESOURCE_POLICIES, TRUST, Spoken, statements
from tools.template_model import Template

_CERTAIN = {"StringEquals", "StringLike", "ArnEquals", "ArnLike", "StringEqualsIgnoreCase"}
"""Operators that fail where the key is missing; their IfExists and ForAllValues forms do not."""
_NARROWS = re.compile(
    r"aws:(sourceaccount|sourcearn|sourceowner|sourceorgid|sourceorgpaths|principalorgid|principalaccount|principalarn"
    r"|sourcevpce|sourcevpc)|kms:calleraccount|s3:dataaccesspointaccount"
)
_ACCOUNT_KEYS = {"aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid"}
_ASKS_FOR_ACCOUNT = {"AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"}
"""Where an ARN that was put together does not do for the account."""
_WILD = re.compile(r"[*?]")
_FAMILY = re.compile(r"kms:(Encrypt|Decrypt|ReEncrypt|GenerateDataKey|Describe)\*")
"""What AWS's own examples of key policies say: variants of one use of one key."""
_WHO_ASSUMES = {"scheduler.amazonaws.com"}
"""Services that say for whom they take a role, and whose roles others could otherwise lend."""
_TLS = {
    "AWS::S3::Bucket": ({"AWS::S3::BucketPolicy": "Bucket"}, {"s3:*"}),
    "AWS::SNS::Topic": (
        {"AWS::SNS::TopicPolicy": "Topics", "AWS::SNS::TopicInlinePolicy": "TopicArn"},
        {"sns:publish", "sns:*"},
    ),
    "AWS::SQS::Queue": ({"AWS::SQS::QueuePolicy": "Queues", "AWS::SQS::QueueInlinePolicy": "Queue"}, {"sqs:*"}),
}
"""By type: the policies that can speak for it and where they name it, and the actions of which one must be refused."""


@rule
def service_for_this_account(template: Template) -> Found:
    """A service of AWS acts for this account alone (IAM: "The confused deputy problem")."""
    for each in statements(template, RESOURCE_POLICIES):
        if each.statement.allows and each.services and not _bound(template, each):
            yield each.place, f"lets {', '.join(each.services)} in without aws:SourceAccount"
    for each in statements(template, TRUST):
        if each.statement.allows and _WHO_ASSUMES & set(each.services) and not _bound(template, each):
            yield each.place, f"lets {', '.join(each.services)} take the role without aws:SourceAccount"
    for name, permission in template.resources("AWS::Lambda::Permission").items():
        service = spelt(permission.get("Principal"))
        if service.endswith(".amazonaws.com") and not _permission_is_bound(template, permission, service):
            yield name, f"lets {service} in for any account: no SourceArn or SourceAccount"


def _permission_is_bound(template: Template, permission: Any, service: str) -> bool:
    arn = permission.get("SourceArn")
    account = permission.get("SourceAccount")
    # A bucket's ARN names no account, and its name can become somebody else's.
    if service.startswith("s3.") and not account:
        return False
    named = bool(arn) and (names_account(arn) or bool(referred(template, arn)))
    return bool(account) or named or bool(permission.get("EventSourceToken"))


def _bound(template: Template, each: Spoken) -> bool:
    return any(
        operator.removeprefix("ForAnyValue:") in _CERTAIN
        and values
        and all(_binds(template, each.kind, key, value) for value in values)
        for operator, key, values in each.conditions
    )


def _binds(template: Template, kind: str, key: str, value: Any) -> bool:
    """Whether a condition's value keeps other accounts out."""
    text = spelt(value)
    if key in _ACCOUNT_KEYS:
        return "*" not in text and text != ""
    if key.startswith("kms:encryptioncontext:aws:"):
        return names_account(value)
    if key == "aws:sourcearn":
        ours = bool(referred(template, value)) and text.startswith("${")
        return ours or (kind not in _ASKS_FOR_ACCOUNT and names_account(value))
    return False


@rule
def public_statement(template: Template) -> Found:
    """No policy lets just anybody in."""
    for each in statements(template, RESOURCE_POLICIES, TRUST):
        if not each.statement.allows:
            continue
        if "NotPrincipal" in each.statement.body:
            yield each.place, "allows everybody but those it names (NotPrincipal)"
        elif "*" in each.principals and not any(_narrows(template, *test) for test in each.conditions):
            yield each.place, 'lets anybody in (Principal "*")'
    for name, permission in template.resources("AWS::Lambda::Permission").items():
        if permission.get("Principal") == "*" and spelt(permission.get("FunctionUrlAuthType")) != "AWS_IAM":
            yield name, 'lets anybody call the function (Principal "*")'
    for name, bus in template.resources("AWS::Events::EventBusPolicy").items():
        if bus.get("Principal") == "*" and not bus.get("Condition"):
            yield name, 'lets anybody put events (Principal "*")'


def _narrows(template: Template, operator: str, key: str, values: list[Any]) -> bool:
    """Whether a condition says who may come, where the principal does not."""
    return (
        operator.removeprefix("ForAnyValue:") in _CERTAIN
        and bool(_NARROWS.fullmatch(key))
        and bool(values)
        and all(_is_somebody(template, key, value) for value in values)
    )


def _is_somebody(template: Template, key: str, value: Any) -> bool:
    """A pattern says who it is if it names the account, or something of the template's: no `arn:aws:iam::*:role/*`."""
    if not _WILD.search(spelt(value)):
        return True
    return key not in _ACCOUNT_KEYS and (names_account(value) or bool(referred(template, value)))


@rule
def wildcard_in_resource_policy(template: Template) -> Found:
    """A resource's policy allows actions by name."""
    for each in statements(template, RESOURCE_POLICIES):
        if each.statement.allows:
            for action in each.actions:
                if _WILD.search(action) and not _FAMILY.fullmatch(action):
                    yield each.place, f"allows the wildcard action {action}"
            if "NotAction" in each.statement.body:
                yield each.place, "allows every action but those it names (NotAction)"


@rule
def tls_only(template: Template) -> Found:
    """Every bucket, topic and queue refuses whoever comes without TLS."""
    for kind, (policies, refused) in _TLS.items():
        safe: set[str] = set()
        for each in statements(template, {policy: RESOURCE_POLICIES[policy] for policy in policies}):
            if _refuses_plain(each, refused):
                subjects = listed(template.resources(each.kind)[each.name].get(policies[each.kind]))
                named = {leads_to(template, one, kind) for one in subjects}
                safe |= {one for one in named if one and _covers(template, each, one, kind)}
        for name in template.resources(kind):
            if name not in safe:
                yield name, "no statement of its policy refuses plain HTTP (Deny, aws:SecureTransport false)"
    for name, subscription in template.resources("AWS::SNS::Subscription").items():
        if spelt(subscription.get("Protocol")) == "http":
            yield name, "is told over plain HTTP"


def _refuses_plain(each: Spoken, refused: set[str]) -> bool:
    body = each.statement.body
    tests = [(operator, key, values) for operator, key, values in each.conditions]
    plain = [
        operator in ("Bool", "BoolIfExists") and key == "aws:securetransport" and all(is_off(one) for one in values)
        for operator, key, values in tests
    ]
    return (
        body.get("Effect") == "Deny"
        and each.principals == ["*"]
        and bool({"*", *refused} & {action.lower() for action in each.actions})
        and plain == [True]
    )


def _covers(template: Template, each: Spoken, name: str, kind: str) -> bool:
    """Whether the statement's resources are the whole of the bucket, topic or queue."""
    texts = each.resources
    if "*" in texts:
        return True
    own = [text for text in texts if _is_about(template, text, name, kind)]
    if kind == "AWS::S3::Bucket":
        objects = [text for text in own if text.endswith("/*") and text.count("*") == 1]
        return bool(objects) and any("*" not in text for text in own)
    return bool(own)


def _is_about(template: Template, text: str, name: str, kind: str) -> bool:
    stem = text.removesuffix("/*")
    return leads_to(template, {"Fn::Sub": stem} if "${" in stem else as_text(stem), kind) == name


@rule
def function_url(template: Template) -> Found:
    """A function's own URL asks for AWS's signature, unless it is declared public."""
    for name, properties in template.resources("AWS::Lambda::Url").items():
        declared = at(template.resource(name), "Metadata.Letterlock.Access") == "public"
        if spelt(properties.get("AuthType")) != "AWS_IAM" and not declared:
            yield name, "anybody may call the function's URL (AuthType NONE)"
