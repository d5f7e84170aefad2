"""A template as one deployment would have it: parameters, conditions and intrinsic functions worked out.

What only the deployment knows (`AWS::AccountId`, attributes of resources, parameters without a default) stays as it
is, in one spelling: `{"Ref": X}`, `{"Fn::GetAtt": [X, attribute]}`, `{"Fn::Sub": "text with ${X} and ${X.attribute}"}`.
A Join becomes such a Sub. Source: AWS CloudFormation User Guide, "Intrinsic function reference".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.template_model import Json

GONE = object()
"""A value that is not there: `AWS::NoValue`."""
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")
_NO_VALUE = "AWS::NoValue"


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment: the parameters' values, and what conditions are that the template alone cannot tell."""

    parameters: Mapping[str, Any]
    unknown_conditions: bool = True
    name: str = ""
    """How it differs from a deployment with every default, e.g. `Cloud=local`; empty for that one."""
    base: str = ""
    """The name of the deployment from which it differs by one parameter."""


@dataclass(slots=True)
class Settler:
    """Works out one template's values under one set of settings. `unsure` tells whether a condition was unknown."""

    body: Json
    settings: Settings
    unsure: bool = False
    _conditions: dict[str, bool] = field(default_factory=dict)

    def settled(self) -> Json:
        """The template with the resources that exist and their values; `Written` keeps all of them as they stand."""
        resources: Json = {}
        for name, resource in self.body.get("Resources", {}).items():
            if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
                continue
            condition = resource.get("Condition")
            if condition is None or self.holds(str(condition)):
                settled = self.value(resource)
                resources[name] = settled if isinstance(settled, dict) else {"Type": resource["Type"]}
        return {**self.body, "Resources": resources, "Written": self.body.get("Resources", {})}

    def holds(self, name: str) -> bool:
        """A condition by its name. One that is not defined, or leans on itself, counts as unknown."""
        if name not in self._conditions:
            self._conditions[name] = self.settings.unknown_conditions
            truth = self._condition(self.body.get("Conditions", {}).get(name))
            self.unsure |= truth is None
            self._conditions[name] = self.settings.unknown_conditions if truth is None else truth
        return self._conditions[name]

    def _condition(self, rule: Any) -> bool | None:
        """A condition's truth; None where the template alone cannot tell."""
        function: str = ""
        operands: Any = []
        if isinstance(rule, dict) and len(rule) == 1:
            ((function, operands),) = rule.items()
        truth: bool | None = None
        if function == "Condition":
            truth = self.holds(str(operands))
        elif function == "Fn::Equals":
            truth = self._equal(operands)
        elif function == "Fn::Not":
            inner = self._condition(operands[0])
            truth = None if inner is None else not inner
        elif function in ("Fn::And", "Fn::Or"):
            truths = [self._condition(each) for each in operands]
            decisive = function == "Fn::Or"
            truth = decisive if decisive in truths else (None if None in truths else not decisive)
        return truth

    def _equal(self, operands: Any) -> bool | None:
        one, other = (self.value(each) for each in operands)
        if isinstance(one, dict | list) or isinstance(other, dict | list) or GONE in (one, other):
            return None
        return as_text(one) == as_text(other)

    def value(self, raw: Any) -> Any:
        """Any value of the template, worked out; `GONE` for `AWS::NoValue`."""
        if isinstance(raw, dict):
            if len(raw) == 1:
                ((function, operand),) = raw.items()
                if function == "Ref" or function.startswith("Fn::"):
                    return self._function(function, operand)
            return {key: found for key, each in raw.items() if (found := self.value(each)) is not GONE}
        if isinstance(raw, list):
            return [found for each in raw if (found := self.value(each)) is not GONE]
        return raw

    def _function(self, function: str, operand: Any) -> Any:
        match (function, operand):
            case ("Ref", str(name)):
                found = GONE if name == _NO_VALUE else self.settings.parameters.get(name, {"Ref": name})
            case ("Fn::If", [condition, yes, no]):
                found = self.value(yes if self.holds(str(condition)) else no)
            case ("Fn::GetAtt", _):
                found = {function: operand.split(".", 1) if isinstance(operand, str) else self.value(operand)}
            case ("Fn::Sub", _):
                found = self._sub(operand)
            case ("Fn::Join", [separator, parts]):
                found = self._join(separator, self.value(parts))
            case ("Fn::FindInMap", [*_]):
                found = self._in_map(self.value(operand))
            case ("Fn::Select", [index, values]):
                found = _select(self.value(index), self.value(values), {function: operand})
            case ("Fn::Split", [separator, text]):
                whole = self.value(text)
                found = whole.split(separator) if isinstance(whole, str) else {function: [separator, whole]}
            case _:
                found = {function: self.value(operand)}
        return found

    def _sub(self, operand: Any) -> Any:
        text, own = (operand, {}) if isinstance(operand, str) else (operand[0], operand[1])

        def put(found: re.Match[str]) -> str:
            name = found[1].strip()
            value = self.value(own[name]) if name in own else self.settings.parameters.get(name)
            return found[0] if value is None else spelt(value)

        return _reference(_VARIABLE.sub(put, str(text)))

    @staticmethod
    def _join(separator: str, parts: Any) -> Any:
        if not isinstance(parts, list):
            return {"Fn::Join": [separator, parts]}
        return _reference(separator.join(spelt(part) for part in parts))

    def _in_map(self, operand: Any) -> Any:
        found: Any = self.body.get("Mappings", {})
        for key in operand[:3]:
            if not isinstance(found, dict) or isinstance(key, dict) or as_text(key) not in found:
                return {"Fn::FindInMap": operand}
            found = found[as_text(key)]
        return self.value(found)


def _select(index: Any, values: Any, otherwise: Json) -> Any:
    number = int(index) if str(index).isdigit() else -1
    return values[number] if isinstance(values, list) and 0 <= number < len(values) else otherwise


def _reference(text: str) -> Any:
    """The shortest spelling: plain text, a Ref, a GetAtt, or a Sub."""
    names = _VARIABLE.findall(text)
    if not names:
        return text.replace("${!", "${")
    if text == f"${{{names[0]}}}":
        name, _, attribute = names[0].partition(".")
        return {"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name}
    return {"Fn::Sub": text}


def as_text(value: Any) -> str:
    """A scalar as CloudFormation passes it on: `true`, `180`, `text`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def spelt(value: Any) -> str:
    """A settled value as text, references as `${X}` and `${X.attribute}`; what cannot be told as `${?}`."""
    if not isinstance(value, dict | list):
        return as_text(value)
    if isinstance(value, dict) and len(value) == 1:
        ((function, operand),) = value.items()
        if function == "Ref":
            return f"${{{operand}}}"
        if function == "Fn::Sub" and isinstance(operand, str):
            return operand
        if function == "Fn::GetAtt" and isinstance(operand, list) and len(operand) == 2:  # noqa: PLR2004 - of what, which
            return f"${{{operand[0]}.{spelt(operand[1])}}}"
    return "${?}"
