"""The gateway in front of the API: explicit routes, throttles, and errors that are as careful as our own."""

import json
import re
from typing import Any

import pytest

from tools.template_model import Template, chosen, target, template_under_test

HEADERS = {
    "gatewayresponse.header.Cache-Control": "'no-store'",
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
    "gatewayresponse.header.Referrer-Policy": "'no-referrer'",
    "gatewayresponse.header.Strict-Transport-Security": "'max-age=63072000; includeSubDomains; preload'",
    "gatewayresponse.header.X-Content-Type-Options": "'nosniff'",
}
ROUTES = {
    ("GET", "/docs"): "ApiDocsFunction",
    ("GET", "/openapi.json"): "ApiDocsFunction",
    ("POST", "/v1/attachments"): "AttachmentsApiFunction",
    ("GET", "/v1/attachments/{attachment}"): "AttachmentsApiFunction",
    (
        "GET",
        "/v1/conversations/{conversation}/messages/{message}/attachments/{attachment}",
    ): "AttachmentsApiFunction",
    (
        "PUT",
        "/v1/conversations/{conversation}/messages/{message}/attachments/{attachment}/state",
    ): "AttachmentsApiFunction",
    ("GET", "/v1/me"): "AccountsApiFunction",
    ("GET", "/v1/me/tokens"): "AccountsApiFunction",
    ("POST", "/v1/me/tokens"): "AccountsApiFunction",
    ("GET", "/v1/me/tokens/{token}"): "AccountsApiFunction",
    ("DELETE", "/v1/me/tokens/{token}"): "AccountsApiFunction",
    ("GET", "/v1/tokens"): "AccountsApiFunction",
    ("POST", "/v1/tokens"): "AccountsApiFunction",
    ("GET", "/v1/tokens/{token}"): "AccountsApiFunction",
    ("DELETE", "/v1/tokens/{token}"): "AccountsApiFunction",
    ("DELETE", "/v1/people/{person}"): "AccountsApiFunction",
    ("DELETE", "/v1/people/{person}/password-resets"): "AccountsApiFunction",
    ("DELETE", "/v1/credentials"): "AccountsApiFunction",
    ("POST", "/v1/secret-scanning"): "AccountsApiFunction",
    ("GET", "/v1/billing"): "AccountsApiFunction",
    ("POST", "/v1/billing/checkout"): "BillingApiFunction",
    ("POST", "/v1/billing/portal"): "BillingApiFunction",
    ("POST", "/v1/stripe/webhooks"): "StripeWebhooksFunction",
    ("GET", "/v1/audit"): "AuditApiFunction",
    ("GET", "/v1/audit/export"): "AuditApiFunction",
    ("POST", "/v1/sessions"): "SignInApiFunction",
    ("DELETE", "/v1/sessions/current"): "SignInApiFunction",
    ("POST", "/v1/sign-ups"): "SignInApiFunction",
    ("POST", "/v1/sign-ups/complete"): "SignInApiFunction",
    ("POST", "/v1/invitations/accept"): "SignInApiFunction",
    ("POST", "/v1/password-resets"): "SignInApiFunction",
    ("POST", "/v1/password-resets/complete"): "SignInApiFunction",
    ("GET", "/v1/me/sessions"): "SignInApiFunction",
    ("DELETE", "/v1/me/sessions/{session}"): "SignInApiFunction",
    ("DELETE", "/v1/me/password-resets"): "SignInApiFunction",
    ("PUT", "/v1/me/password"): "SignInApiFunction",
    ("DELETE", "/v1/people/{person}/factor-reset"): "SignInApiFunction",
    ("POST", "/v1/me/totp"): "SignInApiFunction",
    ("DELETE", "/v1/me/totp"): "SignInApiFunction",
    ("POST", "/v1/me/totp/confirm"): "SignInApiFunction",
    ("POST", "/v1/me/totp/recovery-codes"): "SignInApiFunction",
    ("PATCH", "/v1/me"): "AccountsApiFunction",
    ("DELETE", "/v1/me"): "AccountsApiFunction",
    ("GET", "/v1/me/notifications"): "AccountsApiFunction",
    ("PATCH", "/v1/me/notifications"): "AccountsApiFunction",
    ("GET", "/v1/workspace"): "AccountsApiFunction",
    ("PATCH", "/v1/workspace"): "AccountsApiFunction",
    ("GET", "/v1/people"): "AccountsApiFunction",
    ("GET", "/v1/people/{person}"): "AccountsApiFunction",
    ("PATCH", "/v1/people/{person}"): "AccountsApiFunction",
    ("GET", "/v1/invitations"): "AccountsApiFunction",
    ("POST", "/v1/invitations"): "AccountsApiFunction",
    ("DELETE", "/v1/invitations/{invitation}"): "AccountsApiFunction",
    ("GET", "/v1/contacts/{contact}"): "ConversationsApiFunction",
    ("GET", "/v1/contacts/{contact}/conversations"): "ConversationsApiFunction",
    ("GET", "/v1/conversations"): "ConversationsApiFunction",
    ("GET", "/v1/conversations/{conversation}"): "ConversationsApiFunction",
    ("GET", "/v1/conversations/{conversation}/messages/{message}"): "ConversationsApiFunction",
    ("GET", "/v1/conversations/{conversation}/messages/{message}/html"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/messages/{message}/retry"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/replies"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/notes"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/messages/{message}/confirm"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/participants"): "ConversationsApiFunction",
    ("DELETE", "/v1/conversations/{conversation}/participants/{contact}"): "ConversationsApiFunction",
    ("PUT", "/v1/conversations/{conversation}/assignee"): "ConversationsApiFunction",
    ("PUT", "/v1/conversations/{conversation}/status"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/quarantine/release"): "ConversationsApiFunction",
    ("POST", "/v1/conversations/{conversation}/quarantine/discard"): "ConversationsApiFunction",
    ("GET", "/v1/connections"): "ConnectionsApiFunction",
    ("POST", "/v1/connections"): "ConnectionsApiFunction",
    ("GET", "/v1/connections/callback"): "ConnectionsApiFunction",
    ("GET", "/v1/connections/{connection}"): "ConnectionsApiFunction",
    ("DELETE", "/v1/connections/{connection}"): "ConnectionsApiFunction",
    ("GET", "/v1/mailboxes"): "MailboxesApiFunction",
    ("POST", "/v1/mailboxes"): "MailboxesApiFunction",
    ("GET", "/v1/mailboxes/{mailbox}"): "MailboxesApiFunction",
    ("PATCH", "/v1/mailboxes/{mailbox}"): "MailboxesApiFunction",
    ("GET", "/v1/domains"): "MailboxesApiFunction",
    ("POST", "/v1/domains"): "MailboxesApiFunction",
    ("GET", "/v1/domains/{domain}"): "MailboxesApiFunction",
    ("GET", "/v1/ingest-summary"): "ConversationsApiFunction",
}
NOT_OF_THE_API = {("GET", "/docs"), ("GET", "/openapi.json")}
"""They are the API's description."""
PUBLIC = NOT_OF_THE_API | {
    ("POST", "/v1/secret-scanning"),
    ("POST", "/v1/stripe/webhooks"),
    ("POST", "/v1/sessions"),
    ("POST", "/v1/sign-ups"),
    ("POST", "/v1/sign-ups/complete"),
    ("POST", "/v1/invitations/accept"),
    ("POST", "/v1/password-resets"),
    ("POST", "/v1/password-resets/complete"),
}
"""Nobody is asked who they are: the first two take what is signed only, the others are how people come in."""


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def operations(template: Template) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in template.api["paths"].items()
        for method, operation in methods.items()
    }


def integrated_function(operation: dict[str, Any]) -> str:
    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    found = re.fullmatch(
        r"arn:\$\{AWS::Partition\}:apigateway:\$\{AWS::Region\}:lambda:path/2015-03-31/functions/\$\{(\w+)\.Arn\}/invocations",
        uri,
    )
    assert found, uri
    return found.group(1)


def test_every_route_is_answered_by_its_one_function(template: Template) -> None:
    assert {route: integrated_function(one) for route, one in operations(template).items()} == ROUTES
    for operation in operations(template).values():
        integration = operation["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")


def test_no_route_catches_more_than_it_names(template: Template) -> None:
    for method, path in operations(template):
        assert method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
        assert "+}" not in path


def test_every_route_says_whether_it_wants_a_token_or_is_public(template: Template) -> None:
    said = {route: one["x-letterlock-access"] for route, one in operations(template).items()}
    assert {route for route, access in said.items() if access == "public"} == PUBLIC
    assert set(said.values()) == {"public", "token"}


def test_every_function_behind_the_api_has_one_permission_for_this_api_alone(template: Template) -> None:
    permissions = list(template.resources("AWS::Lambda::Permission").values())
    allowed = [target(one["FunctionName"]) for one in permissions]
    assert sorted(allowed) == sorted(set(ROUTES.values()))
    for permission in permissions:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
        assert "${Api}/live/" in permission["SourceArn"]["Fn::Sub"]


def test_the_permissions_cover_every_route(template: Template) -> None:
    arns = {
        target(one["FunctionName"]): one["SourceArn"]["Fn::Sub"].split("${Api}/", 1)[1]
        for one in template.resources("AWS::Lambda::Permission").values()
    }
    for (method, path), function in ROUTES.items():
        pattern = re.escape(arns[function]).replace(r"\*", ".*")
        assert re.fullmatch(pattern, f"live/{method}{path}"), (method, path)


def stage(template: Template) -> dict[str, Any]:
    (found,) = template.resources("AWS::ApiGateway::Stage").values()
    return found


def test_the_stage_is_live_and_keeps_an_access_log_of_its_own_and_no_other(template: Template) -> None:
    assert stage(template)["StageName"] == "live"
    assert {setting["LoggingLevel"] for setting in map(chosen, stage(template)["MethodSettings"])} == {"OFF"}
    assert target(stage(template)["AccessLogSetting"]["DestinationArn"]) == "ApiAccessLogGroup"


def test_the_access_log_names_the_route_and_never_the_path_the_query_or_a_header(template: Template) -> None:
    line = json.loads(stage(template)["AccessLogSetting"]["Format"])
    assert line["route"] == "$context.resourcePath"
    allowed = re.compile(
        r"\$context\.(requestId|requestTime|httpMethod|resourcePath|status|responseLength|responseLatency"
        r"|identity\.sourceIp|error\.responseType|xrayTraceId)"
    )
    assert [value for value in line.values() if not allowed.fullmatch(value)] == []


def test_every_method_is_throttled_and_writing_more_than_reading(template: Template) -> None:
    written = map(chosen, stage(template)["MethodSettings"])
    settings = {(one["HttpMethod"], one["ResourcePath"]): one for one in written}
    everything = settings["*", "/*"]
    assert 0 < everything["ThrottlingRateLimit"] <= everything["ThrottlingBurstLimit"] <= 1_000
    for method, path in ROUTES:
        if method == "POST":
            own = settings["POST", "/" + path.replace("/", "~1")]
            assert 0 < own["ThrottlingRateLimit"] < everything["ThrottlingRateLimit"]
            assert 0 < own["ThrottlingBurstLimit"] < everything["ThrottlingBurstLimit"]


def gateway_responses(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template.api["x-amazon-apigateway-gateway-responses"]
    return found


def test_the_gateways_own_errors_hold_browsers_to_https_and_are_never_stored(template: Template) -> None:
    responses = gateway_responses(template)
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "MISSING_AUTHENTICATION_TOKEN"} <= set(responses)
    for name, response in responses.items():
        assert HEADERS.items() <= response["responseParameters"].items(), name


def test_the_gateways_own_errors_are_problem_documents(template: Template) -> None:
    for name, response in gateway_responses(template).items():
        assert set(response["responseTemplates"]) == {"application/json"}, name
        problem = json.loads(response["responseTemplates"]["application/json"])
        assert problem["type"].startswith("urn:letterlock:problem:"), name
        assert problem["title"], name
        assert problem["detail"], name
        if "statusCode" in response:
            assert problem["status"] == int(response["statusCode"]), name


def test_who_is_throttled_is_told_when_to_come_back(template: Template) -> None:
    for name in ("THROTTLED", "QUOTA_EXCEEDED"):
        response = gateway_responses(template)[name]
        assert int(response["statusCode"]) == 429
        assert response["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_a_route_that_does_not_exist_is_not_found_instead_of_forbidden(template: Template) -> None:
    assert int(gateway_responses(template)["MISSING_AUTHENTICATION_TOKEN"]["statusCode"]) == 404


def test_the_page_of_a_message_names_the_bucket_that_downloads_are_put_into_and_may_do_nothing_there(
    template: Template,
) -> None:
    """Its policy lets images come from there and from nowhere else: of another bucket's name anybody could be the owner."""
    functions = template.resources("AWS::Lambda::Function")
    named = {
        each: functions[each]["Environment"]["Variables"]["DOWNLOADS_BUCKET"]
        for each in ("ConversationsApiFunction", "AttachmentsApiFunction")
    }
    assert {target(each) for each in named.values()} == {"DownloadsBucket"}
    role = template.resources("AWS::IAM::Role")["ConversationsApiRole"]
    assert "DownloadsBucket" not in json.dumps(role)
