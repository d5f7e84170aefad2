"""Reading a settled template: values by path, switches and numbers in every spelling, what a reference leads to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from tools.policy.intrinsics import as_text, spelt
from tools.template_model import Json, Template

Found = TypeVar("Found")
_NAMED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")
_ACCOUNT = re.compile(r"\$\{AWS::AccountId\}|(?<!\d)\d{12}(?!\d)")
_PHYSICAL_NAMES = (
    "QueueName",
    "FunctionName",
    "TableName",
    "TopicName",
    "BucketName",
    "LogGroupName",
    "Name",
    "StateMachineName",
)


def at(value: Any, path: str) -> Any:
    """What lies at a dotted path; None where there is nothing (or no mapping on the way)."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def is_on(value: Any) -> bool:
    """A switch that is certainly on: true, in whatever spelling. A value that nobody can tell is not."""
    return not isinstance(value, dict | list) and as_text(value).lower() == "true"


def is_off(value: Any) -> bool:
    """A switch that is certainly off."""
    return not isinstance(value, dict | list) and as_text(value).lower() == "false"


def number(value: Any) -> float | None:
    """A number, also one written as text; None for anything else."""
    if isinstance(value, bool | dict | list) or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """This very value, and none that is equal to it: to compare two takes as long as to look into one."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def once(find: Callable[[Any], Iterable[Found]]) -> Callable[[Any], tuple[Found, ...]]:
    """What is found in a value is found out once: of a template that is weakened in thousands of ways, each copy
    differs from it in one resource, and the others are the same objects. They must not be changed in place.
    """
    known = lru_cache(maxsize=8_192)(lambda same: tuple(find(same.value)))
    return lambda value: known(_Same(value))


def listed(value: Any) -> list[Any]:
    """One or many: always many; none for None."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mappings(value: Any) -> Iterator[Json]:
    """The mappings in a list, or the one that stands there."""
    return (each for each in listed(value) if isinstance(each, dict))


def parsed(value: Any) -> Any:
    """A property that may be given as JSON text, as what it says; otherwise as it is."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def names_account(value: Any) -> bool:
    """Whether a settled value spells the account: as the pseudo parameter or in digits."""
    return bool(_ACCOUNT.search(spelt(value)))


def referred(template: Template, value: Any) -> list[str]:
    """The logical ids of this template's resources that a value names, in its order."""
    return [name for name in _NAMED.findall(spelt(value)) if name in template.body["Resources"]]


def leads_to(template: Template, value: Any, *kinds: str) -> str:
    """The logical id of the resource of these types that a reference, an ARN or a physical name means; or empty.

    A Lambda alias or version leads to its function.
    """
    text = spelt(value)
    for name in referred(template, value):
        kind = template.body["Resources"][name]["Type"]
        if kind in kinds:
            return name
        if kind in {"AWS::Lambda::Alias", "AWS::Lambda::Version"}:
            return leads_to(template, at(template.body["Resources"][name], "Properties.FunctionName"), *kinds)
    for kind in kinds:
        for name, properties in template.resources(kind).items():
            own = [spelt(properties[key]) for key in _PHYSICAL_NAMES if properties.get(key)]
            if any(text == each or re.search(rf"[:/]{re.escape(each)}$", text) for each in own):
                return name
    return ""


def resources(template: Template, kinds: Iterable[str]) -> Iterator[tuple[str, str, Json]]:
    """Logical id, type and properties of every resource of these types."""
    for kind in kinds:
        for name, properties in template.resources(kind).items():
            yield name, kind, properties
