"""What a principal may do: actions that exist, by name, on resources by name."""

from __future__ import annotations

import re

from tools.policy.iam_actions import knows_resources, matching
from tools.policy.intrinsics import spelt
from tools.policy.reading import listed, resources
from tools.policy.rule import Found, rule
from tools.policy.statements import IDENTITY_POLICIES, RESOURCE_POLICIES, TRUST, statements
from tools.template_model import Statement, Template

_TOO_MUCH = re.compile(
    r":policy/(?:[\w-]+/)*(AdministratorAccess|PowerUserAccess|IAMFullAccess|ReadOnlyAccess|\w*FullAccess)$"
)
_WILD = re.compile(r"[*?]")
_NAMED_FIRST = re.compile(r"\$\{(?!Partition|Region|AccountId)[^}]+\}[/:]")
_KIND = re.compile(r":[a-z-]+/\*$")
"""Everything of one kind: `arn:…:identity/*`."""
_NAME_FIRST = ("s3", "sns", "sqs", "execute-api")
"""Services whose ARNs end in a name at once, without its kind."""
_BOTH_WAYS = ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch")
_OF_SAM: list[set[str]] = [
    {f"sqs:{action}" for action in ("ReceiveMessage", "GetQueueAttributes", *_BOTH_WAYS)},
    {"sqs:SendMessage*"},
]
"""SAM's own SQSPollerPolicy and SQSSendMessagePolicy, which say more names than there are, and no wider ones."""


@rule
def action_exists(template: Template) -> Found:
    """Every action of every policy is one that AWS knows; a pattern matches at least one."""
    for each in statements(template, IDENTITY_POLICIES, RESOURCE_POLICIES, TRUST):
        for action in [*each.actions, *map(spelt, listed(each.statement.body.get("NotAction")))]:
            if not matching(action) and set(each.actions) not in _OF_SAM:
                yield each.place, f"{action} is no action of AWS"


@rule
def wildcard_action(template: Template) -> Found:
    """A role is allowed actions by name."""
    for each in statements(template, IDENTITY_POLICIES):
        if each.statement.allows:
            for action in each.actions:
                if _WILD.search(action) and set(each.actions) not in _OF_SAM:
                    yield each.place, f"allows the wildcard action {action}"
            for turned in ("NotAction", "NotResource"):
                if turned in each.statement.body:
                    yield each.place, f"allows everything but what it names ({turned})"


@rule
def wildcard_resource(template: Template) -> Found:
    """A role's actions name their resources, wherever the action knows any (Service Authorization Reference): by name,
    or all of a kind that carry a tag.
    """
    for each in statements(template, IDENTITY_POLICIES):
        if each.statement.allows:
            narrow = [action for action in each.actions if any(map(knows_resources, matching(action)))]
            for resource in each.resources:
                if narrow and is_wide(resource) and not (_KIND.search(resource) and _by_tag(each.statement)):
                    yield each.place, f"allows {', '.join(narrow)} on {resource}"


def _by_tag(statement: Statement) -> bool:
    """Whether it holds only where a tag has one value."""
    equal = (statement.body.get("Condition") or {}).get("StringEquals", {})
    return any(name.startswith(("aws:ResourceTag/", "aws:RequestTag/")) for name in equal)


def is_wide(resource: str) -> bool:
    """Whether a wildcard stands where a resource's own name should: `*`, `arn:…:table/*`, `${Table.Arn}*`.

    Behind a name it is fine: `${Bucket.Arn}/inbound/*`, `arn:…:log-group:/aws/lambda/name:*`.
    """
    if not _WILD.search(resource):
        return False
    head = _WILD.split(resource.replace("${AWS::", "${"), maxsplit=1)[0]
    if _NAMED_FIRST.match(head):
        return False
    parts = head.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 - arn:partition:service:region:account:resource
        return True
    # What stands before the last separator is whole; an object's ARN begins with a name, others with their kind.
    whole = [part for part in re.split(r"[/:]", parts[5])[:-1] if part]
    return len(whole) < (1 if parts[2] in _NAME_FIRST else 2)


@rule
def policy_of_aws(template: Template) -> Found:
    """No principal carries a policy of AWS's own that allows a whole service."""
    for name, _kind, properties in resources(template, ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")):
        for arn in listed(properties.get("ManagedPolicyArns")):
            found = _TOO_MUCH.search(spelt(arn))
            if found:
                yield name, f"carries AWS's own policy {found[1]}"
