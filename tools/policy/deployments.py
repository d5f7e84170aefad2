"""The deployments that a template allows: every default, then each parameter's other values, one at a time; and the
same once more with everything switched on that the defaults leave out.

A weakness that a parameter can switch on is one of the template: `!If [Strict, true, false]` is judged both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.policy.intrinsics import Settings, Settler, as_text
from tools.template_model import Json, Template

_ANOTHER = "another-value"
"""Stands for whatever text an operator may give to a parameter that a condition compares."""


def deployments(body: Json) -> Iterator[tuple[str, Template]]:
    """Each deployment that differs from those before: what differs (empty for the defaults), the settled template."""
    seen: list[Any] = []
    for settings in all_settings(body):
        settled = Settler(body, settings).settled()
        if settled["Resources"] not in seen:
            seen.append(settled["Resources"])
            yield settings.name, Template(settled)


def as_deployed(body: Json) -> Template:
    """The template with every parameter at its default."""
    return Template(Settler(body, Settings(defaults(body))).settled())


def defaults(body: Json) -> Json:
    """The value of each parameter that has one. Without a default the first allowed value stands in."""
    found: Json = {}
    for name, parameter in _parameters(body).items():
        if str(parameter.get("Type", "")).startswith("AWS::SSM::Parameter"):
            continue  # the default is a name in SSM, not the value
        if as_text(parameter.get("NoEcho", "")).lower() == "true":
            continue  # a secret stays a reference, so that rules see where it goes
        if "Default" in parameter:
            found[name] = _typed(parameter, parameter["Default"])
        elif parameter.get("AllowedValues"):
            found[name] = _typed(parameter, parameter["AllowedValues"][0])
    return found


def all_settings(body: Json) -> Iterator[Settings]:
    """Every default first, then each other value of each parameter; then the same where every resource is there that
    some parameter brings.
    """
    plain = defaults(body)
    yield Settings(plain)
    settler = Settler(body, Settings(plain))
    for name in body.get("Conditions", {}):
        settler.holds(name)
    if settler.unsure:
        yield Settings(plain, unknown_conditions=False, name="conditions that only the deployment knows are false")
    yield from _varied(body, plain, "")
    brought = _bringing(body, plain)
    if brought:
        base = ", ".join(f"{name}={as_text(value)}" for name, value in brought.items())
        if len(brought) > 1:  # one alone is among those above
            yield Settings({**plain, **brought}, name=base)
        yield from _varied(body, {**plain, **brought}, base)


def _varied(body: Json, base: Json, named: str) -> Iterator[Settings]:
    """Each other value of each parameter, one at a time."""
    for name, value in _choices(body):
        if as_text(value) != as_text(base.get(name)):
            how = f"{name}={as_text(value) or '(empty)'}"
            yield Settings({**base, name: value}, name=f"{named}, {how}" if named else how, base=named)


def _bringing(body: Json, plain: Json) -> Json:
    """For each resource that the defaults leave out, the first other value of a parameter that brings it."""
    brought: Json = {}
    gates = {str(each["Condition"]) for each in body.get("Resources", {}).values() if "Condition" in each}
    absent = {each for each in gates if not Settler(body, Settings(plain)).holds(each)}
    for name, value in _choices(body):
        if any(Settler(body, Settings({**plain, name: value})).holds(each) for each in absent):
            brought.setdefault(name, value)
    return brought


def _choices(body: Json) -> Iterator[tuple[str, Any]]:
    """Each parameter with each value that it may be given."""
    compared = _compared(body.get("Conditions", {}))
    for name, parameter in _parameters(body).items():
        for value in _alternatives(name, parameter, compared):
            yield name, _typed(parameter, value)


def _parameters(body: Json) -> dict[str, Json]:
    found = body.get("Parameters") or {}
    return {name: one for name, one in found.items() if isinstance(one, dict)}


def _alternatives(name: str, parameter: Json, compared: dict[str, list[Any]]) -> list[Any]:
    if parameter.get("AllowedValues"):
        return list(parameter["AllowedValues"])
    return [*compared[name], _ANOTHER] if name in compared else []


def _compared(conditions: Any) -> dict[str, list[Any]]:
    """The literals that conditions compare each parameter with."""
    found: dict[str, list[Any]] = {}
    if isinstance(conditions, dict):
        operands = conditions.get("Fn::Equals")
        if isinstance(operands, list):
            literals = [each for each in operands if not isinstance(each, dict | list)]
            for each in operands:
                if isinstance(each, dict) and isinstance(each.get("Ref"), str):
                    found.setdefault(each["Ref"], []).extend(literals)
    values = conditions.values() if isinstance(conditions, dict) else conditions
    for each in values if isinstance(conditions, dict | list) else []:
        for name, literals in _compared(each).items():
            found.setdefault(name, []).extend(literals)
    return found


def _typed(parameter: Json, value: Any) -> Any:
    kind = str(parameter.get("Type", "String"))
    if kind == "Number":
        text = as_text(value)
        return int(text) if text.lstrip("-").isdigit() else value
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in as_text(value).split(",")]
    return value
