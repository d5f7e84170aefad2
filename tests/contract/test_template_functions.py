"""Each function is one folder with one role of its own that names what it may do."""

import json
import re
from typing import Any

import pytest

from tools.build_lambda import folder_of
from tools.lambda_target import ROOT
from tools.template_model import Template, target, template_under_test, variants

# Actions that know no resource to name, so that "*" is the only one there is (Service Authorization Reference).
NO_RESOURCE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# Resources of which a part can only be known later: objects in a bucket, streams of a table, domains that are claimed.
OPEN_ENDED = re.compile(
    r"\$\{InboundBucket\.Arn\}/inbound/\*"
    r"|\$\{ArchiveBucket\.Arn\}/(stack/\*/raw|wsp_\*/cnv_\*/msg_\*/(att_\*|content|raw)|wsp_\*/uploads/att_\*)"
    r"|\$\{UploadsBucket\.Arn\}/uploads/wsp_\*/att_\*"
    r"|\$\{DownloadsBucket\.Arn\}/wsp_\*/dld_\*"
    r"|\$\{(Audit|Billing|Conversations)Table\.Arn\}/stream/\*"
    r"|\$\{AuditAnchorsBucket\.Arn\}/anchors/\*"
    r"|arn:\$\{AWS::Partition\}:ses:\$\{AWS::Region\}:\$\{AWS::AccountId\}:identity/\*"
)
# AWS's own policies that a role may carry, with the reason in the template.
MANAGED = {"ApiLogsRoleOfAccount": "AmazonAPIGatewayPushToCloudWatchLogs"}


OF_BILLING = {"BillingApiFunction", "BillingEventsFunction", "BillingReconciliationFunction", "StripeWebhooksFunction"}
"""What only an operator has who charges."""


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def test_every_function_folder_is_deployed_and_every_deployed_function_has_a_folder(template: Template) -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == {folder_of(name) for name in template.resources("AWS::Lambda::Function")}


def test_every_function_runs_under_a_role_that_no_other_function_has(template: Template) -> None:
    roles = {name: target(one["Role"]) for name, one in template.resources("AWS::Lambda::Function").items()}
    assert roles == {name: name.removesuffix("Function") + "Role" for name in roles}
    assert set(roles.values()) <= set(template.resources("AWS::IAM::Role"))


def test_only_lambda_takes_a_functions_role(template: Template) -> None:
    for name, function in template.resources("AWS::Lambda::Function").items():
        role = template.resources("AWS::IAM::Role")[target(function["Role"])]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name
        assert trust["Action"] == "sts:AssumeRole", name


def test_every_function_logs_into_its_own_log_group_and_into_no_other(template: Template) -> None:
    for name, function in template.resources("AWS::Lambda::Function").items():
        group = name.removesuffix("Function") + "LogGroup"
        assert target(function["LoggingConfig"]["LogGroup"]) == group
        assert group in template.resources("AWS::Logs::LogGroup")
        written = [
            target(resource)
            for statement in template.statements("AWS::IAM::Role")
            if statement.owner == target(function["Role"]) and "logs:PutLogEvents" in statement.actions
            for resource in statement.resources
        ]
        assert written == [group]


def test_functions_share_two_layers_and_the_runtime_that_the_build_is_for(template: Template) -> None:
    (stripe,) = [name for name in template.resources("AWS::Lambda::LayerVersion") if name.startswith("StripeLayer")]
    shared = set(template.resources("AWS::Lambda::LayerVersion")) - {stripe}
    assert len(shared) == 2
    for name, function in template.resources("AWS::Lambda::Function").items():
        own = {stripe} if name in OF_BILLING else set()
        assert {target(one) for one in function["Layers"]} == shared | own, name
        assert function["Runtime"] == {"Ref": "PythonRuntime"}, name
        assert function["Architectures"] == [{"Ref": "Architecture"}], name
        assert function["Handler"] == "handler.handler", name


def test_a_permission_names_its_resources_where_aws_lets_it(template: Template) -> None:
    wide = [
        (one.owner, one.sid)
        for one in template.statements("AWS::IAM::Role")
        if one.allows
        and not set(one.actions) <= NO_RESOURCE
        and any(is_wide(text) for text in map(shown, one.resources))
    ]
    assert wide == []


def shown(resource: Any) -> str:
    """A resource as text: the pattern of a Sub, else as it stands."""
    return str(resource["Fn::Sub"]) if isinstance(resource, dict) and "Fn::Sub" in resource else json.dumps(resource)


def is_wide(resource: str) -> bool:
    return "*" in resource and not OPEN_ENDED.fullmatch(resource)


def test_what_is_done_with_any_domain_is_done_with_those_that_carry_the_stacks_name(template: Template) -> None:
    keys = {
        action: one.condition_keys
        for one in template.statements("AWS::IAM::Role")
        if any(shown(resource).endswith(":identity/*") for resource in one.resources)
        for action in one.actions
    }
    named = {"aws:RequestTag/letterlock"}
    tagged = {"aws:ResourceTag/letterlock"}
    assert {action: set(found) for action, found in keys.items()} == {
        "ses:GetEmailIdentity": tagged,
        "ses:CreateEmailIdentity": named,
        "ses:TagResource": named,
        "ses:PutEmailIdentityMailFromAttributes": tagged,
        "ses:SendEmail": tagged,
        "ses:SendRawEmail": tagged,
    }


def test_a_role_carries_no_policy_of_aws_but_the_one_that_api_gateway_insists_on(template: Template) -> None:
    carried = {
        name: shown(arn).rsplit("/", 1)[-1]
        for name, role in template.resources("AWS::IAM::Role").items()
        for arn in role.get("ManagedPolicyArns", [])
    }
    assert carried == MANAGED


def test_the_key_of_the_stack_is_used_through_services_only(template: Template) -> None:
    uses = [
        one
        for one in template.statements("AWS::IAM::Role")
        if any(target(resource) == "StackKey" for resource in one.resources)
    ]
    assert uses
    assert [one.owner for one in uses if "kms:ViaService" not in one.condition_keys] == []


def test_no_function_may_scan_or_delete_an_item(template: Template) -> None:
    refused = {"dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "s3:DeleteObject", "s3:DeleteBucket"}
    assert [(one.owner, one.sid) for one in template.statements("AWS::IAM::Role") if refused & set(one.actions)] == []


def test_the_api_description_is_allowed_nothing_but_to_log_and_trace(template: Template) -> None:
    allowed = {
        action.split(":")[0]
        for one in template.statements("AWS::IAM::Role")
        if one.owner == "ApiDocsRole"
        for action in one.actions
    }
    assert allowed == {"logs", "xray"}


def test_a_new_account_can_deploy_because_nothing_is_reserved_unless_asked(template: Template) -> None:
    assert template.body["Parameters"]["ReservedConcurrency"]["Default"] == 0
    # SQS wants a MaximumConcurrency of at least 2.
    assert 1 not in template.body["Parameters"]["ReservedConcurrency"]["AllowedValues"]
    for function in template.resources("AWS::Lambda::Function").values():
        reserved = variants(function.get("ReservedConcurrentExecutions"))
        assert reserved in ([None], [{"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}])


def test_environment_variables_point_to_resources_but_for_a_few_plain_settings(template: Template) -> None:
    for name, function in template.resources("AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        literals = {key: value for key, value in variables.items() if isinstance(value, str)}
        tries = {"SCAN_ATTEMPTS", "SEND_ATTEMPTS"}
        assert set(literals) <= {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"} | tries, name


def test_each_function_that_calls_others_is_told_its_account_by_aws(template: Template) -> None:
    """In one that AWS does not give, and there alone, others are called without TLS."""
    told = {
        name: one["Environment"]["Variables"]["ACCOUNT_ID"]
        for name, one in template.resources("AWS::Lambda::Function").items()
        if "ACCOUNT_ID" in one["Environment"]["Variables"]
    }
    assert set(told) == OF_BILLING - {"StripeWebhooksFunction"} | {
        "ConnectedAccountsFunction",
        "ConnectionsApiFunction",
        "OutboundEmailFunction",
    }
    assert all(each == {"Ref": "AWS::AccountId"} for each in told.values())
