"""Weakening a template, one property at a time: what a rule has to notice.

Every way is tried that hides the same weakness: the value gone, the value weak, a parameter whose default is weak, an
If whose chosen branch is weak, and an If whose other branch is weak and can be chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import tools.policy.judge  # noqa: F401 - enters the rules
from tools.policy.deployments import all_settings
from tools.policy.intrinsics import Settler
from tools.policy.rule import RULES
from tools.template_model import Json, Template

_PARAMETER, _CONDITION = "WeakeningOfTheTest", "WeakeningIsChosen"


@dataclass(frozen=True, slots=True)
class Weakening:
    """A weakened copy of a template: one resource of it differs. The rule has to find it."""

    rule: str
    what: str
    name: str
    body: Json


@dataclass(frozen=True, slots=True)
class Guard:
    """A property that a rule guards: on every resource of the type that has it.

    `path` is dotted, from the resource down, `*` for every element, NUL for a dot. `weak` are values too weak;
    `or_gone` tells whether the property's absence is too weak as well. `put` sets it also where it is absent. `names`
    are the resources that it is about, all of the type by default.
    """

    rule: str
    kind: str
    path: str
    weak: tuple[Any, ...] = ()
    or_gone: bool = True
    put: bool = False
    names: frozenset[str] | None = None

    def weakenings(self, body: Json) -> Iterator[Weakening]:
        """Every weakened copy. Values in `weak` that can be called are given the present one."""
        for name, resource in body["Resources"].items():
            if resource["Type"] == self.kind and (self.names is None or name in self.names):
                path = [step.replace("\0", ".") for step in self.path.split(".")]
                for place in _places(resource, path, put=self.put):
                    yield from self._at(body, name, place)

    def _at(self, body: Json, name: str, place: list[Any]) -> Iterator[Weakening]:
        strong = _get(body["Resources"][name], place)
        shown = f"{name}.{'.'.join(map(str, place))}"
        if self.or_gone and strong is not None:
            yield Weakening(self.rule, f"{shown} removed", name, _with(body, name, place, _REMOVED))
        weak = [one(strong) if callable(one) else one for one in self.weak]
        for value in weak:
            yield Weakening(self.rule, f"{shown} = {value!r}", name, _with(body, name, place, value))
        if weak or (self.or_gone and strong is not None):
            value = weak[0] if weak else {"Ref": "AWS::NoValue"}
            yield from self._disguised(body, name, place, shown, strong, value)

    def _disguised(
        self, body: Json, name: str, place: list[Any], shown: str, strong: Any, weak: Any
    ) -> Iterator[Weakening]:
        strong = {"Ref": "AWS::NoValue"} if strong is None else strong
        if isinstance(weak, bool | int | str):
            by_default = _with(body, name, place, {"Ref": _PARAMETER})
            parameter: Json = {"Type": "Number" if type(weak) is int else "String", "Default": weak}
            yield Weakening(self.rule, f"{shown} by a parameter's default", name, _plus(by_default, parameter, None))
        for chosen in ("yes", "no"):
            either = _with(body, name, place, {"Fn::If": [_CONDITION, weak, strong]})
            parameter = {"Type": "String", "Default": chosen, "AllowedValues": ["yes", "no"]}
            condition = {"Fn::Equals": [{"Ref": _PARAMETER}, "yes"]}
            which = "chosen" if chosen == "yes" else "other"
            yield Weakening(self.rule, f"{shown} in the {which} branch", name, _plus(either, parameter, condition))


_REMOVED = object()


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries the rules on weakened copies of a template. Only the one resource that differs is worked out anew."""

    before: dict[str, Template]
    """The template before, in each deployment by its name."""

    @classmethod
    def of(cls, body: Json) -> Trial:
        return cls({each.name: Template(Settler(body, each).settled()) for each in all_settings(body)})

    def notices(self, weakening: Weakening) -> bool:
        """Whether the rule finds the weakness in any deployment."""
        rule, body, name = RULES[weakening.rule], weakening.body, weakening.name
        for settings in all_settings(body):
            before = self.before.get(settings.name) or self.before[settings.base]
            resources = dict(before.body["Resources"])
            weakened = resources.pop(name, None) and body["Resources"].get(name)
            if weakened:
                resources[name] = Settler(body, settings).value(weakened)
            if any(rule.findings(Template({**body, "Resources": resources}))):
                return True
        return False


def _plus(body: Json, parameter: Json, condition: Json | None) -> Json:
    grown = {**body, "Parameters": {_PARAMETER: parameter, **(body.get("Parameters") or {})}}
    if condition:
        grown["Conditions"] = {**(body.get("Conditions") or {}), _CONDITION: condition}
    return grown


def _places(value: Any, path: list[str], *, put: bool) -> Iterator[list[Any]]:
    """Every concrete path that exists; with `put`, the last step need not."""
    if not path:
        yield []
        return
    step, rest = path[0], path[1:]
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value) if step == "*" else [step] if step in value or (put and not rest) else []
    elif isinstance(value, list):
        steps = (
            list(range(len(value))) if step == "*" else [int(step)] if step.isdigit() and int(step) < len(value) else []
        )
    for one in steps:
        inner = value[one] if isinstance(value, list) else value.get(one)
        for place in _places(inner, rest, put=put):
            yield [one, *place]


def _get(value: Any, place: list[Any]) -> Any:
    for step in place:
        value = value[step] if isinstance(value, list) else value.get(step)
    return value


def _with(body: Json, name: str, place: list[Any], value: Any) -> Json:
    """A copy of the template in which one resource differs in one place."""
    resource = deepcopy(body["Resources"][name])
    holder = _get(resource, place[:-1])
    if value is _REMOVED:
        del holder[place[-1]]
    else:
        holder[place[-1]] = deepcopy(value)
    return {**body, "Resources": {**body["Resources"], name: resource}}


def without(body: Json, name: str) -> Json:
    """A copy of the template without one resource."""
    return {**body, "Resources": {key: one for key, one in body["Resources"].items() if key != name}}


def changed(body: Json, name: str, change: Callable[[Json], None]) -> Json:
    """A copy of the template in which something was done to one resource."""
    resource = deepcopy(body["Resources"][name])
    change(resource)
    return {**body, "Resources": {**body["Resources"], name: resource}}
