"""The gateway: every route authorised or declared public, throttled, traced, and logged without bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_on, leads_to, mappings, number
from tools.policy.rule import Found, rule
from tools.template_model import Json, Template

REST, STAGE, DEPLOYMENT = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment"
HTTP, HTTP_STAGE = "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"
METHODS = ("get", "put", "post", "delete", "patch", "head", "trace", "x-amazon-apigateway-any-method")
"""What is a route in an OpenAPI path item. OPTIONS is left out: a browser's preflight carries no credentials."""
ACCESS = "x-letterlock-access"
_LOGGED = re.compile(r"\$(?:context|input|stageVariables)(?:\.[\w-]+)*")
_TELLS_NOTHING = re.compile(
    r"\$context\.(requestId|extendedRequestId|requestTime(Epoch)?|httpMethod|resourcePath|resourceId|routeKey|protocol|status"
    r"|response(Length|Latency)|stage|apiId|accountId|domainName|xrayTraceId|awsEndpointRequestId\w*|identity\.sourceIp"
    r"|error\.responseType|wafResponseCode|webaclArn|waf\.\w+|integration(Latency|Status)|integration\.(latency|status"
    r"|integrationStatus|requestId))"
)
_ACCOUNT_RATE, _ACCOUNT_BURST = 10_000, 5_000
"""API Gateway's own quotas for an account: a limit at or above them limits nothing."""


@rule
def route_access(template: Template) -> Found:
    """Every route is authorised by the gateway, or says that its function asks for a token, or is declared public."""
    for kind in (REST, HTTP):
        for name, api in template.resources(kind).items():
            yield from _openapi(name, api)
    for name, method in template.resources("AWS::ApiGateway::Method").items():
        if spelt(method.get("HttpMethod")) != "OPTIONS" and not _authorised(template, name, method):
            yield name, "is neither authorised nor declared public"
    for name, route in template.resources("AWS::ApiGatewayV2::Route").items():
        if not spelt(route.get("RouteKey")).startswith("OPTIONS ") and not _authorised(template, name, route):
            yield name, f"{spelt(route.get('RouteKey'))} is neither authorised nor declared public"


def _authorised(template: Template, name: str, properties: Json) -> bool:
    kind = spelt(properties.get("AuthorizationType", "NONE"))
    return kind != "NONE" or at(template.resource(name), "Metadata.Letterlock.Access") == "public"


def _openapi(name: str, api: Json) -> Found:
    body = api.get("Body")
    if body is None:
        if api.get("BodyS3Location"):
            yield name, "its routes lie in S3 (BodyS3Location) and cannot be judged"
        return
    if not isinstance(at(body, "paths"), dict):
        yield name, "its routes cannot be judged: Body has no paths"
        return
    for path, item in body["paths"].items():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if method.lower() in METHODS and not _operation_is_open_or_closed(body, operation):
                shown = method.upper().removeprefix("X-AMAZON-APIGATEWAY-")
                yield name, f"{shown} {path} is neither authorised nor declared public"


def _operation_is_open_or_closed(body: Json, operation: Any) -> bool:
    declared = at(operation, ACCESS) if isinstance(operation, dict) else None
    if declared is not None:
        return declared in ("token", "public")
    schemes = at(body, "components.securitySchemes") or body.get("securityDefinitions") or {}
    asked = operation.get("security", body.get("security")) if isinstance(operation, dict) else None
    choices = list(mappings(asked))
    return bool(choices) and all(any(_authorises(schemes.get(scheme)) for scheme in choice) for choice in choices)


def _authorises(scheme: Any) -> bool:
    """An authorizer or AWS's signature. An API key alone says who pays, not who may."""
    return (
        bool(at(scheme, "x-amazon-apigateway-authorizer")) or at(scheme, "x-amazon-apigateway-authtype") == "awsSigv4"
    )


def stages(template: Template) -> Iterator[tuple[str, Json]]:
    """Every stage of a REST API, also one that a deployment makes by the way."""
    apis = {leads_to(template, stage.get("RestApiId"), REST) for stage in template.resources(STAGE).values()}
    yield from template.resources(STAGE).items()
    for name, deployment in template.resources(DEPLOYMENT).items():
        own = deployment.get("StageDescription")
        if own or (deployment.get("StageName") and leads_to(template, deployment.get("RestApiId"), REST) not in apis):
            yield name, {**deployment, **(own or {})}


@rule
def stage_tracing(template: Template) -> Found:
    """Every stage of a REST API is traced."""
    for name, stage in stages(template):
        if not is_on(stage.get("TracingEnabled")):
            yield name, "tracing is off (TracingEnabled)"


@rule
def stage_access_log(template: Template) -> Found:
    """Every stage keeps an access log."""
    for name, stage in stages(template):
        if not at(stage, "AccessLogSetting.DestinationArn"):
            yield name, "the access log is off (AccessLogSetting)"
    for name, stage in template.resources(HTTP_STAGE).items():
        if not at(stage, "AccessLogSettings.DestinationArn"):
            yield name, "the access log is off (AccessLogSettings)"


@rule
def access_log_content(template: Template) -> Found:
    """An access log tells of requests, not what was sent: neither paths as they were asked for, nor headers, nor who
    the authorizer says it was (Amazon API Gateway Developer Guide, "Variables for access logging for API Gateway").
    """
    for kind, setting in ((STAGE, "AccessLogSetting"), (HTTP_STAGE, "AccessLogSettings")):
        for name, stage in template.resources(kind).items():
            said = _LOGGED.findall(spelt(at(stage, f"{setting}.Format") or ""))
            for variable in dict.fromkeys(each for each in said if not _TELLS_NOTHING.fullmatch(each)):
                yield name, f"writes {variable} into the access log, which may tell what was sent ({setting}.Format)"


@rule
def body_logging(template: Template) -> Found:
    """No stage writes requests and answers into its log."""
    for name, stage in stages(template):
        for setting in (stage, *mappings(stage.get("MethodSettings"))):
            if not _is_off(setting.get("DataTraceEnabled")):
                yield name, f"logs bodies ({_method(setting)}DataTraceEnabled)"
    for name, stage in template.resources(HTTP_STAGE).items():
        for setting in (stage.get("DefaultRouteSettings"), *(stage.get("RouteSettings") or {}).values()):
            if not _is_off(at(setting, "DataTraceEnabled")):
                yield name, "logs bodies (DataTraceEnabled)"


def _is_off(value: Any) -> bool:
    return value is None or spelt(value).lower() == "false"


def _method(setting: Json) -> str:
    path = spelt(setting.get("ResourcePath", "")).replace("~1", "/").replace("//", "/", 1)
    return f"{spelt(setting.get('HttpMethod', ''))} {path} ".lstrip() if path else ""


@rule
def cached_answers(template: Template) -> Found:
    """No stage keeps answers: one that was kept would still be given to whose token was revoked."""
    for name, stage in stages(template):
        for setting in (stage, *mappings(stage.get("MethodSettings"))):
            if not _is_off(setting.get("CachingEnabled")):
                yield name, f"keeps answers ({_method(setting)}CachingEnabled)"


@rule
def throttling(template: Template) -> Found:
    """Every stage limits how many requests it takes, and every method of its own settings does."""
    for name, stage in stages(template):
        settings = list(mappings(stage.get("MethodSettings")))
        everything = [
            one for one in settings if one.get("ResourcePath") in ("/*", "*") and one.get("HttpMethod") == "*"
        ]
        if not everything and not _limits(stage):
            yield name, "throttling is off: no method settings for every method (/*, *)"
        for setting in settings:
            if not _limits(setting):
                yield name, f"throttling is off for {_method(setting).strip()}"
    for name, stage in template.resources(HTTP_STAGE).items():
        for where, setting in {
            "every route": stage.get("DefaultRouteSettings"),
            **(stage.get("RouteSettings") or {}),
        }.items():
            if not _limits(setting or {}):
                yield name, f"throttling is off for {where}"


def _limits(setting: Json) -> bool:
    rate, burst = number(setting.get("ThrottlingRateLimit")), number(setting.get("ThrottlingBurstLimit"))
    return rate is not None and 0 <= rate < _ACCOUNT_RATE and burst is not None and 0 <= burst < _ACCOUNT_BURST


@rule
def transport_of_domains(template: Template) -> Found:
    """A domain name of the gateway speaks TLS 1.2 or newer."""
    for name, domain in template.resources("AWS::ApiGateway::DomainName").items():
        if spelt(domain.get("SecurityPolicy", "TLS_1_0")) == "TLS_1_0":
            yield name, "SecurityPolicy takes TLS 1.0"
