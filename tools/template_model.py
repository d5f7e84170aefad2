"""The expanded template, asked questions: resources by type, policy statements by resource, values under conditions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.expand_template import TEMPLATE, expand

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """One policy statement and the resource (logical id) whose policy it stands in."""

    owner: str
    body: Json

    @property
    def sid(self) -> str:
        return str(self.body.get("Sid", ""))

    @property
    def allows(self) -> bool:
        return self.body.get("Effect") == "Allow"

    @property
    def actions(self) -> list[str]:
        return [str(action) for action in as_list(self.body.get("Action", []))]

    @property
    def resources(self) -> list[Any]:
        return as_list(self.body.get("Resource", []))

    @property
    def services(self) -> list[Any]:
        """The AWS services among the principals."""
        principal = self.body.get("Principal", {})
        return as_list(principal.get("Service", [])) if isinstance(principal, dict) else []

    @property
    def condition_keys(self) -> set[str]:
        """The condition keys, whatever the operator."""
        return {key for tests in self.body.get("Condition", {}).values() for key in tests}


@dataclass(frozen=True, slots=True)
class Template:
    """A CloudFormation template. Answers are in the template's own order."""

    body: Json

    def resources(self, kind: str) -> dict[str, Json]:
        """Properties by logical id of every resource of this type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }

    def resource(self, name: str) -> Json:
        """A whole resource, its Type, DeletionPolicy and so on included."""
        found: Json = self.body["Resources"][name]
        return found

    def under(self, condition: str) -> dict[str, str]:
        """Type by logical id of every resource that exists only under this condition."""
        return {
            name: resource["Type"]
            for name, resource in self.body["Resources"].items()
            if resource.get("Condition") == condition
        }

    def statements(self, kind: str) -> Iterator[Statement]:
        """Every policy statement in resources of this type: key, bucket, topic, queue policies, and roles' own with
        those that are attached to them.
        """
        for name, properties in self._with_policies(kind):
            documents = [properties.get("KeyPolicy"), properties.get("PolicyDocument")]
            documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            for document in filter(None, documents):
                for body in as_list(document["Statement"]):
                    yield Statement(name, body)

    def _with_policies(self, kind: str) -> Iterator[tuple[str, Json]]:
        """Resources by the name of whose they are."""
        yield from self.resources(kind).items()
        if kind == "AWS::IAM::Role":
            for properties in self.resources("AWS::IAM::Policy").values():
                (role,) = properties["Roles"]
                yield target(role), properties

    @property
    def api(self) -> Json:
        """The OpenAPI body of the one REST API, with the paths that a condition may leave out."""
        (properties,) = self.resources("AWS::ApiGateway::RestApi").values()
        body: Json = properties["Body"]
        return body | {"paths": {path: chosen(operations) for path, operations in body["paths"].items()}}


def as_list(value: Any) -> list[Any]:
    """One or many, as policies allow: always many."""
    return value if isinstance(value, list) else [value]


def target(reference: Any) -> str:
    """The logical id that a Ref, GetAtt or Sub of one resource points to; empty if it points to none."""
    if isinstance(reference, dict) and "Ref" in reference:
        return str(reference["Ref"])
    if isinstance(reference, dict) and "Fn::GetAtt" in reference:
        attribute = reference["Fn::GetAtt"]
        return str(attribute[0] if isinstance(attribute, list) else attribute.split(".")[0])
    return ""


def chosen(value: Any) -> Any:
    """What stands there where it is there at all: the first side of an If, else the value itself."""
    return variants(value)[0]


def variants(value: Any) -> list[Any]:
    """What a property can become: both sides of an If, else the value itself."""
    if isinstance(value, dict) and "Fn::If" in value:
        _condition, yes, no = value["Fn::If"]
        return [*variants(yes), *variants(no)]
    return [value]


@cache
def template_under_test() -> Template:
    """The template that TEMPLATE names in the environment, by default the project's own; expanded once."""
    return Template(expand(Path(os.environ.get("TEMPLATE") or TEMPLATE)))
