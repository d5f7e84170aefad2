"""Policy statements made too weak, one at a time, and one too many added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tools.policy.iam_actions import knows_resources
from tools.policy.reading import listed
from tools.policy.statements import RESOURCE_POLICIES
from tools.policy.weaken import Weakening, changed
from tools.template_model import Json

_ASK_FOR_ACCOUNT = {"AWS::KMS::Key", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"}
_PERMISSION, _ROLE, _KEY = "AWS::Lambda::Permission", "AWS::IAM::Role", "AWS::KMS::Key"
_ANOTHER = "arn:aws:iam::999999999999:root"
_OF_ANY_ACCOUNT = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}
Change = Callable[[Json], None]
"""What is done to a statement in place."""


def weakened_statements(body: Json) -> Iterator[Weakening]:
    """Every weakened copy of an expanded template's policies."""
    for name, resource in body["Resources"].items():
        for place, statements in _documents(resource):
            for number, statement in enumerate(statements):
                shown = f"{name}.{statement.get('Sid', number)}"
                for rule, what, change in _changes(resource["Type"], statement):
                    yield Weakening(rule, f"{shown} {what}", name, _changed(body, name, place, number, change))
            yield from _added(body, name, resource["Type"], place)
        if resource["Type"] == _ROLE:
            yield Weakening(
                "policy-of-aws",
                f"{name} is an administrator",
                name,
                changed(body, name, _administrator),
            )
        if resource["Type"] == _PERMISSION:
            yield Weakening(
                "service-for-this-account", f"{name} without its source", name, changed(body, name, _without_source)
            )


def _administrator(role: Json) -> None:
    role["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]


def _without_source(permission: Json) -> None:
    permission["Properties"].pop("SourceArn", None)
    permission["Properties"].pop("SourceAccount", None)


def _documents(resource: Json) -> Iterator[tuple[tuple[Any, ...], list[Json]]]:
    """Each list of statements and the keys that lead to it from the properties."""
    properties = resource.get("Properties", {})
    for key in ("KeyPolicy", "PolicyDocument"):
        if key in properties and resource["Type"] in RESOURCE_POLICIES:
            yield (key, "Statement"), properties[key]["Statement"]
    for number, policy in enumerate(properties.get("Policies", [])):
        yield ("Policies", number, "PolicyDocument", "Statement"), policy["PolicyDocument"]["Statement"]
    if "AssumeRolePolicyDocument" in properties:
        place = ("AssumeRolePolicyDocument", "Statement")
        yield place, properties["AssumeRolePolicyDocument"]["Statement"]


def _changed(body: Json, name: str, place: tuple[Any, ...], number: int, change: Change) -> Json:
    return changed(body, name, lambda resource: change(_at(resource, place)[number]))


def _at(resource: Json, place: tuple[Any, ...]) -> Any:
    found: Any = resource["Properties"]
    for step in place:
        found = found[step]
    return found


def _changes(kind: str, statement: Json) -> Iterator[tuple[str, str, Change]]:
    """The rule that has to notice, what is done, and the change."""
    actions = [str(action) for action in listed(statement.get("Action"))]
    if statement["Effect"] == "Deny":
        if "aws:SecureTransport" in str(statement):
            yield from _tls(kind)
        if kind == _KEY and "Null" in statement.get("Condition", {}):
            yield from _bound()
        return
    yield "action-exists", "with an action misspelt", _setting(Action=[*actions, actions[0][:-1] + "xx"])
    yield "action-exists", "with an action that is none", _setting(Action=[*actions, "dynamodb:TransactWriteItems"])
    everything = f"{actions[0].split(':')[0]}:*"
    resource_policy = kind in RESOURCE_POLICIES
    if "Principal" not in statement:
        yield "wildcard-action", "with every action", _setting(Action=everything)
        yield "wildcard-action", "with some more actions", _setting(Action=[*actions, actions[0][:-2] + "*"])
        yield "wildcard-action", "with all but one action", _setting(Action=None, NotAction="iam:CreateUser")
        if any(knows_resources(action.lower()) for action in actions):
            yield "wildcard-resource", "on every resource", _setting(Resource="*")
            yield (
                "wildcard-resource",
                "on every resource, too",
                _setting(Resource=[*listed(statement["Resource"]), "*"]),
            )
        return
    yield "public-statement", "for anybody", _setting(Principal="*", Condition=None)
    yield "public-statement", "for anybody of any account", _setting(Principal="*", Condition=_OF_ANY_ACCOUNT)
    yield "own-account", "for another account", _setting(Principal={"AWS": _ANOTHER}, Condition=None)
    if kind == _KEY and "Condition" in statement and "Service" not in statement["Principal"]:
        yield "key-use", "without its condition", _setting(Condition=None)
    yield "public-statement", "for anybody of AWS", _setting(Principal={"AWS": ["*"]}, Condition=None)
    yield "public-statement", "for all but one", _setting(Principal=None, NotPrincipal={"AWS": "123456789012"})
    if resource_policy:
        yield "wildcard-in-resource-policy", "with every action", _setting(Action=everything)
    if "Service" in statement["Principal"] and "Condition" in statement:
        yield from _service(kind, statement)


def _service(kind: str, statement: Json) -> Iterator[tuple[str, str, Change]]:
    rule = "service-for-this-account"
    yield rule, "without its condition", _setting(Condition=None)
    equals = statement["Condition"].get("StringEquals", {})
    if "aws:SourceAccount" in equals and kind in _ASK_FOR_ACCOUNT:
        yield rule, "without aws:SourceAccount", lambda one: one["Condition"]["StringEquals"].pop("aws:SourceAccount")
        yield rule, "for any account", lambda one: one["Condition"]["StringEquals"].update({"aws:SourceAccount": "*"})
        yield rule, "for an account if there is one", _if_exists


def _bound() -> Iterator[tuple[str, str, Change]]:
    yield "key-bound", "allowed", _setting(Effect="Allow")
    yield "key-bound", "for one principal", _setting(Principal={"AWS": "123456789012"})
    yield "key-bound", "for one action", _setting(Action="kms:Encrypt")
    yield (
        "key-bound",
        "the wrong way round",
        lambda one: one["Condition"]["Null"].update(dict.fromkeys(one["Condition"]["Null"], "false")),
    )
    yield "key-bound", "narrowed", lambda one: one["Condition"].update({"StringEquals": {"aws:PrincipalAccount": "1"}})


def _if_exists(statement: Json) -> None:
    statement["Condition"]["StringEqualsIfExists"] = statement["Condition"].pop("StringEquals")


def _tls(kind: str) -> Iterator[tuple[str, str, Change]]:
    narrow = {"S3": "s3:DeleteBucket", "SN": "sns:Subscribe", "SQ": "sqs:PurgeQueue"}[kind.split("::")[1][:2]]
    yield "tls-only", "allowed", _setting(Effect="Allow")
    yield "tls-only", "for one principal", _setting(Principal={"AWS": "123456789012"})
    yield "tls-only", "for one action", _setting(Action=narrow)
    yield "tls-only", "for another resource", _setting(Resource="arn:aws:s3:::another/*")
    yield "tls-only", "the wrong way round", _setting(Condition={"Bool": {"aws:SecureTransport": "true"}})
    yield "tls-only", "without its condition", _setting(Condition=None)
    yield "tls-only", "narrowed", lambda one: one["Condition"].update({"StringEquals": {"aws:PrincipalAccount": "1"}})


def _setting(**values: Any) -> Change:
    """Set these fields of a statement; None takes one away."""

    def change(statement: Json) -> None:
        for key, value in values.items():
            if value is None:
                statement.pop(key, None)
            else:
                statement[key] = value

    return change


def _added(body: Json, name: str, kind: str, place: tuple[Any, ...]) -> Iterator[Weakening]:
    """One statement too many."""

    def more(statement: Json) -> Json:
        return changed(body, name, lambda resource: _at(resource, place).append(statement))

    if place[0] == "Policies":
        wide = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        yield Weakening("wildcard-resource", f"{name} with a statement more, on everything", name, more(wide))
        yield Weakening(
            "wildcard-action", f"{name} with a statement more, for all", name, more({**wide, "Action": "*"})
        )
        gives = {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": {"Fn::GetAtt": [name, "Arn"]}}
        yield Weakening("permission-changes", f"{name} with a statement more, on itself", name, more(gives))
    elif place[0] == "AssumeRolePolicyDocument":
        everybody = {"Federated": "cognito-identity.amazonaws.com"}
        web = {"Effect": "Allow", "Principal": everybody, "Action": "sts:AssumeRoleWithWebIdentity"}
        yield Weakening("federated-trust", f"{name} for whoever has signed in somewhere", name, more(web))
    elif kind in RESOURCE_POLICIES:
        action = {"KMS": "kms:Decrypt", "S3": "s3:GetObject", "SNS": "sns:Publish", "SQS": "sqs:SendMessage"}
        one = {"Effect": "Allow", "Action": action[kind.split("::")[1]], "Resource": "*"}
        service = {**one, "Principal": {"Service": "sns.amazonaws.com"}}
        yield Weakening(
            "public-statement", f"{name} with a statement more, for anybody", name, more({**one, "Principal": "*"})
        )
        yield Weakening("service-for-this-account", f"{name} with a statement more, for a service", name, more(service))
