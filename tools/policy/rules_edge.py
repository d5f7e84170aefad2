"""In front of the gateway and behind it: the firewall, and the headers on the gateway's own errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, leads_to, listed, mappings, number, referred
from tools.policy.rule import Found, rule
from tools.policy.rules_api import REST, stages
from tools.template_model import Json, Template

_A_YEAR = 31_536_000
_MOST_REQUESTS = 100_000
"""From one address in five minutes; above it a rate-based rule keeps nobody out."""
_DEFAULTS = ("DEFAULT_4XX", "DEFAULT_5XX")
_ACL, _ASSOCIATION = "AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"
_HEADERS = ("strict-transport-security", "x-content-type-options", "cache-control", "referrer-policy")


@rule
def firewall(template: Template) -> Found:
    """Every stage of a REST API stands behind a web ACL."""
    guarded = [
        spelt(one.get("ResourceArn")) for one in template.resources(_ASSOCIATION).values() if one.get("WebACLArn")
    ]
    for name, stage in stages(template):
        if not any(_guards(template, arn, name, stage) for arn in guarded):
            yield name, "no web ACL is associated with it (AWS::WAFv2::WebACLAssociation)"


def _guards(template: Template, arn: str, name: str, stage: Json) -> bool:
    api = leads_to(template, stage.get("RestApiId"), REST) or spelt(stage.get("RestApiId"))
    if "/stages/" not in arn:
        return False
    of, _, which = arn.partition("/stages/")
    called = spelt(stage.get("StageName"))
    same_stage = which == called or which in (f"${{{name}}}", f"${{{name}.StageName}}")
    return same_stage and (api in referred(template, {"Fn::Sub": of}) or of.endswith(f"/{api}"))


@rule
def firewall_blocks(template: Template) -> Found:
    """A web ACL has rules that block, and one that bounds how often an address may come."""
    for name, acl in template.resources(_ACL).items():
        rules = list(mappings(acl.get("Rules")))
        if not rules:
            yield name, "the web ACL has no rules"
        for each in rules:
            if "Count" in (each.get("OverrideAction") or {}) or {"Count", "Allow"} & set(each.get("Action") or {}):
                yield name, f"rule {spelt(each.get('Name'))} does not block"
        bounds = [at(each, "Statement.RateBasedStatement") or {} for each in rules]
        limits = [number(each.get("Limit")) for each in bounds if not each.get("ScopeDownStatement")]
        if rules and not any(limit is not None and limit <= _MOST_REQUESTS for limit in limits):
            yield name, "no rate-based rule bounds how often an address may come"
        if rules and not any(at(each, "Statement.ManagedRuleGroupStatement") for each in rules):
            yield name, "no managed rule group is used"


@rule
def firewall_log(template: Template) -> Found:
    """A firewall that logs requests leaves out what lets somebody in: the token and the cookie."""
    for name, logging in template.resources("AWS::WAFv2::LoggingConfiguration").items():
        left_out = {
            spelt(at(each, "SingleHeader.Name") or at(each, "SingleHeader.name")).lower()
            for each in mappings(logging.get("RedactedFields"))
        }
        if not left_out >= {"authorization", "cookie"}:
            yield name, "logs the Authorization and Cookie headers (RedactedFields)"


def gateway_responses(template: Template) -> Iterator[tuple[str, str, Json]]:
    """The REST API, the response's type, and its headers by name in lower case; of the API's body, or resources."""
    for api, properties in template.resources(REST).items():
        for kind, response in (at(properties, "Body.x-amazon-apigateway-gateway-responses") or {}).items():
            yield api, kind, _headers(response.get("responseParameters"))
    for properties in template.resources("AWS::ApiGateway::GatewayResponse").values():
        api = leads_to(template, properties.get("RestApiId"), REST)
        yield api, spelt(properties.get("ResponseType")), _headers(properties.get("ResponseParameters"))


def _headers(parameters: Any) -> Json:
    prefix = "gatewayresponse.header."
    return {
        key.lower().removeprefix(prefix): spelt(value).strip("'")
        for key, value in (parameters or {}).items()
        if key.lower().startswith(prefix)
    }


@rule
def gateway_headers(template: Template) -> Found:
    """The gateway's own errors hold browsers to HTTPS, are never stored, sniffed, or told to the next page."""
    found = list(gateway_responses(template))
    for api, kind, headers in found:
        weak = [name for name in _HEADERS if not _is_strict(name, headers.get(name, ""))]
        if weak:
            yield f"{api}.{kind}", f"the gateway's answer has no sufficient {', '.join(weak)}"
    answered = {(api, kind) for api, kind, _ in found}
    for api in _with_stages(template):
        for kind in _DEFAULTS:
            if (api, kind) not in answered:
                yield f"{api}.{kind}", f"is missing: the gateway's own errors carry no {', '.join(_HEADERS)}"


def _with_stages(template: Template) -> set[str]:
    named = [stage.get("RestApiId") for _, stage in stages(template)]
    return {api for each in listed(named) if (api := leads_to(template, each, REST))}


def _is_strict(name: str, value: str) -> bool:
    said = {part.strip().lower() for part in re.split(r"[;,]", value)}
    match name:
        case "strict-transport-security":
            ages = [int(part.removeprefix("max-age=")) for part in said if re.fullmatch(r"max-age=\d+", part)]
            return bool(ages) and min(ages) >= _A_YEAR and {"includesubdomains", "preload"} <= said
        case "x-content-type-options":
            return said == {"nosniff"}
        case "cache-control":
            return "no-store" in said
    return said <= {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"} and bool(
        said - {""}
    )
