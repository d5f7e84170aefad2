"""A template that hides what it makes cannot be judged, and says so."""

from __future__ import annotations

from tools.policy.reading import at, listed, mappings
from tools.policy.rule import Found, rule
from tools.template_model import Template

_KNOWN_TRANSFORMS = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions")
_ELSEWHERE = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet", "AWS::CloudFormation::ModuleVersion")


@rule
def readable(template: Template) -> Found:
    """Everything that the template makes stands in it: no loops, no macros, no part in another file."""
    for name, resource in template.body.get("Written", {}).items():
        if name.startswith("Fn::") or not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            yield name, "is no resource with a Type and cannot be judged"
    for each in listed(template.body.get("Transform")):
        if each not in _KNOWN_TRANSFORMS:
            yield "Transform", f"{each} changes the template in a way that cannot be judged here"
    for name, resource in template.body["Resources"].items():
        if resource["Type"] in _ELSEWHERE:
            yield name, "is made by another template, which cannot be judged here"
        if "Fn::Transform" in (resource.get("Properties") or {}):
            yield name, "takes its properties from a macro and cannot be judged"


@rule
def skip_has_reason(template: Template) -> Found:
    """What the template tells a scanner to pass over carries its reason."""
    for name, resource in template.body["Resources"].items():
        for skip in mappings(at(resource, "Metadata.checkov.skip")):
            if not str(skip.get("comment") or "").strip():
                yield name, f"skips {skip.get('id')} without a reason (comment)"
        if at(resource, "Metadata.cfn-lint.config.ignore_checks"):
            yield name, "ignores checks of cfn-lint where no reason can stand: tools/policy/skips.toml takes both"
    if at(template.body, "Metadata.cfn-lint.config.ignore_checks"):
        yield "Metadata", "ignores checks of cfn-lint where no reason can stand: tools/policy/skips.toml takes both"
