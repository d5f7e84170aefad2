"""docs/permissions.md names the statement behind every call of one AWS service to another, and names no other."""

import re

import pytest

from tools.lambda_target import ROOT
from tools.template_model import Template, target, template_under_test

PAGE = ROOT / "docs" / "permissions.md"
POLICIES = ("AWS::KMS::Key", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
NAMED = re.compile(r"`([A-Z]\w+)(?:\.(\w+))?`")
Named = tuple[str, str]
"""A resource, and the Sid of a statement in its policy; no Sid where the resource is the permission."""


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def arrows() -> list[list[str]]:
    """Each row's cells: arrow, let in by, key."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition("\n## Arrows\n")
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def named() -> set[Named]:
    return {
        (resource, sid)
        for row in arrows()
        for cell in row[1:]
        for resource, sid in NAMED.findall(cell)
        if (resource, sid) != ("Logs", "")
    }


def statements(template: Template, *kinds: str) -> set[Named]:
    return {(one.owner, one.sid) for kind in kinds for one in template.statements(kind) if one.allows}


def test_every_arrow_says_who_lets_it_in_and_with_what_key() -> None:
    assert arrows()
    assert [row for row in arrows() if len(row) != 3 or not all(row)] == []


def test_every_statement_that_an_arrow_names_is_in_the_template(template: Template) -> None:
    existing = statements(template, *POLICIES, "AWS::IAM::Role")
    existing |= {(name, "") for name in template.resources("AWS::Lambda::Permission")}
    existing |= {(name, "") for name in template.resources("AWS::IAM::Role")}
    assert named() - existing == set()


def test_every_statement_that_lets_a_service_in_belongs_to_an_arrow(template: Template) -> None:
    services = {
        (one.owner, one.sid) for kind in POLICIES for one in template.statements(kind) if one.allows and one.services
    }
    assert services - named() == set()
    assert {(name, "") for name in template.resources("AWS::Lambda::Permission")} - named() == set()


def test_every_role_that_is_no_functions_belongs_to_an_arrow(template: Template) -> None:
    of_functions = {target(one["Role"]) for one in template.resources("AWS::Lambda::Function").values()}
    others = set(template.resources("AWS::IAM::Role")) - of_functions
    assert others - {resource for resource, _ in named()} == set()


def test_every_queue_and_stream_that_feeds_a_function_belongs_to_an_arrow(template: Template) -> None:
    fed = {
        target(mapping["FunctionName"]).removesuffix("Function") + "Role"
        for mapping in template.resources("AWS::Lambda::EventSourceMapping").values()
    }
    assert fed - {resource for resource, _ in named()} == set()
