"""Every policy statement of a template, with the resource it stands in and whether that is a resource's or a role's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, listed, mappings, once, parsed
from tools.template_model import Json, Statement, Template

Places = dict[str, tuple[str, ...]]
RESOURCE_POLICIES: Places = {
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::KMS::ReplicaKey": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SNS::TopicInlinePolicy": ("PolicyDocument",),
    "AWS::SQS::QueueInlinePolicy": ("PolicyDocument",),
    "AWS::Events::EventBus": ("Policy",),
    "AWS::Events::EventBusPolicy": ("Statement",),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy",),
    "AWS::ApiGateway::RestApi": ("Policy", "Body.x-amazon-apigateway-policy"),
    "AWS::Backup::BackupVault": ("AccessPolicy",),
    "AWS::DynamoDB::Table": ("ResourcePolicy.PolicyDocument", "StreamSpecification.ResourcePolicy.PolicyDocument"),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument",),
}
"""Who may come to a resource: by type, where its policy lies. An event bus policy's Statement stands alone."""
IDENTITY_POLICIES: Places = {
    "AWS::IAM::Role": ("Policies",),
    "AWS::IAM::User": ("Policies",),
    "AWS::IAM::Group": ("Policies",),
    "AWS::IAM::Policy": ("PolicyDocument",),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::IAM::RolePolicy": ("PolicyDocument",),
    "AWS::IAM::UserPolicy": ("PolicyDocument",),
    "AWS::IAM::GroupPolicy": ("PolicyDocument",),
    "AWS::SSO::PermissionSet": ("InlinePolicy",),
}
"""What a principal may do. Roles, users and groups hold a list of named policies."""
TRUST: Places = {"AWS::IAM::Role": ("AssumeRolePolicyDocument",)}
"""Who may become a role."""
_NARROW_ONLY = {"AWS::EC2::VPCEndpoint"}
"""Their policies let nobody in whom another one does not."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A statement where it stands."""

    name: str
    kind: str
    statement: Statement

    @property
    def place(self) -> str:
        """For a finding: the resource, and the statement's Sid if it has one."""
        return f"{self.name}.{self.statement.sid}" if self.statement.sid else self.name

    @property
    def principals(self) -> list[str]:
        """All principals as text: services, accounts, ARNs, `*`."""
        principal = self.statement.body.get("Principal")
        values = principal.values() if isinstance(principal, dict) and not _is_reference(principal) else [principal]
        return [spelt(each) for value in values for each in listed(value)]

    @property
    def services(self) -> list[str]:
        return [spelt(each) for each in listed(at(self.statement.body, "Principal.Service"))]

    @property
    def actions(self) -> list[str]:
        return [spelt(each) for each in listed(self.statement.body.get("Action"))]

    @property
    def resources(self) -> list[str]:
        return [spelt(each) for each in listed(self.statement.body.get("Resource"))]

    @property
    def conditions(self) -> Iterator[tuple[str, str, Any]]:
        """Operator, key in lower case, values as a list."""
        for operator, tests in (self.statement.body.get("Condition") or {}).items():
            for key, values in tests.items():
                yield operator, key.lower(), listed(values)


def statements(template: Template, *places: Places) -> Iterator[Spoken]:
    """Every statement in resources of these types, in documents given as mappings or as JSON text; and in whatever
    other resource holds one: with a principal it is that resource's own policy, without one what somebody may do.
    """
    for where in places:
        for kind, paths in where.items():
            for name, properties in template.resources(kind).items():
                for body in (each for path in paths for each in _bodies(properties, path)):
                    yield Spoken(name, kind, Statement(name, body))
    for name, kind, body in _elsewhere(template):
        if (RESOURCE_POLICIES if "Principal" in body or "NotPrincipal" in body else IDENTITY_POLICIES) in places:
            yield Spoken(name, kind, Statement(name, body))


def _elsewhere(template: Template) -> Iterator[tuple[str, str, Json]]:
    """Statements in resources of types that no list above has: an access point, a stream, a repository."""
    listed_kinds = {*RESOURCE_POLICIES, *IDENTITY_POLICIES, *TRUST, *_NARROW_ONLY}
    for name, resource in template.body["Resources"].items():
        if resource["Type"] not in listed_kinds:
            for body in _in_resource(resource):
                yield name, resource["Type"], body


@once
def _in_resource(resource: Json) -> Iterator[Json]:
    return _nested(resource.get("Properties"))


def _nested(value: Any) -> Iterator[Json]:
    found = parsed(value)
    if isinstance(found, dict):
        yield from (each for each in mappings(found.get("Statement")) if "Effect" in each)
        for inner in found.values():
            yield from _nested(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from _nested(inner)


def _bodies(properties: Json, path: str) -> Iterator[Json]:
    found = parsed(at(properties, path))
    if path == "Statement":
        yield from mappings(found)
    for document in mappings(found):
        for each in mappings(parsed(document.get("PolicyDocument", document))):
            yield from mappings(each.get("Statement"))


def _is_reference(value: Json) -> bool:
    return len(value) == 1 and next(iter(value)) in {"Ref", "Fn::GetAtt", "Fn::Sub"}
