"""Deploys the same template.yaml that goes to AWS to MiniStack, and sets what its CloudFormation leaves unset."""

import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.authorisation import as_judged_here
from local.aws import Aws
from local.build import BUILD, BUILT_TEMPLATE, architecture, python_runtime
from local.packaging import BUCKET, upload
from local.ses_events import as_published_here
from local.settings import MAIL_DOMAIN, STACK, LocalCloudError, Settings
from tools.expand_template import expand, load

PARAMETERS = {
    "Cloud": "local",
    "MailDomain": MAIL_DOMAIN,
    "SignUp": "open",
    "PythonRuntime": python_runtime(),
    "Architecture": architecture(),
}
_VERSION_TAG = "letterlock:version"
_DEPLOY_SECONDS = 120.0


def is_deployed(aws: Aws, version: str) -> bool:
    """Whether the stack stands and was made as this version."""
    try:
        stack = aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError:
        return False
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
    return stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"} and tags.get(_VERSION_TAG) == version


def version_of(settings: Settings, sources: str) -> str:
    """What a deploy depends on: the digest of its sources, and how this cloud is to be."""
    return "-".join(
        [sources, *(["auth"] if settings.auth else []), *([f"bills-{settings.stripe_port}"] if settings.bills else [])]
    )


def deploy(aws: Aws, version: str, settings: Settings) -> None:
    """Create or update the stack from the built artefacts. Raises LocalCloudError with the reasons given."""
    parameters = PARAMETERS | (_bills(settings) if settings.bills else {})
    template = load(BUILT_TEMPLATE)
    upload(template, BUILD, aws.s3)
    packaged = settings.state / "packaged.json"
    packaged.write_text(json.dumps(template))
    expanded = expand(packaged, parameters)
    as_published_here(expanded)
    if settings.auth:
        as_judged_here(expanded)
    _apply(aws, json.dumps(expanded), version, parameters)
    _set_what_is_left(aws, expanded)


def _bills(settings: Settings) -> dict[str, str]:
    return {"BillingEnabled": "true", "StripeMode": "test", "StripeApiBase": settings.stripe}


def _apply(aws: Aws, template: str, version: str, parameters: Mapping[str, str]) -> None:
    key = f"{version}.template.json"
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=template.encode())
    arguments: dict[str, Any] = {
        "StackName": STACK,
        "TemplateURL": f"{aws.s3.meta.endpoint_url}/{BUCKET}/{key}",
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": _VERSION_TAG, "Value": version}],
    }
    if _exists(aws):
        aws.cloudformation.update_stack(**arguments)
    else:
        aws.cloudformation.create_stack(**arguments)
    _wait(aws)


def _exists(aws: Aws) -> bool:
    """Whether there is a stack to update. A failed creation cannot be updated, on AWS as here, so it goes first."""
    try:
        status = aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    except ClientError:
        return False
    if status in {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"}:
        aws.cloudformation.delete_stack(StackName=STACK)
        return False
    return status != "DELETE_COMPLETE"


def _wait(aws: Aws) -> None:
    deadline = time.monotonic() + _DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            raise LocalCloudError(f"The stack ended as {stack['StackStatus']}: {_reasons(aws)}")
        time.sleep(0.1)
    raise LocalCloudError(f"The stack was not up within {_DEPLOY_SECONDS:.0f} s.")


def _reasons(aws: Aws) -> str:
    events = aws.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
    return "; ".join(f"{e.get('LogicalResourceId')}: {e.get('ResourceStatusReason')}" for e in failed[:5])


def _set_what_is_left(aws: Aws, template: Mapping[str, Any]) -> None:
    """Settings of tables and a bucket's lock, as the template states them; the domain verified, on AWS DNS's part."""
    resources = aws.stack_resources()
    made = {name: one for name, one in template["Resources"].items() if name in resources}
    for logical_id, definition in made.items():
        if definition["Type"] == "AWS::DynamoDB::Table":
            _set_table(aws, resources, resources[logical_id], definition["Properties"])
        if "ObjectLockConfiguration" in definition.get("Properties", {}):
            lock = definition["Properties"]["ObjectLockConfiguration"]
            aws.s3.put_object_lock_configuration(Bucket=resources[logical_id], ObjectLockConfiguration=lock)
    _verify_domain(aws)


def _set_table(aws: Aws, resources: Mapping[str, str], table: str, properties: Mapping[str, Any]) -> None:
    if "SSESpecification" in properties:
        key = properties["SSESpecification"]["KMSMasterKeyId"]["Fn::GetAtt"][0]
        aws.dynamodb.update_table(
            TableName=table, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": resources[key]}
        )
    if "TimeToLiveSpecification" in properties:
        _set_ttl(aws, table, properties["TimeToLiveSpecification"]["AttributeName"])
    if "PointInTimeRecoverySpecification" in properties:
        days = properties["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"]
        aws.dynamodb.update_continuous_backups(
            TableName=table,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days},
        )


def _set_ttl(aws: Aws, table: str, attribute: str) -> None:
    """Switch TTL on; to switch on what is on already is an error."""
    current = aws.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if current.get("TimeToLiveStatus") == "DISABLED":
        aws.dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"AttributeName": attribute, "Enabled": True}
        )


def _verify_domain(aws: Aws) -> None:
    try:
        verified = aws.ses.get_email_identity(EmailIdentity=MAIL_DOMAIN)["VerifiedForSendingStatus"]
    except ClientError:
        aws.ses.create_email_identity(EmailIdentity=MAIL_DOMAIN)
        return
    if not verified:
        raise LocalCloudError(f"SES here does not take {MAIL_DOMAIN} as verified.")
