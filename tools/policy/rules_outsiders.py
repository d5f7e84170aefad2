"""Whoever is of another account, and whatever could let them in: neither code, nor permissions, nor data go there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tools.policy.iam_actions import changes_permissions, matching
from tools.policy.intrinsics import spelt
from tools.policy.reading import listed, once
from tools.policy.rule import Found, rule
from tools.policy.statements import IDENTITY_POLICIES, TRUST, Spoken, statements
from tools.template_model import Json, Template

_ACCOUNT = "AWS::AccountId"
_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")
_IN_ARN = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_PERMISSIONS = ("AWS::Lambda::Permission", "AWS::Lambda::LayerVersionPermission", "AWS::Events::EventBusPolicy")
_HOLD_ACCOUNTS = {"Principal", "AWS", "Account", "SourceAccount", "aws:SourceAccount", "aws:PrincipalAccount"}
"""Keys under which an account may stand by its number alone."""
_ONLY_TELL = {"AWS::CloudWatch::Alarm"}
"""Resources that hand on no data, code or permission: many ring where the whole company is on call."""


@rule
def own_account(template: Template) -> Found:
    """Nobody of another account is let in, and nothing goes there: no principal, layer, target or copy.

    One's own is `AWS::AccountId`. A template that never says so, and spells one number, was written for that account.
    """
    own = _own(template)
    for name, resource in template.body["Resources"].items():
        if resource["Type"] not in _ONLY_TELL:
            for account in _named_in(resource):
                if account != own:
                    yield name, f"names the account {account}, which the template does not say is its own"


def _own(template: Template) -> str:
    written: Json = template.body.get("Written") or template.body["Resources"]
    said = {each for resource in written.values() for each in _said_in(resource)}
    return said.pop() if len(said) == 1 and _ACCOUNT not in said else ""


@once
def _said_in(resource: Json) -> set[str]:
    """Every number that could be an account's, and whether the deployment's own is asked for."""
    text = str(resource)
    return {*_DIGITS.findall(text), *([_ACCOUNT] if _ACCOUNT in text else ())}


@once
def _named_in(resource: Json) -> Iterable[str]:
    return dict.fromkeys(_accounts(resource.get("Properties", {}), ""))


def _accounts(value: Any, key: str) -> Iterator[str]:
    """Accounts in digits: in an ARN, or where a number alone means one."""
    if isinstance(value, dict):
        for inner, each in value.items():
            yield from _accounts(each, str(inner))
    elif isinstance(value, list):
        for each in value:
            yield from _accounts(each, key)
    elif key in _HOLD_ACCOUNTS:
        yield from _DIGITS.findall(spelt(value))
    else:
        yield from _IN_ARN.findall(spelt(value))


@rule
def permission_changes(template: Template) -> Found:
    """A role changes no permissions, its own or others' (access level "Permissions management")."""
    for each in statements(template, IDENTITY_POLICIES):
        if each.statement.allows:
            for action in each.actions:
                if any(map(changes_permissions, matching(action))):
                    yield each.place, f"allows {action}, which gives permissions"


@rule
def federated_trust(template: Template) -> Found:
    """Who comes from an identity provider takes a role only under a condition on who they are."""
    for each in statements(template, TRUST):
        if each.statement.allows and _federated(each) and not _says_who(each):
            yield each.place, "lets everybody of an identity provider take the role (no condition on sub, aud or amr)"


def _federated(each: Spoken) -> bool:
    principal = each.statement.body.get("Principal")
    return isinstance(principal, dict) and bool(principal.get("Federated"))


def _says_who(each: Spoken) -> bool:
    return any(
        operator.startswith(("StringEquals", "StringLike", "ForAnyValue:String"))
        and not operator.endswith("IfExists")
        and key.endswith((":sub", ":aud", ":amr"))
        and "*" not in map(spelt, values)
        for operator, key, values in each.conditions
    )


@rule
def lasting_credentials(template: Template) -> Found:
    """No access key is made: it lasts until somebody remembers it, and its secret is in the template's outputs."""
    for kind in ("AWS::IAM::AccessKey", "AWS::IAM::ServiceSpecificCredential"):
        for name in template.resources(kind):
            yield name, "is a key that lasts; roles have none"
    for name, user in template.resources("AWS::IAM::User").items():
        if user.get("LoginProfile"):
            yield name, "signs in by a password of the template's (LoginProfile)"


def permissions(template: Template) -> Iterator[tuple[str, Json]]:
    """Name and properties of every resource that is one statement by itself."""
    for kind in _PERMISSIONS:
        yield from template.resources(kind).items()


@rule
def permission_by_name(template: Template) -> Found:
    """A permission is for one action by its name, and not for just anybody."""
    for name, permission in permissions(template):
        if any("*" in spelt(action) for action in listed(permission.get("Action"))):
            yield name, f"allows the wildcard action {spelt(permission['Action'])}"
    for name, permission in template.resources("AWS::Lambda::LayerVersionPermission").items():
        if permission.get("Principal") == "*" and not permission.get("OrganizationId"):
            yield name, 'lets anybody fetch the layer (Principal "*")'
