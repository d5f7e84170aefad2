"""Keys rotate, stay recoverable, and are used by whom their policies name."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_on, number
from tools.policy.rule import Found, rule
from tools.policy.rules_stores import KEY
from tools.policy.statements import RESOURCE_POLICIES, Spoken, statements
from tools.template_model import Template

REPLICA = "AWS::KMS::ReplicaKey"
DATA_USE = ("decrypt", "encrypt", "generatedatakey", "generatedatakeywithoutplaintext", "reencryptfrom", "reencryptto")
_PENDING_DAYS, _ROTATION_DAYS = 30, 365
_WHOLE_ACCOUNT = re.compile(r"\*|\$\{AWS::AccountId\}|\d{12}|.*:root")
_SAYS_WHO = {"kms:viaservice", "aws:principalarn", "aws:sourcearn", "aws:principaltag"}
_EQUAL = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")


@rule
def key_rotation(template: Template) -> Found:
    """A symmetric key rotates at least once a year, and stays recoverable for thirty days."""
    for name, key in template.resources(KEY).items():
        if str(key.get("KeySpec", "SYMMETRIC_DEFAULT")) == "SYMMETRIC_DEFAULT" and not is_on(
            key.get("EnableKeyRotation")
        ):
            yield name, "EnableKeyRotation is not true"
        if (number(key.get("RotationPeriodInDays")) or 0) > _ROTATION_DAYS:
            yield name, "rotates less than once a year"
        if (number(key.get("PendingWindowInDays", _PENDING_DAYS)) or 0) < _PENDING_DAYS:
            yield name, f"PendingWindowInDays {spelt(key.get('PendingWindowInDays'))} is under {_PENDING_DAYS}"


@rule
def key_use(template: Template) -> Found:
    """A key is used on data by the services and roles that its policy names, not by the whole account."""
    for each in _of_keys(template):
        if each.statement.allows and _for_whole_account(each) and _uses_data(each) and not _says_who(each):
            yield each.place, "lets the whole account use the key on data (no kms:ViaService, no aws:PrincipalArn)"


@rule
def key_bound(template: Template) -> Found:
    """A key declared to be bound to something (`Metadata.Letterlock.BoundTo`) refuses whoever does not name it in the
    encryption context, whatever else is allowed.
    """
    for kind in (KEY, REPLICA):
        for name in template.resources(kind):
            bound = at(template.resource(name), "Metadata.Letterlock.BoundTo")
            if bound and not any(_refuses_without(each, spelt(bound)) for each in _of_keys(template, name)):
                yield name, f"does not refuse whoever names no {spelt(bound)} in the encryption context"


def _of_keys(template: Template, name: str = "") -> list[Spoken]:
    found = statements(template, {kind: RESOURCE_POLICIES[kind] for kind in (KEY, REPLICA)})
    return [each for each in found if each.kind in (KEY, REPLICA) and name in ("", each.name)]


def _for_whole_account(each: Spoken) -> bool:
    """Whether it is about everybody whose own policy says so; a service is somebody."""
    return any(_WHOLE_ACCOUNT.fullmatch(one) for one in each.principals)


def _uses_data(each: Spoken) -> bool:
    return any(
        fnmatchcase(f"kms:{use}", action.lower()) for action in each.actions for use in (*DATA_USE, "creategrant")
    )


def _says_who(each: Spoken) -> bool:
    return any(
        operator in _EQUAL and key.partition("/")[0] in _SAYS_WHO and values and "*" not in map(spelt, values)
        for operator, key, values in each.conditions
    )


def _refuses_without(each: Spoken, bound: str) -> bool:
    tests = [(operator, key, list(map(spelt, values))) for operator, key, values in each.conditions]
    whole = all(any(fnmatchcase(f"kms:{use}", action.lower()) for action in each.actions) for use in DATA_USE)
    return (
        each.statement.body.get("Effect") == "Deny"
        and each.principals == ["*"]
        and whole
        and tests == [("Null", f"kms:encryptioncontext:{bound.lower()}", ["true"])]
    )
